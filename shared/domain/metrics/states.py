"""What every subscription and every customer of an account was, at any instant.

Most subscriptions are like many others: the same status, the same worth. What is alike has one
number here, so that a metric weighs each kind once, however many there are of it. An instant is
reached from the nearest one that was asked for before, by what changed in between.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from shared.domain.timelines import Stretch, Timeline
from shared.domain.worth import NOTHING, Worth

Value = TypeVar("Value")

# The number of what has not begun yet.
NOT_THERE = 0
_THE_END = datetime.max.replace(tzinfo=UTC)
# A metric asks for two instants; all ranges of an instant for six.
_INSTANTS_KEPT = 6


class Kind(NamedTuple):
    """What subscriptions that are alike are.

    Attributes:
        has_paid: of one in a trial, whether it was active or past due before.
    """

    status: str
    currency: str
    worth: Worth
    is_ending: bool
    collection_paused: bool
    has_paid: bool


_NO_KIND = Kind("", "", NOTHING, is_ending=False, collection_paused=False, has_paid=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All subscriptions and customers at an instant.

    Attributes:
        kinds: the number of each subscription's kind, or `NOT_THERE`.

        states: the number of what each customer's subscriptions are together.
    """

    at: datetime
    kinds: "array[int]"
    states: "array[int]"


class PerState(Generic[Value]):
    """Something of the states of customers, told from that of the kinds that they have together.

    Args:
        states: may have become more by the next call.

        by_kind: by number of kind.

        together: makes one of several.
    """

    def __init__(
        self,
        states: "AccountStates",
        by_kind: Iterable[Value],
        together: Callable[[Iterable[Value]], Value],
    ) -> None:
        self._states = states
        self._found = list(by_kind)
        self._together = together

    def __call__(self) -> list[Value]:
        """Return it by number of state."""
        found = self._found
        for state in range(len(found), self._states.count):
            found.append(self._together(found[kind] for kind in self._states.kinds_in(state)))
        return found


