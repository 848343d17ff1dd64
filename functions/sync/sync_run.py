"""One sync under way: reads the ledger on, and computes what is due from it.

A value is written only from complete inputs, and only while the sync holds the lease.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from functions.sync.measuring import measure
from functions.sync.past_values import PastValues
from shared.domain.account import EVERYTHING, NOTHING, Account, Needs
from shared.domain.configuration import (
    INTERVAL_LENGTHS,
    Integration,
    Metric,
    MetricValue,
    SyncFailure,
    SyncStatus,
)
from shared.domain.ledger import FORM, Place, Progress, load_account
from shared.domain.metrics import needs_of
from shared.errors import MetricsError
from shared.ports import (
    BillingSource,
    Clock,
    ConfigStore,
    Lease,
    Ledger,
    MetricStore,
    SyncRequest,
)

# People watch a first import; the status need not be written more often.
_PROGRESS_EVERY = timedelta(seconds=2)
# How much later than its interval a value may come before it has been missed.
_LATE = timedelta(hours=1)
# The status is one small item.
_MOST_WITHHELD = 100


class SyncRun:
    """The place that a sync is at, and what it says of itself."""

    def __init__(
        self,
        request: SyncRequest,
        integration: Integration,
        lease: Lease,
        *,
        config: ConfigStore,
        metrics: MetricStore,
        ledger: Ledger,
        clock: Clock,
        is_time_up: Callable[[], bool],
    ) -> None:
        self._request = request
        self._integration = integration
        self._lease = lease
        self._config = config
        self._metrics = metrics
        self._ledger = ledger
        self._clock = clock
        self._is_time_up = is_time_up
        self._book = ledger.book(integration.id)
        self._place = Place()
        self._status = SyncStatus()
        self._valued: set[str] = set()
        self._told_at: datetime | None = None

    def begin(self) -> None:
        """See where the ledger is, and say that the sync is running."""
        self._place = self._ledger.place(self._integration.id)
        before = self._config.sync_status(self._integration.id)
        is_first_step = not self._request.step
        self._status = replace(
            before,
            state="running",
            error=None,
            sequence=self._lease.sequence,
            last_attempt_at=self._clock.now(),
            requests=0 if is_first_step else before.requests,
            notes=() if is_first_step else before.notes,
        )
        self._save_status()

    def carry_out(self, source: BillingSource) -> bool:
        """Read until nothing is left to be read, and compute; False where the time was up.

        Raises:
            BillingSourceError: see `BillingSource.advance`.
            LeaseHeldError: the lease has passed to another sync.
        """
        if self._place.form != FORM:
            self._begin_anew()
        while True:
            phase = self._place.phase
            step = source.advance(
                self._book, self._place, is_time_up=self._is_time_up, report=self._report
            )
            self._place = step.place
            self._status = replace(
                self._status,
                requests=self._status.requests + step.requests,
                notes=(*self._status.notes, *step.notes),
            )
            if step.is_done and phase == self._place.phase == "following":
                return self._finish()
            self._ledger.save_place(self._lease, self._place)
            if not step.is_done:
                self._save_status()
                return False
            if self._place.is_coming_in:
                self._give_first_values()

    def _begin_anew(self) -> None:
        """Drop a ledger that an earlier version of this software has left."""
        self._book.clear()
        self._place = Place()
        self._ledger.save_place(self._lease, self._place)
        note = "This version keeps the account in another form: it is read anew."
        self._status = replace(self._status, notes=(*self._status.notes, note))

    def succeed(self) -> None:
        """Say that the sync is done."""
        self._status = succeeded(self._status, self._clock.now(), self._place.as_of)
        self._save_status()

    def give_up(self) -> None:
        """Say that nothing is under way any more, and nothing has come of it."""
        self._status = self._status.at_rest()
        self._save_status()

    def fail(self, error: Exception) -> None:
        """Say why the sync has failed."""
        # What went wrong inside stands in the log; its text is for us, and may hold anything.
        failure = SyncFailure("internal", "The sync failed unexpectedly. It is tried again.")
        if isinstance(error, MetricsError) and error.code != "internal":
            failure = SyncFailure(code=error.code, message=str(error))
        self._status = replace(self._status, state="error", error=failure, progress=None)
        self._save_status()

    def _report(self, progress: Progress) -> None:
        self._status = replace(self._status, progress=progress)
        told_at = self._told_at
        if told_at is None or self._clock.now() - told_at >= _PROGRESS_EVERY:
            self._save_status()

    def _save_status(self) -> None:
        self._told_at = self._clock.now()
        self._config.save_sync_status(self._integration.id, self._status)

    def _give_first_values(self) -> None:
        """Compute the metrics that have no value yet and whose inputs are complete by now."""
        lacking = self._without_value(self._config.due_metrics(self._integration.id, None))
        ready = [it for it in lacking if self._place.covers(needs_of(it.query))]
        if ready:
            values = self._values(ready, self._load(ready))
            if self._place.balance_since is None:
                # The money that is yet to be read may tell the rates that they lack.
                values = [value for value in values if not value.lacks_rate]
            self._metrics.commit(values, self._lease)
            self._note_withheld(values)
            self._valued.update(value.metric_id for value in values)

    def _finish(self) -> bool:
        """Compute what is due, and the past where it is missing; False where the time was up."""
        due = [it for it in self._due() if it.id not in self._valued]
        owed = self._without_series(due)
        if self._place.owes_past:
            owed = list(self._config.due_metrics(self._integration.id, None))
        account = self._load_all() if owed else self._load(due)
        write_past = PastValues(self._metrics, self._clock)
        if not write_past(self._integration, owed, account, self._place, self._is_time_up):
            self._ledger.save_place(self._lease, self._place)
            self._save_status()
            return False
        self._place = replace(self._place, owes_past=False)
        values = self._values(due, account)
        self._metrics.commit(values, self._lease, place=self._place, done=self._request)
        self._note_withheld(values)
        return True

    def _note_withheld(self, values: Sequence[MetricValue]) -> None:
        """Remember which metrics lack an exchange rate; of those not computed now, what was."""
        computed = {value.metric_id for value in values}
        others = [key for key in self._status.withheld if key not in computed]
        lacking = [value.metric_id for value in values if value.lacks_rate]
        withheld = tuple([*others, *lacking][-_MOST_WITHHELD:])
        self._status = replace(self._status, withheld=withheld)

    def _due(self) -> Sequence[Metric]:
        request = self._request
        if request.metric_id is not None:
            metrics = self._config.due_metrics(request.integration_id, request.interval)
            return [metric for metric in metrics if metric.id == request.metric_id]
        metrics = self._config.due_metrics(request.integration_id, None)
        if request.interval is None:
            return metrics
        others = [it.id for it in metrics if it.refresh_interval != request.interval]
        latest = self._metrics.latest(others)
        return [
            it
            for it in metrics
            if it.refresh_interval == request.interval or self._is_overdue(it, latest.get(it.id))
        ]

    def _is_overdue(self, metric: Metric, latest: MetricValue | None) -> bool:
        """Whether a metric of a longer interval has missed its own tick: that sync has failed."""
        longest = INTERVAL_LENGTHS[metric.refresh_interval] + _LATE
        return latest is not None and self._clock.now() - latest.computed_at > longest

    def _without_series(self, metrics: Sequence[Metric]) -> list[Metric]:
        """Give the metrics that have no value yet under the present terms."""
        latest = self._metrics.latest([metric.id for metric in metrics])
        series = {key: value.definitions_version for key, value in latest.items()}
        version = self._integration.terms_version
        return [it for it in metrics if series.get(it.id) != it.series_under(version)]

    def _without_value(self, metrics: Sequence[Metric]) -> list[Metric]:
        latest = self._metrics.latest([metric.id for metric in metrics])
        return [metric for metric in metrics if metric.id not in latest]

    def _load_all(self) -> Account:
        place = self._place
        kept = self._as_of - place.balance_since if place.balance_since else NOTHING
        needs = Needs(subscriptions=True, customers=EVERYTHING, balance=kept)
        return self._read(needs)

    def _load(self, metrics: Iterable[Metric]) -> Account:
        return self._read(reduce(or_, (needs_of(metric.query) for metric in metrics), Needs()))

    def _read(self, needs: Needs) -> Account:
        return load_account(self._book, self._integration.mode, needs, self._as_of)

    def _values(self, metrics: Iterable[Metric], account: Account) -> list[MetricValue]:
        return [
            measure(
                metric,
                self._integration,
                account,
                self._as_of,
                version=self._lease.sequence,
                computed_at=self._clock.now(),
            )
            for metric in metrics
        ]

    @property
    def _as_of(self) -> datetime:
        if self._place.as_of is None:  # pragma: no cover - every step of a source sets it
            raise TypeError("a source has advanced to no instant")
        return self._place.as_of


def succeeded(status: SyncStatus, now: datetime, as_of: datetime | None) -> SyncStatus:
    """Return the status of a sync that has read the account up to an instant."""
    return replace(
        status, state="ok", last_success_at=now, data_through=as_of, error=None, progress=None
    )
