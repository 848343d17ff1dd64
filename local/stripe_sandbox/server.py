"""The HTTP side: keys, limits, latency, and Stripe's headers around the endpoints' answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec
from aiohttp import web

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.clock import Clock
from local.stripe_sandbox.control import Control
from local.stripe_sandbox.copies import Copies
from local.stripe_sandbox.endpoints import find_endpoint
from local.stripe_sandbox.errors import StripeError, unrecognized_url
from local.stripe_sandbox.faults import DATE, Faults
from local.stripe_sandbox.ids import Ids
from local.stripe_sandbox.journal import API_VERSION
from local.stripe_sandbox.keys import Keys
from local.stripe_sandbox.limits import Limits, RateLimiter
from local.stripe_sandbox.objects import View
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import Json
from local.stripe_sandbox.requests_log import RequestLog

Interceptor = Callable[[web.Request, str], Awaitable[web.StreamResponse | None]]
"""Sees a request and the name of its endpoint first, and may answer in the sandbox's stead."""


@dataclass(slots=True)
class Settings:
    """How the server behaves.

    Attributes:
        latency_ms: how long each answer takes at least.
        copies: how many times the account holds the business, see `copies`.
        interceptors: asked in order before anything else, for faults of every kind.
        ticks: the steady clock that rate limits go by.
    """

    keys: Keys = field(default_factory=Keys)
    limits: Limits = field(default_factory=Limits)
    latency_ms: float = 0
    copies: int = 1
    interceptors: Sequence[Interceptor] = ()
    ticks: Callable[[], float] = time.monotonic


class Front:
    """Answers requests to a business's account.

    Args:
        business: whose objects are shown.
        clock: the sandbox's own; the business is brought up to it before each answer.
        settings: keys, limits, latency.
    """

    def __init__(self, business: Business, clock: Clock, settings: Settings) -> None:
        self.business = business
        self.clock = clock
        self.settings = settings
        self.log = RequestLog()
        self.faults = Faults()
        self._copies = Copies(business.state, settings.copies) if settings.copies > 1 else None
        self._limiter = RateLimiter(settings.limits, settings.ticks)
        self._request_ids = Ids(seed=0)

    @property
    def keys(self) -> Keys:
        """The keys that the sandbox knows."""
        return self.settings.keys

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request of the API."""
        found = find_endpoint(request.method, request.path)
        name = found[0].name if found else "unrecognized"
        # Also what goes wrong says what time it is: by the sandbox's clock, like all the rest.
        request[DATE] = self._date()
        if self.settings.latency_ms:
            await asyncio.sleep(self.settings.latency_ms / 1000)
        response = await self._intercept(request, name)
        if response is not None:
            self.log.count(name, response.status)
            if not response.prepared:
                response.headers.setdefault("Date", request[DATE])
            return response
        self.business.advance_to(self.clock.now())
        try:
            body: Json | msgspec.Raw = self._answer(request)
            status, headers = 200, {}
        except StripeError as error:
            status, body, headers = error.status, error.body(), error.headers
        self.log.count(name, status)
        return self._respond(request, status, body, headers)

    async def _intercept(self, request: web.Request, name: str) -> web.StreamResponse | None:
        for interceptor in self.settings.interceptors:
            response = await interceptor(request, name)
            if response is not None:
                return response
        return await self.faults.strike(request)

    def _answer(self, request: web.Request) -> Json | msgspec.Raw:
        # Limits are per account: a request that belongs to none takes nothing from them.
        access = self.settings.keys.check(request.headers.get("Authorization"))
        found = find_endpoint(request.method, request.path)
        if found is None:
            raise unrecognized_url(request.method, request.path)
        endpoint, object_id = found
        self._limiter.admit(endpoint.name)
        access.require(endpoint.permission, self.business.state.account.id)
        view = View(self.business.state, access.livemode)
        if self._copies is not None:
            return self._copies.answer(endpoint, view, request.query.items(), object_id)
        return endpoint.answer(view, Parameters(request.query.items()), object_id)

    def _respond(
        self,
        request: web.Request,
        status: int,
        body: Json | msgspec.Raw,
        headers: dict[str, str],
    ) -> web.Response:
        return web.Response(
            status=status,
            body=msgspec.json.format(msgspec.json.encode(body), indent=2),
            content_type="application/json",
            headers={
                "Date": self._date(),
                "Request-Id": self._request_ids.new("req", 14),
                "Stripe-Version": request.headers.get("Stripe-Version", API_VERSION),
                **headers,
            },
        )

    def _date(self) -> str:
        return format_datetime(datetime.fromtimestamp(self.clock.now(), UTC), usegmt=True)


FRONT = web.AppKey("front", Front)


def create_app(
    business: Business, clock: Clock | None = None, settings: Settings | None = None
) -> web.Application:
    """Return the aiohttp application of a sandbox.

    Args:
        business: whose account it is.
        clock: the sandbox's clock; without one it stands still at the business's now.
        settings: keys, limits, latency.
    """
    app = web.Application()
    front = Front(business, clock or Clock(business.now), settings or Settings())
    app[FRONT] = front
    Control(front).add_routes(app)
    app.router.add_route("*", "/{path:.*}", front.handle)
    return app
