"""The one address of the local run: dashboard, control routes, and the deployed API."""

from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from local.deploy import Deployment
from local.failure import LocalRunError
from local.site import site_routes
from local.tokens import Tokens

# Line breaks as well, which a dot would not match.
_ANY = r"/{path:[\s\S]*}"
_UNKNOWN_METHOD = "TRACE"
_MOST_BYTES = 10 * 1024 * 1024  # as the gateway
# Of one connection, not of the message; Host names the front, which the emulator would not know.
_NOT_PASSED_ON = frozenset(
    {
        "connection", "content-length", "host", "keep-alive", "proxy-connection",
        "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


class Front:
    """Passes requests on to the deployed API, with the run's token exchanged for a real one."""

    def __init__(
        self, *, deployment: Deployment, tokens: Tokens, http: aiohttp.ClientSession
    ) -> None:
        self._api_url = deployment.api_url
        self._tokens = tokens
        self._http = http

    def application(self, control_routes: list[web.RouteDef]) -> web.Application:
        """The web application of the front."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.add_routes(control_routes)
        app.add_routes(site_routes())
        app.add_routes([web.options(_ANY, self._answer_options)])
        app.add_routes([web.route("*", _ANY, self._pass_on)])
        return app

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API as the user of this run."""
        headers = {
            "Authorization": f"Bearer {await self._tokens.access_token()}",
            "Accept-Encoding": "identity",
        }
        async with self._http.request(
            method, f"{self._api_url}{path}", json=body, headers=headers
        ) as answer:
            content = await answer.json(content_type=None)
            if not answer.ok:
                said = content.get("detail") or content.get("message")
                raise LocalRunError(f"{method} {path} answered {answer.status}: {said}")
            return content

    async def _answer_options(self, request: web.Request) -> web.StreamResponse:
        """Answer as the gateway does, for which OPTIONS is a method like any other.

        The emulator's takes it for a browser that asks about another origin. So the API is asked
        about a method that it has as little.
        """
        answer = await self._pass_on(request, method=_UNKNOWN_METHOD)
        text = (answer.text or "").replace(_UNKNOWN_METHOD, request.method)
        return web.Response(status=answer.status, headers=answer.headers, text=text)

    async def _pass_on(self, request: web.Request, method: str | None = None) -> web.Response:
        headers = _passed_on(request.headers)
        if self._tokens.is_own(request.headers.get("Authorization")):
            headers["Authorization"] = f"Bearer {await self._tokens.access_token()}"
        async with self._http.request(
            method or request.method,
            URL(f"{self._api_url}{request.raw_path}", encoded=True),
            headers=headers,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            data=await request.read() if request.can_read_body else None,
            allow_redirects=False,
        ) as answer:
            return web.Response(
                status=answer.status, headers=_passed_on(answer.headers), body=await answer.read()
            )


def _passed_on(headers: Any) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON
    )
