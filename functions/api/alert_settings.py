"""What a person says of an alert, and what follows from it, whether it is new or changed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.domain.alerts import (
    Alert,
    AlertState,
    ChangeRule,
    CompareTo,
    Rule,
    ThresholdRule,
    starting_state,
)
from shared.domain.configuration import Integration, Metric, MetricValue
from shared.domain.money import Unit, format_exactly
from shared.errors import ConflictError, StorageError
from shared.ports import GoalStore, MetricStore, SyncQueue, SyncRequest

_VERBS = {"increase": "rises", "decrease": "drops", "any": "changes"}
_COMPARED: Mapping[CompareTo, str] = {
    "previous": "",
    "day": " in a day",
    "week": " in a week",
    "month": " in a month",
    "year": " in a year",
    "last_alert": " since the last alert",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """What a person says of an alert; no name gives it its usual one."""

    rule: Rule
    name: str | None = None
    channels: tuple[str, ...] = ()
    goal_id: str | None = None
    is_enabled: bool = True
    notify_if_already_breached: bool = False
    notify_on_recovery: bool = False
    cooldown_hours: Decimal = Decimal(0)


def measured_in(metric: Metric, integration: Integration) -> dict[str, Any]:
    """Give unit and currency of the values that an alert will see."""
    unit: Unit = metric.query.unit
    return {"unit": unit, "currency": integration.currency if unit == "currency" else None}


def require_link(goals: GoalStore, goal_id: str, metric_id: str) -> None:
    """Refuse an alert for a goal that its metric does not serve.

    Raises:
        NotFoundError: no such goal.
        ConflictError: the metric is not linked to it.
    """
    if goals.goal(goal_id).link_to(metric_id) is None:
        raise ConflictError("This metric is not linked to that goal. Link it to the goal first.")


def usual_name(metric: Metric, rule: Rule, unit: Unit, currency: str | None) -> str:
    """Name an alert after what it waits for."""
    if isinstance(rule, ChangeRule):
        verb, compared = _VERBS[rule.direction], _COMPARED[rule.compare_to]
        return f"{metric.name} {verb} by {rule.percentage.normalize():f}%{compared}"
    return f"{metric.name} {rule.direction} {format_exactly(rule.threshold, unit, currency)}"


def start(
    metrics: MetricStore, alert: Alert, before: AlertState | None = None
) -> tuple[AlertState, MetricValue | None]:
    """Give the state that an alert starts in, and the newest value that it is made of."""
    latest = metrics.latest([alert.metric_id]).get(alert.metric_id)
    has_baseline = False
    if latest is not None and isinstance(alert.rule, ChangeRule):
        until = alert.rule.baseline_until(latest.as_of)
        has_baseline = until is not None and metrics.baseline(latest, until) is not None
    return starting_state(alert, latest, before, has_baseline=has_baseline), latest


def ask_for_value(queue: SyncQueue, metric: Metric, alert: Alert) -> None:
    """Ask for a new value where the alert wants its present state to be told.

    The notice comes by the way that every notice takes: of this value, or where it cannot be asked
    for, of the next tick's.
    """
    is_threshold = isinstance(alert.rule, ThresholdRule)
    if alert.is_enabled and alert.notify_if_already_breached and is_threshold:
        slot = f"{alert.id}-{alert.revision}"
        with suppress(StorageError):
            queue.send(SyncRequest(metric.integration_id, slot=slot, metric_id=metric.id))
