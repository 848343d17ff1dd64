"""Who was retained at both ends of a window, and with how much MRR.

Retained means active or past due: a failed payment is no cancellation. A subscription that paid
before and is in a trial now, such as a free month, is retained too; a new trial is not.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from itertools import zip_longest

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.scope import timelines_in_scope, unreadable_in_scope
from shared.domain.monthly_amounts import monthly_amount
from shared.domain.subscriptions import STATUSES
from shared.domain.timelines import PAYING, Stretch, Timeline
from shared.domain.unreadable import UnreadableError
from shared.domain.windows import Window


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
class Retention:
    """The customers retained at the start and at the end of a window.

    Attributes:
        opening, closing: by customer id.

        paid_before: ids of those who are in the closing and not in the cohort, and had paid once
            before the window.

        unreadable: reasons by customer id: an amount of theirs cannot be told at one of the ends,
            so that they are in neither.
    """

    opening: Mapping[str, RetainedCustomer]
    closing: Mapping[str, RetainedCustomer]
    paid_before: frozenset[str]
    unreadable: Mapping[str, str]

    @property
    def cohort(self) -> list[str]:
        """The ids of those whose retained MRR at the start was above 0, in a fixed order."""
        return sorted(it for it, customer in self.opening.items() if customer.is_paying)

    @property
    def lost(self) -> list[str]:
        """The ids of the cohort without a retained subscription at the end."""
        return [it for it in self.cohort if it not in self.closing]


def compare_retained(account: Account, window: Window, definitions: Definitions) -> Retention:
    """Return who was retained at both ends of a window."""
    unreadable = {it.customer_id: it.reason for it in unreadable_in_scope(account)}
    opening = _retained_at(account, window.start, definitions, unreadable)
    closing = _retained_at(account, window.end, definitions, unreadable)
    came = {it for it in closing if not opening.get(it, NOBODY).is_paying}
    since = first_payments(account, came, definitions)
    paid_before = {it for it in came if it in since and since[it] <= window.start}
    return Retention(
        opening={key: it for key, it in opening.items() if key not in unreadable},
        closing={key: it for key, it in closing.items() if key not in unreadable},
        paid_before=frozenset(paid_before),
        unreadable=unreadable,
    )


def _retained_at(
    account: Account, instant: datetime, definitions: Definitions, unreadable: dict[str, str]
) -> dict[str, RetainedCustomer]:
    """Return the retained customers; those of whom an amount cannot be told join *unreadable*."""
    found: defaultdict[str, RetainedCustomer] = defaultdict(RetainedCustomer)
    undiscounted = replace(definitions, discounts="none")
    for timeline in timelines_in_scope(account):
        stretch = timeline.at(instant)
        if stretch is None:
            continue
        if unknown := unknown_status(stretch):
            unreadable[timeline.current.customer_id] = unknown
        if not is_retained(timeline, stretch, instant, definitions):
            continue
        subscription = stretch.subscription
        customer = found[subscription.customer_id]
        try:
            amount = retained_amount(stretch, instant, definitions)
            listed = amount
            if subscription.has_discounts:
                listed = retained_amount(stretch, instant, undiscounted)
        except UnreadableError as error:
            unreadable[subscription.customer_id] = error.reason
            continue
        customer.amounts[subscription.currency] += amount
        customer.listed[subscription.currency] += listed
        if subscription.status == "past_due":
            customer.at_risk[subscription.currency] += amount
    return found


def first_payments(
    account: Account, customers: Collection[str], definitions: Definitions
) -> dict[str, datetime]:
    """Return when each customer was first retained with an amount above 0, as far as that is told.

    Whoever never was is not there.
    """
    found: dict[str, datetime] = {}
    for timeline in timelines_in_scope(account):
        customer = timeline.current.customer_id
        since = _first_payment(timeline, definitions) if customer in customers else None
        if since is not None:
            found[customer] = min(since, found.get(customer, since))
    return found


def retained_within(account: Account, window: Window, definitions: Definitions) -> set[str]:
    """Return the ids of the customers who were retained at any time within a window."""
    found = set()
    for timeline in timelines_in_scope(account):
        ends = [it.since for it in timeline.stretches[1:]]
        for stretch, end in zip_longest(timeline.stretches, ends):
            overlaps = stretch.since <= window.end and (end is None or end > window.start)
            since = max(stretch.since, window.start)
            if overlaps and is_retained(timeline, stretch, since, definitions):
                found.add(timeline.current.customer_id)
    return found


def _first_payment(timeline: Timeline, definitions: Definitions) -> datetime | None:
    stretches = timeline.stretches
    ends = [it.since for it in stretches[1:]]
    for stretch, end in zip_longest(stretches, ends):
        instants = _instants_within(stretch, end)
        for instant in instants:
            if is_retained(timeline, stretch, instant, definitions) and _is_paid(
                stretch, instant, definitions
            ):
                return instant
    return None


def _instants_within(stretch: Stretch, end: datetime | None) -> list[datetime]:
    """Return the instants of a stretch at which what it is worth may become more."""
    subscription = stretch.subscription
    holders = (subscription.discounts, subscription.customer_discounts)
    discounts = [it for held in holders for it in held]
    discounts += [it for item in subscription.items for it in item.discounts]
    ends = {it.end for it in discounts} | {item.trial_end for item in subscription.items}
    within = {
        it for it in ends if it is not None and it > stretch.since and (end is None or it < end)
    }
    return sorted({stretch.since, *within})


def _is_paid(stretch: Stretch, instant: datetime, definitions: Definitions) -> bool:
    """Return whether it was worth something; what cannot be told is taken for something."""
    try:
        return bool(retained_amount(stretch, instant, definitions))
    except UnreadableError:
        return True


def unknown_status(stretch: Stretch) -> str | None:
    """Return why it cannot be told whether a subscription is retained, or None."""
    status = stretch.subscription.status
    return None if status in STATUSES else f"unknown status {status}"


def is_retained(
    timeline: Timeline, stretch: Stretch, instant: datetime, definitions: Definitions
) -> bool:
    """Return whether a subscription is retained in a stretch of its timeline."""
    subscription = stretch.subscription
    if definitions.churn_on == "cancel_requested" and subscription.is_scheduled_to_end:
        return False
    if subscription.status == "trialing":
        return timeline.paying_since is not None and timeline.paying_since <= instant
    return subscription.status in PAYING


def retained_amount(stretch: Stretch, instant: datetime, definitions: Definitions) -> Fraction:
    """Return the exact monthly amount in minor units of a retained subscription.

    0 where collection is paused and the definitions leave that out.

    Raises:
        UnreadableError: it cannot be told.
    """
    if stretch.unreadable is not None:
        raise UnreadableError(stretch.unreadable)
    subscription = stretch.subscription
    if subscription.collection_paused and definitions.paused_collection == "exclude":
        return Fraction(0)
    in_trial = subscription.status == "trialing"
    return monthly_amount(subscription, instant, definitions, include_trials=in_trial).total_minor
