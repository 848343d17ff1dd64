"""The API's Lambda entry point: routes, the refusal of bad bodies, and errors as problems."""

import base64
import json
from typing import Any, NoReturn

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.problems import problem, problem_of, validation_problem
from functions.api.routes import (
    alerts,
    channels,
    integrations,
    metric_types,
    metrics,
    notifications,
    test_query,
)
from functions.api.routes.service import add_service_routes
from shared.errors import MetricsError

BODY_LIMIT_BYTES = 64 * 1024
LONGEST_ID = 100

logger = Logger()
app = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
for module in (integrations, metric_types, metrics, test_query, channels, alerts, notifications):
    app.include_router(module.router)
add_service_routes(app)


@app.not_found
def answer_not_found(error: RouteNotFoundError) -> Response[str]:
    """Answer for a path or a method that there is not."""
    del error
    method, path = app.current_event.http_method, app.current_event.path
    return problem("not_found", f"There is no {method} {path}.", _request_id())


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator] # Powertools' own gap
def answer_invalid(error: RequestValidationError) -> Response[str]:
    """Answer for fields that are missing, unknown or wrong."""
    return validation_problem(error.errors(), _request_id())


@app.exception_handler(MetricsError)  # type: ignore[untyped-decorator] # Powertools' own gap
def answer_error(error: MetricsError) -> Response[str]:
    """Answer for an error that a use case raised."""
    answer = problem_of(error, _request_id())
    if answer.status_code >= 500:  # noqa: PLR2004 - our side
        logger.warning("request failed", code=error.code, error=type(error).__name__)
    return answer


@app.exception_handler(Exception)  # type: ignore[untyped-decorator] # Powertools' own gap
def answer_unexpected(error: Exception) -> Response[str]:
    """Answer for anything that nobody thought of; the log has what it was."""
    logger.error("unexpected error", exc_info=error)
    return problem_of(MetricsError("unexpected"), _request_id())


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    refusal = _refuse_path(event) or _refuse_body(event)
    if refusal is not None:
        return {
            "statusCode": refusal.status_code,
            "headers": {"Content-Type": refusal.content_type},
            "body": refusal.body,
            "isBase64Encoded": False,
        }
    return app.resolve(event, context)


def _request_id() -> str:
    return str(app.current_event.request_context.request_id)


def _refuse_path(event: dict[str, Any]) -> Response[str] | None:
    """Refuse a path with a part longer than any id, which no table could look up."""
    path = str(event.get("rawPath", ""))
    if all(len(part) <= LONGEST_ID for part in path.split("/")):
        return None
    request_id = str(event["requestContext"].get("requestId", ""))
    return problem("not_found", "There is nothing with an id that long.", request_id)


def _refuse_body(event: dict[str, Any]) -> Response[str] | None:
    """Refuse a body that is too large, not JSON by its type, or not JSON."""
    body = event.get("body")
    if not body:
        return None
    request_id = str(event["requestContext"].get("requestId", ""))
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if len(content) > BODY_LIMIT_BYTES:
        detail = f"The body has {len(content)} bytes; {BODY_LIMIT_BYTES} are the most."
        return problem("too_large", detail, request_id)
    content_type = str(event.get("headers", {}).get("content-type", "application/json"))
    if content_type.split(";", maxsplit=1)[0].strip().lower() != "application/json":
        detail = "Send JSON, with the header Content-Type: application/json."
        return problem("validation_failed", detail, request_id, status=415)
    try:
        json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        detail = "The body is not valid JSON in UTF-8."
        return problem("validation_failed", detail, request_id, status=400)
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
