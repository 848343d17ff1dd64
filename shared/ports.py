"""What the use cases need of the outside world, as Protocols.

Every implementation keeps the promise written here; the contract tests hold the real adapters and
the fakes of the tests to it. Each of them raises `StorageUnavailableError` where the other side is
throttled or out of reach; other errors are named where they arise. Reads see every earlier write,
except the lists that say otherwise.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.domain.account import AccountIdentity, Needs, Reading
from shared.domain.alerts import Alert, AlertState, Decision
from shared.domain.balance import BalanceTransaction
from shared.domain.configuration import (
    Channel,
    ChannelStatus,
    Integration,
    Metric,
    MetricValue,
    RefreshInterval,
    SyncStatus,
)
from shared.domain.ledger import CustomerRecord, Fact, Place, Progress, Span
from shared.domain.notices import AlertEvent, Notice
from shared.domain.stripe_key import StripeKey

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Part of a list, oldest first, and the cursor of what follows it (None at the end)."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """One sync to be run.

    Attributes:
        interval: the schedule that asks; None where a person or a new metric asks.
        slot: the scheduled time, or a text that is unique to the request; a slot is run once.
        metric_id: only this metric is computed; None means every metric that is due.
        step: how often the sync has been carried on by another message; 0 for the first.
    """

    integration_id: str
    slot: str
    interval: RefreshInterval | None = None
    metric_id: str | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to sync one integration, for a while.

    Attributes:
        sequence: number of this sync, strictly rising; the fence of all that it writes.
        is_recovery: whether the sync before it never ended its lease, because it was killed, or was
            killed between its commit and the history rows that follow it.
    """

    integration_id: str
    sequence: int
    is_recovery: bool = False


@dataclass(frozen=True, slots=True)
class Advance:
    """How far one call of `BillingSource.advance` came.

    Attributes:
        place: where the ledger is now, to be stored by the caller.
        is_done: whether the phase is complete; False where the time was up.
        requests: how many requests it took, retries included.
        notes: what the team should know of it, in whole sentences.
    """

    place: Place
    is_done: bool
    requests: int
    notes: tuple[str, ...] = ()


class Clock(Protocol):
    """The time of the machine."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class BillingSource(Protocol):
    """One Stripe account, read with one key."""

    def identify(self) -> AccountIdentity:
        """Tell whose key this is, in one request.

        Raises:
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        ...

    def read(self, needs: Needs, *, deadline_seconds: float | None = None) -> Reading:
        """Read the objects that are needed, complete, and no others.

        Raises:
            QueryTooLargeError: not done within *deadline_seconds*.
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        ...

    def advance(
        self,
        book: "AccountBook",
        place: Place,
        *,
        is_time_up: Callable[[], bool],
        report: Callable[[Progress], None],
    ) -> Advance:
        """Read on from *place* into *book*: one phase of the import, or what changed since.

        What is written to the book may be written again: stopped anywhere and called again with the
        place stored last, it ends with the same book.

        Args:
            book: of this account.
            place: where the ledger is.
            is_time_up: asked between requests; once it says so, what was read is kept and the call
                comes back.
            report: told from time to time how far an import is.

        Raises:
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        ...


class AccountBook(Protocol):
    """What the ledger keeps of one account.

    Every write can be repeated. None of them is to be relied on before the place that follows from
    it is stored. One writes at a time: what lies together is read, changed and written again. Only
    spans of lists may be staged side by side.
    """

    @property
    def shards(self) -> int:
        """Into how many parts the customers are divided."""
        ...

    def stage(self, listing: str, span: Span, facts: Iterable[Fact]) -> None:
        """Keep what a list said of a span of time, until it is sorted by customer.

        The span is noted last, so that it is there only if all its facts are.
        """
        ...

    def staged_spans(self, listing: str) -> list[Span]:
        """Give the spans of a list that have been staged."""
        ...

    def staged(self, listings: Sequence[str], shard: int) -> Iterator[tuple[str, Fact]]:
        """Give what is staged of the customers of a shard, each fact with its list, in any order.

        A fact may come more than once.
        """
        ...

    def clear_stage(self) -> None:
        """Remove all that is staged."""
        ...

    def facts(self, customer_ids: Iterable[str]) -> Mapping[str, bytes]:
        """Give the facts of those customers that have a record with facts."""
        ...

    def put(self, records: Iterable[CustomerRecord]) -> None:
        """Store records whole, each in place of the one before; a customer comes at most once.

        Without facts, those that are there stay. Many at once, close by their ids, cost less than
        one by one.
        """
        ...

    def remove(self, customer_ids: Iterable[str]) -> None:
        """Remove records; those that are not there are no error."""
        ...

    def records(self) -> Iterator[CustomerRecord]:
        """Give every record, without its facts, in any order."""
        ...

    def catalog(self) -> Mapping[str, bytes]:
        """Give what was stored by `put_catalog`."""
        ...

    def put_catalog(self, entries: Mapping[str, bytes]) -> None:
        """Store entries of the catalog by their ids (prices, coupons); others stay."""
        ...

    def add_balance(self, rows: Iterable[BalanceTransaction]) -> None:
        """Store balance transactions; one whose id is there replaces it."""
        ...

    def balance(self, since: datetime) -> Iterator[BalanceTransaction]:
        """Give the balance transactions created from an instant on, each once, in any order."""
        ...

    def clear(self) -> None:
        """Remove all that is kept of the account."""
        ...


