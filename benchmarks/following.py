"""What it takes to import an account, to load it, and to follow it hour by hour.

The account is the sandbox's, served at no pace by a process of its own; the sync is the worker's,
over tables that count units as DynamoDB does. A metric of each of the eight types is due each time.
Importing everything is the baseline: it is what a sync without a ledger would do.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from benchmarks.accounts import ServedAccount, served_account
from benchmarks.rows import Row, Sizes
from benchmarks.synced import LEDGER, METRICS, SyncedAccount
from shared.domain.metrics.queries import QUERY_TYPES

_METRICS = len(QUERY_TYPES)
_QUIET_WRITE_UNITS = 10 + 3 * _METRICS
_BEGINNING = datetime.fromtimestamp(0, UTC)


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give what import, loading and quiet syncs took at each size, and hours at the first."""
    found = {}
    for copies in sizes.copies:
        with _imported(sizes.customers, copies) as (account, synced, imported):
            one = {"imported": imported, "loaded": _load(synced), "quiet": synced.sync().as_dict()}
            if copies == sizes.copies[0]:
                one["hours"] = _follow(account, synced, sizes.hours)
        found[f"{_rounded(one['loaded']['subscriptions'])} subscriptions"] = one
    return found


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the figures that have a target, against importing everything."""
    made = []
    for size, one in found.items():
        imported, quiet, loaded = one["imported"], one["quiet"], one["loaded"]
        whole = "of an import"
        made += [
            Row(
                f"quiet sync, {size}: requests",
                quiet["requests"],
                "<= 2",
                imported["requests"],
                whole,
            ),
            Row(
                f"quiet sync, {size}: write units, {_METRICS} metrics due",
                quiet["write_units"],
                f"<= {_QUIET_WRITE_UNITS}",
                imported["write_units"],
                whole,
            ),
            Row(
                f"loading the ledger, {size}: subscriptions a CPU second",
                round(loaded["subscriptions"] / loaded["cpu_seconds"]),
                baseline=round(loaded["subscriptions"] / imported["cpu_seconds"]),
                against="by importing",
            ),
        ]
    return made


@contextmanager
def _imported(
    customers: int, copies: int
) -> Iterator[tuple[ServedAccount, SyncedAccount, dict[str, Any]]]:
    with served_account(customers, copies=copies) as account:
        synced = SyncedAccount(account)
        cost = synced.sync().as_dict()
        by_list = {
            name.removeprefix("GET /v1/"): seen["requests"]
            for name, seen in account.requests()["endpoints"].items()
        }
        stored = {it: synced.tables.stored_bytes(it) for it in (LEDGER, METRICS)}
        yield account, synced, {**cost, "requests_by_list": by_list, "stored_bytes": stored}
        synced.tables.close()


def _load(synced: SyncedAccount) -> dict[str, Any]:
    """Load all that numbers are computed from, and tell how much that is."""
    began = time.process_time()
    records = list(synced.book.records())
    between = time.process_time()
    balance = sum(1 for _ in synced.book.balance(_BEGINNING))
    ended = time.process_time()
    return {
        "customers": len(records),
        "subscriptions": sum(len(it.timelines) for it in records),
        "balance_transactions": balance,
        "cpu_seconds": round(between - began, 4),
        "balance_cpu_seconds": round(ended - between, 4),
    }


def _follow(account: ServedAccount, synced: SyncedAccount, hours: int) -> dict[str, Any]:
    """Let the business live on and sync after each hour."""
    total: Counter[str] = Counter()
    busiest = 0
    for _ in range(hours):
        account.advance(1)
        cost = synced.sync()
        busiest = max(busiest, cost.requests)
        total.update(cost.as_dict())
    return {"hours": hours, "most_requests": busiest, **{k: round(v, 3) for k, v in total.items()}}


def _rounded(count: int) -> str:
    """Return a number as people say it."""
    digits = max(0, len(str(count)) - 1)
    return f"{round(count, -digits):,d}"
