"""Use case: bring one integration up to date and compute its due metrics.

A failed sync writes no value: it leaves a status with the reason in words. A value is written
once per slot, only from a complete reading, and only while this sync holds the lease.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Literal

from shared.domain.account import Needs, Reading
from shared.domain.configuration import (
    Integration,
    Metric,
    MetricValue,
    SyncFailure,
    SyncStatus,
)
from shared.domain.metrics import compute, needs_of
from shared.domain.stripe_key import KeyRefusal, parse_key
from shared.errors import (
    BillingSourceError,
    KeyInvalidError,
    MetricsError,
    NotFoundError,
    SecretMissingError,
)
from shared.ports import (
    BillingSources,
    Clock,
    ConfigStore,
    Ledger,
    MetricStore,
    SecretStore,
    SyncRequest,
)

Outcome = Literal["ok", "error", "already_done", "not_connected"]


@dataclass(frozen=True, slots=True)
class SyncAccount:
    """Runs one sync request."""

    config: ConfigStore
    metrics: MetricStore
    ledger: Ledger
    secrets: SecretStore
    sources: BillingSources
    clock: Clock
    lease_seconds: int
    allow_restricted_keys: bool = False

    def __call__(self, request: SyncRequest) -> Outcome:
        """Run the request and tell how it ended.

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
        started_at = self.clock.now()
        until = started_at + timedelta(seconds=self.lease_seconds)
        lease = self.ledger.take_lease(request, now=started_at, until=until)
        if lease is None:
            return "already_done"
        before = self.config.sync_status(integration.id)
        status = replace(
            before, state="running", sequence=lease.sequence, last_attempt_at=started_at
        )
        self.config.save_sync_status(integration.id, status)
        try:
            due = self._due(request)
            reading = self._read(integration, due)
            values = self._compute(integration, due, reading, lease.sequence)
            self.metrics.commit_values(values, lease)
        except (BillingSourceError, SecretMissingError) as error:
            # Nothing was written and the reason is known: the slot is done, the next one is a
            # new chance. Trying again at once would only burden the account.
            self.ledger.release_lease(lease, done=request)
            self._record_failure(integration, status, error)
            return "error"
        except Exception as error:
            self.ledger.release_lease(lease, done=None)
            self._record_failure(integration, status, error)
            raise
        # The slot is done before its status is told: a status that cannot be written must not
        # make the values be computed again.
        self.ledger.release_lease(lease, done=request)
        self._record_success(integration, status, reading.as_of)
        return "ok"

    def _read(self, integration: Integration, due: Sequence[Metric]) -> Reading:
        text = self.secrets.get(integration.id)
        key = parse_key(text, allow_restricted=self.allow_restricted_keys)
        if isinstance(key, KeyRefusal):
            raise KeyInvalidError(key.message)
        # Without metrics the subscriptions still tell whether the key works.
        needs = [needs_of(metric.query) for metric in due] or [Needs(subscriptions=True)]
        return self.sources(key).read(reduce(or_, needs))

    def _due(self, request: SyncRequest) -> Sequence[Metric]:
        due = self.config.due_metrics(request.integration_id, request.interval)
        if request.metric_id is None:
            return due
        return [metric for metric in due if metric.id == request.metric_id]

    def _compute(
        self, integration: Integration, due: Sequence[Metric], reading: Reading, sequence: int
    ) -> list[MetricValue]:
        values = []
        for metric in due:
            result = compute(metric.query, reading.account, reading.as_of, integration.terms)
            values.append(
                MetricValue(
                    metric_id=metric.id,
                    version=sequence,
                    value=result.value,
                    unit=result.unit,
                    currency=result.currency,
                    as_of=reading.as_of,
                    computed_at=self.clock.now(),
                    definitions_version=integration.definitions.version,
                    warnings=tuple((w.code, w.message) for w in result.warnings),
                )
            )
        return values

    def _record_success(
        self, integration: Integration, status: SyncStatus, as_of: datetime
    ) -> None:
        done = replace(
            status,
            state="ok",
            last_success_at=self.clock.now(),
            data_through=as_of,
            error=None,
        )
        self.config.save_sync_status(integration.id, done)

    def _record_failure(
        self, integration: Integration, status: SyncStatus, error: Exception
    ) -> None:
        # What went wrong inside stands in the log; its text is for us, and may hold anything.
        failure = SyncFailure("internal", "The sync failed unexpectedly. It is tried again.")
        if isinstance(error, MetricsError) and error.code != "internal":
            failure = SyncFailure(code=error.code, message=str(error))
        failed = replace(status, state="error", error=failure)
        self.config.save_sync_status(integration.id, failed)
