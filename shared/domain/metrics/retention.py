"""Who was retained at both ends of a window, and with how much MRR."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from itertools import compress

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.scope import states_of, unreadable_in_scope
from shared.domain.metrics.states import AccountStates
from shared.domain.metrics.weights import RetainedCustomer, Values, Weights, weights_of
from shared.domain.windows import Window

# A metric asks for one; all ranges of an instant are three.
_WINDOWS_KEPT = 3


@dataclass(frozen=True, slots=True)
class RangeSums:
    """Sums over the cohort of a range, exact, in major units of the reporting currency.

    Attributes:
        customers: how many the cohort has: those whose retained MRR at the start was above 0.

        lost: how many of them have no retained subscription at the end.

        opening, closing: the cohort's retained MRR at both ends.

        churned: the start MRR of those lost.
    """

    customers: int
    lost: int
    opening: Fraction
    closing: Fraction
    churned: Fraction


class Retention:
    """The customers retained at the start and at the end of a window.

    Those of whom an amount cannot be told at one of the ends are in neither.

    Attributes:
        opening_states, closing_states: the numbers of what each customer was, in the same order.

        unreadable: how many there are of whom an amount cannot be told, by the reason.
    """

    def __init__(self, account: Account, window: Window, definitions: Definitions) -> None:
        self.weights = weights_of(account, definitions)
        self.states = states_of(account)
        self.window = window
        self._opening = self.states.at(window.start).states
        self._closing = self.states.at(window.end).states
        self._set_aside = {it.customer_id: it.reason for it in unreadable_in_scope(account)}
        self._sums: dict[Values, RangeSums] = {}
        self.unreadable: Counter[str] = Counter()
        self._unreadable: set[int] = set()
        self.opening_states: Sequence[int] = self._opening
        self.closing_states: Sequence[int] = self._closing
        if self._set_aside or any(self.weights.reasons()):
            self._leave_out_unreadable()

    def sums(self, converter: Converter) -> RangeSums:
        """Return the sums over the cohort, found once for churn and NRR."""
        values = self.weights.values(converter)
        if values not in self._sums:
            self._sums[values] = self._add_up(values)
        return self._sums[values]

    def opening_sum(self, converter: Converter) -> Fraction:
        """Return what all that was retained at the start comes to at some rates."""
        values = self.weights.values(converter)
        return Fraction(sum(map(values.by_state().__getitem__, self.opening_states))) / values.scale

    def _add_up(self, values: Values) -> RangeSums:
        """Add up what customers were at both ends; who was not paying at the start was worth 0."""
        closings = self.closing_states
        of = values.by_state().__getitem__
        is_gone = [not it for it in self.weights.retained()]
        paid = list(map(self.weights.pays().__getitem__, self.opening_states))
        gone = list(map(is_gone.__getitem__, closings))
        opening = list(map(of, self.opening_states))
        return RangeSums(
            customers=sum(paid),
            lost=sum(compress(paid, gone)),
            opening=Fraction(sum(opening)) / values.scale,
            closing=Fraction(sum(compress(map(of, closings), paid))) / values.scale,
            churned=Fraction(sum(compress(opening, gone))) / values.scale,
        )

    @cached_property
    def opening(self) -> Mapping[str, RetainedCustomer]:
        """What was retained at the start, by customer id."""
        return dict(self._retained(self._opening))

    @cached_property
    def closing(self) -> Mapping[str, RetainedCustomer]:
        """What was retained at the end, by customer id."""
        return dict(self._retained(self._closing))

    def both_ends(self) -> Iterator[tuple[str, int, int]]:
        """Yield (customer id, state at the start, state at the end) of who was retained at any."""
        retained = self.weights.retained()
        ids = compress(self.states.customers, map(self.is_readable, range(len(self._opening))))
        for ends in zip(ids, self.opening_states, self.closing_states, strict=True):
            if retained[ends[1]] or retained[ends[2]]:
                yield ends

    @cached_property
    def cohort(self) -> list[str]:
        """The ids of those whose retained MRR at the start was above 0, in a fixed order."""
        return sorted(it for it, customer in self.opening.items() if customer.is_paying)

    @cached_property
    def lost(self) -> list[str]:
        """The ids of the cohort without a retained subscription at the end."""
        return [it for it in self.cohort if it not in self.closing]

    @cached_property
    def paid_before(self) -> frozenset[str]:
        """The ids of those who were retained at the end, did not pay at the start, and had before.

        Before is any time before the start.
        """
        retained = self.weights.retained()
        came = [
            customer
            for customer, state in enumerate(self._closing)
            if retained[state] and not self.paid_at_start(customer)
        ]
        since = first_payments(self.states, self.weights, came)
        return frozenset(
            self.states.customers[it] for it, at in since.items() if at <= self.window.start
        )

    def paid_at_start(self, customer: int) -> bool:
        """Return whether the retained MRR of the customer of a number was above 0 at the start."""
        return self.weights.pays()[self._opening[customer]]

    def retained_within(self) -> set[int]:
        """Return the numbers of the customers who were retained at any time within the window."""
        states, window, weights = self.states, self.window, self.weights
        retained = weights.retained()
        found = {customer for customer, it in enumerate(self._opening) if retained[it]}
        found.update(
            states.customer_of(change)
            for change in states.changes(window.start, window.end)
            if weights.is_retained[states.kind_after(change)]
        )
        return found

    def is_readable(self, customer: int) -> bool:
        """Return whether the amounts of the customer of a number can be told at both ends."""
        return customer not in self._unreadable

    def _leave_out_unreadable(self) -> None:
        reasons, left = self.weights.reasons(), dict(self._set_aside)
        opening, closing = [], []
        for customer, pair in enumerate(zip(self._opening, self._closing, strict=True)):
            told = left.pop(self.states.customers[customer], None) if left else None
            reason = reasons[pair[1]] or reasons[pair[0]] or told
            if reason is not None:
                self._unreadable.add(customer)
                self.unreadable[reason] += 1
                continue
            opening.append(pair[0])
            closing.append(pair[1])
        self.unreadable.update(left.values())
        self.opening_states, self.closing_states = opening, closing

    def _retained(self, states: Sequence[int]) -> Iterator[tuple[str, RetainedCustomer]]:
        for customer, state in enumerate(states):
            found = self.weights.customer(state)
            if found is not None and self.is_readable(customer):
                yield self.states.customers[customer], found


def compare_retained(account: Account, window: Window, definitions: Definitions) -> Retention:
    """Return who was retained at both ends of a window; the newest few are found only once."""
    known = account.once(_no_retentions)
    key = window, definitions
    if key not in known:
        while len(known) >= _WINDOWS_KEPT:
            del known[next(iter(known))]
        known[key] = Retention(account, window, definitions)
    return known[key]


def _no_retentions(_: Account) -> dict[tuple[Window, Definitions], Retention]:
    return {}


def first_payments(
    states: AccountStates, weights: Weights, customers: Iterable[int]
) -> dict[int, datetime]:
    """Return when each customer was first retained with an amount above 0, as far as that is told.

    By number; whoever never was is not there. What cannot be told is taken for something.
    """
    found: dict[int, datetime] = {}
    for customer in customers:
        since = [
            states.since(change)
            for change in states.history_of(customer)
            if weights.is_paid(states.kind_after(change))
        ]
        if since:
            found[customer] = min(since)
    return found
