"""The answer to a test query, as clients see it."""

from typing import Literal

from pydantic import BaseModel

from functions.api.answer_test_query import TestAnswer
from functions.api.views.common import (
    AccountView,
    Instant,
    Number,
    WarningView,
    format_shown,
    view_account,
    view_warning,
)
from functions.api.views.explanation import ExplanationView, view_measurement


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
    explanation: ExplanationView
    took_ms: int
    requests: int


def view_test_answer(answer: TestAnswer) -> TestAnswerView:
    """Show what a test query found."""
    found = answer.measurement
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
        explanation=view_measurement(found, answer.as_of),
        took_ms=answer.took_ms,
        requests=answer.requests,
    )
