"""Subscriptions as the metrics see them, and why one of them counts or does not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from shared.domain.definitions import Definitions
from shared.domain.discounts import Discount
from shared.domain.prices import Price
from shared.domain.tax import TaxRate

Status = Literal[
    "active",
    "trialing",
    "past_due",
    "canceled",
    "incomplete",
    "unpaid",
    "paused",
    "incomplete_expired",
]
STATUSES: tuple[str, ...] = get_args(Status)
# Statuses that a subscription never leaves: nothing will be charged any more.
ENDED_STATUSES = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One price of a subscription.

    Attributes:
        quantity: None for metered usage.

        tax_rates: the item's own rates, which replace the subscription's.

        trial_start, trial_end: of a trial of this item alone.

        created_at: when it joined its subscription; None where that was not given.
    """

    id: str
    price: Price
    quantity: int | None
    discounts: tuple[Discount, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    created_at: datetime | None = None

    def is_in_trial(self, at: datetime) -> bool:
        """Return whether this item, and not the whole subscription, is in its trial."""
        started = self.trial_start is None or self.trial_start <= at
        return started and self.trial_end is not None and at < self.trial_end


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as Stripe has it now.

    Attributes:
        start_at: since when it counts; may be before `created_at` (backdating).

        discounts: its own, in Stripe's order; `customer_discounts` are those of its customer.

        collection_paused: whether collection is paused while the status stays as it is.

        canceled_at: when the end was requested; `ended_at` is when it came.

        pauses_after_trial: whether its trial pauses it at the end if nobody can be charged; None
            where that was not given.

        automatic_tax: whether Stripe computes tax; None where that was not given.
    """

    id: str
    customer_id: str
    status: str
    currency: str
    items: tuple[SubscriptionItem, ...]
    start_at: datetime
    created_at: datetime
    discounts: tuple[Discount, ...] = ()
    customer_discounts: tuple[Discount, ...] = ()
    default_tax_rates: tuple[TaxRate, ...] = ()
    automatic_tax: bool | None = None
    collection_paused: bool = False
    pauses_after_trial: bool | None = None
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    paused_at: datetime | None = None
    schedule_id: str | None = None
    livemode: bool = False
    in_test_clock: bool = False

    @property
    def is_scheduled_to_end(self) -> bool:
        """Whether its end has been requested and has not come yet."""
        asked = self.cancel_at_period_end or self.cancel_at is not None
        return asked and self.status not in ENDED_STATUSES


def counted_statuses(definitions: Definitions, *, include_trials: bool) -> frozenset[str]:
    """Return the statuses whose subscriptions are in MRR.

    >>> sorted(counted_statuses(Definitions(past_due="include"), include_trials=False))
    ['active', 'past_due']
    """
    chosen = {"active"}
    if include_trials:
        chosen.add("trialing")
    if definitions.past_due == "include":
        chosen.add("past_due")
    return frozenset(chosen)
