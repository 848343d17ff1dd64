"""What kinds of subscriptions and states of customers come to where it matters who is retained.

Retained means active or past due: a failed payment is no cancellation. A subscription that paid
before and is in a trial now, such as a free month, is retained too; a new trial is not.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cached_property

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.scope import states_of
from shared.domain.metrics.states import AccountStates, Kind, PerState
from shared.domain.money import Amount, to_whole
from shared.domain.subscriptions import STATUSES
from shared.domain.timelines import PAYING, Stretch


@dataclass(slots=True)
class RetainedCustomer:
    """A customer with retained subscriptions at an instant.

    Attributes:
        amounts: exact monthly amounts in minor units, by currency.

        listed: the same without any discount.

        at_risk: the part of the amounts that is past due.

        in_trial: the part that is in a free month.
    """

    amounts: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    listed: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    at_risk: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    in_trial: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    @property
    def is_paying(self) -> bool:
        """Whether they are worth anything."""
        return any(self.amounts.values())


NOBODY = RetainedCustomer()
_NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """What customers are worth in the reporting currency, by state, as integers.

    Attributes:
        scale: how many units make one major unit. It is 1, and amounts are Fractions, where the
            smallest unit in which all are whole is so small that integers would take longer.
    """

    by_state: PerState[Amount]
    scale: int


class Weights:
    """What each kind of subscriptions and each state of customers comes to, under definitions.

    Attributes:
        is_retained: whether those of a kind are retained, by its number.

        retained: whether anything of a customer is retained.

        pays: whether what is retained of a customer is worth anything.

        reasons: why an amount of a customer cannot be told; None where all can.
    """

    def __init__(self, states: AccountStates, definitions: Definitions) -> None:
        self._states = states
        self._definitions = definitions
        self._customers: dict[int, RetainedCustomer | None] = {}
        self._values: dict[object, Values] = {}
        self.is_retained = [is_retained(kind, definitions) for kind in states.kinds]
        self._amounts = [
            retained_amount(kind, definitions) if is_there else _NOTHING
            for kind, is_there in zip(states.kinds, self.is_retained, strict=True)
        ]
        told = list(zip(states.kinds, self._amounts, strict=True))
        reasons: list[str | None] = [None]  # what has not begun yet needs no amount
        for kind, amount in told[1:]:
            reasons.append(amount if isinstance(amount, str) else unknown_status(kind))
        self.retained = PerState(states, self.is_retained, any)
        self.pays = PerState(states, map(bool, self._amounts), any)
        self.reasons = PerState(states, reasons, _last)

    def amount(self, kind: int) -> Fraction | str:
        """Return what one of a kind is worth if it is retained, or why that cannot be told."""
        return self._amounts[kind]

    def is_paid(self, kind: int) -> bool:
        """Return whether one of a kind is retained and worth something, or that cannot be told."""
        return bool(self._amounts[kind])

    def values(self, converter: Converter) -> Values:
        """Return what customers are worth, nothing where there is no rate."""
        rates = tuple(sorted(converter.rates.items()))
        key = converter.currency, rates
        if key not in self._values:
            self._values[key] = self._convert(converter)
        return self._values[key]

    def _convert(self, converter: Converter) -> Values:
        exact = [
            _NOTHING
            if isinstance(amount, str)
            else converter.convert(amount, kind.currency) or _NOTHING
            for kind, amount in zip(self._states.kinds, self._amounts, strict=True)
        ]
        whole, scale = to_whole(exact)
        return Values(PerState[Amount](self._states, whole, sum), scale)

    def customer(self, state: int) -> RetainedCustomer | None:
        """Return what is retained of a customer in a state; None where nothing is."""
        if state not in self._customers:
            self._customers[state] = self._weigh(state)
        return self._customers[state]

    def _weigh(self, state: int) -> RetainedCustomer | None:
        kinds = [it for it in self._states.kinds_in(state) if self.is_retained[it]]
        found = RetainedCustomer()
        for number in kinds:
            kind, amount = self._states.kinds[number], self._amounts[number]
            listed = retained_amount(kind, self._definitions, is_listed=True)
            if isinstance(amount, str) or isinstance(listed, str):
                continue
            found.amounts[kind.currency] += amount
            found.listed[kind.currency] += listed
            if kind.status == "past_due":
                found.at_risk[kind.currency] += amount
            if kind.status == "trialing":
                found.in_trial[kind.currency] += amount
        return found if kinds else None

    @cached_property
    def departures(self) -> list[tuple[datetime, str, int]]:
        """Every time that a subscription was retained no longer, oldest first.

        As (when, id of the subscription, number of the change).
        """
        retained, states = self.is_retained, self._states
        found = [
            (states.since(change), states.subscription_of(change).subscription_id, change)
            for change, before, after in states.every_change()
            if retained[before] and not retained[after]
        ]
        return sorted(found)


def _last(reasons: Iterable[str | None]) -> str | None:
    found = None
    for reason in reasons:
        found = reason or found
    return found


def weights_of(account: Account, definitions: Definitions) -> Weights:
    """Return what the kinds and states of an account come to, found once."""
    known = account.once(_no_weights)
    if definitions not in known:
        known[definitions] = Weights(states_of(account), definitions)
    return known[definitions]


def _no_weights(_: Account) -> dict[Definitions, Weights]:
    return {}


def unknown_status(kind: Kind) -> str | None:
    """Return why it cannot be told whether subscriptions of a kind are retained, or None."""
    return None if kind.status in STATUSES else f"unknown status {kind.status}"


def is_retained(kind: Kind, definitions: Definitions) -> bool:
    """Return whether subscriptions of a kind are retained."""
    if definitions.churn_on == "cancel_requested" and kind.is_ending:
        return False
    if kind.status == "trialing":
        return kind.has_paid
    return kind.status in PAYING


def retained_amount(
    it: Kind | Stretch, definitions: Definitions, *, is_listed: bool = False
) -> Fraction | str:
    """Return the exact monthly amount in minor units of a retained subscription, or why none.

    0 where collection is paused and the definitions leave that out; with *is_listed*, what it is
    without any discount.
    """
    if it.collection_paused and definitions.paused_collection == "exclude":
        return Fraction(0)
    option = "none" if is_listed else definitions.discounts
    monthly = it.worth.under(option, include_trials=it.status == "trialing")
    return monthly if isinstance(monthly, str) else monthly.total_minor
