"""Use case: bring one integration up to date, once for each slot, one sync at a time.

A failed sync writes no value: it leaves a status with the reason in words. A sync that cannot
finish in its time keeps what it has read and is carried on by another message.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from functions.sync.connection import Connection
from functions.sync.sync_run import SyncRun, succeeded
from shared.domain.configuration import Integration
from shared.domain.stripe_key import KeyRefusal, StripeKey, parse_key
from shared.errors import (
    BillingSourceError,
    KeyInvalidError,
    NotFoundError,
    SecretMissingError,
    VersionConflictError,
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
        if self._is_given_up(request, integration):
            return "error"
        now = self.clock.now()
        until = now + timedelta(seconds=self.lease_seconds)
        lease = self.ledger.take_lease(request, now=now, until=until)
        if lease is None:
            self._tell_end(integration.id, now)
            return "already_done"
        return self._run(request, integration, lease, lambda: seconds_left() < _RESERVE_SECONDS)

    def _is_given_up(self, request: SyncRequest, integration: Integration) -> bool:
        """Whether Stripe has refused the key, and nobody has given another since.

        It would refuse it again. A person who asks for a sync may know better.
        """
        if request.interval is None:
            return False
        status = self.config.sync_status(integration.id)
        is_refused = status.error is not None and status.error.code == KeyInvalidError.code
        tried_at = status.last_attempt_at
        return is_refused and tried_at is not None and integration.key_set_at <= tried_at

    def _run(
        self,
        request: SyncRequest,
        integration: Integration,
        lease: Lease,
        is_time_up: Callable[[], bool],
    ) -> Outcome:
        connection = Connection(self.config, self.clock, integration.id)
        run = SyncRun(
            request,
            integration,
            lease,
            config=self.config,
            metrics=self.metrics,
            ledger=self.ledger,
            clock=self.clock,
            is_time_up=lambda: is_time_up() or connection.is_lost(),
        )
        try:
            run.begin()
            is_done = run.carry_out(self._open(integration))
        except (BillingSourceError, SecretMissingError) as error:
            if connection.is_lost_now():
                return self._give_up(run, lease)
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
        if connection.is_lost():
            return self._give_up(run, lease)
        # Asked to be carried on before it is let go: a message too many is harmless.
        self.queue.send(replace(request, step=request.step + 1))
        self.ledger.release_lease(lease, done=None)
        return "continued"

    def _give_up(self, run: SyncRun, lease: Lease) -> Outcome:
        """End a sync whose account was disconnected; nobody is asked to carry it on."""
        self.ledger.release_lease(lease, done=None)
        run.give_up()
        return "not_connected"

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
        if key.masked != integration.key_masked:
            self._tell_key(integration, key)
        return self.sources(key)

    def _tell_key(self, integration: Integration, key: StripeKey) -> None:
        """Say which key is stored: whoever stored it was killed before saying so."""
        told = replace(
            integration,
            key_masked=key.masked,
            key_set_at=self.clock.now(),
            revision=integration.revision + 1,
        )
        # Where the integration has changed meanwhile, somebody is saying so right now.
        with suppress(VersionConflictError):
            self.config.save_integration(told)
