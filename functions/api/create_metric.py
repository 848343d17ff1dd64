"""Use case: have a number of an integration kept up to date."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.configuration import Metric, RefreshInterval
from shared.domain.metrics import MetricQuery
from shared.errors import ConflictError
from shared.ports import Clock, ConfigStore, SyncQueue, SyncRequest


@dataclass(frozen=True, slots=True)
class CreateMetric:
    """Stores a metric and asks for its first value."""

    config: ConfigStore
    queue: SyncQueue
    clock: Clock
    new_id: Callable[[str], str]

    def __call__(
        self,
        integration_id: str,
        *,
        name: str,
        query: MetricQuery,
        refresh_interval: RefreshInterval,
    ) -> Metric:
        """Create the metric; its first value comes within seconds, not at the next tick.

        Raises:
            NotFoundError: no such integration.
            ConflictError: the integration is disconnected.
        """
        integration = self.config.integration(integration_id)
        if not integration.is_connected:
            raise ConflictError("This integration is disconnected. Reconnect it first.")
        metric = Metric(
            id=self.new_id("met"),
            integration_id=integration_id,
            name=name,
            query=query,
            refresh_interval=refresh_interval,
            created_at=self.clock.now(),
        )
        self.config.add_metric(metric)
        self.queue.send(SyncRequest(integration_id, slot=metric.id, metric_id=metric.id))
        return metric
