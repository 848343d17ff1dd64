"""Use case: at a tick, queue one sync for every integration with metrics due."""

from dataclasses import dataclass

from shared.domain.configuration import RefreshInterval
from shared.ports import ConfigStore, SyncQueue, SyncRequest


@dataclass(frozen=True, slots=True)
class DispatchSyncs:
    """Queues the syncs of one tick."""

    config: ConfigStore
    queue: SyncQueue

    def __call__(self, interval: RefreshInterval, slot: str) -> list[str]:
        """Queue the syncs of *slot*, one for each integration, and give the integrations' ids.

        The same slot again queues nothing twice: the queue drops what it has just seen, and the
        ledger knows the slots that are done.

        Raises:
            StorageError: the table or the queue failed; the tick may be run again.
        """
        due = list(self.config.due_integrations(interval))
        self.queue.send_all(SyncRequest(each, slot=slot, interval=interval) for each in due)
        return due
