"""What else a use case meets, in memory: clock, secrets, queue, notifier, Stripe."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from shared.domain.account import Account, AccountIdentity, Needs, Reading
from shared.domain.configuration import (
    Channel,
    ChannelStatus,
)
from shared.domain.ledger import CustomerRecord, Place, Progress
from shared.domain.notices import Message
from shared.domain.stripe_key import StripeKey
from shared.errors import (
    MetricsError,
    SecretMissingError,
)
from shared.ports import AccountBook, Advance, SyncRequest
from tests.memory_table import Calls

IDENTITY = AccountIdentity("acct_1", "Acme", "usd")


NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


def id_maker() -> Callable[[str], str]:
    """Make ids that rise: int_1, met_2, ..."""
    numbers = count(1)
    return lambda prefix: f"{prefix}_{next(numbers):06d}"


@dataclass
class InMemorySecrets:
    """`SecretStore`."""

    keys: dict[str, str] = field(default_factory=dict)

    def put(self, integration_id: str, key: StripeKey) -> None:
        self.keys[integration_id] = key.reveal()

    def get(self, integration_id: str) -> str:
        if integration_id not in self.keys:
            raise SecretMissingError("gone")
        return self.keys[integration_id]

    def delete(self, integration_id: str) -> None:
        self.keys.pop(integration_id, None)

    def erase(self, integration_id: str) -> None:
        self.keys.pop(integration_id, None)


@dataclass
class InMemoryQueue:
    """`SyncQueue`."""

    requests: list[SyncRequest] = field(default_factory=list)

    def send(self, request: SyncRequest) -> None:
        if request not in self.requests:
            self.requests.append(request)

    def send_all(self, requests: Iterable[SyncRequest]) -> None:
        for request in requests:
            self.send(request)


@dataclass(frozen=True)
class Published:
    """A message that was handed over for a channel."""

    channel_id: str
    message: Message


@dataclass
class InMemoryNotifier:
    """`Notifier`; `failures` are raised, one for each publish, before it works again."""

    published: list[Published] = field(default_factory=list)
    failures: list[MetricsError] = field(default_factory=list)
    subscriptions: dict[str, Channel] = field(default_factory=dict)
    unconfirmed: set[str] = field(default_factory=set)
    calls: Calls = field(default_factory=Calls)

    def subscribe(self, channel: Channel) -> str:
        self.subscriptions[f"sub-{channel.id}"] = channel
        return f"sub-{channel.id}"

    def unsubscribe(self, subscription: str) -> None:
        self.subscriptions.pop(subscription, None)

    def status(self, channel: Channel) -> ChannelStatus:
        number = self.calls.begin("status")
        is_there = channel.subscription in self.subscriptions
        self.calls.end(number)
        if channel.subscription in self.unconfirmed:
            return "pending_confirmation"
        return "active" if is_there else "not_receiving"

    def statuses(self, channels: Sequence[Channel]) -> Mapping[str, ChannelStatus]:
        return {channel.id: self.status(channel) for channel in channels}

    def publish(self, channel_id: str, message: Message) -> str:
        number = self.calls.begin("publish")
        if self.failures:
            raise self.failures.pop(0)
        self.published.append(Published(channel_id, message))
        self.calls.end(number)
        return f"message-{len(self.published)}"


@dataclass
class InMemoryFailures:
    """`Failures`."""

    reports: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)

    def report(self, what: str, details: Mapping[str, str]) -> None:
        number = self.calls.begin("report")
        self.reports.append((what, dict(details)))
        self.calls.end(number)


@dataclass
class FakeSource:
    """`BillingSource` that answers with what it was given, or fails with `error`."""

    account: Account = field(default_factory=lambda: Account(mode="test"))
    as_of: datetime = NOON
    error: MetricsError | None = None
    identity: AccountIdentity = IDENTITY
    readings: int = 0
    needs: Needs | None = None

    def identify(self) -> AccountIdentity:
        if self.error is not None:
            raise self.error
        return self.identity

    def read(self, needs: Needs, *, deadline_seconds: float | None = None) -> Reading:
        del deadline_seconds
        self.readings += 1
        self.needs = needs
        if self.error is not None:
            raise self.error
        return Reading(self.account, self.as_of, requests=1)

    def advance(
        self,
        book: AccountBook,
        place: Place,
        *,
        is_time_up: Callable[[], bool],
        report: Callable[[Progress], None],
    ) -> Advance:
        """Read a phase whole at each call, or nothing where the time is up."""
        if self.error is not None:
            raise self.error
        if is_time_up():
            place = replace(place, as_of=place.as_of or self.as_of)
            return Advance(place, is_done=False, requests=1)
        report(Progress(place.phase, done=1, expected=4, seconds_left=3))
        place = self._read_on(book, replace(place, as_of=self.as_of))
        return Advance(place, is_done=True, requests=2)

    def _read_on(self, book: AccountBook, place: Place) -> Place:
        kept = self.as_of - timedelta(days=395)
        match place.phase:
            case "subscriptions":
                book.put(records_of(self.account))
                return replace(place, phase="balance")
            case "balance":
                book.add_balance(self.account.balance)
                return replace(place, phase="history", balance_since=kept)
            case "history":
                owes_past = place.owes_past or place.repair == "none"
                place = replace(place, phase="following", repair="none", owes_past=owes_past)
                return replace(place, history_since=kept)
            case "following":
                self.readings += 1
                return place


def records_of(account: Account) -> list[CustomerRecord]:
    """The records of an account whose facts nobody will ask for."""
    known = {it.id: it for it in account.customers}
    ids = {
        *known,
        *(it.customer_id for it in account.timelines),
        *(it.customer_id for it in account.unreadable),
    }
    return [
        CustomerRecord(
            customer_id,
            facts=b"",
            timelines=tuple(it for it in account.timelines if it.customer_id == customer_id),
            unreadable=tuple(it for it in account.unreadable if it.customer_id == customer_id),
            customer=known.get(customer_id),
        )
        for customer_id in sorted(ids)
    ]
