"""The control routes under `/_local/`: ticks, the outbox, and the sandbox's clock."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from local.failure import LocalRunError
from local.outbox import Outbox
from local.problems import problem
from local.settling import Settling
from local.ticks import INTERVALS, Ticks
from local.tokens import Tokens

_TICK_SECONDS = 900.0
_MOST_DAYS = 3660

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Reads one integration, as the API answers it.
ReadIntegration = Callable[[str], Awaitable[dict[str, Any]]]


class Control:
    """Handlers of the control routes."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        ticks: Ticks,
        settling: Settling,
        outbox: Outbox,
        sandbox_url: str | None,
        read_integration: ReadIntegration,
        http: aiohttp.ClientSession,
    ) -> None:
        self._tokens = tokens
        self._ticks = ticks
        self._settling = settling
        self._outbox = outbox
        self._sandbox_url = sandbox_url
        self._read_integration = read_integration
        self._http = http
        self._one_tick = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """The control routes, each behind the token of the run."""
        return [
            web.post("/_local/tick", self._guarded(self._tick)),
            web.get("/_local/outbox", self._guarded(self._list_outbox)),
            web.post("/_local/sandbox/advance", self._guarded(self._advance)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._tokens.is_own(request.headers.get("Authorization")):
                return web.json_response({"message": "Unauthorized"}, status=401)
            return await handler(request)

        return guarded

    async def _tick(self, request: web.Request) -> web.StreamResponse:
        interval = (await _json_object(request)).get("interval")
        if interval not in INTERVALS:
            return problem(
                422,
                "validation_failed",
                f"interval is one of {', '.join(INTERVALS)}.",
                pointer="/interval",
            )
        # A tick that starts while another is draining would wait for both, and answer for one.
        async with self._one_tick:
            try:
                async with asyncio.timeout(_TICK_SECONDS):
                    queued = await self._ticks.fire(interval)
                    await self._settling.wait()
                    syncs = [await self._sync_result(integration) for integration in queued]
            except TimeoutError:
                return problem(504, "internal", "The syncs of this tick have not come to an end.")
            except (LocalRunError, BotoCoreError, ClientError) as error:
                return problem(502, "internal", str(error))
        await self._outbox.collect()
        return web.json_response({"syncs": syncs})

    async def _sync_result(self, integration_id: str) -> dict[str, Any]:
        sync = (await self._read_integration(integration_id)).get("sync", {})
        return {
            "integration_id": integration_id,
            "state": sync.get("state"),
            "error": sync.get("error"),
        }

    async def _list_outbox(self, request: web.Request) -> web.StreamResponse:
        del request
        deliveries = await self._outbox.collect()
        return web.json_response({"data": [delivery.as_json() for delivery in deliveries]})

    async def _advance(self, request: web.Request) -> web.StreamResponse:
        if self._sandbox_url is None:
            return problem(404, "not_found", "This run uses a Stripe of your own, not the sandbox.")
        days = (await _json_object(request)).get("days")
        if (
            not isinstance(days, int | float)
            or isinstance(days, bool)
            or not 0 < days <= _MOST_DAYS
        ):
            return problem(
                422,
                "validation_failed",
                f"days is a number above 0 and up to {_MOST_DAYS:,}.",
                pointer="/days",
            )
        url = f"{self._sandbox_url}/_sandbox/advance"
        async with self._http.post(url, json={"days": days}) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type
            )


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise web.HTTPBadRequest(
            text=problem(400, "validation_failed", "The body is not JSON.").text,
            content_type="application/problem+json",
        ) from error
    return body if isinstance(body, dict) else {}
