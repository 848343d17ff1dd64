"""Timelines: what each subscription was, from when, told from the facts of Stripe's objects.

Pure functions of facts; their order and repetition change nothing.
"""

from shared.domain.timelines.building import build_timeline
from shared.domain.timelines.discounts import (
    DiscountUse,
    Holder,
    Observed,
    PastDiscounts,
    past_discounts,
)
from shared.domain.timelines.facts import (
    GONE,
    NO_FACTS,
    Held,
    Invoice,
    InvoiceLine,
    Moment,
    SubscriptionEvent,
    SubscriptionFacts,
)
from shared.domain.timelines.statuses import PAYING
from shared.domain.timelines.timeline import Stretch, Timeline

__all__ = [
    "GONE",
    "NO_FACTS",
    "PAYING",
    "DiscountUse",
    "Held",
    "Holder",
    "Invoice",
    "InvoiceLine",
    "Moment",
    "Observed",
    "PastDiscounts",
    "Stretch",
    "SubscriptionEvent",
    "SubscriptionFacts",
    "Timeline",
    "build_timeline",
    "past_discounts",
]
