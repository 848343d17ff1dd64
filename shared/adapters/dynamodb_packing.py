"""Records, facts and balance transactions to bytes and back.

A value object is a row of its fields in their order. What many stretches share is written once in a
pack, and stands once in memory for as many packs as are read together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from fractions import Fraction
from operator import attrgetter
from sys import intern
from typing import Any, get_type_hints

import msgspec

from shared.domain.balance import BalanceTransaction
from shared.domain.customers import Customer
from shared.domain.ledger import CustomerRecord, Fact
from shared.domain.timelines import Stretch, Timeline
from shared.domain.unreadable import Unreadable

Row = list[Any]


class _Pack(msgspec.Struct, array_like=True, frozen=True):
    """Customers, and what their stretches name by its place in `shared`."""

    shared: list[msgspec.Raw]
    rows: list[Row]


def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _write_other(value: object) -> object:
    if isinstance(value, Fraction):
        return value.numerator, value.denominator
    raise TypeError(f"{type(value).__name__} cannot be packed")  # pragma: no cover - a mistake


def _read_other(kind: type, value: Any) -> object:
    if kind is Fraction:
        return Fraction(*value)
    raise TypeError(f"{kind.__name__} cannot be unpacked")  # pragma: no cover - a mistake


_TYPES = get_type_hints(Stretch)
_SHARED = next(name for name, kind in _TYPES.items() if is_dataclass(kind))
_WORTH = _names(Stretch).index(_SHARED)
_STATUS = _names(Stretch).index("status") if "status" in _names(Stretch) else None
_STRETCHES = _names(Timeline).index("stretches")

_stretch_fields = attrgetter(*_names(Stretch))
_timeline_fields = attrgetter(*_names(Timeline))
_unreadable_fields = attrgetter(*_names(Unreadable))
_customer_fields = attrgetter(*_names(Customer))
_balance_fields = attrgetter(*_names(BalanceTransaction))

_encoder = msgspec.msgpack.Encoder(enc_hook=_write_other)
_pack_decoder = msgspec.msgpack.Decoder(_Pack)
_shared_decoder = msgspec.msgpack.Decoder(_TYPES[_SHARED], dec_hook=_read_other)
_rows_decoder = msgspec.msgpack.Decoder(list[Row])
_facts_decoder = msgspec.msgpack.Decoder(list[Fact])
_entries_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


def pack_records(records: Sequence[CustomerRecord]) -> bytes:
    """Write records without their facts; equal records give equal bytes."""
    shared: dict[bytes, int] = {}
    known: dict[int, int] = {}

    def number(value: object) -> int:
        if id(value) not in known:
            known[id(value)] = shared.setdefault(_encoder.encode(value), len(shared))
        return known[id(value)]

    def timeline_row(timeline: Timeline) -> Row:
        row = list(_timeline_fields(timeline))
        row[_STRETCHES] = [list(_stretch_fields(stretch)) for stretch in timeline.stretches]
        for stretch in row[_STRETCHES]:
            stretch[_WORTH] = number(stretch[_WORTH])
        return row

    rows: list[Row] = [
        [
            record.customer_id,
            [timeline_row(timeline) for timeline in record.timelines],
            [_unreadable_fields(unreadable) for unreadable in record.unreadable],
            record.customer and _customer_fields(record.customer),
        ]
        for record in records
    ]
    return _encoder.encode(_Pack([msgspec.Raw(body) for body in shared], rows))


class RecordReader:
    """Reads packs of records; equal things that they share are one object."""

    def __init__(self) -> None:
        self._shared: dict[bytes, Any] = {}

    def __call__(self, body: bytes) -> list[CustomerRecord]:
        """Read the records of one pack."""
        pack = _pack_decoder.decode(body)
        shared = [self._one(bytes(raw)) for raw in pack.shared]
        return [_record(row, shared) for row in pack.rows]

    def _one(self, raw: bytes) -> Any:
        if raw not in self._shared:
            self._shared[raw] = _shared_decoder.decode(raw)
        return self._shared[raw]


def _record(row: Row, shared: Sequence[Any]) -> CustomerRecord:
    customer_id, timelines, unreadable, customer = row
    return CustomerRecord(
        customer_id,
        b"",
        tuple(_timeline(it, shared) for it in timelines),
        tuple(Unreadable(*it) for it in unreadable),
        customer and Customer(*customer),
    )


def _timeline(row: Row, shared: Sequence[Any]) -> Timeline:
    for stretch in row[_STRETCHES]:
        stretch[_WORTH] = shared[stretch[_WORTH]]
        if _STATUS is not None:
            stretch[_STATUS] = intern(stretch[_STATUS])
    row[_STRETCHES] = tuple(Stretch(*stretch) for stretch in row[_STRETCHES])
    return Timeline(*row)


def pack_balance(rows: Sequence[BalanceTransaction]) -> bytes:
    """Write balance transactions."""
    return _encoder.encode([_balance_fields(row) for row in rows])


def unpack_balance(body: bytes) -> list[BalanceTransaction]:
    """Read balance transactions."""
    return [_balance_row(*row) for row in _rows_decoder.decode(body)]


def _balance_row(key: str, at: datetime, category: str, *rest: Any) -> BalanceTransaction:
    amount, fee, currency, source_object, *ids = rest
    # Three of its texts are the same in thousands of rows.
    texts = intern(category), amount, fee, intern(currency), intern(source_object)
    return BalanceTransaction(key, at, *texts, *ids)


def pack_facts(facts: Iterable[Fact]) -> bytes:
    """Write facts of several customers."""
    return _encoder.encode(list(facts))


def unpack_facts(body: bytes) -> list[Fact]:
    """Read facts."""
    return _facts_decoder.decode(body)


def pack_entries(entries: Sequence[tuple[str, bytes]]) -> bytes:
    """Write entries of the catalog."""
    return _encoder.encode(entries)


def unpack_entries(body: bytes) -> list[tuple[str, bytes]]:
    """Read entries of the catalog."""
    return _entries_decoder.decode(body)
