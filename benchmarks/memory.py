"""Memory of a sync of a large account that computes a metric of each type.

One process makes the account up and fills the ledger's tables with it, in a file; another loads
from there what is due and computes it. A third does so with the past: all money of 13 months, which
is loaded once, when an import has become whole. The baseline is the SDK's objects of as many
subscriptions, alone; a thousand of them are measured.
"""

import multiprocessing
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from functools import reduce
from multiprocessing.connection import Connection
from operator import attrgetter, or_
from pathlib import Path
from typing import Any

import stripe

from benchmarks.accounts import NOW, served_account
from benchmarks.computing import an_account
from benchmarks.counted_dynamodb import CountedDynamoDb
from benchmarks.rows import Row, Sizes
from benchmarks.synced import LEDGER
from shared.adapters.dynamodb_book import DynamoDbBook
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.domain.account import Account, Needs
from shared.domain.definitions import Definitions
from shared.domain.ledger import CustomerRecord, load_account
from shared.domain.metrics import MetricQuery, Terms, compute, needs_of, query_from_dict
from shared.domain.metrics.queries import QUERY_TYPES
from shared.domain.timelines import Timeline

_KEPT = Needs(balance=timedelta(days=396))
_SDK_CUSTOMERS = 1_000
_MB = _MILLION = 1_000_000
_SPAWN = multiprocessing.get_context("spawn")


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give the most memory that each process had, in megabytes, and the CPU that it took."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "tables")
        filled = _run(_fill, path, sizes.in_memory)
        due = _run(_sync, path, is_past=False)
        past = _run(_sync, path, is_past=True)
    customers = min(_SDK_CUSTOMERS, sizes.in_memory)
    with served_account(customers) as account:
        sdk = _run(_hold_sdk_objects, account.url, account.key)
    return {"subscriptions": sizes.in_memory, **filled, "due": due, "past": past, "sdk": sdk}


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the memory of a sync; the target is that of a million subscriptions."""
    count = found["subscriptions"]
    sdk = round(found["sdk"]["bytes_each"] * count / _MB)
    target = "<= 1500" if count <= _MILLION else ""
    return [
        Row(
            f"sync of {count:,d} subscriptions, {what}: MB",
            found[kind]["peak_mb"],
            target if kind == "due" else "",
            sdk,
            "SDK's objects",
        )
        for kind, what in (("due", "metrics due"), ("past", "with 13 months of money"))
    ]


def _run(work: Callable[..., dict[str, Any]], *arguments: Any, **named: Any) -> dict[str, Any]:
    """Do something in a process of its own."""
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_tell, args=(there, work, arguments, named))
    process.start()
    there.close()
    told: dict[str, Any] = here.recv()
    process.join()
    return told


def _tell(
    connection: Connection,
    work: Callable[..., dict[str, Any]],
    arguments: tuple[Any, ...],
    named: dict[str, Any],
) -> None:
    connection.send(work(*arguments, **named))


def _fill(path: str, size: int) -> dict[str, Any]:
    tables, book = _open(path)
    account = an_account(size)
    book.put(records_of(account))
    book.add_balance(sorted(account.balance, key=attrgetter("created_at")))
    return {"balance_transactions": len(account.balance), "stored": tables.stored_bytes(LEDGER)}


def records_of(account: Account) -> Iterator[CustomerRecord]:
    """Yield what the ledger keeps of each customer, but for the facts."""
    owned = defaultdict[str, list[Timeline]](list)
    for timeline in account.timelines:
        owned[timeline.customer_id].append(timeline)
    for customer in account.customers:
        yield CustomerRecord(customer.id, b"", tuple(owned[customer.id]), (), customer)


def _sync(path: str, *, is_past: bool) -> dict[str, Any]:
    """Load and compute as the sync does; imports what it does, so that this counts too."""
    import functions.sync.handler  # noqa: F401, PLC0415 - see above
    import shared.adapters.stripe_source  # noqa: F401, PLC0415 - see above

    queries = [query_from_dict({"type": name}) for name in QUERY_TYPES]
    tables, book = _open(path)
    needs = reduce(or_, map(needs_of, queries), _KEPT if is_past else Needs())
    began = os.times().user
    account = load_account(book, "live", needs, NOW)
    loaded = os.times().user
    _compute_all(queries, account)
    return {
        "peak_mb": _peak(),
        "balance_transactions": len(account.balance),
        "read_units": tables.units["read"],
        "cpu_seconds": {
            "loading": round(loaded - began, 2),
            "computing": round(os.times().user - loaded, 2),
        },
    }


def _compute_all(queries: list[MetricQuery], account: Account) -> None:
    terms = Terms(Definitions(), "usd", {"eur": Fraction(11, 10)})
    for query in queries:
        compute(query, account, NOW, terms)


def _open(path: str) -> tuple[CountedDynamoDb, DynamoDbBook]:
    tables = CountedDynamoDb(path)
    return tables, DynamoDbBook(DynamoDbTable(tables, LEDGER), "int_bench")  # type: ignore[arg-type] # as much of it as is used


def _hold_sdk_objects(url: str, secret: str) -> dict[str, Any]:
    stripe.enable_telemetry = False
    client = stripe.StripeClient(secret, base_addresses={"api": url})
    query: Any = {"status": "all", "limit": 100}
    client.v1.subscriptions.list(query)  # what is imported at the first request is not counted
    before = _memory()
    held = list(client.v1.subscriptions.list(query).auto_paging_iter())
    return {"objects": len(held), "bytes_each": round((_memory() - before) / len(held))}


def _peak() -> int:
    """Give the most megabytes that this process has had; `ru_maxrss` knows its parent's too."""
    status = Path("/proc/self/status").read_text("ascii")
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return round(int(kilobytes) * 1_024 / _MB)


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
