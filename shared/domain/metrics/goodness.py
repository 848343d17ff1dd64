"""Whether it is good news that a number rises."""

from typing import Literal

from shared.domain.metrics.queries import (
    Churn,
    CustomerCount,
    MetricQuery,
    Revenue,
    SubscriptionCount,
)

GoodDirection = Literal["up", "down"]

_GAINED = frozenset({"all", "active", "new", "total", "net"})
_LOST = frozenset(
    {"canceled", "past_due", "unpaid", "incomplete", "incomplete_expired", "refunds", "fees"}
)


def good_direction(query: MetricQuery) -> GoodDirection | None:
    """Return the direction that is good news for a number; None where neither is.

    >>> good_direction(Churn()), good_direction(SubscriptionCount(status="trialing"))
    ('down', None)
    """
    match query:
        case Churn():
            return "down"
        case CustomerCount(customer_type="churned"):
            return "down"
        case SubscriptionCount(status="all"):
            return None  # counts what is canceled as well
        case SubscriptionCount(status=kind) | Revenue(revenue_metric=kind):
            return "up" if kind in _GAINED else "down" if kind in _LOST else None
        case _:
            return "up"
