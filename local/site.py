"""The dashboard as CloudFront serves it: files of the build, and the one page for every place."""

from pathlib import Path

from aiohttp import web

from local.failure import LocalRunError

_BUILD = Path(__file__).parent.parent / "build" / "web"
POLICY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_CHANGING = {**POLICY_HEADERS, "Cache-Control": "no-store"}
# The name of such a file changes with what is in it.
_LASTING = {**POLICY_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
_PLACES = ("metrics", "goals", "alerts", "settings", "signed-in")


def site_routes() -> list[web.RouteDef]:
    """Give the routes of the dashboard.

    Raises:
        LocalRunError: it has not been built.
    """
    if not (_BUILD / "index.html").exists():
        raise LocalRunError("The dashboard has not been built. Run make setup.")
    places = [web.get(rf"/{{place:({'|'.join(_PLACES)})(/.*)?}}", _send_page)]
    return [
        web.get("/", _send_page),
        *places,
        web.get("/icon.svg", _send_icon),
        web.get("/config.json", _send_config),
        web.get(r"/assets/{name:[\w.-]+}", _send_asset),
    ]


async def _send_page(request: web.Request) -> web.StreamResponse:
    del request
    return web.FileResponse(_BUILD / "index.html", headers=_CHANGING)


async def _send_icon(request: web.Request) -> web.StreamResponse:
    del request
    return web.FileResponse(_BUILD / "icon.svg", headers=_CHANGING)


async def _send_config(request: web.Request) -> web.StreamResponse:
    """Say that there is nothing to sign in with: the token comes with the link."""
    del request
    return web.json_response({"sign_in": None}, headers=_CHANGING)


async def _send_asset(request: web.Request) -> web.StreamResponse:
    file = _BUILD / "assets" / request.match_info["name"]
    if not file.is_file():
        return web.Response(status=404, text="There is no such file.", headers=_CHANGING)
    return web.FileResponse(file, headers=_LASTING)
