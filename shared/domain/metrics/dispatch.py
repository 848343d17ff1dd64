"""The one door to every answer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from shared.domain.account import Account
from shared.domain.metrics.arpu import compute_arpu
from shared.domain.metrics.arr import compute_arr
from shared.domain.metrics.churn import compute_churn
from shared.domain.metrics.conversion import terms_at
from shared.domain.metrics.customer_count import compute_customer_count
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.mrr import compute_mrr
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
)
from shared.domain.metrics.revenue import compute_revenue
from shared.domain.metrics.subscription_count import compute_subscription_count

# Each function takes the query of its own type, which the type checker cannot see from a table.
_COMPUTE: Mapping[type[MetricQuery], Callable[[Any, Account, datetime, Terms], Measurement]] = {
    Mrr: compute_mrr,
    Arr: compute_arr,
    CustomerCount: compute_customer_count,
    SubscriptionCount: compute_subscription_count,
    Revenue: compute_revenue,
    Arpu: compute_arpu,
    Churn: compute_churn,
    Nrr: compute_nrr,
}


def compute(query: MetricQuery, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return the answer to any metric query.

    Args:
        query: what is asked.

        account: what was read; the order of its objects does not matter.

        at: the instant of the value, aware; decides which discounts and trials are in force.

        terms: definitions, reporting currency and rates.
    """
    return _COMPUTE[type(query)](query, account, at, terms_at(terms, account, at))
