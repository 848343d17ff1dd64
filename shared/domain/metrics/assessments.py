"""Each subscription weighed once: what it is worth in a month, and why it counts or does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.definitions import Definitions
from shared.domain.metrics.scope import Standing
from shared.domain.subscriptions import ENDED_STATUSES, counted_statuses
from shared.domain.timelines import Stretch
from shared.domain.unreadable import Unreadable
from shared.domain.worth import MonthlyAmount


@dataclass(frozen=True, slots=True)
class Assessment:
    """One subscription's monthly amount and its place.

    Attributes:
        reason: why it is not in the value; None if it is.

        monthly: None for one that has ended, which is worth nothing any more.
    """

    subscription: Standing
    reason: str | None
    monthly: MonthlyAmount | None

    @property
    def currency(self) -> str:
        """The currency that the subscription is billed in."""
        return self.subscription.timeline.currency

    @property
    def minor(self) -> Fraction:
        """The exact monthly amount in minor units of `currency`; 0 for one that has ended."""
        return self.monthly.total_minor if self.monthly else Fraction(0)


def assess_all(
    subscriptions: Iterable[Standing], definitions: Definitions, *, include_trials: bool
) -> tuple[list[Assessment], list[Unreadable]]:
    """Return every subscription's assessment, and those of which no amount can be told.

    Both in the order given. One that has ended is never unreadable: it needs no amount.
    """
    readable: list[Assessment] = []
    unreadable: list[Unreadable] = []
    for subscription in subscriptions:
        stretch = subscription.stretch
        reason = reason_left_out(stretch, definitions, include_trials=include_trials)
        if stretch.status in ENDED_STATUSES:
            readable.append(Assessment(subscription, reason, None))
            continue
        # What a trial is worth, shown beside the value, is the price that it will convert to.
        with_trials = include_trials or stretch.status == "trialing"
        monthly = stretch.worth.under(definitions.discounts, include_trials=with_trials)
        if isinstance(monthly, str):
            unreadable.append(_name_unreadable(subscription, monthly))
        else:
            readable.append(Assessment(subscription, reason, monthly))
    return readable, unreadable


def reason_left_out(
    stretch: Stretch, definitions: Definitions, *, include_trials: bool
) -> str | None:
    """Return why a subscription as a whole is not in MRR, or None if it is.

    The reason is its status, `collection_paused` or `cancel_requested`.
    """
    if stretch.status not in counted_statuses(definitions, include_trials=include_trials):
        return stretch.status
    if stretch.collection_paused and definitions.paused_collection == "exclude":
        return "collection_paused"
    if stretch.is_ending and definitions.churn_on == "cancel_requested":
        return "cancel_requested"
    return None


def _name_unreadable(subscription: Standing, reason: str) -> Unreadable:
    timeline = subscription.timeline
    return Unreadable(
        subscription_id=timeline.subscription_id,
        customer_id=timeline.customer_id,
        status=subscription.status,
        reason=reason,
        livemode=timeline.livemode,
        in_test_clock=timeline.in_test_clock,
    )
