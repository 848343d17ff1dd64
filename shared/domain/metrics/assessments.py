"""Each subscription weighed once: what it is worth in a month, and why it counts or does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from shared.domain.definitions import Definitions
from shared.domain.monthly_amounts import MonthlyAmount, monthly_amount
from shared.domain.subscriptions import (
    ENDED_STATUSES,
    Subscription,
    name_unreadable,
    reason_left_out,
)
from shared.domain.unreadable import Unreadable, UnreadableError


@dataclass(frozen=True, slots=True)
class Assessment:
    """One subscription's monthly amount and its place.

    Attributes:
        reason: why it is not in the value; None if it is.

        monthly: None for one that has ended, which is worth nothing any more.
    """

    subscription: Subscription
    reason: str | None
    monthly: MonthlyAmount | None

    @property
    def currency(self) -> str:
        """The currency that the subscription is billed in."""
        return self.subscription.currency

    @property
    def minor(self) -> Fraction:
        """The exact monthly amount in minor units of `currency`; 0 for one that has ended."""
        return self.monthly.total_minor if self.monthly else Fraction(0)


def assess_all(
    subscriptions: Iterable[Subscription],
    at: datetime,
    definitions: Definitions,
    *,
    include_trials: bool,
) -> tuple[list[Assessment], list[Unreadable]]:
    """Return every subscription's assessment, and those of which no amount can be told.

    Both in the order given. One that has ended is never unreadable: it needs no amount.
    """
    readable: list[Assessment] = []
    unreadable: list[Unreadable] = []
    for subscription in subscriptions:
        try:
            readable.append(_assess(subscription, at, definitions, include_trials=include_trials))
        except UnreadableError as error:
            unreadable.append(name_unreadable(subscription, error.reason))
    return readable, unreadable


def _assess(
    subscription: Subscription, at: datetime, definitions: Definitions, *, include_trials: bool
) -> Assessment:
    reason = reason_left_out(subscription, definitions, include_trials=include_trials)
    if subscription.status in ENDED_STATUSES:
        return Assessment(subscription, reason, None)
    # What a trial is worth, shown beside the value, is the price that it will convert to.
    with_trials = include_trials or subscription.status == "trialing"
    monthly = monthly_amount(subscription, at, definitions, include_trials=with_trials)
    return Assessment(subscription, reason, monthly)
