"""Stripe's rate limits as token buckets, one for the account and one for each endpoint."""

from collections.abc import Callable
from dataclasses import dataclass

from local.stripe_sandbox.errors import rate_limited


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests allowed per second; None is without limit."""

    per_second: float | None = None
    per_endpoint: float | None = None

    @classmethod
    def of_stripe(cls, *, live: bool = False) -> "Limits":
        """Return Stripe's own: 25 for a test key, 100 live, and 25 for each endpoint."""
        return cls(per_second=100 if live else 25, per_endpoint=25)


class _Bucket:
    """Holds one second's worth of requests and refills evenly."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = rate
        self._filled_at = now

    def refill(self, now: float) -> bool:
        passed = now - self._filled_at
        self._tokens = min(self._rate, self._tokens + passed * self._rate)
        self._filled_at = now
        return self._tokens >= 1

    def take(self) -> None:
        self._tokens -= 1


class RateLimiter:
    """Counts requests against the limits.

    Args:
        limits: how many.
        ticks: a steady clock in seconds.
    """

    def __init__(self, limits: Limits, ticks: Callable[[], float]) -> None:
        self._limits = limits
        self._ticks = ticks
        self._buckets: dict[str, _Bucket] = {}

    def admit(self, endpoint: str) -> None:
        """Count one request.

        Raises:
            StripeError: 429 with the reason; a refused request takes nothing.
        """
        now = self._ticks()
        asked: list[_Bucket] = []
        for name, rate, reason in (
            ("", self._limits.per_second, "global-rate"),
            (endpoint, self._limits.per_endpoint, "endpoint-rate"),
        ):
            if rate is None:
                continue
            bucket = self._buckets.setdefault(name, _Bucket(rate, now))
            if not bucket.refill(now):
                raise rate_limited(reason)
            asked.append(bucket)
        for bucket in asked:
            bucket.take()
