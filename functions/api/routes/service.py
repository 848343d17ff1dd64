"""What the service says of itself, to everybody: health and the description of the API."""

from html import escape

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import PathItem

from shared import __version__

_METHODS = ("get", "post", "put", "patch", "delete")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Stripe Metrics API</title></head>
<body><h1>Stripe Metrics API</h1>
<p>Version {version}. Send <code>Authorization: Bearer</code> with every request to
<code>/v1</code>. The full description for machines: <a href="/openapi.json">openapi.json</a>.</p>
<dl>{operations}</dl></body></html>"""


def add_service_routes(app: APIGatewayHttpResolver) -> None:
    """Add the routes that need no token to *app*, which they describe."""

    @app.get("/health", summary="Answer that the API runs", tags=["Service"])
    def get_health() -> dict[str, str]:
        """Answer that the API runs, and in which version."""
        return {"status": "ok", "version": __version__}

    @app.get("/openapi.json", include_in_schema=False)
    def get_openapi() -> Response[str]:
        """Answer with the description of this API."""
        document = app.get_openapi_json_schema(title="Stripe Metrics", version=__version__)
        return Response(200, "application/json", document)

    @app.get("/docs", include_in_schema=False)
    def get_docs() -> Response[str]:
        """Answer with a page that lists the operations."""
        schema = app.get_openapi_schema(title="Stripe Metrics", version=__version__)
        items = [_describe(path, item) for path, item in sorted((schema.paths or {}).items())]
        page = _PAGE.format(version=__version__, operations="".join(items))
        return Response(200, "text/html; charset=utf-8", page)


def _describe(path: str, item: PathItem) -> str:
    operations = {method: getattr(item, method) for method in _METHODS}
    return "".join(
        f"<dt><code>{method.upper()} {escape(path)}</code></dt>"
        f"<dd>{escape(operation.summary or '')}</dd>"
        for method, operation in operations.items()
        if operation is not None
    )
