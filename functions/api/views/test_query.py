"""The answer to a test query, as clients see it."""

from typing import Any, Literal

from pydantic import BaseModel

from functions.api.answer_test_query import TestAnswer
from functions.api.views.common import (
    AccountView,
    Instant,
    Number,
    WarningView,
    format_shown,
    instant,
    json_numbers,
    view_account,
    view_warning,
)
from shared.domain.metrics import explanation_to_dict


class TestAnswerView(BaseModel):
    """The answer to a test query."""

    __test__ = False

    ok: Literal[True]
    value: Number | None
    unit: Literal["currency", "percent", "count"]
    currency: str | None
    formatted: str | None
    as_of: Instant
    mode: Literal["test", "live"]
    account: AccountView
    warnings: list[WarningView]
    explanation: dict[str, Any]
    took_ms: int
    requests: int


def view_test_answer(answer: TestAnswer) -> TestAnswerView:
    """Show what a test query found."""
    found = answer.measurement
    explanation = {
        "value": found.value,
        "unit": found.unit,
        "currency": found.currency,
        "as_of": instant(answer.as_of),
        **explanation_to_dict(found.explanation),
        "warnings": [view_warning(w).model_dump() for w in found.warnings],
    }
    return TestAnswerView(
        ok=True,
        value=found.value,
        unit=found.unit,
        currency=found.currency,
        formatted=format_shown(found.value, found.unit, found.currency),
        as_of=answer.as_of,
        mode=answer.mode,
        account=view_account(answer.account),
        warnings=[view_warning(warning) for warning in found.warnings],
        explanation=json_numbers(explanation),
        took_ms=answer.took_ms,
        requests=answer.requests,
    )
