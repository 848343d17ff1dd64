"""Records of one kind in Stripe's order, found by id, by owner and by created range."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from local.stripe_sandbox.records import Record

R = TypeVar("R", bound=Record)

# Below this a filtered list is made anew for each request; above, it is kept until something
# changes, so that a page costs its own length and not the whole business.
_WORTH_KEEPING = 2_000
_KEPT_LISTS = 64


def place(record: Record) -> tuple[int, int]:
    """Return what the order goes by: the second, then the order of arrival within it."""
    return record.created, record.order


class Collection(Generic[R]):
    """Records oldest first; lists read them from the end.

    Attributes:
        version: rises with everything that a list may show differently.
    """

    def __init__(self, owner: Callable[[R], str] | None = None) -> None:
        self.version = 0
        self._owner = owner
        self._by_id: dict[str, R] = {}
        self._by_owner: dict[str, list[R]] = {}
        self._sorted: list[R] = []
        self._kept: dict[Hashable, list[R]] = {}
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[R]:
        return iter(self._sorted)

    def add(self, record: R) -> R:
        """Take in a record; one that is older than others finds its place among them."""
        self._arrivals += 1
        record.order = self._arrivals
        self._by_id[record.id] = record
        _insert(self._sorted, record)
        if self._owner is not None:
            _insert(self._by_owner.setdefault(self._owner(record), []), record)
        self.touch()
        return record

    def remove(self, record: R) -> None:
        """Forget a record."""
        del self._by_id[record.id]
        del self._sorted[index_before(self._sorted, record)]
        if self._owner is not None:
            self._by_owner[self._owner(record)].remove(record)
        self.touch()

    def get(self, record_id: str) -> R | None:
        """Return the record of that id."""
        return self._by_id.get(record_id)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._by_id

    def __getitem__(self, record_id: str) -> R:
        return self._by_id[record_id]

    def owned_by(self, owner: str) -> Sequence[R]:
        """Return the records of one owner, oldest first."""
        return self._by_owner.get(owner, [])

    def matching(self, key: Hashable, accepts: Callable[[R], bool]) -> Sequence[R]:
        """Return the accepted records, oldest first; *key* names what *accepts* asks for."""
        if len(self._sorted) < _WORTH_KEEPING:
            return [record for record in self._sorted if accepts(record)]
        if key not in self._kept:
            if len(self._kept) >= _KEPT_LISTS:
                self._kept.clear()
            self._kept[key] = [record for record in self._sorted if accepts(record)]
        return self._kept[key]

    def within(self, since: int, until: int) -> Sequence[R]:
        """Return the records with *since* <= created <= *until*, oldest first."""
        low, high = created_within(self._sorted, since, until)
        return self._sorted[low:high]

    def touch(self) -> None:
        """Forget the kept lists: a record has changed in a way that a filter may see."""
        self.version += 1
        if self._kept:
            self._kept.clear()

    def forget_before(self, instant: int) -> None:
        """Drop the records created before *instant*."""
        cut = bisect_left(self._sorted, (instant, -1), key=place)
        for record in self._sorted[:cut]:
            del self._by_id[record.id]
        if cut:
            del self._sorted[:cut]
            self.touch()


def created_within(records: Sequence[R], since: int | None, until: int | None) -> tuple[int, int]:
    """Return the slice bounds of records with *since* <= created <= *until*."""
    low = 0 if since is None else bisect_left(records, (since, -1), key=place)
    high = len(records) if until is None else bisect_left(records, (until + 1, -1), key=place)
    return low, max(low, high)


def index_before(records: Sequence[R], record: Record) -> int:
    """Return how many records come before *record* in the order, itself left out."""
    return bisect_left(records, place(record), key=place)


def index_after(records: Sequence[R], record: Record) -> int:
    """Return how many records come before or at *record* in the order."""
    return bisect_right(records, place(record), key=place)


def _insert(records: list[R], record: R) -> None:
    if not records or place(records[-1]) <= place(record):
        records.append(record)
    else:
        records.insert(bisect_right(records, place(record), key=place), record)
