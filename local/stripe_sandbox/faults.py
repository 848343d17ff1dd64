"""Faults on order: what goes wrong with which requests, and how often."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from local.stripe_sandbox.errors import StripeError, rate_limited
from local.stripe_sandbox.keys import SECRET_KEY, mask

DATE = web.RequestKey("date", str)
"""What time it is when the request is answered, as a header."""

_DEFAULT_HANG_SECONDS = 120.0
_MOST_SECONDS = 3_600
_SERVER_ERRORS = frozenset({500, 502, 503, 504})


@dataclass(slots=True)
class Fault:
    """One kind of trouble.

    Attributes:
        kind: one of `KINDS`.
        path: requests whose path begins with it are struck.
        times: how many more are struck; None is all of them, until the faults are cleared.
        after: how many are let through before.
        status: of a server error.
        seconds: how long a hang lasts before the request is answered after all.
    """

    kind: str
    path: str = "/"
    times: int | None = 1
    after: int = 0
    status: int = 500
    seconds: float = _DEFAULT_HANG_SECONDS


Strike = Callable[[Fault, web.Request], Awaitable[web.StreamResponse | None]]


class Faults:
    """The faults on order, oldest first."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Let something go wrong from the next request on."""
        self._ordered.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._ordered.clear()

    def to_json(self) -> dict[str, Any]:
        """Return what is still to come."""
        return {"faults": [asdict(fault) for fault in self._ordered]}

    async def strike(self, request: web.Request) -> web.StreamResponse | None:
        """Answer a request wrongly, or None where nothing is to go wrong with it."""
        for fault in list(self._ordered):
            if not request.path.startswith(fault.path):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._ordered.remove(fault)
            return await KINDS[fault.kind](fault, request)
        return None


def parse_fault(body: dict[str, Any]) -> Fault:
    """Return the fault that a control request asks for.

    Raises:
        ValueError: it makes no sense; the message says why.
    """
    unknown = set(body) - set(Fault.__slots__)
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    if body.get("kind") not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")
    fault: Any = Fault(**body)  # of any types yet, as it comes from outside
    if not isinstance(fault.path, str) or not fault.path.startswith("/"):
        raise ValueError("path must begin with /")
    if not _is_count(fault.after, 0) or not (fault.times is None or _is_count(fault.times, 1)):
        raise ValueError("times must be null or 1 and more, after 0 and more")
    if fault.status not in _SERVER_ERRORS:
        raise ValueError(f"status must be one of {sorted(_SERVER_ERRORS)}")
    if not isinstance(fault.seconds, int | float) or not 0 <= fault.seconds <= _MOST_SECONDS:
        raise ValueError(f"seconds must be from 0 to {_MOST_SECONDS}")
    return Fault(**body)


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _answer(error: StripeError) -> web.Response:
    return web.Response(
        status=error.status,
        text=json.dumps(error.body()),
        content_type="application/json",
        headers=error.headers,
    )


async def _rate_limit(_: Fault, _request: web.Request) -> web.StreamResponse:
    return _answer(rate_limited("global-rate"))


async def _revoked_key(_: Fault, request: web.Request) -> web.StreamResponse:
    key = request.headers.get("Authorization", SECRET_KEY).rpartition(" ")[2]
    return _answer(StripeError(401, f"Expired API Key provided: {mask(key)}", "api_key_expired"))


async def _server_error(fault: Fault, _: web.Request) -> web.StreamResponse:
    body = {"error": {"message": "An unknown error occurred", "type": "api_error"}}
    return web.json_response(body, status=fault.status)


async def _html(_: Fault, _request: web.Request) -> web.StreamResponse:
    page = "<html><body><h1>Sign in to the network</h1></body></html>"
    return web.Response(text=page, content_type="text/html")


async def _broken_json(_: Fault, _request: web.Request) -> web.StreamResponse:
    body = '{"object": "list", "data": [{"id": "sub_1", "object"'
    return web.Response(text=body, content_type="application/json")


async def _cut_body(_: Fault, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100000", "Date": request[DATE]})
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(b'{"object": "list", "data": [')
    if request.transport is not None:
        request.transport.close()
    return response


async def _reset(_: Fault, request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _hang(fault: Fault, _: web.Request) -> None:
    await asyncio.sleep(fault.seconds)


KINDS: dict[str, Strike] = {
    "broken_json": _broken_json,
    "cut_body": _cut_body,
    "hang": _hang,
    "html": _html,
    "rate_limit": _rate_limit,
    "reset": _reset,
    "revoked_key": _revoked_key,
    "server_error": _server_error,
}

_AT_RANDOM = ("broken_json", "cut_body", "hang", "html", "rate_limit", "reset", "server_error")


class RandomFaults:
    """An interceptor that lets anything go wrong now and then, for runs that must bear it.

    Whether a request is struck follows from the seed, its target and how often that was asked for,
    so that it does not depend on which of several requests at once comes first.

    Args:
        seed: tells which requests are struck, and how.
        share: of all requests, from 0 to 1.
        hang_seconds: how long a hang lasts before the request is answered after all.

    Attributes:
        struck: how often each kind struck.
    """

    def __init__(self, seed: int, share: float, *, hang_seconds: float = 0.2) -> None:
        self.struck: Counter[str] = Counter()
        self._seed = seed
        self._share = share
        self._hang_seconds = hang_seconds
        self._asked: Counter[str] = Counter()

    async def __call__(self, request: web.Request, _: str) -> web.StreamResponse | None:
        """Answer a request wrongly, or None where nothing goes wrong with it."""
        self._asked[request.path_qs] += 1
        which = f"{self._seed}/{request.path_qs}/{self._asked[request.path_qs]}"
        chance = random.Random(which)  # noqa: S311 - a reproducible simulation, no secret
        if chance.random() >= self._share:
            return None
        fault = Fault(chance.choice(_AT_RANDOM), seconds=self._hang_seconds)
        self.struck[fault.kind] += 1
        return await KINDS[fault.kind](fault, request)
