"""Use case: have a number of an integration kept up to date."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from functions.api.awaiting import AwaitValue
from shared.domain.configuration import Metric, RefreshInterval
from shared.domain.metrics import MetricQuery
from shared.errors import ConflictError, StorageError
from shared.ports import Clock, ConfigStore, SyncQueue, SyncRequest


@dataclass(frozen=True, slots=True)
class CreateMetric:
    """Stores a metric and asks for its first value."""

    config: ConfigStore
    queue: SyncQueue
    clock: Clock
    new_id: Callable[[str], str]
    await_value: AwaitValue

    def __call__(
        self,
        integration_id: str,
        *,
        name: str,
        query: MetricQuery,
        refresh_interval: RefreshInterval,
    ) -> Metric:
        """Create the metric, and wait a moment for its first value.

        The value comes of a sync of its own, not of the next tick; where that takes longer, or
        fails, the metric is there without a value.

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
        # The metric is there; a first value that cannot be asked for comes with its next tick.
        with suppress(StorageError):
            self.queue.send(SyncRequest(integration_id, slot=metric.id, metric_id=metric.id))
            self.await_value(metric, metric.created_at)
        return metric
