"""Refusals of the control routes, in the form that the API has for its own."""

from http import HTTPStatus

from aiohttp import web


def problem(status: int, code: str, detail: str, *, pointer: str | None = None) -> web.Response:
    """An `application/problem+json` answer."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "retryable": status in (429, 503, 504),
    }
    if pointer is not None:
        body["errors"] = [{"pointer": pointer, "detail": detail}]
    return web.json_response(body, status=status, content_type="application/problem+json")
