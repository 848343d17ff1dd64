"""One business many times over: an account of any size from one that is quickly made.

Each copy has its own customers with all that is theirs, by ids that end in the number of the copy,
and lives some seconds behind the one before it. What is sold is shared. Objects are rendered once
and then only renumbered, so that pages are quick and take little memory.
"""

import re
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, overload

import msgspec

from local.stripe_sandbox.collection import Collection
from local.stripe_sandbox.endpoints import Endpoint
from local.stripe_sandbox.errors import no_such
from local.stripe_sandbox.expansion import Expand, parse_expansions
from local.stripe_sandbox.lists import PAGING, page_of
from local.stripe_sandbox.objects.view import View, list_object
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import Json, Record
from local.stripe_sandbox.resources import MONEY_RESOURCES, RESOURCES, Resource
from local.stripe_sandbox.state import State

MOST_COPIES = 4_096

_SHARED = frozenset({"coupon", "price", "product", "tax_rate"})
_LISTS = {
    f"GET {each.path}": each for each in (*RESOURCES, *MONEY_RESOURCES) if each.kind not in _SHARED
}
_KINDS = "ch|cus|di|du|evt|ii|il|in|inpay|pi|po|re|si|sub|tr|tu|txn"
_ID = re.compile(rf"((?:{_KINDS})_1[0-9A-Za-z]+)(\d{{4}})")
# An id, or an instant of the years 2014 to 2033.
_CHANGING = re.compile(rf"\b((?:{_KINDS})_1[0-9A-Za-z]+|1[4-9]\d{{8}})\b".encode())
_PAGES = frozenset({"starting_after", "ending_before"})
# Whoever follows an account reads the last ten minutes twice; no copy may be further behind.
_MOST_BEHIND = 500
_COPY_BITS, _ORDER_BITS = 12, 20


class Copies:
    """Answers for all copies of a business.

    Args:
        state: of the business that is copied.
        times: how many there are.
    """

    def __init__(self, state: State, times: int) -> None:
        if not 1 <= times <= MOST_COPIES:
            raise ValueError(f"there can be 1 to {MOST_COPIES} copies")
        self._state = state
        self._times = times
        self._behind = _MOST_BEHIND // times
        self._version = -1
        self._lists: dict[str, _Everything] = {}
        self._rendered: dict[tuple[str, str, str], list[bytes]] = {}

    def answer(
        self, endpoint: Endpoint, view: View, pairs: Iterable[tuple[str, str]], object_id: str
    ) -> Json | msgspec.Raw:
        """Return the body of an answer.

        Raises:
            StripeError: what Stripe would answer instead.
        """
        if self._version != self._state.version:
            self._version = self._state.version
            self._lists.clear()
            self._rendered.clear()
        given = list(pairs)
        owned = [value for name, value in given if name not in _PAGES]
        copy = next((int(found[2]) for each in (object_id, *owned) if (found := _match(each))), -1)
        if copy >= self._times:
            raise no_such("copy", str(copy))
        resource = _LISTS.get(endpoint.name)
        if resource is not None and copy < 0:
            return self._page(resource, view, Parameters(given))
        body = endpoint.answer(view, Parameters(self._undo(given, copy)), _without_copy(object_id))
        return self._renumbered(_split(msgspec.json.encode(body)), max(copy, 0))

    def _undo(self, pairs: Iterable[tuple[str, str]], copy: int) -> Iterable[tuple[str, str]]:
        """Ask what is asked of a copy of the business itself."""
        for name, value in pairs:
            if name.startswith("created") and value.isdigit():
                yield name, str(int(value) + max(copy, 0) * self._behind)
            else:
                yield name, _without_copy(value)

    def _page(self, resource: Resource, view: View, parameters: Parameters) -> Json:
        parameters.check_known((*resource.parameters, *PAGING))
        expand = parse_expansions(f"list of {resource.kind}", parameters.many("expand") or ())
        records: Collection[Any] = resource.records(self._state)

        def find(cursor: str, param: str) -> Record:
            found, record = _match(cursor), records.get(_without_copy(cursor))
            if found is None or record is None or int(found[2]) >= self._times:
                raise no_such(resource.kind, cursor, param=param, status=400)
            return _place(self._placed(record, int(found[2])))

        everything = self._everything(resource, parameters)
        page = page_of(everything, parameters, find, parameters.range("created"))
        within = expand.get("data", {})
        data: list[Any] = [
            self._render(view, everything.record(each), within, each.order % MOST_COPIES)
            for each in page.records
        ]
        return list_object(data, resource.path, has_more=page.has_more)

    def _everything(self, resource: Resource, parameters: Parameters) -> "_Everything":
        key = f"{resource.path} {parameters.key(resource.parameters)}"
        if key not in self._lists:
            records = resource.select(self._state, parameters)
            places = (
                self._placed(record, copy) for copy in range(self._times) for record in records
            )
            self._lists[key] = _Everything(records, array("q", sorted(places)))
        return self._lists[key]

    def _placed(self, record: Record, copy: int) -> int:
        """Return where a copy of a record stands in its list, as a number to sort by."""
        created = record.created - copy * self._behind
        return (created << _ORDER_BITS | record.order) << _COPY_BITS | copy

    def _render(self, view: View, record: Record, expand: Expand, copy: int) -> msgspec.Raw:
        key = (record.id, repr(expand), str(view.livemode))
        if key not in self._rendered:
            self._rendered[key] = _split(msgspec.json.encode(view.render(record, expand)))
        return self._renumbered(self._rendered[key], copy)

    def _renumbered(self, parts: list[bytes], copy: int) -> msgspec.Raw:
        suffix, behind = b"%04d" % copy, copy * self._behind
        made = list(parts)
        for index in range(1, len(parts), 2):
            part = parts[index]
            made[index] = b"%d" % (int(part) - behind) if part.isdigit() else part + suffix
        return msgspec.Raw(b"".join(made))


class _Everything(Sequence[Record]):
    """The copies of some records in the order of lists, each no more than its place."""

    def __init__(self, records: Iterable[Record], places: "array[int]") -> None:
        self._by_order = {record.order: record for record in records}
        self._places = places

    def record(self, place: Record) -> Record:
        """Return what stands copied at a place."""
        return self._by_order[place.order >> _COPY_BITS]

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [_place(number) for number in self._places[index]]
        return _place(self._places[index])


def _place(number: int) -> Record:
    """Return a record that has nothing but its place."""
    bits = _ORDER_BITS + _COPY_BITS
    return Record(id="", created=number >> bits, order=number & ((1 << bits) - 1))


def _split(body: bytes) -> list[bytes]:
    """Return the parts of an object; each second one is an id or an instant."""
    return _CHANGING.split(body)


def _match(text: str) -> re.Match[str] | None:
    return _ID.fullmatch(text)


def _without_copy(text: str) -> str:
    found = _match(text)
    return found[1] if found else text