class AccountStates:
    """The histories of subscriptions, laid out by kinds and by days.

    A state of a customer is what their subscriptions are, in the order of the subscriptions' ids.
    That of a customer with one subscription has the number of its kind.

    Attributes:
        subscriptions: in a fixed order, by which they are numbered; the same of the `customers`.

        kinds: by number.

        statuses: those that a customer's subscriptions have.
    """

    def __init__(self, timelines: Iterable[Timeline]) -> None:
        self.subscriptions = tuple(timelines)
        self.customers: list[str] = []
        self.kinds = [_NO_KIND]
        # Each change is of a subscription, and to a kind; those of one follow each other.
        self._who = array("i")
        self._kind = array("i")
        self._since: list[datetime] = []
        self._first = array("i")
        self._by_day: defaultdict[int, array[int]] = defaultdict(lambda: array("i"))
        self._lay_out()
        self._days = sorted(self._by_day)
        self._owner = array("i")
        self._first_of = array("i")
        self._several: dict[int, list[int]] = {}
        self._assign_owners()
        self._together: list[tuple[int, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        self._snapshots = {_THE_END: self._at_the_end()}
        statuses = [frozenset({kind.status} - {""}) for kind in self.kinds]
        self.statuses = PerState(self, statuses, _together)

    def at(self, instant: datetime) -> Snapshot:
        """Return what everything was after all that happened up to an instant."""
        instant = instant.astimezone(UTC)
        found = self._snapshots.pop(instant, None)
        if found is None:
            nearest = min(self._snapshots, key=lambda it: abs(it - instant))
            found = self._moved(self._snapshots[nearest], instant)
        self._snapshots[instant] = found
        if len(self._snapshots) > _INSTANTS_KEPT:
            del self._snapshots[next(iter(self._snapshots))]
        return found

    @property
    def count(self) -> int:
        """How many states of customers have been met, those of one subscription included."""
        return len(self.kinds) + len(self._together)

    def kinds_in(self, state: int) -> Sequence[int]:
        """Return the numbers of the kinds that a customer has in a state."""
        if state < len(self.kinds):
            return (state,) if state else ()
        return self._together[state - len(self.kinds)]

    def changes(self, start: datetime, end: datetime) -> Iterator[int]:
        """Yield the changes after *start*, up to and with *end*, those of a day in no order.

        Those of one subscription are in the order of time.
        """
        for day in self._days_between(start, end):
            for change in self._by_day[day]:
                if start < self._since[change] <= end:
                    yield change

    def every_change(self) -> Iterator[tuple[int, int, int]]:
        """Yield (change, kind before, kind after) of all changes but the beginnings."""
        who, kind = self._who, self._kind
        for change in range(1, len(who)):
            if who[change] == who[change - 1]:
                yield change, kind[change - 1], kind[change]

    def since(self, change: int) -> datetime:
        """Return when a change was."""
        return self._since[change]

    def subscription_of(self, change: int) -> Timeline:
        """Return whose change it is."""
        return self.subscriptions[self._who[change]]

    def kind_after(self, change: int) -> int:
        """Return the number of the kind that a change led to."""
        return self._kind[change]

    def customer_of(self, change: int) -> int:
        """Return the number of the customer whose subscription changed."""
        return self._owner[self._who[change]]

    def history_of(self, customer: int) -> Iterator[int]:
        """Yield the changes of all subscriptions of a customer."""
        for who in self._several.get(customer) or (self._first_of[customer],):
            yield from range(self._first[who], self._first[who + 1])

    def _lay_out(self) -> None:
        numbers: dict[tuple[object, ...], int] = {}
        add_who, add_kind, add_since = self._who.append, self._kind.append, self._since.append
        change, by_day = 0, self._by_day
        for who, timeline in enumerate(self.subscriptions):
            self._first.append(change)
            currency, paid_at = timeline.currency, timeline.paying_since
            for it in _pieces_of(timeline):
                status, worth, since = it.status, it.worth, it.since
                flags = it.is_ending, it.collection_paused
                has_paid = status == "trialing" and paid_at is not None and paid_at <= since
                # Worths that are alike are one object, nearly always; to hash one takes long.
                key = (status, currency, id(worth), flags, has_paid)
                number = numbers.get(key)
                if number is None:
                    number = numbers[key] = len(self.kinds)
                    self.kinds.append(Kind(status, currency, worth, *flags, has_paid))
                by_day[since.toordinal()].append(change)
                add_who(who)
                add_kind(number)
                add_since(since)
                change += 1
        self._first.append(change)

    def _assign_owners(self) -> None:
        numbers: dict[str, int] = {}
        owner, first_of, several = self._owner, self._first_of, self._several
        for who, timeline in enumerate(self.subscriptions):
            customer = numbers.setdefault(timeline.customer_id, len(numbers))
            owner.append(customer)
            if customer == len(first_of):
                first_of.append(who)
            else:
                several.setdefault(customer, [first_of[customer]]).append(who)
        self.customers = list(numbers)
        for many in several.values():
            many.sort(key=lambda who: self.subscriptions[who].subscription_id)

    def _at_the_end(self) -> Snapshot:
        kinds = array("i", [self._kind[end - 1] for end in self._first[1:]])
        states = array("i", [kinds[who] for who in self._first_of])
        for customer, several in self._several.items():
            states[customer] = self._together_in(kinds, several)
        return Snapshot(_THE_END, kinds, states)

    def _moved(self, base: Snapshot, to: datetime) -> Snapshot:
        kinds, states = base.kinds[:], base.states[:]
        who_of, kind_of, owner, several = self._who, self._kind, self._owner, self._several
        touched = set()
        is_later = base.at <= to
        found = list(self.changes(base.at, to) if is_later else self.changes(to, base.at))
        for change in found if is_later else reversed(found):
            who = who_of[change]
            if is_later:
                kind = kind_of[change]
            else:
                kind = kind_of[change - 1] if change and who_of[change - 1] == who else NOT_THERE
            kinds[who] = kind
            customer = owner[who]
            if customer in several:
                touched.add(customer)
            else:
                states[customer] = kind
        for customer in touched:
            states[customer] = self._together_in(kinds, several[customer])
        return Snapshot(to, kinds, states)

    def _together_in(self, kinds: Sequence[int], several: Iterable[int]) -> int:
        """Return the number of what the subscriptions of one customer are together."""
        there = tuple(kinds[who] for who in several if kinds[who])
        if len(there) <= 1:
            return there[0] if there else NOT_THERE
        number = self._numbers.get(there)
        if number is None:
            number = self._numbers[there] = len(self.kinds) + len(self._together)
            self._together.append(there)
        return number

    def _days_between(self, start: datetime, end: datetime) -> Sequence[int]:
        first = bisect_left(self._days, start.toordinal())
        return self._days[first : bisect_right(self._days, end.toordinal())]


def _together(statuses: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*statuses)


def _pieces_of(timeline: Timeline) -> Sequence[Stretch]:
    """Return the stretches; one in a trial is cut where the subscription first paid."""
    stretches, paid_at = timeline.stretches, timeline.paying_since
    if paid_at is None or paid_at <= stretches[0].since:
        return stretches
    held = timeline.at(paid_at)
    if held is None or held.status != "trialing" or held.since == paid_at:
        return stretches
    return sorted([*stretches, replace(held, since=paid_at)], key=attrgetter("since"))
