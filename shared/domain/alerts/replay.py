"""What an alert would have told over values that are there already."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.alerts.alert import Alert, AlertState, Decision, Point
from shared.domain.alerts.decide import step
from shared.domain.alerts.rules import ChangeRule
from shared.domain.configuration import MetricValue


def replay(alert: Alert, values: Sequence[MetricValue]) -> list[Decision]:
    """Offer values to an alert, from the first, and give all that it decides.

    Args:
        alert: as it is configured; it is taken as enabled.
        values: of one metric, oldest first; their order is their version, as values of the past
            have none of their own.
    """
    alert = replace(alert, is_enabled=True)
    known = [value for value in values if value.value is not None]
    instants = [value.as_of for value in known]
    state, decisions = AlertState(config_version=alert.config_version), []
    for version, value in enumerate(values, start=1):
        baseline = _baseline(alert, value, known, instants)
        state, decision = step(state, alert, replace(value, version=version), baseline)
        if decision is not None:
            decisions.append(decision)
    return decisions


def _baseline(
    alert: Alert, value: MetricValue, known: Sequence[MetricValue], instants: Sequence[datetime]
) -> Point | None:
    """Give what the store would give as the value's baseline; see `MetricStore.baseline`."""
    until = alert.rule.baseline_until(value.as_of) if isinstance(alert.rule, ChangeRule) else None
    found = 0 if until is None else bisect_right(instants, until)
    if not found:
        return None
    base = known[found - 1]
    if base.value is None or not base.is_measured_as(value):
        return None
    return Point(base.value, base.as_of)
