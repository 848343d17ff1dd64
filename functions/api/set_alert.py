"""Use case: set an alert on a metric."""

from collections.abc import Callable
from dataclasses import dataclass

from functions.api.alert_settings import (
    AlertSettings,
    ask_for_value,
    measured_in,
    require_link,
    start,
    usual_name,
)
from functions.api.revisions import until_nobody_interferes
from shared.domain.alerts import Alert, AlertState
from shared.ports import AlertStore, Clock, ConfigStore, GoalStore, MetricStore, SyncQueue


@dataclass(frozen=True, slots=True)
class SetAlert:
    """Stores an alert that starts from the metric's current value."""

    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    goals: GoalStore
    queue: SyncQueue
    clock: Clock
    new_id: Callable[[str], str]

    def __call__(self, metric_id: str, settings: AlertSettings) -> tuple[Alert, AlertState]:
        """Set the alert and give it with the state that it starts in.

        Raises:
            NotFoundError: no such metric, channel or goal.
            ConflictError: the metric does not serve the goal.
        """
        for channel_id in settings.channels:
            self.config.channel(channel_id)
        alert = self.draft(metric_id, settings)
        if settings.goal_id is not None:
            require_link(self.goals, settings.goal_id, metric_id)
        state = until_nobody_interferes(lambda: self._add(alert))
        ask_for_value(self.queue, self.config.metric(metric_id), alert)
        return alert, state

    def _add(self, alert: Alert) -> AlertState:
        state, latest = start(self.metrics, alert)
        self.alerts.add_alert(alert, state, latest=latest)
        return state

    def draft(self, metric_id: str, settings: AlertSettings) -> Alert:
        """Make an alert of settings, and store nothing.

        Raises:
            NotFoundError: no such metric.
        """
        metric = self.config.metric(metric_id)
        measured = measured_in(metric, self.config.integration(metric.integration_id))
        return Alert(
            id=self.new_id("alt"),
            metric_id=metric_id,
            integration_id=metric.integration_id,
            name=settings.name or usual_name(metric, settings.rule, **measured),
            rule=settings.rule,
            channels=tuple(dict.fromkeys(settings.channels)),
            created_at=self.clock.now(),
            goal_id=settings.goal_id,
            is_enabled=settings.is_enabled,
            notify_if_already_breached=settings.notify_if_already_breached,
            notify_on_recovery=settings.notify_on_recovery,
            cooldown_hours=settings.cooldown_hours,
            **measured,
        )