class BillingSources(Protocol):
    """Opens the account that belongs to a key."""

    def __call__(self, key: StripeKey) -> BillingSource:
        """Make a source; sends nothing yet."""
        ...


class SecretStore(Protocol):
    """Where keys live, and nowhere else."""

    def put(self, integration_id: str, key: StripeKey) -> None:
        """Store the key of an integration, replacing the one before."""
        ...

    def get(self, integration_id: str) -> str:
        """Give the key's text.

        Raises:
            SecretMissingError: there is none.
        """
        ...

    def delete(self, integration_id: str) -> None:
        """Remove the key; removing what is not there is no error."""
        ...


class ConfigStore(Protocol):
    """What the team configured. An unknown id raises `NotFoundError`."""

    def add_integration(self, integration: Integration) -> None:
        """Store a new integration."""
        ...

    def integration(self, integration_id: str) -> Integration:
        """Give one integration."""
        ...

    def integrations(self, *, limit: int, cursor: str | None = None) -> Page[Integration]:
        """List the integrations; a new one may be missing for a moment."""
        ...

    def sync_status(self, integration_id: str) -> SyncStatus:
        """Give the status that the newest sync left; a fresh one before the first."""
        ...

    def save_sync_status(self, integration_id: str, status: SyncStatus) -> None:
        """Store the status, unless a sync with a higher sequence has stored one."""
        ...

    def add_metric(self, metric: Metric) -> None:
        """Store a new metric and make its integration due at its interval."""
        ...

    def metric(self, metric_id: str) -> Metric:
        """Give one metric."""
        ...

    def metrics_of(
        self, integration_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[Metric]:
        """List the metrics of an integration."""
        ...

    def due_metrics(
        self, integration_id: str, interval: RefreshInterval | None
    ) -> tuple[Metric, ...]:
        """Give the metrics of an integration at *interval*, or all of them for None."""
        ...

    def intervals_of(self, integration_id: str) -> frozenset[RefreshInterval]:
        """Give the refresh intervals that an integration's metrics use."""
        ...

    def due_integrations(self, interval: RefreshInterval) -> Iterator[str]:
        """Give the ids of the integrations with metrics at *interval*; new ones may be missing."""
        ...

    def remove_metric(self, metric: Metric) -> None:
        """Remove a metric with its values and alerts."""
        ...

    def add_channel(self, channel: Channel) -> None:
        """Store a new channel.

        Raises:
            ConflictError: another channel has its address.
        """
        ...

    def save_channel(self, channel: Channel) -> None:
        """Store a channel that is there with its new state; its address stays."""
        ...

    def channel(self, channel_id: str) -> Channel:
        """Give one channel."""
        ...

    def channels(self, *, limit: int, cursor: str | None = None) -> Page[Channel]:
        """List the channels; a new one may be missing for a moment."""
        ...

    def remove_channel(self, channel: Channel) -> None:
        """Remove a channel; its address is free again."""
        ...


class Ledger(Protocol):
    """The mirror of each account, who brings it up to date, and which slots are done."""

    def take_lease(self, request: SyncRequest, *, now: datetime, until: datetime) -> Lease | None:
        """Begin a sync, or give None where the request's slot is done already.

        Raises:
            LeaseHeldError: another sync holds the lease and it has not run out at *now*.
        """
        ...

    def release_lease(self, lease: Lease, *, done: SyncRequest | None) -> None:
        """End a sync; with *done* its slot is marked as run. A lost lease is left alone."""
        ...

    def place(self, integration_id: str) -> Place:
        """Give how far the ledger has come; the beginning where there is none."""
        ...

    def save_place(self, lease: Lease, place: Place) -> None:
        """Store how far the ledger has come.

        Raises:
            LeaseHeldError: the lease has passed to another sync; nothing is written.
        """
        ...

    def book(self, integration_id: str) -> AccountBook:
        """Open what is kept of an account."""
        ...


class MetricStore(Protocol):
    """Values of metrics: the latest and the past."""

    def commit(
        self,
        values: Sequence[MetricValue],
        lease: Lease,
        *,
        place: Place | None = None,
        done: SyncRequest | None = None,
    ) -> None:
        """Store values as latest and as history, with the place that they were computed at.

        Up to 90 values are one transaction with the place, the end of the lease and the slot of
        *done*; of more, the last transaction holds these. A metric that was removed meanwhile gets
        nothing. History rows follow the transaction; `Lease.is_recovery` tells that the sync before
        may have lacked the time, and they are then made up for.

        Args:
            values: of this sync, at most one of each metric.
            lease: its `sequence` is the fence.
            place: how far the ledger has come; None leaves it.
            done: the request whose slot has been run, which ends the lease; None goes on.

        Raises:
            LeaseHeldError: the lease has passed to another sync; nothing more is written.
        """
        ...

    def add_past(self, values: Iterable[MetricValue]) -> None:
        """Store reconstructed values of the past; one of the same instant is replaced."""
        ...

    def latest(self, metric_ids: Sequence[str]) -> Mapping[str, MetricValue]:
        """Give the newest value of each metric that has one."""
        ...

    def values(
        self,
        metric_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[MetricValue]:
        """List values with `start <= as_of < end`, oldest first."""
        ...


class AlertStore(Protocol):
    """Alerts, their states, and the outbox. An unknown id raises `NotFoundError`."""

    def add_alert(self, alert: Alert, state: AlertState) -> None:
        """Store a new alert with the state that it starts from."""
        ...

    def alert(self, alert_id: str) -> Alert:
        """Give one alert."""
        ...

    def alerts(self, *, limit: int, cursor: str | None = None) -> Page[Alert]:
        """List the alerts; a new one may be missing for a moment."""
        ...

    def alerts_of(self, metric_id: str) -> tuple[Alert, ...]:
        """Give every alert on a metric."""
        ...

    def state(self, alert_id: str) -> AlertState:
        """Give an alert's state."""
        ...

    def remove_alert(self, alert: Alert) -> None:
        """Remove an alert with its state, history and outbox."""
        ...

    def commit_decision(
        self,
        alert: Alert,
        *,
        seen: AlertState,
        state: AlertState,
        event: tuple[Decision, datetime] | None,
        notices: Sequence[Notice],
    ) -> None:
        """Store the new state with the event and notices that come of it: all or nothing.

        Raises:
            VersionConflictError: the state is no longer *seen*, or the alert was changed or
                removed; nothing is written.
        """
        ...

    def events(self, alert_id: str, *, limit: int, cursor: str | None = None) -> Page[AlertEvent]:
        """List what was decided, oldest first, with what became of each notice."""
        ...

    def pending_notices(self, alert_id: str) -> tuple[Notice, ...]:
        """Give the notices of an alert that have not been sent, oldest first."""
        ...

    def claim_notice(self, notice: Notice, *, now: datetime, until: datetime) -> Notice | None:
        """Take a notice for sending until *until*; None where somebody else has it at *now*."""
        ...

    def settle_notice(self, notice: Notice) -> None:
        """Store how sending ended: `sent` with its message id, `failed`, or `pending` again."""
        ...


class SyncQueue(Protocol):
    """Syncs that are to be run, one at a time for each integration, in order."""

    def send(self, request: SyncRequest) -> None:
        """Queue a sync; the same integration, interval and slot twice is one."""
        ...

    def send_all(self, requests: Iterable[SyncRequest]) -> None:
        """Queue many syncs in few calls; see `send`.

        Raises:
            StorageUnavailableError: some of them were not taken; all may be sent again.
        """
        ...


class Notifier(Protocol):
    """Brings notices to people."""

    def subscribe(self, channel: Channel) -> str:
        """Subscribe a channel to its own notices; gives the id of the subscription.

        Raises:
            InvalidInputError: the address is of no kind that can be subscribed.
        """
        ...

    def unsubscribe(self, subscription: str) -> None:
        """End a subscription; ending what is not there, or was never confirmed, is no error."""
        ...

    def status(self, subscription: str) -> ChannelStatus:
        """Tell whether the subscription receives."""
        ...

    def publish(self, notice: Notice) -> str:
        """Hand a notice over; gives the message id.

        Raises:
            StorageUnavailableError: not accepted now; it may be tried again.
            ConfigurationError: it will never be accepted as it is.
        """
        ...
