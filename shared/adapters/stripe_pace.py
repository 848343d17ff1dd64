"""How fast an account is asked: evenly, below Stripe's limits, slower after a refusal.

Stripe limits an account as a whole and each endpoint by itself; so a request waits for its turn
among those of its endpoint, and then among all.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.domain.stripe_key import Mode

# Of Stripe's limits, which other software of the account needs too: what people wait for, and what
# nobody waits for.
IMPORT_SHARE = 0.95
QUIET_SHARE = 0.5

_LIVE_PER_SECOND = 100.0
_TEST_PER_SECOND = 25.0
_PER_ENDPOINT = 25.0

_LEAST_PER_SECOND = 0.5
_RECOVERY_PER_SECOND = 1.0
# A busy process wakes late. So much is caught up: at 95 % of the limits, no second sees more than
# they allow.
_LATENESS_SECONDS = 0.05
_LATENCY_WEIGHT = 0.2
_MOST_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Pace:
    """Requests per second: of the account in all, and of each endpoint."""

    per_second: float
    per_endpoint: float

    @classmethod
    def of(cls, mode: Mode) -> "Pace":
        """Return what Stripe allows a key of that mode."""
        return cls(_LIVE_PER_SECOND if mode == "live" else _TEST_PER_SECOND, _PER_ENDPOINT)

    def times(self, share: float) -> "Pace":
        """Return a share of it."""
        return Pace(self.per_second * share, self.per_endpoint * share)


UNLIMITED = Pace(math.inf, math.inf)


class Pacer:
    """Gives requests their turn, one pacer for each account that is read.

    Args:
        pace: at most so fast.

        ticks: a steady clock, in seconds.

        sleep: waits so many seconds of that clock.

        max_in_flight: never more requests at once, however long the answers take.
    """

    def __init__(
        self,
        pace: Pace,
        *,
        ticks: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        max_in_flight: int = 64,
    ) -> None:
        self.ticks = ticks
        self._sleep = sleep
        self._pace = pace
        self._all = _Line(pace.per_second)
        self._lines: dict[str, _Line] = {}
        self._slots = asyncio.Semaphore(max_in_flight)

    @asynccontextmanager
    async def turn(self, endpoint: str) -> AsyncIterator[float]:
        """Wait for the turn of a request; gives the instant of it. Leave with the answer."""
        line = self._line(endpoint)
        async with line.lock:
            await self._wait_for(line)
            async with self._all.lock:
                await self._slots.acquire()
                try:
                    await self._wait_for(self._all)
                except BaseException:
                    self._slots.release()
                    raise
                sent_at = self.ticks()
                line.take(sent_at)
                self._all.take(sent_at)
        try:
            yield sent_at
            line.note_latency(self.ticks() - sent_at)
        finally:
            self._slots.release()

    def slow_down(self, endpoint: str, reason: str | None, sent_at: float) -> None:
        """Halve the pace after a refusal, of all or of the endpoint, as the reason says.

        Requests that were under way when the pace was halved say nothing of the new one.
        """
        for line in self._refused(endpoint, reason):
            line.slow_down(self.ticks(), sent_at)

    def hold(self, endpoint: str, reason: str | None, seconds: float) -> None:
        """Send nothing of the refused kind for so many seconds, as Stripe asks."""
        for line in self._refused(endpoint, reason):
            line.hold(self.ticks() + seconds)

    def useful_at_once(self, endpoint: str) -> int:
        """Return how many requests under way use up the pace at the latency seen so far."""
        line = self._line(endpoint)
        if line.latency is None:
            return 1
        now = self.ticks()
        busy = sum(it.lock.locked() for it in self._lines.values())
        rate = min(line.rate(now), self._all.rate(now) / max(1, busy))
        return 1 + math.ceil(min(rate * line.latency, _MOST_AT_ONCE - 1))

    def _line(self, endpoint: str) -> "_Line":
        return self._lines.setdefault(endpoint, _Line(self._pace.per_endpoint))

    def _refused(self, endpoint: str, reason: str | None) -> "list[_Line]":
        if reason is not None and reason.startswith("endpoint"):
            return [self._line(endpoint)]
        # One endpoint alone may use less than half of what all may, and must slow down too.
        return [self._all, *self._lines.values()]

    async def _wait_for(self, line: "_Line") -> None:
        while (seconds := line.next_at - self.ticks()) > 0:
            await self._sleep(seconds)


class _Line:
    """Requests that share a limit, one after another."""

    def __init__(self, full_rate: float) -> None:
        self._full_rate = full_rate
        self._slowed_to = full_rate
        self._slowed_at = -math.inf
        self.lock = asyncio.Lock()
        self.next_at = -math.inf
        self.latency: float | None = None

    def rate(self, now: float) -> float:
        recovered = self._slowed_to + _RECOVERY_PER_SECOND * (now - self._slowed_at)
        return min(self._full_rate, recovered)

    def take(self, now: float) -> None:
        self.next_at = max(self.next_at, now - _LATENESS_SECONDS) + 1 / self.rate(now)

    def slow_down(self, now: float, sent_at: float) -> None:
        if sent_at >= self._slowed_at:
            self._slowed_to = max(self.rate(now) / 2, _LEAST_PER_SECOND)
            self._slowed_at = now
            self.hold(now + 1 / self._slowed_to)

    def hold(self, until: float) -> None:
        self.next_at = max(self.next_at, until)

    def note_latency(self, seconds: float) -> None:
        if self.latency is None:
            self.latency = seconds
        self.latency += _LATENCY_WEIGHT * (seconds - self.latency)


def endpoint_of(path: str) -> str:
    """Return the endpoint that a path belongs to; Stripe counts all ids of one together.

    >>> endpoint_of("/v1/invoices/in_1/lines")
    '/v1/invoices/{id}/lines'
    """
    parts = path.split("/")
    return "/".join("{id}" if place in _PLACES_OF_IDS else part for place, part in enumerate(parts))


# /v1/<list>/<id>/<list>/<id>, split at the slashes.
_PLACES_OF_IDS = frozenset({3, 5})
