"""The API's Lambda entry point: routes, the refusal of bad bodies, and errors as problems."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.bootstrap import access, kept_answers
from functions.api.problems import PROBLEM_JSON, problem, problem_of, validation_problem
from functions.api.refusals import refuse, request_id_of
from functions.api.routes import (
    alerts,
    channels,
    goals,
    integrations,
    metric_types,
    metrics,
    notifications,
    test_query,
)
from functions.api.routes.service import add_service_routes
from shared.domain.settings import list_words
from shared.errors import MetricsError

logger = Logger()
app = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
_RESOURCES = (
    integrations,
    metric_types,
    metrics,
    goals,
    test_query,
    alerts,
    channels,
    notifications,
)
for module in _RESOURCES:
    app.include_router(module.router)
OPERATIONS = [operation for module in _RESOURCES for operation in module.router.operations]
add_service_routes(app, OPERATIONS)


def refuse_unknown_parameters(
    app: APIGatewayHttpResolver, next_middleware: NextMiddleware
) -> Response[Any]:
    """Refuse parameters that a route does not have: people paste keys there, or mistype names."""
    route = app.context["_route"]
    if route not in _routes():
        return next_middleware(app)  # there is none, and that is what has to be said
    known = {it.alias for it in route.dependant.query_params}
    unknown = sorted(app.current_event.query_string_parameters.keys() - known)
    if unknown:
        said = f"Use {list_words(sorted(known))}." if known else "This takes none."
        errors = [(f"?{name}", f"This parameter is not known here. {said}") for name in unknown]
        detail = "There are parameters that are not known here."
        return problem("validation_failed", detail, _request_id(), errors=errors)
    return next_middleware(app)


app.use([refuse_unknown_parameters])


@app.not_found
def answer_not_found(error: RouteNotFoundError) -> Response[str]:
    """Answer for a path that there is not, or that does not have the method."""
    del error
    method, path = app.current_event.http_method, app.current_event.path
    routes = [route for route in _routes() if route.rule.match(path)]
    # A path of its own is no id, though one could be called so.
    own = [route for route in routes if route.path == path]
    methods = sorted({route.method for route in own or routes})
    if not methods:
        return problem("not_found", f"There is no {method} {path}.", _request_id())
    detail = f"{method} is not possible here; {list_words(methods)} is."
    headers = {"Allow": ", ".join(methods)}
    return problem("not_found", detail, _request_id(), status=405, headers=headers)


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
    answer = refuse(event, access()) or _answer(_typed(event), context)
    if isinstance(answer, dict):
        return answer
    return {
        "statusCode": answer.status_code,
        "headers": {"Content-Type": PROBLEM_JSON},
        "body": answer.body,
        "isBase64Encoded": False,
    }


def _typed(event: dict[str, Any]) -> dict[str, Any]:
    """Say that the body is JSON, as it is, or that there is none.

    Powertools does not read the type as generously as it is written, and asks for it without a body
    as well.
    """
    return {**event, "headers": {**event.get("headers", {}), "content-type": "application/json"}}


def _answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | Response[str]:
    if "idempotency-key" not in event.get("headers", {}):
        return app.resolve(event, context)
    # Few requests have a key, and the others must not pay for what it takes.
    from functions.api import idempotency  # noqa: PLC0415

    key = idempotency.key_of(event)
    if key is None:
        return app.resolve(event, context)
    try:
        return idempotency.refuse_key(event, key) or idempotency.answer_once(
            event, context, key, kept_answers(), lambda: app.resolve(event, context)
        )
    except MetricsError as error:
        return problem_of(error, request_id_of(event))


def _routes() -> list[Route]:
    # Powertools keeps its routes to itself, and knows no 405.
    return [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001


def _request_id() -> str:
    return str(app.current_event.request_context.request_id)
