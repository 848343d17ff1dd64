"""Who was retained at both ends of a window, and with how much MRR.

Retained means active or past due: a failed payment is no cancellation. A subscription that paid
before and is in a trial now, such as a free month, is retained too; a new trial is not.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import zip_longest

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.scope import timelines_in_scope, unreadable_in_scope
from shared.domain.subscriptions import STATUSES
from shared.domain.timelines import PAYING, Stretch, Timeline
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
    for timeline in timelines_in_scope(account):
        stretch = timeline.at(instant)
        if stretch is None:
            continue
        if unknown := unknown_status(stretch):
            unreadable[timeline.customer_id] = unknown
        if not is_retained(timeline, stretch, instant, definitions):
            continue
        customer, currency = found[timeline.customer_id], timeline.currency
        amount = retained_amount(stretch, definitions)
        listed = retained_amount(stretch, definitions, is_listed=True)
        if isinstance(amount, str) or isinstance(listed, str):
            unreadable[timeline.customer_id] = str(amount)
            continue
        customer.amounts[currency] += amount
        customer.listed[currency] += listed
        if stretch.status == "past_due":
            customer.at_risk[currency] += amount
    return found


def first_payments(
    account: Account, customers: Collection[str], definitions: Definitions
) -> dict[str, datetime]:
    """Return when each customer was first retained with an amount above 0, as far as that is told.

    Whoever never was is not there.
    """
    found: dict[str, datetime] = {}
    for timeline in timelines_in_scope(account):
        customer = timeline.customer_id
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
                found.add(timeline.customer_id)
    return found


def _first_payment(timeline: Timeline, definitions: Definitions) -> datetime | None:
    for stretch in timeline.stretches:
        # What cannot be told is taken for something.
        if is_retained(timeline, stretch, stretch.since, definitions) and retained_amount(
            stretch, definitions
        ):
            return stretch.since
    return None


def unknown_status(stretch: Stretch) -> str | None:
    """Return why it cannot be told whether a subscription is retained, or None."""
    return None if stretch.status in STATUSES else f"unknown status {stretch.status}"


def is_retained(
    timeline: Timeline, stretch: Stretch, instant: datetime, definitions: Definitions
) -> bool:
    """Return whether a subscription is retained in a stretch of its timeline."""
    if definitions.churn_on == "cancel_requested" and stretch.is_ending:
        return False
    if stretch.status == "trialing":
        return timeline.paying_since is not None and timeline.paying_since <= instant
    return stretch.status in PAYING


def retained_amount(
    stretch: Stretch, definitions: Definitions, *, is_listed: bool = False
) -> Fraction | str:
    """Return the exact monthly amount in minor units of a retained subscription, or why none.

    0 where collection is paused and the definitions leave that out; with *is_listed*, what it is
    without any discount.
    """
    if stretch.collection_paused and definitions.paused_collection == "exclude":
        return Fraction(0)
    option = "none" if is_listed else definitions.discounts
    monthly = stretch.worth.under(option, include_trials=stretch.status == "trialing")
    return monthly if isinstance(monthly, str) else monthly.total_minor
