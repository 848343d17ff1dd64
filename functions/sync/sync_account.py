"""Use case: bring one integration up to date, once for each slot, one sync at a time.

A failed sync writes no value: it leaves a status with the reason in words. A sync that cannot
finish in its time keeps what it has read and is carried on by another message.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from functions.sync.sync_run import SyncRun, succeeded
from shared.domain.configuration import Integration
from shared.domain.stripe_key import KeyRefusal, parse_key
from shared.errors import (
    BillingSourceError,
    KeyInvalidError,
    NotFoundError,
    SecretMissingError,
)
from shared.ports import (
    BillingSource,
    BillingSources,
    Clock,
    ConfigStore,
    Lease,
    Ledger,
    MetricStore,
    SecretStore,
    SyncQueue,
    SyncRequest,
)

Outcome = Literal["ok", "error", "continued", "already_done", "not_connected"]
# What is being written when the time is up must still find its end.
_RESERVE_SECONDS = 45.0


def _without_limit() -> float:
    return float("inf")


@dataclass(frozen=True, slots=True)
class SyncAccount:
    """Runs one sync request."""

    config: ConfigStore
    metrics: MetricStore
    ledger: Ledger
    secrets: SecretStore
    sources: BillingSources
    queue: SyncQueue
    clock: Clock
    lease_seconds: int
    allow_restricted_keys: bool = False

    def __call__(
        self, request: SyncRequest, seconds_left: Callable[[], float] = _without_limit
    ) -> Outcome:
        """Run the request and tell how it ended.

        Args:
            request: what is to be run.
            seconds_left: how long this process may still run.

        Raises:
            LeaseHeldError: another sync of this integration is running; try again later.
            StorageError: a table failed; the status says so where it can be written.
        """
        try:
            integration = self.config.integration(request.integration_id)
        except NotFoundError:
            return "not_connected"
        if not integration.is_connected:
            return "not_connected"
        now = self.clock.now()
        until = now + timedelta(seconds=self.lease_seconds)
        lease = self.ledger.take_lease(request, now=now, until=until)
        if lease is None:
            self._tell_end(integration.id, now)
            return "already_done"
        return self._run(request, integration, lease, lambda: seconds_left() < _RESERVE_SECONDS)

    def _run(
        self,
        request: SyncRequest,
        integration: Integration,
        lease: Lease,
        is_time_up: Callable[[], bool],
    ) -> Outcome:
        run = SyncRun(
            request,
            integration,
            lease,
            config=self.config,
            metrics=self.metrics,
            ledger=self.ledger,
            clock=self.clock,
            is_time_up=is_time_up,
        )
        try:
            run.begin()
            is_done = run.carry_out(self._open(integration))
        except (BillingSourceError, SecretMissingError) as error:
            # No value was written and the reason is known: the slot is done, the next one is a
            # new chance. Trying again at once would only burden the account.
            self.ledger.release_lease(lease, done=request)
            run.fail(error)
            return "error"
        except Exception as error:
            self.ledger.release_lease(lease, done=None)
            run.fail(error)
            raise
        if is_done:
            # The slot is done before its status is told: a status that cannot be written must not
            # make the values be computed again.
            run.succeed()
            return "ok"
        # Asked to be carried on before it is let go: a message too many is harmless.
        self.queue.send(replace(request, step=request.step + 1))
        self.ledger.release_lease(lease, done=None)
        return "continued"

    def _tell_end(self, integration_id: str, now: datetime) -> None:
        """Say that a sync is done which was killed when only that was left to be said."""
        status = self.config.sync_status(integration_id)
        began = status.last_attempt_at
        patience = timedelta(seconds=self.lease_seconds)
        if status.state == "running" and began is not None and now - began >= patience:
            as_of = self.ledger.place(integration_id).as_of
            self.config.save_sync_status(integration_id, succeeded(status, now, as_of))

    def _open(self, integration: Integration) -> BillingSource:
        text = self.secrets.get(integration.id)
        key = parse_key(text, allow_restricted=self.allow_restricted_keys)
        if isinstance(key, KeyRefusal):
            raise KeyInvalidError(key.message)
        return self.sources(key)
