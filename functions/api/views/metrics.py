"""Metrics and their values, as clients see them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, WithJsonSchema

from functions.api.setting_schemas import QUERY_SCHEMA
from functions.api.views.common import Instant, ListView, Number, WarningView, format_shown
from functions.api.views.integrations import SyncView
from shared.domain.configuration import Metric, MetricValue, RefreshInterval
from shared.domain.goals import Goal
from shared.domain.metrics import GoodDirection, good_direction, query_to_dict


class ValueView(BaseModel):
    """One value of a metric."""

    value: Number | None
    unit: Literal["currency", "percent", "count"]
    currency: str | None
    as_of: Instant
    computed_at: Instant
    origin: Literal["observed", "reconstructed"]
    definitions_version: str


class CurrentView(BaseModel):
    """The newest value of a metric."""

    value: Number | None
    unit: Literal["currency", "percent", "count"]
    currency: str | None
    formatted: str | None
    as_of: Instant
    computed_at: Instant
    definitions_version: str
    warnings: list[WarningView]


class GoalRefView(BaseModel):
    """A goal that the metric serves."""

    id: str
    name: str
    primary: bool


class MetricView(BaseModel):
    """A configured number of an integration.

    Attributes:
        good_direction: whether it is good news that it rises or falls; null where neither is.
    """

    id: str
    integration_id: str
    name: str
    query: Annotated[dict[str, Any], WithJsonSchema(QUERY_SCHEMA)]
    refresh_interval: RefreshInterval
    good_direction: GoodDirection | None
    current: CurrentView | None
    sync: SyncView
    goals: list[GoalRefView]
    created_at: Instant


class Metrics(ListView):
    """A page of metrics."""

    data: list[MetricView]


class Values(ListView):
    """A page of values."""

    data: list[ValueView]


def view_metric(
    metric: Metric, value: MetricValue | None, sync: SyncView, goals: Mapping[str, Goal]
) -> MetricView:
    """Show a metric with its newest value, and those of *goals* that it serves."""
    served = [goals[key] for key in metric.goals if key in goals]
    return MetricView(
        id=metric.id,
        integration_id=metric.integration_id,
        name=metric.name,
        query=query_to_dict(metric.query),
        refresh_interval=metric.refresh_interval,
        good_direction=good_direction(metric.query),
        current=None if value is None else _view_current(value),
        sync=sync,
        goals=[
            GoalRefView(id=it.id, name=it.name, primary=it.links[0].metric_id == metric.id)
            for it in served
            if it.link_to(metric.id) is not None
        ],
        created_at=metric.created_at,
    )


def _view_current(value: MetricValue) -> CurrentView:
    return CurrentView(
        value=value.value,
        unit=value.unit,
        currency=value.currency,
        formatted=format_shown(value.value, value.unit, value.currency),
        as_of=value.as_of,
        computed_at=value.computed_at,
        definitions_version=value.definitions_version,
        warnings=[WarningView(code=code, message=text) for code, text in value.warnings],
    )


def view_value(value: MetricValue) -> ValueView:
    """Show one value of a metric's history."""
    return ValueView(
        value=value.value,
        unit=value.unit,
        currency=value.currency,
        as_of=value.as_of,
        computed_at=value.computed_at,
        origin=value.origin,
        definitions_version=value.definitions_version,
    )
