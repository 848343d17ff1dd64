"""Use case: have an account's ledger brought up to date, and open it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.account import Account, Mode, Needs
from shared.domain.configuration import SyncStatus
from shared.domain.ledger import load_account, progress_in_words
from shared.errors import ImportRunningError
from shared.ports import Clock, ConfigStore, Ledger, SyncQueue, SyncRequest

# A quiet account is caught up within a second or two; most are imported within this.
_PATIENCE = timedelta(seconds=10)
_PAUSE_SECONDS = 0.2
# A metric id that none has: the sync only reads.
_NO_METRIC = "none"


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What the ledger has of an account.

    Attributes:
        requests: how many requests to Stripe it took to catch up.

        is_fresh: whether it was brought up to date just now; False where that failed, or takes
            longer than anybody waits.

        has_rates: whether the money that tells exchange rates has been read.
    """

    account: Account
    as_of: datetime
    requests: int
    is_fresh: bool
    has_rates: bool


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Asks for a sync that computes nothing, waits a moment for it, and reads the ledger.

    Attributes:
        new_id: makes ids.

        sleep: waits for so many seconds.
    """

    config: ConfigStore
    ledger: Ledger
    queue: SyncQueue
    clock: Clock
    new_id: Callable[[str], str]
    sleep: Callable[[float], None]

    def __call__(self, integration_id: str, mode: Mode, needs: Needs) -> CaughtUp:
        """Return the account as far as it is needed.

        Raises:
            ImportRunningError: the first import has not read that yet.
        """
        before = self.config.sync_status(integration_id)
        slot = self.new_id("test")
        self.queue.send(SyncRequest(integration_id, slot=slot, metric_id=_NO_METRIC))
        status = self._wait_for_sync(integration_id, before)
        place = self.ledger.place(integration_id)
        if place.as_of is None or not place.covers(needs):
            raise ImportRunningError(_told(status))
        account = load_account(self.ledger.book(integration_id), mode, needs, place.as_of)
        return CaughtUp(
            account=replace(account, history_since=place.history_since),
            as_of=place.as_of,
            requests=status.requests,
            is_fresh=status.state == "ok" and status.sequence > before.sequence,
            has_rates=place.balance_since is not None,
        )

    def _wait_for_sync(self, integration_id: str, before: SyncStatus) -> SyncStatus:
        deadline = self.clock.now() + _PATIENCE
        while True:
            status = self.config.sync_status(integration_id)
            is_over = status.sequence > before.sequence and status.state != "running"
            if is_over or self.clock.now() >= deadline:
                return status
            self.sleep(_PAUSE_SECONDS)


def _told(status: SyncStatus) -> str:
    if status.error is not None:
        return f"The first import has not succeeded yet. {status.error.message}"
    progress = f" {progress_in_words(status.progress)}" if status.progress else ""
    return f"The first import of this account is still running.{progress} Ask again in a moment."
