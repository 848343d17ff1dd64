"""Explanations of numbers, as clients see them: of metrics and of test queries."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from functions.api.explain_value import Explained
from functions.api.setting_schemas import DEFINITIONS_SCHEMA
from functions.api.views.common import Instant, Number, WarningView, format_shown, view_warning
from shared.domain.configuration import MetricValue
from shared.domain.metrics import Comparison, Measurement, still_differs

Unit = Literal["currency", "percent", "count"]


class _Shown(BaseModel):
    """Shows the attributes of the same names."""

    model_config = ConfigDict(from_attributes=True)


class PartView(_Shown):
    """A summand of the value, or the numerator or denominator of a ratio."""

    label: str
    value: Number
    count: int


class BreakdownRowView(_Shown):
    """What a price or product adds to the value, or to the numerator of a ratio.

    `id` is null where none is known, and of several, joined by ` + `, where what is counted has
    several.
    """

    id: str | None
    value: Number
    count: int


class CurrencyRowView(_Shown):
    """What is in one currency: in its own units, and converted.

    The rate is the integration's (`configured`), or that of a balance transaction of `rate_at`
    (`implied`); null without a rate.
    """

    currency: str
    value: Number
    count: int
    rate: Number | None
    rate_source: Literal["configured", "implied"] | None
    rate_at: Instant | None
    converted: Number | None


class BreakdownView(_Shown):
    """The value by price, product and currency, largest first."""

    by_price: list[BreakdownRowView]
    by_product: list[BreakdownRowView]
    by_currency: list[CurrencyRowView]


class ContributionView(_Shown):
    """What one object of Stripe adds to the value, or to the numerator of a ratio.

    `currency` differs from the value's where the value is withheld.
    """

    object: str
    id: str
    customer: str
    amount: Number
    currency: str | None
    detail: str


class ContributionsView(BaseModel):
    """A page of contributions, largest first, and how many there are in all."""

    data: list[ContributionView]
    next_cursor: str | None
    total: int


class LeftOutView(_Shown):
    """What is not in the value, and why; `object` is what the count is of."""

    reason: str
    detail: str
    object: str
    count: int
    amount: Number | None


class CoverageView(_Shown):
    """How many objects were read and counted: the others of them are in `left_out`."""

    object: str
    read: int
    counted: int


class ExplanationView(BaseModel):
    """Where a number comes from: its parts add up to it, or are what it is a ratio of.

    `companions` are numbers to read it beside; null where one is not known.
    """

    value: Number | None
    unit: Unit
    currency: str | None
    as_of: Instant
    formula: str
    parts: list[PartView]
    breakdown: BreakdownView
    contributions: ContributionsView
    left_out: list[LeftOutView]
    coverage: CoverageView | None
    companions: dict[str, Number | None]
    warnings: list[WarningView]


class StoredView(BaseModel):
    """The value that is stored for the instant, as it was computed then."""

    value: Number | None
    computed_at: Instant
    origin: Literal["observed", "reconstructed"]


class CauseView(_Shown):
    """An option that differs: what setting it adds to the value, after all before it.

    `value` is the number then, `detail` what holds then.
    """

    cause: str
    option: str
    detail: str
    difference: Number | None
    value: Number | None


class ComparisonView(BaseModel):
    """The number under other definitions; the differences of the causes add up to `difference`.

    `still_differs` says why Stripe's dashboard may show yet another number.
    """

    compare_to: Literal["default", "match_stripe"]
    value: Number | None
    formatted: str | None
    difference: Number | None
    definitions: Annotated[dict[str, Any], WithJsonSchema(DEFINITIONS_SCHEMA)]
    definitions_version: str
    causes: list[CauseView]
    still_differs: list[str]


class MetricExplanationView(ExplanationView):
    """Where the number of a metric comes from."""

    formatted: str | None
    definitions: Annotated[dict[str, Any], WithJsonSchema(DEFINITIONS_SCHEMA)]
    definitions_version: str
    stored: StoredView | None
    comparison: ComparisonView | None


def view_measurement(
    found: Measurement,
    as_of: datetime,
    *,
    limit: int = 100,
    offset: int = 0,
    cursor: Callable[[int], str] | None = None,
) -> ExplanationView:
    """Show where a number comes from, with one page of its contributions.

    Args:
        found: the number.
        as_of: its instant.
        limit: how many contributions are shown.
        offset: how many were shown before.
        cursor: writes where a list goes on; without it there is but one page.
    """
    explanation = found.explanation
    page = explanation.contributions[offset : offset + limit]
    end, total = offset + len(page), len(explanation.contributions)
    return ExplanationView(
        value=found.value,
        unit=found.unit,
        currency=found.currency,
        as_of=as_of,
        formula=explanation.formula,
        parts=[PartView.model_validate(it) for it in explanation.parts],
        breakdown=BreakdownView.model_validate(explanation.breakdown),
        contributions=ContributionsView(
            data=[ContributionView.model_validate(it) for it in page],
            next_cursor=cursor(end) if cursor and page and end < total else None,
            total=total,
        ),
        left_out=[LeftOutView.model_validate(it) for it in explanation.left_out],
        coverage=explanation.coverage and CoverageView.model_validate(explanation.coverage),
        companions=dict(explanation.companions),
        warnings=[view_warning(warning) for warning in found.warnings],
    )


def view_explained(found: Explained, *, limit: int) -> MetricExplanationView:
    """Show where the number of a metric comes from."""
    measured = found.measurement
    explanation = view_measurement(
        measured, found.as_of, limit=limit, offset=found.offset, cursor=found.cursor
    )
    return MetricExplanationView(
        **dict(explanation),
        formatted=format_shown(measured.value, measured.unit, measured.currency),
        definitions=found.integration.definitions.to_dict(),
        definitions_version=found.definitions_version,
        stored=found.stored and _view_stored(found.stored),
        comparison=found.comparison and _view_comparison(found, found.comparison),
    )


def _view_stored(value: MetricValue) -> StoredView:
    return StoredView(value=value.value, computed_at=value.computed_at, origin=value.origin)


def _view_comparison(explained: Explained, found: Comparison) -> ComparisonView:
    preset, measured = found.definitions.preset, explained.measurement
    query = explained.metric.query
    return ComparisonView(
        compare_to=preset,
        value=found.value,
        formatted=format_shown(found.value, measured.unit, measured.currency),
        difference=found.difference,
        definitions=found.definitions.to_dict(),
        definitions_version=explained.series_under(found.definitions),
        causes=[CauseView.model_validate(it) for it in found.causes],
        still_differs=list(still_differs(query)) if preset == "match_stripe" else [],
    )
