"""The metrics: what can be asked of an account, and the one door to every answer."""

from shared.domain.metrics.dispatch import compute
from shared.domain.metrics.goodness import GoodDirection, good_direction
from shared.domain.metrics.measurement import (
    Explanation,
    Measurement,
    MetricWarning,
    Terms,
)
from shared.domain.metrics.needs import needs_of
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
from shared.domain.metrics.reconciliation import Cause, Comparison, compare, still_differs
from shared.domain.money import Unit

__all__ = [
    "Arpu",
    "Arr",
    "Cause",
    "Churn",
    "Comparison",
    "CustomerCount",
    "Explanation",
    "GoodDirection",
    "Measurement",
    "MetricQuery",
    "MetricWarning",
    "Mrr",
    "Nrr",
    "Revenue",
    "SubscriptionCount",
    "Terms",
    "Unit",
    "compare",
    "compute",
    "good_direction",
    "needs_of",
    "query_from_dict",
    "query_to_dict",
    "still_differs",
]
