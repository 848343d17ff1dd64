"""The ledger in memory: what is kept of each account, its place, and its lease."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zlib import crc32

from shared.domain.balance import BalanceTransaction
from shared.domain.ledger import NO_FORM, CustomerRecord, Fact, Place, Span
from shared.domain.rates import ImpliedRate, newest_of_each_day, rates_of
from shared.errors import LeaseHeldError
from shared.ports import Lease, SyncRequest


@dataclass
class InMemoryBook:
    """`AccountBook`."""

    shards: int = 3
    stages: dict[tuple[str, Span], list[Fact]] = field(default_factory=dict)
    kept: dict[str, CustomerRecord] = field(default_factory=dict)
    entries: dict[str, bytes] = field(default_factory=dict)
    rows: dict[str, BalanceTransaction] = field(default_factory=dict)
    told: list[ImpliedRate] = field(default_factory=list)

    def stage(self, listing: str, span: Span, facts: Iterable[Fact]) -> None:
        self.stages[listing, span] = list(facts)

    def staged_spans(self, listing: str) -> list[Span]:
        return [span for name, span in self.stages if name == listing]

    def staged(self, listings: Sequence[str], shard: int) -> Iterator[tuple[str, Fact]]:
        for (listing, _), facts in self.stages.items():
            if listing in listings:
                for fact in facts:
                    if crc32(fact.customer_id.encode()) % self.shards == shard:
                        yield listing, fact

    def clear_stage(self) -> None:
        self.stages.clear()

    def facts(self, customer_ids: Iterable[str]) -> Mapping[str, bytes]:
        found = {key: self.kept[key].facts for key in customer_ids if key in self.kept}
        return {key: facts for key, facts in found.items() if facts}

    def put(self, records: Iterable[CustomerRecord]) -> None:
        for record in records:
            before = self.kept.get(record.customer_id)
            facts = record.facts or (before.facts if before else b"")
            self.kept[record.customer_id] = replace(record, facts=facts)

    def remove(self, customer_ids: Iterable[str]) -> None:
        for customer_id in customer_ids:
            self.kept.pop(customer_id, None)

    def records(self) -> Iterator[CustomerRecord]:
        for record in list(self.kept.values()):
            yield replace(record, facts=b"")

    def catalog(self) -> Mapping[str, bytes]:
        return dict(self.entries)

    def put_catalog(self, entries: Mapping[str, bytes]) -> None:
        self.entries.update(entries)

    def add_balance(self, rows: Iterable[BalanceTransaction]) -> None:
        rows = list(rows)
        self.told = newest_of_each_day([*self.told, *rates_of(rows)])
        self.rows.update((row.id, row) for row in rows)

    def balance(self, since: datetime) -> Iterator[BalanceTransaction]:
        for row in list(self.rows.values()):
            if row.created_at >= since:
                yield row

    def rates(self) -> Iterator[ImpliedRate]:
        yield from self.told

    def clear(self) -> None:
        for kept in (self.stages, self.kept, self.entries, self.rows, self.told):
            kept.clear()


@dataclass
class InMemoryLedger:
    """`Ledger`."""

    sequences: dict[str, int] = field(default_factory=dict)
    held_until: dict[str, datetime] = field(default_factory=dict)
    slots: dict[tuple[str, str | None], str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    books: dict[str, InMemoryBook] = field(default_factory=dict)

    def take_lease(self, request: SyncRequest, *, now: datetime, until: datetime) -> Lease | None:
        key = request.integration_id
        done = self.slots.get((key, request.interval), "")
        if done == request.slot or (request.interval is not None and done > request.slot):
            return None
        if key in self.held_until and self.held_until[key] > now:
            raise LeaseHeldError("held")
        is_recovery = key in self.held_until
        self.held_until[key] = until
        self.sequences[key] = self.sequences.get(key, 0) + 1
        return Lease(key, self.sequences[key], is_recovery)

    def release_lease(self, lease: Lease, *, done: SyncRequest | None) -> None:
        if self.sequences.get(lease.integration_id) != lease.sequence:
            return
        self.held_until.pop(lease.integration_id, None)
        if done is not None:
            self.slots[done.integration_id, done.interval] = done.slot

    def place(self, integration_id: str) -> Place:
        return self.places.get(integration_id, Place())

    def save_place(self, lease: Lease, place: Place) -> None:
        self.check(lease)
        self.places[lease.integration_id] = place

    def book(self, integration_id: str) -> InMemoryBook:
        return self.books.setdefault(integration_id, InMemoryBook())

    def remove(self, lease: Lease, is_time_up: Callable[[], bool]) -> bool:
        self.save_place(lease, Place(form=NO_FORM))
        self.book(lease.integration_id).clear()
        if is_time_up():
            return False
        for kept in (self.sequences, self.held_until, self.places):
            kept.pop(lease.integration_id, None)
        self.slots = {at: slot for at, slot in self.slots.items() if at[0] != lease.integration_id}
        return True

    def check(self, lease: Lease) -> None:
        """Raise `LeaseHeldError` where the lease has passed on."""
        if self.sequences.get(lease.integration_id) != lease.sequence:
            raise LeaseHeldError("passed on")
