"""One integration whose account is a sandbox's, and the worker that syncs it.

The worker is called as the queue calls it, may be killed at any write and at any request, and may
run out of time whenever it asks for it. What it leaves can be compared with what another left.
"""

import copy
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from functions.sync.sync_account import Outcome, SyncAccount
from local.stripe_sandbox import Sandbox
from shared.adapters.stripe_documents import CustomerFacts, decode
from shared.adapters.stripe_pace import Pace
from shared.adapters.stripe_source import StripeSource
from shared.adapters.stripe_transport import StripeTransport, TransportSettings
from shared.domain.account import Account
from shared.domain.configuration import Metric
from shared.domain.ledger import Place, load_account
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import LeaseHeldError
from shared.ports import SyncRequest
from tests.fakes import FakeClock, InMemoryQueue, InMemorySecrets
from tests.memory_stores import InMemoryConfig, InMemoryLedger, InMemoryMetrics
from tests.stories import an_integration
from tests.whole_business import NEEDS

LEASE_SECONDS = 930
PLENTY, NO_TIME = 900.0, 10.0
AT_ONCE = Pace(100_000, 100_000)
_HASTY = TransportSettings(
    max_attempts=30, first_backoff_seconds=0.001, longest_backoff_seconds=0.002
)
_MOST_MESSAGES = 300
_BEGINNING = datetime.fromtimestamp(0, UTC)
# What a place says of the way to it, and not of what the ledger holds.
_COUNTERS: dict[str, Any] = {"stamp": 0, "requests": 0, "drifted": 0}
# Whatever the worker writes: the book, the ledger, the metrics, the configuration, the queue.
_WRITES = frozenset(
    {
        *("stage", "clear_stage", "put", "remove", "put_catalog", "add_balance", "clear"),
        *("take_lease", "release_lease", "save_place", "commit", "add_past"),
        *("save_sync_status", "send"),
    }
)


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Process:
    """What may end at any point; nothing it does afterwards comes to anything.

    Attributes:
        ends_at: number of the point at which it ends, from 1 on; None: never.
        points: how many it has passed; before and after each write and each request is one.
        ended: what it was about to do, or had just done.
    """

    ends_at: int | None = None
    points: int = 0
    ended: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, what: str) -> None:
        """Pass a point, or end there."""
        with self._lock:
            self.points += 1
            if self.ended is None and self.points == self.ends_at:
                self.ended = what
            if self.ended is not None:
                raise Killed(self.ended)

    def carry_out(self, what: str, act: Callable[[], Any]) -> Any:
        """Do something between two points."""
        self.reach(f"before {what}")
        result = act()
        self.reach(f"after {what}")
        return result


class Mortal:
    """A store or a queue as a process sees it that may end at any write."""

    def __init__(self, target: Any, process: Process) -> None:
        self._target = target
        self._process = process

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name == "book":
            return lambda *arguments: Mortal(found(*arguments), self._process)
        if name not in _WRITES:
            return found
        return lambda *arguments, **named: self._process.carry_out(
            name, lambda: found(*arguments, **named)
        )


class MortalSource(StripeSource):
    """Stripe as a process sees it that may end at any request."""

    def __init__(self, process: Process, key: StripeKey, url: str) -> None:
        super().__init__(key, api_base=url, pace=AT_ONCE, settings=_HASTY)
        self._process = process

    def _open_transport(self, share: float) -> StripeTransport:
        transport = super()._open_transport(share)
        get = transport.get

        async def mortal_get(path: str, *arguments: Any) -> Any:
            self._process.reach(f"before asking {path}")
            answer = await get(path, *arguments)
            self._process.reach(f"after asking {path}")
            return answer

        transport.get = mortal_get  # type: ignore[method-assign, assignment]
        return transport


@dataclass
class Stores:
    """What is there after a process, and was before it."""

    config: Any
    ledger: Any
    metrics: Any
    queue: InMemoryQueue = field(default_factory=InMemoryQueue)
    clock: FakeClock = field(default_factory=FakeClock)

    def seen_by(self, process: Process) -> tuple[Any, Any, Any]:
        """Return configuration, ledger and metrics as a process sees them that may end."""
        return tuple(Mortal(it, process) for it in (self.config, self.ledger, self.metrics))  # type: ignore[return-value]


def stores_in_memory() -> Stores:
    """Return empty ones."""
    config, ledger = InMemoryConfig(), InMemoryLedger()
    return Stores(config, ledger, InMemoryMetrics(ledger, config))


