"""Use case: change an alert, pause it, or let it go on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from functions.api.alert_settings import (
    ask_for_value,
    measured_in,
    require_link,
    start,
    usual_name,
)
from functions.api.revisions import refuse_stale, until_nobody_interferes
from shared.domain.alerts import Alert, AlertState
from shared.domain.configuration import Metric
from shared.ports import AlertStore, ConfigStore, GoalStore, MetricStore, SyncQueue

# What a value is judged by: when it changes, the alert starts afresh.
_JUDGED_BY = ("rule", "unit", "currency", "notify_if_already_breached")


@dataclass(frozen=True, slots=True)
class ChangeAlert:
    """Stores a changed alert; where it starts afresh, from the metric's current value."""

    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    goals: GoalStore
    queue: SyncQueue

    def __call__(
        self, alert_id: str, changes: Mapping[str, Any], expected: int | None = None
    ) -> tuple[Alert, AlertState]:
        """Change fields of the alert, by their names, and give it with its state.

        Raises:
            NotFoundError: no such alert, channel or goal.
            ConflictError: its metric does not serve the goal.
            VersionConflictError: it has not the expected revision, or others kept changing it;
                nothing is lost, it may be tried again.
        """
        for channel_id in changes.get("channels", ()):
            self.config.channel(channel_id)
        return until_nobody_interferes(
            lambda: self._change(self.alerts.alert(alert_id), changes, expected), expected
        )

    def _change(
        self, before: Alert, changes: Mapping[str, Any], expected: int | None
    ) -> tuple[Alert, AlertState]:
        refuse_stale(before.revision, expected)
        metric = self.config.metric(before.metric_id)
        measured = measured_in(metric, self.config.integration(metric.integration_id))
        alert = replace(before, **changes)
        if alert.goal_id is not None and alert.goal_id != before.goal_id:
            require_link(self.goals, alert.goal_id, alert.metric_id)
        if "rule" in changes:
            # A threshold means the currency of its day until somebody sets it anew.
            alert = replace(alert, **measured)
            if "name" not in changes:
                alert = replace(alert, name=_name(metric, before, alert))
        state = self.alerts.state(alert.id)
        if alert == before:
            return alert, state
        is_judged_anew = any(getattr(alert, it) != getattr(before, it) for it in _JUDGED_BY)
        alert = replace(
            alert,
            config_version=before.config_version + is_judged_anew,
            revision=before.revision + 1,
        )
        if not is_judged_anew and alert.is_enabled == before.is_enabled:
            self.alerts.save_alert(alert)
            return alert, state
        state, latest = start(self.metrics, alert, state)
        self.alerts.save_alert(alert, state, latest=latest)
        ask_for_value(self.queue, metric, alert)
        return alert, state


def _name(metric: Metric, before: Alert, alert: Alert) -> str:
    """Name the alert after its new rule, unless somebody has given it a name of its own."""
    if before.name != usual_name(metric, before.rule, before.unit, before.currency):
        return before.name
    return usual_name(metric, alert.rule, alert.unit, alert.currency)
