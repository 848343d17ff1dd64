"""Whether it is good news that a number rises."""

from typing import Literal

from shared.domain.metrics.queries import (
    Arpu,
    Arr,
    Churn,
    CustomerCount,
    MetricQuery,
    Mrr,
    Nrr,
    Revenue,
    SubscriptionCount,
)

GoodDirection = Literal["up", "down"]

_LOST = frozenset({"canceled", "past_due", "unpaid", "incomplete", "incomplete_expired"})


def good_direction(query: MetricQuery) -> GoodDirection | None:
    """Return the direction that is good news for a number; None where neither is.

    >>> good_direction(Churn()), good_direction(SubscriptionCount(status="trialing"))
    ('down', None)
    """
    match query:
        case Mrr() | Arr() | Arpu() | Nrr():
            return "up"
        case Churn():
            return "down"
        case CustomerCount(customer_type=kind):
            return "down" if kind == "churned" else "up"
        case Revenue(revenue_metric=part):
            return "up" if part in {"total", "net"} else "down"
        case SubscriptionCount(status=status):
            # "all" counts what is canceled as well, and a trial or a pause may end either way.
            return "up" if status == "active" else "down" if status in _LOST else None
