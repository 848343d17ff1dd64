"""Records, facts and balance transactions to bytes and back.

A value object is a row of its fields in their order. What many stretches share is written once in a
pack, and stands once in memory for as many packs as are read together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from fractions import Fraction
from operator import attrgetter
from sys import intern
from typing import Any

import msgspec

from shared.domain.balance import BalanceTransaction
from shared.domain.customers import Customer
from shared.domain.ledger import CustomerRecord, Fact
from shared.domain.rates import ImpliedRate
from shared.domain.timelines import Stretch, Timeline
from shared.domain.unreadable import Unreadable
from shared.domain.worth import Worth

Row = list[Any]

# MessagePack has no integers beyond; an exchange rate may have that many digits.
_PAST_INTEGERS = 2**63


class _Pack(msgspec.Struct, array_like=True, frozen=True):
    """Customers, and what their stretches are worth, named by its place in `worths`."""

    worths: list[msgspec.Raw]
    rows: list[Row]


def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _write_other(value: object) -> object:
    if isinstance(value, Fraction):
        if max(abs(value.numerator), value.denominator) < _PAST_INTEGERS:
            return value.numerator, value.denominator
        return (str(value),)  # which `Fraction` reads just as well
    raise TypeError(f"{type(value).__name__} cannot be packed")  # pragma: no cover - a mistake


def _read_other(kind: type, value: Any) -> object:
    if kind is Fraction:
        return Fraction(*value)
    raise TypeError(f"{kind.__name__} cannot be unpacked")  # pragma: no cover - a mistake


def _place(kind: type, name: str) -> int:
    return _names(kind).index(name)


_STATUS, _WORTH = _place(Stretch, "status"), _place(Stretch, "worth")
_CURRENCY, _STRETCHES = _place(Timeline, "currency"), _place(Timeline, "stretches")
_OWNER = _place(Timeline, "customer_id")

_stretch_fields = attrgetter(*_names(Stretch))
_timeline_fields = attrgetter(*_names(Timeline))
_unreadable_fields = attrgetter(*_names(Unreadable))
_customer_fields = attrgetter(*_names(Customer))
_balance_fields = attrgetter(*_names(BalanceTransaction))

_encoder = msgspec.msgpack.Encoder(enc_hook=_write_other)
_pack_decoder = msgspec.msgpack.Decoder(_Pack)
_worth_decoder = msgspec.msgpack.Decoder(Worth, dec_hook=_read_other)
_rows_decoder = msgspec.msgpack.Decoder(list[Row])
_rates_decoder = msgspec.msgpack.Decoder(list[ImpliedRate], dec_hook=_read_other)
_facts_decoder = msgspec.msgpack.Decoder(list[Fact])
_entries_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


def pack_records(records: Sequence[CustomerRecord]) -> bytes:
    """Write records without their facts; equal records give equal bytes."""
    worths: dict[bytes, int] = {}
    known: dict[int, int] = {}

    def number(worth: Worth) -> int:
        if id(worth) not in known:
            known[id(worth)] = worths.setdefault(_encoder.encode(worth), len(worths))
        return known[id(worth)]

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
    return _encoder.encode(_Pack([msgspec.Raw(body) for body in worths], rows))


class RecordReader:
    """Reads packs of records; equal things that they share are one object."""

    def __init__(self) -> None:
        self._worths: dict[bytes, Worth] = {}

    def __call__(self, body: bytes) -> list[CustomerRecord]:
        """Read the records of one pack."""
        pack = _pack_decoder.decode(body)
        worths = [self._worth(bytes(raw)) for raw in pack.worths]
        return [_record(row, worths) for row in pack.rows]

    def _worth(self, raw: bytes) -> Worth:
        if raw not in self._worths:
            self._worths[raw] = _worth_decoder.decode(raw)
        return self._worths[raw]


def _record(row: Row, worths: Sequence[Worth]) -> CustomerRecord:
    customer_id, timelines, unreadable, customer = row
    return CustomerRecord(
        customer_id,
        b"",
        tuple([_timeline(it, customer_id, worths) for it in timelines]),
        tuple([Unreadable(*it) for it in unreadable]),
        customer and _customer(customer, customer_id),
    )


def _timeline(row: Row, customer_id: str, worths: Sequence[Worth]) -> Timeline:
    for stretch in row[_STRETCHES]:
        stretch[_STATUS] = intern(stretch[_STATUS])
        stretch[_WORTH] = worths[stretch[_WORTH]]
    row[_STRETCHES] = tuple([Stretch(*stretch) for stretch in row[_STRETCHES]])
    row[_CURRENCY] = intern(row[_CURRENCY])
    row[_OWNER] = _same(row[_OWNER], customer_id)
    return Timeline(*row)


def _customer(row: Row, customer_id: str) -> Customer:
    key, *rest = row
    return Customer(_same(key, customer_id), *rest)


def _same(text: str, known: str) -> str:
    """Give the text that is in memory already, where it is the same."""
    return known if text == known else text


def pack_balance(rows: Sequence[BalanceTransaction]) -> bytes:
    """Write balance transactions."""
    return _encoder.encode([_balance_fields(row) for row in rows])


def unpack_balance(body: bytes) -> list[BalanceTransaction]:
    """Read balance transactions."""
    return [_balance_row(*row) for row in _rows_decoder.decode(body)]


def _balance_row(key: str, at: datetime, category: str, *rest: Any) -> BalanceTransaction:
    amount, fee, currency, source_object, *ids, source_currency, rate = rest
    # Four of its texts are the same in thousands of rows.
    texts = intern(category), amount, fee, intern(currency), intern(source_object)
    others = [*ids, intern(source_currency), Fraction(*rate) if rate else None]
    return BalanceTransaction(key, at, *texts, *others)


def pack_rates(rates: Sequence[ImpliedRate]) -> bytes:
    """Write exchange rates."""
    return _encoder.encode(rates)


def unpack_rates(body: bytes) -> list[ImpliedRate]:
    """Read exchange rates."""
    return _rates_decoder.decode(body)


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
