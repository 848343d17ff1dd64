"""What an alert would have told over values that are there already."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

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
    state, decisions = AlertState(config_version=alert.config_version), []
    known: dict[tuple[str, str | None], list[MetricValue]] = defaultdict(list)
    for version, value in enumerate(values, start=1):
        alike = known[value.definitions_version, value.currency]
        if value.value is not None:
            alike.append(value)
        baseline = _baseline(alert, value, alike)
        state, decision = step(state, alert, replace(value, version=version), baseline)
        if decision is not None:
            decisions.append(decision)
    return decisions


def _baseline(alert: Alert, value: MetricValue, alike: Sequence[MetricValue]) -> Point | None:
    """Give what the store would give as the value's baseline; see `MetricStore.baseline`."""
    until = alert.rule.baseline_until(value.as_of) if isinstance(alert.rule, ChangeRule) else None
    found = 0 if until is None else bisect_right(alike, until, key=attrgetter("as_of"))
    if not found:
        return None
    base = alike[found - 1]
    return None if base.value is None else Point(base.value, base.as_of)