@dataclass
class Worker:
    """The sync of one integration.

    Attributes:
        process: runs the next message; after its end there is another.
        questions: how often a process may ask for its time before there is none left.
        asked: how often they asked.
        kills: where processes ended.
        requests: that the last sync took.
    """

    sandbox: Sandbox
    stores: Stores = field(default_factory=stores_in_memory)
    id: str = "int_1"
    process: Process = field(default_factory=Process)
    questions: int | None = None
    asked: int = 0
    kills: list[str] = field(default_factory=list)
    requests: int = 0

    def connect(self, metrics: Sequence[Metric] = ()) -> "Worker":
        """Configure the integration and its metrics."""
        self.stores.config.add_integration(an_integration(id=self.id))
        for metric in metrics:
            self.stores.config.add_metric(replace(metric, integration_id=self.id))
        return self

    def copy(self) -> "Worker":
        """Return a worker whose stores are as these are now, and go their own way."""
        return Worker(self.sandbox, copy.deepcopy(self.stores), self.id)

    def sync(self, slot: str) -> None:
        """Run a message and all that follow from it, again and again until all are done."""
        before = self.sandbox.requests.total
        queue = self.stores.queue.requests
        queue.append(self._request(slot))
        for _ in range(_MOST_MESSAGES):
            if not queue:
                self.requests = self.sandbox.requests.total - before
                return
            if self._try(queue[0]) is not None:
                del queue[0]
        raise AssertionError(f"no end after {_MOST_MESSAGES} messages")

    def try_once(self, slot: str) -> bool:
        """Run a message in one process; False where it did not come to its end."""
        return self._try(self._request(slot)) is not None

    def _request(self, slot: str) -> SyncRequest:
        return SyncRequest(self.id, slot=slot, interval="hourly")

    def _try(self, request: SyncRequest) -> Outcome | None:
        """Run a message once; where that fails, the time passes until it comes again."""
        try:
            return self._run(request)
        except Killed as kill:
            self.kills.append(str(kill))
            self.process = Process()
        except LeaseHeldError:
            pass
        self.stores.clock.move(seconds=LEASE_SECONDS + 1)
        return None

    def _run(self, request: SyncRequest) -> Outcome:
        key = parse_key(self.sandbox.key, allow_restricted=False)
        assert isinstance(key, StripeKey)
        process, asked = self.process, 0
        config, ledger, metrics = self.stores.seen_by(process)

        def seconds_left() -> float:
            nonlocal asked
            asked += 1
            self.asked += 1
            return PLENTY if self.questions is None or asked <= self.questions else NO_TIME

        sync = SyncAccount(
            config=config,
            ledger=ledger,
            metrics=metrics,
            secrets=InMemorySecrets({self.id: key.reveal()}),
            sources=lambda key: MortalSource(process, key, self.sandbox.url),
            queue=Mortal(self.stores.queue, process),
            clock=self.stores.clock,
            lease_seconds=LEASE_SECONDS,
        )
        return sync(request, seconds_left)

    @property
    def place(self) -> Place:
        """Where the ledger is."""
        place: Place = self.stores.ledger.place(self.id)
        return place

    @property
    def book(self) -> Any:
        """What the ledger holds."""
        return self.stores.ledger.book(self.id)

    @property
    def status(self) -> Any:
        """What the last sync said of itself."""
        return self.stores.config.sync_status(self.id)

    def account(self) -> Account:
        """Return the account as the ledger tells it."""
        assert self.place.as_of is not None
        return load_account(self.book, "test", NEEDS, self.place.as_of)

    def everything(self) -> dict[str, Any]:
        """Return all that is kept, each thing by a name of its own."""
        place = replace(self.place, **_COUNTERS)
        return {**self.told(), **self._facts(), **self._values(), "place": place}

    def told(self, since: datetime = _BEGINNING) -> dict[str, Any]:
        """Return the records, without their facts, and the balance from an instant on."""
        return {
            **{f"record of {it.customer_id}": _sorted(it) for it in self.book.records()},
            **{f"balance {row.id}": row for row in self.book.balance(since)},
        }

    def catalog(self) -> dict[str, bytes]:
        """Return the prices and coupons that are kept."""
        return dict(self.book.catalog())

    def _facts(self) -> dict[str, Any]:
        found = self.book.facts(it.customer_id for it in self.book.records())
        return {f"facts of {key}": _said(decode(body)) for key, body in found.items()}

    def _values(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        store, config = self.stores.metrics, self.stores.config
        for metric in config.due_metrics(self.id, None):
            latest = store.latest([metric.id]).values()
            past = store.values(metric.id, limit=1_000).items
            found[f"latest of {metric.id}"] = [_value(it) for it in latest]
            found[f"past of {metric.id}"] = sorted({_value(it) for it in past})
        return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return a paragraph for each thing that two tell apart."""
    return [
        f"{key}:\n  {one.get(key)}\n  {other.get(key)}"
        for key in sorted(one.keys() | other.keys())
        if one.get(key) != other.get(key)
    ]


def _sorted(record: Any) -> Any:
    """Return a record as it is told, whatever the order of its parts."""
    return replace(
        record,
        facts=b"",
        timelines=tuple(sorted(record.timelines, key=lambda it: it.subscription_id)),
        unreadable=tuple(sorted(record.unreadable, key=lambda it: it.subscription_id)),
    )


def _said(facts: CustomerFacts) -> Any:
    """Return what facts say, without when it was read."""
    customer = facts.customer and facts.customer.value
    kept = {
        name: {key: seen.value for key, seen in getattr(facts, name).items()}
        for name in ("subscriptions", "invoices", "waiting")
    }
    return msgspec.to_builtins({**kept, "events": facts.events, "customer": customer})


def _value(it: Any) -> tuple[Any, ...]:
    return it.as_of, it.origin, str(it.value), it.unit, str(it.currency), it.warnings
