"""Faults to put before the Stripe sandbox, answer by answer, and a source that does not wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from aiohttp import web

from local.stripe_sandbox import Business, Sandbox, Settings, start
from shared.adapters.stripe_pace import UNLIMITED
from shared.adapters.stripe_source import StripeSource
from shared.domain.stripe_key import StripeKey, parse_key

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


def answering(status: int, body: str = "", **headers: str) -> Fault:
    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, headers=named)

    return answer


async def nothing_wrong(_: web.Request) -> None:
    return None


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_body(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"object": "list", "data": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def silence(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.5)
    return web.Response()


RATE_LIMITED = answering(429, '{"error": {"code": "rate_limit", "type": "invalid_request_error"}}')
RATE_LIMITED_FOR_A_WHILE = answering(429, "{}", Retry_After="7")
SERVER_ERROR = answering(500, '{"error": {"type": "api_error", "message": "..."}}')
BAD_GATEWAY = answering(502, "<html>bad gateway</html>")
LOCKED = answering(409, '{"error": {"code": "lock_timeout"}}')
HTML = answering(200, "<html><body>Please log in to the network</body></html>")
HALF_JSON = answering(200, '{"object": "list", "data": [{"id": "sub_')
REDIRECT = answering(302, "", Location="https://login.example.com/")


class Faults:
    """Faults for the requests to come, one each; none once they are used up."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self._coming: Iterator[Fault] = iter(())

    def come(self, *faults: Fault, then: Fault = nothing_wrong) -> None:
        self._coming = chain(faults, repeat(then))

    async def __call__(self, request: web.Request, _: str) -> web.StreamResponse | None:
        self.requests.append(request)
        return await next(self._coming, nothing_wrong)(request)


class Sleeps:
    """Time that passes at once, and how long each wait would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def ticks(self) -> float:
        """The clock that these waits move on."""
        return time.monotonic() + sum(self.seconds)


def a_source(sandbox: Sandbox, sleeps: Sleeps, **options: Any) -> StripeSource:
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    options = {"pace": UNLIMITED, **options}
    return StripeSource(key, api_base=sandbox.url, sleep=sleeps, ticks=sleeps.ticks, **options)


def start_faulty(faults: Faults) -> Sandbox:
    """A sandbox of 250 subscriptions at 10, which take three pages."""
    business = Business.empty(NOW)
    price = business.add_price(1000)
    for _ in range(250):
        business.add_subscription(price)
    return start(business, settings=Settings(interceptors=[faults]))
