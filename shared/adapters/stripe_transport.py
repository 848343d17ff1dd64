"""Bulk reading of Stripe's API over asyncio: paced GET requests, with our own retries.

The SDK does not retry 429, cut bodies or pages that are not JSON, and its objects cost many times
the CPU; so lists are read here, decoded straight into `stripe_objects`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Self, TypeVar

import aiohttp
import msgspec

from shared.adapters.stripe_objects import STRIPE_VERSION, decode
from shared.adapters.stripe_pace import Pacer, endpoint_of
from shared.adapters.stripe_refusals import Refusal, read_refusal
from shared.domain.stripe_key import StripeKey
from shared.errors import (
    BillingSourceError,
    KeyInvalidError,
    SourceRateLimitedError,
    SourceUnavailableError,
)

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

        max_rate_limited: the same where Stripe asks to slow down, which passes, but not soon.

        patience_seconds: after so long without any good answer no request is repeated.

        first_backoff_seconds: the longest wait before the second attempt; it doubles each time.
    """

    max_attempts: int = 6
    max_rate_limited: int = 20
    patience_seconds: float = 120.0
    first_backoff_seconds: float = 1.0
    longest_backoff_seconds: float = 32.0
    longest_retry_after_seconds: float = 60.0
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 30.0


class RefusedError(Exception):
    """Stripe refused a request for good; carries the refusal, never leaves the adapter."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"status {refusal.status}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class _Failure:
    """One attempt that may succeed later: what to raise if none does, and how long to wait."""

    error: BillingSourceError
    retry_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Answer:
    """One whole answer, and when it was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_at: float


class StripeTransport:
    """GET requests to one account, with retries; counts them and notes Stripe's clock.

    Use as an async context manager. The first request is alone until it is answered: a key that
    Stripe refuses costs one, whatever else waits.

    Attributes:
        pacer: whose turns the requests take.

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
        pacer: Pacer,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.pacer = pacer
        self._key = key
        self._api_base = api_base.rstrip("/")
        self._settings = settings
        self._now = now
        self._sleep = sleep
        self._random = SystemRandom()
        self._session: aiohttp.ClientSession | None = None
        self._first = asyncio.Lock()
        self._is_answered = False
        self._refused: KeyInvalidError | None = None
        self._good_at: float | None = None
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
        if not self._is_answered:
            async with self._first:
                if not self._is_answered:
                    return await self._get(path, parameters, kind)
        return await self._get(path, parameters, kind)

    @property
    def answered_at(self) -> datetime:
        """Stripe's clock at its first answer; the local one before it."""
        return self.first_answer_at or self._now()

    async def _get(self, path: str, parameters: Parameters, kind: type[Answer]) -> Answer:
        attempt = 1
        while True:
            result = await self._attempt(path, parameters, kind)
            if not isinstance(result, _Failure):
                self.trouble = None
                self._good_at = self.pacer.ticks()
                return result
            if self._gives_up(attempt, result):
                raise result.error
            self.trouble = result.error
            await self._sleep(self._backoff(attempt, result.retry_after_seconds))
            attempt += 1

    async def _attempt(
        self, path: str, parameters: Parameters, kind: type[Answer]
    ) -> Answer | _Failure:
        try:
            answer = await self._send(path, parameters)
            if answer.status == _OK:
                decoded = decode(answer.body, kind)
                self._is_answered = True
                return decoded
        except (aiohttp.ClientError, TimeoutError, OSError):
            # The exception may hold the request with its headers: nothing of it is passed on.
            return _Failure(SourceUnavailableError(_UNREACHABLE))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _Failure(SourceUnavailableError(_NOT_JSON))
        refusal = read_refusal(answer.status, answer.body)
        if refusal.is_transient:
            return self._fail(refusal, endpoint_of(path), answer)
        if answer.status == _UNAUTHORIZED:
            self._refused = KeyInvalidError(str(refusal.to_error()))
            raise self._refused
        self._is_answered = True
        if answer.status == _FORBIDDEN:
            raise refusal.to_error()
        raise RefusedError(refusal)

    def _fail(self, refusal: Refusal, endpoint: str, answer: _Answer) -> _Failure:
        """Note what a refusal that will pass asks of the requests to come."""
        reason = answer.headers.get("Stripe-Rate-Limited-Reason")
        seconds = self._retry_after(answer.headers.get("Retry-After"))
        if refusal.is_rate_limit:
            self.pacer.slow_down(endpoint, reason, answer.sent_at)
            self.pacer.hold(endpoint, reason, seconds)
        return _Failure(refusal.to_error(), seconds)

    def _gives_up(self, attempt: int, failure: _Failure) -> bool:
        settings, now = self._settings, self.pacer.ticks()
        if self._good_at is None:
            self._good_at = now
        is_rate_limit = isinstance(failure.error, SourceRateLimitedError)
        most = settings.max_rate_limited if is_rate_limit else settings.max_attempts
        return attempt >= most or now - self._good_at > settings.patience_seconds

    async def _send(self, path: str, parameters: Parameters) -> _Answer:
        """Return one answer whole, once it is this request's turn."""
        if self._session is None:
            raise RuntimeError("StripeTransport is used outside its context.")
        url = f"{self._api_base}{path}"
        async with self.pacer.turn(endpoint_of(path)) as sent_at:
            if self._refused is not None:
                raise self._refused
            async with self._session.get(
                url, params=list(parameters), allow_redirects=False
            ) as response:
                if self.first_answer_at is None:
                    self.first_answer_at = self._read_date(response.headers.get("Date"))
                return _Answer(response.status, response.headers, await response.read(), sent_at)

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


_UNAUTHORIZED = 401
_FORBIDDEN = 403
_UNREACHABLE = (
    "Stripe could not be reached, or the connection broke, several times. Try again in a minute;"
    " a scheduled refresh does so by itself."
)
_NOT_JSON = (
    "Stripe's address answered with something that is not Stripe's, or with half an answer,"
    " several times. Try again in a minute; a scheduled refresh does so by itself."
)
