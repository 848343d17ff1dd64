"""The metrics: what can be asked of an account, and the one door to every answer."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.arpu import compute_arpu
from shared.domain.metrics.arr import compute_arr
from shared.domain.metrics.churn import compute_churn
from shared.domain.metrics.customer_count import compute_customer_count
from shared.domain.metrics.measurement import (
    Explanation,
    Measurement,
    MetricWarning,
    Terms,
    explanation_to_dict,
)
from shared.domain.metrics.mrr import compute_mrr
from shared.domain.metrics.needs import needs_of
from shared.domain.metrics.nrr import compute_nrr
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
    query_from_dict,
    query_to_dict,
)
from shared.domain.metrics.revenue import compute_revenue
from shared.domain.metrics.subscription_count import compute_subscription_count
from shared.domain.money import Unit

__all__ = [
    "Arpu",
    "Arr",
    "Churn",
    "CustomerCount",
    "Explanation",
    "Measurement",
    "MetricQuery",
    "MetricWarning",
    "Mrr",
    "Nrr",
    "Revenue",
    "SubscriptionCount",
    "Terms",
    "Unit",
    "compute",
    "explanation_to_dict",
    "needs_of",
    "query_from_dict",
    "query_to_dict",
]


def compute(query: MetricQuery, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return the answer to any metric query.

    Args:
        query: what is asked.

        account: what was read; the order of its objects does not matter.

        at: the instant of the value, aware; decides which discounts and trials are in force.

        terms: definitions, reporting currency and rates.
    """
    match query:
        case Mrr():
            return compute_mrr(query, account, at, terms)
        case Arr():
            return compute_arr(query, account, at, terms)
        case SubscriptionCount():
            return compute_subscription_count(query, account, at, terms)
        case CustomerCount():
            return compute_customer_count(query, account, at, terms)
        case Revenue():
            return compute_revenue(query, account, at, terms)
        case Arpu():
            return compute_arpu(query, account, at, terms)
        case Churn():
            return compute_churn(query, account, at, terms)
        case Nrr():
            return compute_nrr(query, account, at, terms)
