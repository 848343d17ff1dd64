"""CPU and memory of computing every metric from an account's records.

The records are made here: two years of ups and downs, and thirteen months of balance transactions.
They are held against a sum of Fractions over all subscriptions, one after the other.
`python -m benchmarks.computing 1000000` measures an account of another size.
"""

import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.rows import Row, Sizes
from shared.domain.account import Account
from shared.domain.balance import BalanceTransaction
from shared.domain.customers import Customer
from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Arpu,
    Churn,
    CustomerCount,
    MetricQuery,
    Mrr,
    Nrr,
    Revenue,
    Terms,
    compute,
    query_from_dict,
)
from shared.domain.metrics.queries import QUERY_TYPES, settings_of
from shared.domain.schedule import past_instants
from shared.domain.timelines import Stretch, Timeline
from shared.domain.worth import CHOICES, NOTHING, MonthlyAmount, MonthlyItem, Worth

_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_DAYS = 730
_BALANCE_DAYS = 395
_PRICES, _SEATS = 60, 12
# How many begin in a trial, and how many changes are an end; how many payments come back.
_PART, _REFUNDED = 0.3, 0.03


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give the CPU and memory of all queries on accounts of some sizes."""
    return {f"{size:,d} subscriptions": _measure_size(size) for size in sizes.computed}


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the CPU of all types and ranges; the target is that of 100,000 subscriptions."""
    return [
        Row(
            f"all {one['queries']} queries, {size}: CPU s",
            one["cpu_seconds"]["all"],
            "<= 1" if size.startswith("100,000 ") else "",
            round(one["queries"] * one["one_sum_of_fractions_cpu_seconds"], 3),
            "a sum of Fractions each",
        )
        for size, one in found.items()
    ]


def _measure_size(size: int) -> dict[str, Any]:
    before = _memory()
    account = an_account(size)
    gc.collect()
    records = _memory()
    queries = list(_every_query())
    terms = Terms(Definitions(), "usd", {"eur": Fraction(11, 10)})
    by_type = {
        name: _seconds(partial(_compute, queries, name, account, terms)) for name in QUERY_TYPES
    }
    whole = sum(by_type.values())
    baseline = _seconds(lambda: _sum_of_fractions(account))
    instants = list(past_instants(_NOW, since=_NOW - timedelta(days=365)))
    past = {
        query.type: _seconds(partial(_past, query, account, instants, terms))
        for query in (Mrr(), CustomerCount("churned"), Revenue(), Arpu(), Churn(), Nrr())
    }
    return {
        "stretches": sum(len(it.stretches) for it in account.timelines),
        "balance_transactions": len(account.balance),
        "queries": len(queries),
        "cpu_seconds": {**_rounded(by_type), "all": round(whole, 3)},
        "one_sum_of_fractions_cpu_seconds": round(baseline, 3),
        "all_queries_in_sums_of_fractions": round(whole / baseline, 2),
        f"cpu_seconds_of_{len(instants)}_past_instants": _rounded(past),
        "memory_mb": {"records": records - before, "after_computing": _memory() - before},
    }


def _every_query() -> Iterator[MetricQuery]:
    """Yield every type with every combination of its settings."""
    for name, kind in QUERY_TYPES.items():
        settings = settings_of(kind)
        values = [setting.choices or (False, True) for setting in settings]
        for chosen in product(*values):
            names = (setting.name for setting in settings)
            yield query_from_dict({"type": name, **dict(zip(names, chosen, strict=True))})


def _compute(queries: list[MetricQuery], name: str, account: Account, terms: Terms) -> None:
    for query in queries:
        if query.type == name:
            compute(query, account, _NOW, terms)


def _past(query: MetricQuery, account: Account, instants: list[datetime], terms: Terms) -> None:
    for at in instants:
        compute(query, account, at, terms)


def _sum_of_fractions(account: Account) -> Fraction:
    """Give the MRR without any of what makes it fast."""
    total = Fraction(0)
    for timeline in account.timelines:
        stretch = timeline.at(_NOW)
        if stretch is not None and stretch.status == "active":
            amount = stretch.worth.under("recurring", include_trials=False)
            total += amount.total_minor if isinstance(amount, MonthlyAmount) else 0
    return total


