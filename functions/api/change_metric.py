"""Use case: rename a metric, refresh it at another interval, or have it measure something else."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from functions.api.awaiting import AwaitValue
from functions.api.revisions import refuse_stale, until_nobody_interferes
from shared.domain.configuration import Metric
from shared.errors import ConflictError, StorageError
from shared.ports import Clock, ConfigStore, SyncQueue, SyncRequest


@dataclass(frozen=True, slots=True)
class ChangeMetric:
    """Stores a changed metric; another query starts a new series of values."""

    config: ConfigStore
    queue: SyncQueue
    clock: Clock
    await_value: AwaitValue

    def __call__(
        self, metric_id: str, changes: Mapping[str, Any], expected: int | None = None
    ) -> Metric:
        """Change fields of the metric, by their names, and give it.

        After another query the values that were there stay in the history, under their own
        `definitions_version`; alerts start afresh with the first value of the new one.

        Raises:
            NotFoundError: no such metric.
            ConflictError: its integration is disconnected; only its name can be changed.
            VersionConflictError: it has not the expected revision; nothing is changed.
        """
        before, metric = until_nobody_interferes(
            lambda: self._change(metric_id, changes, expected), expected
        )
        if metric.edition != before.edition:
            slot, asked_at = f"{metric.id}-{metric.revision}", self.clock.now()
            # A value that cannot be asked for comes with the next tick.
            with suppress(StorageError):
                self.queue.send(SyncRequest(metric.integration_id, slot, metric_id=metric.id))
                self.await_value(metric, asked_at)
        return metric

    def _change(
        self, metric_id: str, changes: Mapping[str, Any], expected: int | None
    ) -> tuple[Metric, Metric]:
        before = self.config.metric(metric_id)
        refuse_stale(before.revision, expected)
        metric = replace(before, **changes)
        if metric == before:
            return before, metric
        if replace(metric, name=before.name) != before:
            self._require_connection(before.integration_id)
        edition = before.edition + (metric.query != before.query)
        metric = replace(metric, edition=edition, revision=before.revision + 1)
        self.config.save_metric(metric, before)
        return before, metric

    def _require_connection(self, integration_id: str) -> None:
        if not self.config.integration(integration_id).is_connected:
            raise ConflictError("This integration is disconnected. Reconnect it first.")
