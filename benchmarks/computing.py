"""CPU of computing the metrics from what was read, against reading and mapping it."""

import time
from functools import reduce
from operator import or_
from typing import Any

from benchmarks.accounts import read, running_account
from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Arpu,
    Arr,
    Churn,
    CustomerCount,
    MetricQuery,
    Mrr,
    Nrr,
    Revenue,
    SubscriptionCount,
    Terms,
    compute,
    needs_of,
)

_CUSTOMERS = 2_000
_QUERIES: tuple[MetricQuery, ...] = (
    Mrr(),
    Arr(),
    SubscriptionCount("all"),
    CustomerCount("all"),
    CustomerCount("churned", "last_year"),
    Revenue("net", "last_year"),
    Arpu("last_year"),
    Churn("customer_churn_rate", "last_year"),
    Nrr("last_year"),
)


def measure() -> dict[str, Any]:
    """Give the requests and CPU of reading all that the queries need, and the CPU of each."""
    needs = reduce(or_, map(needs_of, _QUERIES))
    with running_account(_CUSTOMERS) as sandbox:
        began = time.thread_time()
        reading = read(sandbox, needs)
        reading_seconds = time.thread_time() - began
    terms = Terms(definitions=Definitions(), currency="usd")
    subscriptions = len(reading.account.timelines)
    found: dict[str, Any] = {
        "subscriptions": subscriptions,
        "requests": reading.requests,
        "reading_cpu_ms_per_1000": round(reading_seconds * 1e6 / subscriptions, 1),
    }
    for query in _QUERIES:
        began = time.thread_time()
        compute(query, reading.account, reading.as_of, terms)
        seconds = time.thread_time() - began
        found[repr(query)] = {
            "cpu_ms_per_1000": round(seconds * 1e6 / subscriptions, 1),
            "share_of_reading": round(seconds / reading_seconds, 2),
        }
    return found