def _seconds(run: Callable[[], object]) -> float:
    began = time.thread_time()
    run()
    return time.thread_time() - began


def _rounded(seconds: Mapping[Any, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in seconds.items()}


def _memory() -> int:
    """Give the megabytes that this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def an_account(size: int) -> Account:
    """Make an account of so many subscriptions, and a tenth as many customers more."""
    chance = random.Random(size)  # noqa: S311 - numbers to count with
    worths = _worths(chance)
    customers = [
        Customer(f"cus_{number:014d}", _NOW - _days(chance, _DAYS), livemode=True)
        for number in range(size + size // 10)
    ]
    owners = (
        chance.choice(customers) if chance.random() < _PART else it for it in customers[:size]
    )
    timelines = tuple(
        _a_timeline(number, owner, chance, worths) for number, owner in enumerate(owners)
    )
    balance = tuple(row for it in timelines for row in _payments_of(it, chance))
    return Account("live", timelines, (), tuple(customers), balance)


def _worths(chance: random.Random) -> list[Worth]:
    """Make what subscriptions are worth: some prices by seats, a fifth of them discounted."""
    found = []
    for price, seats in product(range(_PRICES), range(1, _SEATS + 1)):
        listed = Fraction(100 * (price + 9) * seats, chance.choice((1, 1, 1, 12)))
        kept = chance.choice((1, 1, 1, 1, Fraction(4, 5)))
        ids = f"price_{price:02d}", f"prod_{price % 9}"
        amounts = [
            MonthlyAmount((MonthlyItem(*ids, it),), (), it)
            for it in dict.fromkeys((listed * kept, listed))
        ]
        # Without discounts the last amount counts, with any of them the first.
        places = tuple(len(amounts) - 1 if option == "none" else 0 for option, _ in CHOICES)
        found.append(Worth(tuple(amounts), places))
    return found


def _a_timeline(
    number: int, owner: Customer, chance: random.Random, worths: list[Worth]
) -> Timeline:
    """Make a life of about three stretches: perhaps a trial, ups and downs, perhaps an end."""
    since = owner.created_at + timedelta(minutes=chance.randrange(600))
    status = "trialing" if chance.random() < _PART else "active"
    paying_since = since if status == "active" else None
    stretches = [Stretch(since, status, chance.choice(worths))]
    while stretches[-1].status != "canceled":
        since += _days(chance, 400)
        if since > _NOW:
            break
        paying_since = paying_since or since
        ends = chance.random() < _PART
        status = "canceled" if ends else chance.choice(("active", "active", "active", "past_due"))
        stretches.append(Stretch(since, status, NOTHING if ends else chance.choice(worths)))
    return Timeline(
        subscription_id=f"sub_{number:024d}",
        customer_id=owner.id,
        currency=chance.choice(("usd", "usd", "usd", "eur")),
        livemode=True,
        in_test_clock=False,
        stretches=tuple(stretches),
        paying_since=paying_since,
    )


def _payments_of(timeline: Timeline, chance: random.Random) -> Iterator[BalanceTransaction]:
    """Make a charge a month while it is active, and now and then a refund."""
    at = max(timeline.stretches[0].since, _NOW - timedelta(days=_BALANCE_DAYS))
    while at < _NOW:
        stretch = timeline.at(at)
        if stretch is not None and stretch.status == "active":
            refunded = chance.random() < _REFUNDED
            yield BalanceTransaction(
                id=f"txn_{chance.getrandbits(64):016x}",
                created_at=at,
                category="refund" if refunded else "charge",
                amount_minor=-900 if refunded else 2900,
                fee_minor=0 if refunded else 114,
                currency="usd",
                source_object="refund" if refunded else "charge",
                source_id=f"ch_{chance.getrandbits(64):016x}",
                customer_id=timeline.customer_id,
            )
        at += timedelta(days=30, minutes=chance.randrange(600))


def _days(chance: random.Random, most: int) -> timedelta:
    return timedelta(minutes=chance.randrange(most * 24 * 60))


if __name__ == "__main__":
    print(json.dumps(_measure_size(int(sys.argv[1])), indent=2))
