"""A DynamoDB table in memory: its conditions, transactions and limits, and faults at will."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

from shared.adapters.dynamodb_keys import Key
from shared.adapters.dynamodb_table import Condition, DynamoDbTable, Item
from shared.errors import StorageError
from tests.memory_expressions import change, check
from tests.memory_values import copied, normal, stored

_BATCH = 25
_BATCH_GET = 100
_LARGEST_TRANSACTION = 100
Place = tuple[str, str]


class KilledError(BaseException):
    """The process was killed: nothing that it would do about it is done."""


@dataclass
class Calls:
    """Counts a process's calls to the world outside, and lets something happen at any of them.

    Attributes:
        names: what the calls were that have begun, such as `get` or `publish`.
        before: is told the number (from 1) of a call that is about to take effect; what it raises
            keeps the call from taking effect.
        after: is told the number of a call that has taken effect; what it raises is the answer.
    """

    names: list[str] = field(default_factory=list)
    before: Callable[[int], None] | None = None
    after: Callable[[int], None] | None = None

    @property
    def made(self) -> int:
        """How many calls have begun."""
        return len(self.names)

    def begin(self, name: str) -> int:
        """Count one more call."""
        self.names.append(name)
        number = self.made
        if self.before is not None:
            self.before(number)
        return number

    def end(self, number: int) -> None:
        """Say that a call has taken effect."""
        if self.after is not None:
            self.after(number)


@dataclass(frozen=True)
class _Write:
    """One write of a transaction; *item* is what will be there, None for nothing."""

    table: "InMemoryTable"
    place: Place
    apply: Callable[[Mapping[str, Any]], Item | None]
    is_check: bool = False


class InMemoryTable(DynamoDbTable):
    """A stand-in for one table, the index included.

    What is written is copied in and normalised as DynamoDB does, and copied out when it is read.

    Attributes:
        items: by partition and sort key.
        calls: of the process that uses the table; a batch, or a page of a list, is one.
        writes_left: how many more items are written before the process is killed; None for all.
        page: how many items one look at a partition gives.
        reads: how many items were read.
        writes: how many items were written or removed.
    """

    def __init__(self, *, seed: int = 0, page: int = 3, calls: Calls | None = None) -> None:
        self.name = "memory"
        self.items: dict[Place, Item] = {}
        self.calls = calls or Calls()
        self.writes_left: int | None = None
        self.page = page
        self.reads = 0
        self.writes = 0
        self._random = Random(seed)  # noqa: S311 - a test's

    def of(self, calls: Calls) -> "InMemoryTable":
        """Give the same table as another process sees it, whose calls are counted by themselves."""
        other = InMemoryTable(page=self.page, calls=calls)
        other.items = self.items
        return other

    def restore(self, items: Mapping[Place, Item]) -> None:
        """Hold exactly these items, as `items` gave them before."""
        self.items.clear()
        self.items.update(items)

    def get(self, key: Key) -> Item | None:
        number = self.calls.begin("get")
        found = self._look(key)
        self.calls.end(number)
        return found

    def get_many(self, keys: Iterable[Key]) -> Iterator[Item]:
        rest, found = iter(keys), list[Item]()
        while batch := list(islice(rest, _BATCH_GET)):
            _refuse_twice(_place(key) for key in batch)
            number = self.calls.begin("get_many")
            found += [item for key in batch if (item := self._look(key)) is not None]
            self.calls.end(number)
        self._random.shuffle(found)
        return iter(found)

    def _look(self, key: Key) -> Item | None:
        self.reads += 1
        found = self.items.get(_place(key))
        return None if found is None else copied(found)

    def put(self, item: Item, condition: Condition | None = None) -> None:
        write = self._put(item, condition)
        number = self.calls.begin("put")
        self._carry_out([write])
        self.calls.end(number)

    def update(
        self, key: Key, expression: str, condition: Condition, values: Mapping[str, Any]
    ) -> Item:
        write = self._update(key, expression, condition, values)
        number = self.calls.begin("update")
        self._carry_out([write])
        self.calls.end(number)
        return copied(self.items[_place(key)])

    def write(self, items: Iterable[Item]) -> None:
        rest = iter(items)
        # A batch is carried out in any order.
        while batch := list(islice(rest, _BATCH)):
            _refuse_twice(_place(item) for item in batch)
            self._random.shuffle(batch)
            number = self.calls.begin("write")
            for item in batch:
                self._count()
                self.items[_place(item)] = stored(item)
            self.calls.end(number)

    def delete(self, keys: Iterable[Key]) -> None:
        rest = iter(keys)
        while batch := list(islice(rest, _BATCH)):
            _refuse_twice(_place(key) for key in batch)
            number = self.calls.begin("delete")
            for key in batch:
                self._count()
                self.items.pop(_place(key), None)
            self.calls.end(number)

    def between(
        self,
        pk: str,
        low: str,
        high: str,
        *,
        limit: int | None = None,
        is_reversed: bool = False,
        keys_only: bool = False,
    ) -> Iterator[Item]:
        if low > high:
            raise StorageError("The range ends before it begins.")

        def within(last: str | None) -> list[tuple[Any, Place]]:
            found = sorted(
                sk
                for p, sk in self.items
                if p == pk
                and low <= sk <= high
                and (last is None or (sk < last if is_reversed else sk > last))
            )
            return [(sk, (pk, sk)) for sk in (reversed(found) if is_reversed else found)]

        for item in self._paged(within, limit):
            yield {"pk": item["pk"], "sk": item["sk"]} if keys_only else item

    def collection(
        self, name: str, *, after: str | None = None, limit: int | None = None
    ) -> Iterator[Item]:
        def within(last: tuple[str, Place] | None) -> list[tuple[Any, Place]]:
            found = (
                (item["collected_at"], place)
                for place, item in self.items.items()
                if item.get("collection") == name and "collected_at" in item
            )
            beyond = (it for it in found if not after or it[0] > after)
            return [(it, it[1]) for it in sorted(beyond) if last is None or it > last]

        return self._paged(within, limit)

    def _paged(
        self, within: Callable[[Any], list[tuple[Any, Place]]], limit: int | None
    ) -> Iterator[Item]:
        last: Any = None
        while True:
            number = self.calls.begin("query")
            found = within(last)
            shown = [copied(self.items[place]) for _, place in found[: limit or self.page]]
            self.reads += len(shown)
            self.calls.end(number)
            yield from shown
            if len(shown) == len(found):
                return
            last = found[len(shown) - 1][0]

    def put_in_transaction(self, item: Item, condition: Condition | None = None) -> Item:
        return {"write": self._put(item, condition)}

    def delete_in_transaction(self, key: Key, condition: Condition | None = None) -> Item:
        def apply(before: Mapping[str, Any]) -> None:
            check(_wired(condition), before)

        return {"write": _Write(self, _place(key), apply)}

    def check_in_transaction(self, key: Key, condition: Condition) -> Item:
        def apply(before: Mapping[str, Any]) -> None:
            check(_wired(condition), before)

        return {"write": _Write(self, _place(key), apply, is_check=True)}

    def update_in_transaction(
        self, key: Key, expression: str, condition: Condition, values: Mapping[str, Any]
    ) -> Item:
        return {"write": self._update(key, expression, condition, values)}

    def transact(self, writes: Sequence[Item]) -> None:
        described: list[_Write] = [write["write"] for write in writes]
        if not 0 < len(described) <= _LARGEST_TRANSACTION:
            raise StorageError(f"A transaction has 1 to {_LARGEST_TRANSACTION} items.")
        _refuse_twice((id(write.table.items), write.place) for write in described)
        number = self.calls.begin("transact")
        self._carry_out(described)
        self.calls.end(number)

    def _put(self, item: Item, condition: Condition | None) -> _Write:
        taken, wired = stored(item), _wired(condition)

        def apply(before: Mapping[str, Any]) -> Item:
            check(wired, before)
            return taken

        return _Write(self, _place(item), apply)

    def _update(
        self, key: Key, expression: str, condition: Condition, values: Mapping[str, Any]
    ) -> _Write:
        place, wired, given = _place(key), _wired(condition) or condition, normal(values)

        def apply(before: Mapping[str, Any]) -> Item:
            after = stored({**key, **change(before, expression, wired, given)})
            if _place(after) != place:
                raise StorageError("A key cannot be changed.")
            return after

        return _Write(self, place, apply)

    @staticmethod
    def _carry_out(writes: Sequence[_Write]) -> None:
        """Apply all writes, or none where a condition of one of them does not hold."""
        # No item comes twice, so none of them sees what another does.
        results = [write.apply(write.table.items.get(write.place, {})) for write in writes]
        for write, after in zip(writes, results, strict=True):
            if write.is_check:
                continue
            write.table._count()
            if after is None:
                write.table.items.pop(write.place, None)
            else:
                write.table.items[write.place] = after

    def _count(self) -> None:
        self.writes += 1
        if self.writes_left is not None:
            if not self.writes_left:
                raise KilledError
            self.writes_left -= 1


def _place(key: Mapping[str, Any]) -> Place:
    return key["pk"], key["sk"]


def _refuse_twice(places: Iterable[Any]) -> None:
    known = list(places)
    if len(set(known)) != len(known):
        raise StorageError("An item comes twice in one call.")


def _wired(condition: Condition | None) -> Any:
    if condition is None or not condition.values:
        return condition
    return Condition(condition.expression, normal(condition.values), condition.names)
