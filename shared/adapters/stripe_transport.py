"""Bulk reading of Stripe's API over asyncio: one GET at a time per caller, with our own retries.

The SDK does not retry 429, cut bodies or pages that are not JSON, and its objects cost many times
the CPU; so lists are read here, decoded straight into `stripe_objects`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Self, TypeVar

import aiohttp
import msgspec

from shared.adapters.stripe_objects import STRIPE_VERSION, decode
from shared.adapters.stripe_refusals import Refusal, read_refusal
from shared.domain.stripe_key import StripeKey
from shared.errors import BillingSourceError, SourceUnavailableError

API_BASE = "https://api.stripe.com"
USER_AGENT = "stripe-metrics/0.1.0"

Answer = TypeVar("Answer")
Parameters = Iterable[tuple[str, str]]
_OK = 200


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """How patient reading is.

    Attributes:
        max_attempts: requests for one answer, the first included.

        first_backoff_seconds: the longest wait before the second attempt; it doubles each time.
    """

    max_attempts: int = 6
    first_backoff_seconds: float = 1.0
    longest_backoff_seconds: float = 32.0
    longest_retry_after_seconds: float = 60.0
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 30.0
    max_in_flight: int = 4


class RefusedError(Exception):
    """Stripe refused a request for good; carries the refusal, never leaves the adapter."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"status {refusal.status}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class _Failure:
    """One attempt that may succeed later: what to raise if none does, and Retry-After."""

    error: BillingSourceError
    retry_after_seconds: float = 0.0


class StripeTransport:
    """GET requests to one account, with retries; counts them and notes Stripe's clock.

    Use as an async context manager.

    Attributes:
        requests: sent so far, retries included, also those that aiohttp makes by itself where a
            kept connection turns out to be closed.

        first_answer_at: Stripe's clock at its first answer, or the local one if it gave none.

        trouble: what the attempts under way failed with, while they do.
    """

    def __init__(
        self,
        key: StripeKey,
        *,
        api_base: str,
        settings: TransportSettings,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._key = key
        self._api_base = api_base.rstrip("/")
        self._settings = settings
        self._now = now
        self._sleep = sleep
        self._random = SystemRandom()
        self._slots = asyncio.Semaphore(settings.max_in_flight)
        self._session: aiohttp.ClientSession | None = None
        self.requests = 0
        self.first_answer_at: datetime | None = None
        self.trouble: BillingSourceError | None = None

    async def __aenter__(self) -> Self:
        settings = self._settings
        traces = aiohttp.TraceConfig()
        traces.on_request_headers_sent.append(self._count_request)
        self._session = aiohttp.ClientSession(
            trace_configs=[traces],
            headers={
                "Authorization": f"Bearer {self._key.reveal()}",
                "Stripe-Version": STRIPE_VERSION,
                "User-Agent": USER_AGENT,
            },
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=settings.connect_timeout_seconds,
                sock_read=settings.read_timeout_seconds,
            ),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, parameters: Parameters, kind: type[Answer]) -> Answer:
        """Return the decoded answer, after as many attempts as the settings allow.

        Raises:
            RefusedError: Stripe says that the request itself is wrong, or the object missing.
            BillingSourceError: the key was refused, or no attempt gave a whole answer.
        """
        async with self._slots:
            attempt = 1
            while True:
                result = await self._attempt(path, parameters, kind)
                if not isinstance(result, _Failure):
                    self.trouble = None
                    return result
                if attempt == self._settings.max_attempts:
                    raise result.error
                self.trouble = result.error
                await self._sleep(self._backoff(attempt, result.retry_after_seconds))
                attempt += 1

    @property
    def answered_at(self) -> datetime:
        """Stripe's clock at its first answer; the local one before it."""
        return self.first_answer_at or self._now()

    async def _attempt(
        self, path: str, parameters: Parameters, kind: type[Answer]
    ) -> Answer | _Failure:
        try:
            status, retry_after, body = await self._send(path, parameters)
            if status == _OK:
                return decode(body, kind)
        except (aiohttp.ClientError, TimeoutError, OSError):
            # The exception may hold the request with its headers: nothing of it is passed on.
            return _Failure(SourceUnavailableError(_UNREACHABLE))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _Failure(SourceUnavailableError(_NOT_JSON))
        refusal = read_refusal(status, body)
        if refusal.is_transient:
            return _Failure(refusal.to_error(), self._retry_after(retry_after))
        if status in _KEY_REFUSED:
            raise refusal.to_error()
        raise RefusedError(refusal)

    async def _send(self, path: str, parameters: Parameters) -> tuple[int, str | None, bytes]:
        """Return the status, Retry-After and the whole body of one answer."""
        if self._session is None:
            raise RuntimeError("StripeTransport is used outside its context.")
        url = f"{self._api_base}{path}"
        async with self._session.get(
            url, params=list(parameters), allow_redirects=False
        ) as response:
            if self.first_answer_at is None:
                self.first_answer_at = self._read_date(response.headers.get("Date"))
            return response.status, response.headers.get("Retry-After"), await response.read()

    async def _count_request(self, *_: object) -> None:
        self.requests += 1

    def _read_date(self, text: str | None) -> datetime:
        try:
            date = parsedate_to_datetime(text or "")
        except ValueError:
            return self._now()
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)

    def _retry_after(self, text: str | None) -> float:
        try:
            seconds = float(text or 0)
        except ValueError:
            return 0.0
        return max(0.0, min(seconds, self._settings.longest_retry_after_seconds))

    def _backoff(self, attempt: int, retry_after_seconds: float) -> float:
        """Return full jitter below a doubling bound, and at least what Stripe asked for."""
        settings = self._settings
        bound = min(
            settings.first_backoff_seconds * 2 ** (attempt - 1), settings.longest_backoff_seconds
        )
        return retry_after_seconds + self._random.uniform(0, bound)


_KEY_REFUSED = frozenset({401, 403})
_UNREACHABLE = (
    "Stripe could not be reached, or the connection broke, several times. Try again in a minute;"
    " a scheduled refresh does so by itself."
)
_NOT_JSON = (
    "Stripe's address answered with something that is not Stripe's, or with half an answer,"
    " several times. Try again in a minute; a scheduled refresh does so by itself."
)
