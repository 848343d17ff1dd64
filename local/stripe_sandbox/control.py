"""Routes of the sandbox itself, under `/_sandbox`. They ask for no key: they are local."""

import json
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.clock import Clock
from local.stripe_sandbox.faults import Faults, parse_fault
from local.stripe_sandbox.keys import Keys
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.requests_log import RequestLog

_MAX_DAYS = 3_660


class Controlled(Protocol):
    """What is controlled: the front of a sandbox."""

    business: Business
    clock: Clock
    log: RequestLog
    faults: Faults

    @property
    def keys(self) -> Keys:
        """The keys that the sandbox knows."""


class Control:
    """Moves the clock, rolls keys and tells what was asked.

    Args:
        front: what it controls.
    """

    def __init__(self, front: Controlled) -> None:
        self._front = front

    def add_routes(self, app: web.Application) -> None:
        """Put the routes into an application."""
        app.router.add_get("/_sandbox/clock", self.show_clock)
        app.router.add_post("/_sandbox/advance", self.advance)
        app.router.add_get("/_sandbox/requests", self.show_requests)
        app.router.add_delete("/_sandbox/requests", self.clear_requests)
        app.router.add_get("/_sandbox/faults", self.show_faults)
        app.router.add_post("/_sandbox/faults", self.order_fault)
        app.router.add_delete("/_sandbox/faults", self.clear_faults)
        app.router.add_post("/_sandbox/keys/roll", self.roll_key)

    async def show_clock(self, _: web.Request) -> web.Response:
        """Answer the sandbox's now."""
        return web.json_response(self._clock())

    async def advance(self, request: web.Request) -> web.Response:
        """Move clock and business `{"days": N}` ahead; answer the clock and a summary."""
        days = (await _body(request)).get("days")
        if (
            isinstance(days, bool)
            or not isinstance(days, int | float)
            or not 0 <= days <= _MAX_DAYS
        ):
            return _refuse(f"days must be a number from 0 to {_MAX_DAYS}")
        front = self._front
        front.clock.skip(int(days * DAY))
        front.business.advance_to(front.clock.now())
        summary = front.business.take_summary(days)
        return web.json_response(
            {**self._clock(), "summary": summary.words, "counts": summary.counts}
        )

    async def show_requests(self, _: web.Request) -> web.Response:
        """Answer the counts of requests by endpoint."""
        return web.json_response(self._front.log.to_json())

    async def clear_requests(self, _: web.Request) -> web.Response:
        """Set the counts back to nothing."""
        self._front.log.clear()
        return web.json_response(self._front.log.to_json())

    async def show_faults(self, _: web.Request) -> web.Response:
        """Answer the faults that are still to come."""
        return web.json_response(self._front.faults.to_json())

    async def order_fault(self, request: web.Request) -> web.Response:
        """Let something go wrong: a body with the fields of `Fault`, of which `kind` must be."""
        try:
            self._front.faults.order(parse_fault(await _body(request)))
        except ValueError as error:
            return _refuse(str(error))
        return web.json_response(self._front.faults.to_json())

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Let nothing go wrong any more."""
        self._front.faults.clear()
        return web.json_response(self._front.faults.to_json())

    async def roll_key(self, request: web.Request) -> web.Response:
        """Replace the secret key, or `{"key": ...}`; answer the new one."""
        body = await _body(request)
        keys = self._front.keys
        old = str(body.get("key", keys.secret))
        if old not in {keys.secret, keys.live, *keys.restricted}:
            return _refuse("no such key")
        kind, mode, *_ = old.split("_")
        letters = self._front.business.state.ids.new("key", 16).removeprefix("key_")
        new = f"{kind}_{mode}_sandbox{letters}"
        keys.roll(old, new, expires=bool(body.get("expires", True)))
        return web.json_response({"key": new})

    def _clock(self) -> dict[str, Any]:
        now = self._front.clock.now()
        return {
            "now": now,
            "at": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
            "running": self._front.clock.running,
        }


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text() or "{}")
    except json.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _refuse(message: str) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=400)
