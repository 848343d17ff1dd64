"""CPU of computing the metrics from what was read, against mapping it into the domain."""

import time
from typing import Any

from benchmarks.accounts import read, running_account
from shared.domain.definitions import Definitions
from shared.domain.metrics import Arr, Mrr, SubscriptionCount, Terms, compute

_CUSTOMERS = 2_000


def measure() -> dict[str, Any]:
    """Give CPU of each query and its share of the reading that it follows."""
    with running_account(_CUSTOMERS) as sandbox:
        began = time.thread_time()
        reading = read(sandbox)
        reading_seconds = time.thread_time() - began
    terms = Terms(definitions=Definitions(), currency="usd")
    found: dict[str, Any] = {"subscriptions": len(reading.account.subscriptions)}
    for query in (Mrr(), Arr(), SubscriptionCount("all")):
        began = time.thread_time()
        compute(query, reading.account, reading.as_of, terms)
        seconds = time.thread_time() - began
        found[query.type] = {
            "cpu_ms_per_1000": round(seconds * 1e6 / found["subscriptions"], 1),
            "share_of_reading": round(seconds / reading_seconds, 2),
        }
    return found
