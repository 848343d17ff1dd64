"""What each metric query has to have read of the account."""

from shared.domain.account import EVERYTHING, Needs
from shared.domain.metrics.queries import (
    Arpu,
    Churn,
    CustomerCount,
    MetricQuery,
    Nrr,
    Revenue,
)
from shared.domain.windows import LENGTHS


def needs_of(query: MetricQuery) -> Needs:
    """Return what a query needs for its value now.

    >>> needs_of(Revenue()).subscriptions, needs_of(Revenue()).balance.days
    (False, 30)
    """
    match query:
        case Revenue() | Arpu():
            return Needs(balance=LENGTHS[query.time_range])
        case Churn() | Nrr():
            return Needs(subscriptions=True, history=LENGTHS[query.time_range])
        case CustomerCount():
            return _needs_of_customers(query)
        case _:
            return Needs(subscriptions=True)


def _needs_of_customers(query: CustomerCount) -> Needs:
    match query.customer_type:
        case "all":
            return Needs(customers=EVERYTHING)
        case "new":
            return Needs(customers=LENGTHS[query.time_range])
        case "active":
            return Needs(subscriptions=True)
        case "churned":
            return Needs(subscriptions=True, history=LENGTHS[query.time_range])
