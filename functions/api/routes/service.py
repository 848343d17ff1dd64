"""What the service says of itself, to everybody: health and the description of the API."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from functions.api.routes.router import Operation
from shared import __version__


def add_service_routes(app: APIGatewayHttpResolver, operations: Sequence[Operation]) -> None:
    """Add the routes that need no token to *app*, which they describe."""

    @cache
    def description() -> dict[str, Any]:
        # Nobody else needs it.
        from functions.api.openapi import describe  # noqa: PLC0415

        return describe(app, operations)

    @app.get("/health", summary="Answer that the API runs", tags=["Service"])
    def get_health() -> dict[str, str]:
        """Answer that the API runs, and in which version."""
        return {"status": "ok", "version": __version__}

    @app.get("/openapi.json", include_in_schema=False)
    def get_openapi() -> Response[str]:
        """Answer with the description of this API."""
        return Response(200, "application/json", json.dumps(description()))

    @app.get("/docs", include_in_schema=False)
    def get_docs() -> Response[str]:
        """Answer with a page of it for people."""
        from functions.api.docs_page import HEADERS, write_page  # noqa: PLC0415

        page = write_page(description())
        return Response(200, "text/html; charset=utf-8", page, headers=dict(HEADERS))
