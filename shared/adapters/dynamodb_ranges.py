"""Many small values in few items: a partition's values in order, cut into ranges.

A range is a blob under the key of its first value; it holds what lies between its key and the next
range's. So a value is found with one query, no directory is kept, and a range that has grown too
long is cut on its own. What a cut moves is written under its new keys first and taken from the old
range last: a reader in between finds it twice and passes the old one over, since it lies beyond the
next range's key. For that reason an empty range stays, and what a cut moves is written from the end
on: a range that begins takes over all that lies up to the next one.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.adapters.dynamodb_blobs import Blobs
from shared.adapters.dynamodb_table import DynamoDbTable

Value = TypeVar("Value")

# Fewer changes than this are looked up one by one; more, by reading all that lies between them.
_SINGLY = 8
# Before compression; a range of one value may be any size.
_RANGE_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Codec(Generic[Value]):
    """How values are kept.

    Attributes:
        sk: sort key of a value.

        pack, unpack: a range's values, sorted, to bytes and back; equal values give equal bytes.

        length: how many values a range may hold before it is cut into halves of this.
    """

    sk: Callable[[Value], str]
    pack: Callable[[Sequence[Value]], bytes]
    unpack: Callable[[bytes], list[Value]]
    length: int


class Ranges(Generic[Value]):
    """The ranges of one partition."""

    def __init__(self, table: DynamoDbTable, blobs: Blobs, pk: str, codec: Codec[Value]) -> None:
        self._table = table
        self._blobs = blobs
        self._pk = pk
        self._codec = codec

    def values(self, low: str, high: str) -> Iterator[Value]:
        """Give the values of all ranges from one sort key to another, both in, in order."""
        before: list[Value] = []
        for start, body in self._blobs.between(self._pk, low, high):
            # They are in order: what lies beyond the next range's key is at the end.
            while before and self._codec.sk(before[-1]) >= start:
                before.pop()
            yield from before
            before = self._codec.unpack(body)
        yield from before

    def change(self, first: str, changes: Mapping[str, Value | None]) -> None:
        """Put values by their sort keys, or remove those that are None.

        Args:
            first: what all sort keys of these ranges start with, and the key of the first range.
            changes: by sort key.
        """
        known = self._ranges_of(first, sorted(changes))
        touched: dict[str, dict[str, Value | None]] = {}
        starts = sorted(known)
        for sk, value in changes.items():
            index = bisect_right(starts, sk)
            touched.setdefault(starts[index - 1] if index else first, {})[sk] = value
        whole: dict[str, bytes] = {}
        for start, edits in touched.items():
            body = known.get(start)
            pieces = self._edited(first, start, body, edits)
            if body is None:
                whole.update(pieces)
            elif len(pieces) > 1:
                for piece in reversed(pieces.items()):
                    self._put([piece])
            elif pieces[start] != body:
                whole.update(pieces)
        self._put(whole.items())

    def _put(self, bodies: Iterable[tuple[str, bytes]]) -> None:
        self._blobs.put(({"pk": self._pk, "sk": sk}, body) for sk, body in bodies)

    def _ranges_of(self, first: str, sks: Sequence[str]) -> dict[str, bytes]:
        if len(sks) <= _SINGLY:
            return {start: body for sk in sks for start, body in self._range_of(first, sk)}
        known = dict(self._range_of(first, sks[0]))
        return known | dict(self._blobs.between(self._pk, sks[0], sks[-1]))

    def _range_of(self, first: str, sk: str) -> Iterable[tuple[str, bytes]]:
        for found in self._blobs.between(self._pk, first, sk, limit=1, is_reversed=True):
            return [found]
        return []

    def _edited(
        self, first: str, start: str, body: bytes | None, edits: Mapping[str, Value | None]
    ) -> dict[str, bytes]:
        """Give the range as it is to be, and after it those that are cut off from it."""
        rows = {self._codec.sk(value): value for value in self._codec.unpack(body)} if body else {}
        for sk, value in edits.items():
            if value is None:
                rows.pop(sk, None)
            else:
                rows[sk] = value
        packed = self._packed(rows)
        if not self._is_too_long(packed, len(rows)):
            return {start: packed}
        end = self._next_start(first, start)
        pieces = list(self._cut({sk: v for sk, v in rows.items() if end is None or sk < end}))
        # The first piece keeps the key of the range, and what lay beyond its end is gone from it.
        own = pieces[0][1] if pieces else self._packed({})
        return {start: own, **dict(pieces[1:])}

    def _packed(self, rows: Mapping[str, Value]) -> bytes:
        return self._codec.pack([rows[sk] for sk in sorted(rows)])

    def _is_too_long(self, packed: bytes, count: int) -> bool:
        return count > self._codec.length or (count > 1 and len(packed) > _RANGE_BYTES)

    def _cut(self, rows: Mapping[str, Value]) -> Iterator[tuple[str, bytes]]:
        sks = sorted(rows)
        size = max(1, min(self._codec.length // 2, (len(sks) + 1) // 2))
        for index in range(0, len(sks), size):
            piece = {sk: rows[sk] for sk in sks[index : index + size]}
            packed = self._packed(piece)
            if self._is_too_long(packed, len(piece)):
                yield from self._cut(piece)
            else:
                yield sks[index], packed

    def _next_start(self, first: str, start: str) -> str | None:
        found = self._table.between(self._pk, f"{start} ", f"{first}~", limit=1, keys_only=True)
        return next((str(item["sk"]) for item in found), None)
