"""Waiting a moment for a value that was asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.configuration import Metric
from shared.ports import Clock, ConfigStore, MetricStore

# Most accounts are read well within this; a caller is not kept waiting for the others.
_PATIENCE = timedelta(seconds=6)
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class AwaitValue:
    """Waits until a metric has a value, or the sync that was to bring it has failed.

    Attributes:
        sleep: waits for so many seconds.
    """

    config: ConfigStore
    metrics: MetricStore
    clock: Clock
    sleep: Callable[[float], None]

    def __call__(self, metric: Metric, asked_at: datetime) -> None:
        """Wait, but not for long."""
        deadline = self.clock.now() + _PATIENCE
        while not self._is_settled(metric, asked_at) and self.clock.now() < deadline:
            self.sleep(_PAUSE_SECONDS)

    def _is_settled(self, metric: Metric, asked_at: datetime) -> bool:
        if metric.id in self.metrics.latest([metric.id]):
            return True
        status = self.config.sync_status(metric.integration_id)
        attempted_at = status.last_attempt_at
        has_tried = attempted_at is not None and attempted_at >= asked_at
        return has_tried and status.state == "error"
