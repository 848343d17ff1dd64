"""What kinds of subscriptions and states of customers come to where it matters who is retained.

Retained means active or past due: a failed payment is no cancellation. A subscription that paid
before and is in a trial now, such as a free month, is retained too; a new trial is not.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cached_property

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.scope import states_of
from shared.domain.metrics.states import AccountStates, Kind
from shared.domain.subscriptions import STATUSES
from shared.domain.timelines import PAYING, Stretch


@dataclass(slots=True)
class RetainedCustomer:
    """A customer with retained subscriptions at an instant.

    Attributes:
        amounts: exact monthly amounts in minor units, by currency.

        listed: the same without any discount.

        at_risk: the part of the amounts that is past due.
    """

    amounts: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    listed: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    at_risk: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    @property
    def is_paying(self) -> bool:
        """Whether they are worth anything."""
        return any(self.amounts.values())


NOBODY = RetainedCustomer()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a state of customers comes to.

    Attributes:
        customer: None where nothing of theirs is retained.

        reason: why an amount of theirs cannot be told; None if all can.
    """

    customer: RetainedCustomer | None
    reason: str | None


class Weights:
    """What each kind of subscriptions and each state of customers comes to, under definitions.

    Attributes:
        is_retained: by number of kind.
    """

    def __init__(self, states: AccountStates, definitions: Definitions) -> None:
        self._states = states
        self._definitions = definitions
        self._weighed: dict[int, Weighed] = {}
        self.is_retained = [is_retained(kind, definitions) for kind in states.kinds]

    def __getitem__(self, state: int) -> Weighed:
        if state not in self._weighed:
            self._weighed[state] = self._weigh(state)
        return self._weighed[state]

    def retains(self, state: int) -> bool:
        """Return whether any subscription of a customer in a state is retained."""
        return any(self.is_retained[kind] for kind in self._states.kinds_in(state))

    def amount(self, kind: int) -> Fraction | str:
        """Return what one of a kind is worth, or why that cannot be told."""
        return retained_amount(self._states.kinds[kind], self._definitions)

    def is_paid(self, kind: int) -> bool:
        """Return whether one of a kind is retained and worth something, or that cannot be told."""
        return self.is_retained[kind] and bool(self.amount(kind))

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

    def _weigh(self, state: int) -> Weighed:
        found, reason = None, None
        for number in self._states.kinds_in(state):
            kind = self._states.kinds[number]
            reason = unknown_status(kind) or reason
            if not self.is_retained[number]:
                continue
            found = found or RetainedCustomer()
            amount = self.amount(number)
            listed = retained_amount(kind, self._definitions, is_listed=True)
            if isinstance(amount, str) or isinstance(listed, str):
                reason = str(amount)
                continue
            found.amounts[kind.currency] += amount
            found.listed[kind.currency] += listed
            if kind.status == "past_due":
                found.at_risk[kind.currency] += amount
        return Weighed(found, reason)


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
