"""Use case: set an alert on a metric."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.domain.alerts import Alert, AlertState, Sample, ThresholdRule, step
from shared.domain.configuration import Metric
from shared.domain.money import format_value
from shared.errors import StorageError
from shared.ports import (
    AlertStore,
    Clock,
    ConfigStore,
    MetricStore,
    SyncQueue,
    SyncRequest,
)


@dataclass(frozen=True, slots=True)
class SetAlert:
    """Stores an alert that starts from the metric's current value."""

    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    queue: SyncQueue
    clock: Clock
    new_id: Callable[[str], str]

    def __call__(
        self,
        metric_id: str,
        *,
        name: str | None,
        rule: ThresholdRule,
        channels: Sequence[str],
        is_enabled: bool,
        notify_if_already_breached: bool,
        notify_on_recovery: bool,
    ) -> tuple[Alert, AlertState]:
        """Set the alert and give it with the state that it starts in.

        Raises:
            NotFoundError: no such metric or channel.
        """
        metric = self.config.metric(metric_id)
        for channel_id in channels:
            self.config.channel(channel_id)
        alert = Alert(
            id=self.new_id("alt"),
            metric_id=metric_id,
            name=name or self._usual_name(metric, rule),
            rule=rule,
            channels=tuple(dict.fromkeys(channels)),
            created_at=self.clock.now(),
            is_enabled=is_enabled,
            notify_if_already_breached=notify_if_already_breached,
            notify_on_recovery=notify_on_recovery,
        )
        state = self._first_state(alert)
        self.alerts.add_alert(alert, state)
        if notify_if_already_breached:
            # The notice comes of a new value, by the way that every notice takes: of this one, or
            # where it cannot be asked for, of the next tick's.
            with suppress(StorageError):
                self.queue.send(
                    SyncRequest(metric.integration_id, slot=alert.id, metric_id=metric_id)
                )
        return alert, state

    def _usual_name(self, metric: Metric, rule: ThresholdRule) -> str:
        currency = self.config.integration(metric.integration_id).currency
        threshold = format_value(rule.threshold, metric.query.unit, currency)
        return f"{metric.name} {rule.direction} {threshold}"

    def _first_state(self, alert: Alert) -> AlertState:
        value = self.metrics.latest([alert.metric_id]).get(alert.metric_id)
        if value is None or alert.notify_if_already_breached:
            return AlertState(config_version=alert.config_version)
        sample = Sample(version=value.version, value=value.value, as_of=value.as_of)
        return step(AlertState(config_version=alert.config_version), alert, sample)[0]
