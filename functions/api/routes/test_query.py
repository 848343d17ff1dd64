"""Test queries: a number at once, and nothing saved."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.api.bootstrap import services
from functions.api.routes.router import KEY_PROBLEMS, Routes
from functions.api.schemas.test_query import TestQueryBody
from functions.api.views.test_query import TestAnswerView, view_test_answer

router = Routes("Test query")


@router.add(
    "POST",
    "/v1/test-query",
    problems=(*KEY_PROBLEMS, "not_found", "query_too_large", "import_running"),
)
def test_query(body: Annotated[TestQueryBody, Body()]) -> TestAnswerView:
    """Answer a query from Stripe at once; nothing is saved."""
    answer = services().answer_test_query
    if body.secret_key is not None:
        found = answer.for_key(body.secret_key.get_secret_value(), body.query, body.definitions)
    else:
        found = answer.for_integration(body.integration_id or "", body.query, body.definitions)
    return view_test_answer(found)
