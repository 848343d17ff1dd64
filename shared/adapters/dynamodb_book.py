"""What the ledger keeps of one account, spread over the shards of the ledger table."""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from shared.adapters.dynamodb_blobs import Blobs
from shared.adapters.dynamodb_keys import (
    BALANCE_PREFIX,
    CATALOG_PREFIX,
    CUSTOMER_PREFIX,
    RATE_PREFIX,
    RECORDS_PREFIX,
    SHARDS,
    SPAN_PREFIX,
    STAGE_PREFIX,
    Key,
    balance_prefix,
    ledger_pk,
    rate_sk,
    shard_of,
)
from shared.adapters.dynamodb_packing import (
    RecordReader,
    pack_balance,
    pack_entries,
    pack_facts,
    pack_rates,
    pack_records,
    unpack_balance,
    unpack_entries,
    unpack_facts,
    unpack_rates,
)
from shared.adapters.dynamodb_ranges import Codec, Ranges
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.domain.balance import BalanceTransaction
from shared.domain.ledger import CustomerRecord, Fact, Span
from shared.domain.rates import ImpliedRate, newest_of_each_day, rates_of

Value = TypeVar("Value")

_STAGE_BYTES = 1_000_000
_BALANCE_ROWS_AT_ONCE = 5_000


class DynamoDbBook:
    """The `AccountBook` port."""

    def __init__(self, table: DynamoDbTable, integration_id: str) -> None:
        self._table = table
        self._blobs = Blobs(table)
        self._id = integration_id

    @property
    def shards(self) -> int:
        """See the port."""
        return SHARDS

    def stage(self, listing: str, span: Span, facts: Iterable[Fact]) -> None:
        """See the port."""
        self._blobs.put(self._stage_packs(listing, span, facts))
        marker = {"pk": ledger_pk(self._id), "sk": f"{SPAN_PREFIX}{_span_name(listing, span)}"}
        self._table.write([{**marker, "start": span.start, "end": span.end}])

    def staged_spans(self, listing: str) -> list[Span]:
        """See the port."""
        prefix = f"{SPAN_PREFIX}{listing}#"
        found = self._table.query(ledger_pk(self._id), prefix)
        return [Span(int(item["start"]), int(item["end"])) for item in found]

    def staged(self, listings: Sequence[str], shard: int) -> Iterator[tuple[str, Fact]]:
        """See the port."""
        for listing in listings:
            prefix = f"{STAGE_PREFIX}{listing}#"
            for _, body in self._blobs.between(self._pk(shard), prefix, f"{prefix}~"):
                for fact in unpack_facts(body):
                    yield listing, fact

    def clear_stage(self) -> None:
        """See the port."""
        # The markers first: a span must not be believed to be there whose facts are gone.
        self._blobs.remove_all(ledger_pk(self._id), SPAN_PREFIX)
        for shard in range(SHARDS):
            self._blobs.remove_all(self._pk(shard), STAGE_PREFIX)

    def facts(self, customer_ids: Iterable[str]) -> Mapping[str, bytes]:
        """See the port."""
        found = self._blobs.get(self._facts_key(key) for key in dict.fromkeys(customer_ids))
        return {key["sk"].removeprefix(CUSTOMER_PREFIX): body for key, body in found}

    def put(self, records: Iterable[CustomerRecord]) -> None:
        """See the port."""
        changes: dict[int, dict[str, CustomerRecord | None]] = {}
        self._blobs.put(self._facts_of(records, changes))
        self._change_records(changes)

    def remove(self, customer_ids: Iterable[str]) -> None:
        """See the port."""
        changes: dict[int, dict[str, CustomerRecord | None]] = {}
        for customer_id in customer_ids:
            key = self._facts_key(customer_id)
            self._blobs.remove(key["pk"], [key["sk"]])
            changes.setdefault(shard_of(customer_id), {})[_record_sk(customer_id)] = None
        self._change_records(changes)

    def records(self) -> Iterator[CustomerRecord]:
        """See the port."""
        codec = _records_codec()
        with _no_collection():
            for shard in range(SHARDS):
                ranges = self._ranges(shard, codec)
                yield from ranges.values(RECORDS_PREFIX, f"{RECORDS_PREFIX}~")

    def catalog(self) -> Mapping[str, bytes]:
        """See the port."""
        return dict(self._ranges(None, _CATALOG).values(CATALOG_PREFIX, f"{CATALOG_PREFIX}~"))

    def put_catalog(self, entries: Mapping[str, bytes]) -> None:
        """See the port."""
        changes = {_entry_sk(entry): entry for entry in entries.items()}
        self._ranges(None, _CATALOG).change(CATALOG_PREFIX, changes)

    def add_balance(self, rows: Iterable[BalanceTransaction]) -> None:
        """See the port."""
        rest = iter(rows)
        while chunk := list(islice(rest, _BALANCE_ROWS_AT_ONCE)):
            # The rates first: a row that is there already will not be added again.
            self._add_rates(rates_of(chunk))
            days: dict[str, dict[str, BalanceTransaction | None]] = {}
            for row in chunk:
                days.setdefault(balance_prefix(row.created_at), {})[_balance_sk(row)] = row
            for day, changes in days.items():
                self._ranges(shard_of(day), _BALANCE).change(day, changes)

    def balance(self, since: datetime) -> Iterator[BalanceTransaction]:
        """See the port."""
        with _no_collection():
            for shard in range(SHARDS):
                ranges = self._ranges(shard, _BALANCE)
                rows = ranges.values(balance_prefix(since), f"{BALANCE_PREFIX}~")
                yield from (row for row in rows if row.created_at >= since)

    def rates(self) -> Iterator[ImpliedRate]:
        """See the port."""
        yield from self._ranges(None, _RATES).values(RATE_PREFIX, f"{RATE_PREFIX}~")

    def clear(self) -> None:
        """See the port."""
        # What is not divided goes first: the markers of spans are in it, see `clear_stage`.
        for shard in (None, *range(SHARDS)):
            self._table.delete_partition(ledger_pk(self._id, shard))

    def _add_rates(self, told: Sequence[ImpliedRate]) -> None:
        """Keep those that are newer than what is there of their day."""
        if not told:
            return
        known = list(self.rates())
        newer = set(newest_of_each_day([*known, *told])).difference(known)
        if newer:
            self._ranges(None, _RATES).change(RATE_PREFIX, {_rate_sk(it): it for it in newer})

    def _pk(self, shard: int) -> str:
        return ledger_pk(self._id, shard)

    def _facts_key(self, customer_id: str) -> Key:
        return {"pk": self._pk(shard_of(customer_id)), "sk": f"{CUSTOMER_PREFIX}{customer_id}"}

    def _facts_of(
        self,
        records: Iterable[CustomerRecord],
        changes: dict[int, dict[str, CustomerRecord | None]],
    ) -> Iterator[tuple[Key, bytes]]:
        """Give the facts, which are large, one by one, and keep the rest for afterwards."""
        for record in records:
            customer_id = record.customer_id
            slim = replace(record, facts=b"")
            changes.setdefault(shard_of(customer_id), {})[_record_sk(customer_id)] = slim
            if record.facts:
                yield self._facts_key(customer_id), record.facts

    def _change_records(self, changes: Mapping[int, Mapping[str, CustomerRecord | None]]) -> None:
        codec = _records_codec()
        for shard, edits in changes.items():
            self._ranges(shard, codec).change(RECORDS_PREFIX, edits)

    def _ranges(self, shard: int | None, codec: Codec[Value]) -> Ranges[Value]:
        return Ranges(self._table, self._blobs, ledger_pk(self._id, shard), codec)

    def _stage_packs(
        self, listing: str, span: Span, facts: Iterable[Fact]
    ) -> Iterator[tuple[Key, bytes]]:
        prefix = f"{STAGE_PREFIX}{_span_name(listing, span)}#"
        waiting: dict[int, list[Fact]] = defaultdict(list)
        sizes: Counter[int] = Counter()
        numbers: Counter[int] = Counter()

        def pack(shard: int) -> tuple[Key, bytes]:
            numbers[shard] += 1
            sizes[shard] = 0
            key = {"pk": self._pk(shard), "sk": f"{prefix}{numbers[shard]:06d}"}
            return key, pack_facts(waiting.pop(shard))

        for fact in facts:
            shard = shard_of(fact.customer_id)
            waiting[shard].append(fact)
            sizes[shard] += len(fact.body)
            if sizes[shard] >= _STAGE_BYTES:
                yield pack(shard)
        for shard in list(waiting):
            yield pack(shard)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold off the search for cycles while a million objects come in, none of them garbage.

    Measured, it takes longer than all the reading.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _span_name(listing: str, span: Span) -> str:
    return f"{listing}#{span.start:011d}#{span.end:011d}"


def _record_sk(customer_id: str) -> str:
    return f"{RECORDS_PREFIX}{customer_id}"


def _entry_sk(entry: tuple[str, bytes]) -> str:
    return f"{CATALOG_PREFIX}{entry[0]}"


def _balance_sk(row: BalanceTransaction) -> str:
    return f"{balance_prefix(row.created_at)}{int(row.created_at.timestamp()):011d}#{row.id}"


def _rate_sk(rate: ImpliedRate) -> str:
    return rate_sk(rate.at, rate.currency, rate.into)


def _records_codec() -> Codec[CustomerRecord]:
    # A reader of its own for each loading, whose shared values go with it.
    return Codec(
        sk=lambda record: _record_sk(record.customer_id),
        pack=pack_records,
        unpack=RecordReader(),
        length=100,
    )


_CATALOG = Codec(sk=_entry_sk, pack=pack_entries, unpack=unpack_entries, length=100)
_BALANCE = Codec(sk=_balance_sk, pack=pack_balance, unpack=unpack_balance, length=400)
_RATES = Codec(sk=_rate_sk, pack=pack_rates, unpack=unpack_rates, length=400)
