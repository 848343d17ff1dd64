"""Use case: remove an integration with all that was kept of its account."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.configuration import Integration, Metric
from shared.errors import BusyError, ConflictError, LeaseHeldError, UnfinishedError
from shared.ports import Clock, ConfigStore, Lease, Ledger, SecretStore, SyncRequest, pages_of

# A caller waits no longer than half a minute for an answer.
_PATIENCE = timedelta(seconds=20)
# Longer than one request can take: whoever is killed keeps the next one waiting until then.
_LEASE = timedelta(seconds=60)
# A sync of a disconnected integration ends within some seconds; mostly there is none.
_FOR_A_SYNC = timedelta(seconds=8)
_PAUSE_SECONDS = 0.5
_PAGE = 50


@dataclass(frozen=True, slots=True)
class RemoveIntegration:
    """Removes metrics, values, alerts, notices, ledger, key, and the integration itself last.

    Cut short at any point it can be asked for again, and goes on.

    Attributes:
        remove_metric: removes one metric with all that hangs on it.
        new_id: makes ids.
        sleep: waits for so many seconds.
    """

    config: ConfigStore
    ledger: Ledger
    secrets: SecretStore
    clock: Clock
    remove_metric: Callable[[Metric], object]
    new_id: Callable[[str], str]
    sleep: Callable[[float], None]

    def __call__(self, integration_id: str) -> None:
        """Remove the integration.

        Raises:
            NotFoundError: no such integration, or no longer.
            ConflictError: it is connected.
            BusyError: a sync of it is still running, or another removal; try again.
            UnfinishedError: it is too much for one request; the next one goes on.
        """
        integration = self._disconnected(integration_id)
        now = self.clock.now()
        lease = self._take_lease(integration, now)
        try:
            is_done = self._remove_data(integration, lease, until=now + _PATIENCE)
        except Exception:
            self.ledger.release_lease(lease, done=None)
            raise
        if not is_done:
            self.ledger.release_lease(lease, done=None)
            raise UnfinishedError(
                "There is much to remove, and it takes longer than one request may: the integration"
                " is being removed; ask again to go on."
            )
        # Who has reconnected it meanwhile wants it kept; its account is then read anew.
        integration = self._disconnected(integration_id)
        self.secrets.erase(integration_id)
        self.config.remove_integration(integration)

    def _disconnected(self, integration_id: str) -> Integration:
        integration = self.config.integration(integration_id)
        if integration.is_connected:
            raise ConflictError("This integration is connected. Disconnect it first.")
        return integration

    def _take_lease(self, integration: Integration, now: datetime) -> Lease:
        """Keep every sync out: one that should still be under way writes nothing more."""
        request = SyncRequest(integration.id, slot=self.new_id("removal"))
        lease = self._when_free(request, now)
        if lease is None:  # pragma: no cover - a slot that nobody has used is not done
            raise TypeError("a removal's slot was used before")
        return lease

    def _when_free(self, request: SyncRequest, began_at: datetime) -> Lease | None:
        while True:
            now = self.clock.now()
            try:
                return self.ledger.take_lease(request, now=now, until=now + _LEASE)
            except LeaseHeldError as error:
                if now - began_at >= _FOR_A_SYNC:
                    raise BusyError(
                        "A sync or a removal of this integration is still under way. Ask again in a"
                        " minute."
                    ) from error
            self.sleep(_PAUSE_SECONDS)

    def _remove_data(self, integration: Integration, lease: Lease, *, until: datetime) -> bool:
        """Remove what was measured and what it was measured from; False where the time was up."""

        def is_time_up() -> bool:
            return self.clock.now() >= until

        for metric in self._metrics(integration.id):
            if is_time_up():
                return False
            self.remove_metric(metric)
        return self.ledger.remove(lease, is_time_up)

    def _metrics(self, integration_id: str) -> Iterator[Metric]:
        for page in pages_of(
            lambda cursor: self.config.metrics_of(integration_id, limit=_PAGE, cursor=cursor)
        ):
            yield from page
