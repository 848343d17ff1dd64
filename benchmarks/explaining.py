"""What it takes to explain a number: CPU, time, and what is read of DynamoDB.

Each type of metric is asked for through the API's handler over its longest range, with a page of 20
contributions; then once more with the comparison to Stripe's definitions. Nothing is kept between
two requests but what the process has imported. The accounts are the largest that the sandbox makes,
imported as the worker does it, and larger ones made up. The baseline is reading the ledger once, as
far as the metric needs it.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from operator import attrgetter
from typing import Any
from unittest.mock import patch

from benchmarks.accounts import NOW, served_account
from benchmarks.api_calls import LambdaContext, event_of
from benchmarks.computing import an_account
from benchmarks.counted_dynamodb import CountedDynamoDb
from benchmarks.memory import records_of
from benchmarks.rows import Row, Sizes
from benchmarks.synced import LEDGER, METRICS, SyncedAccount
from functions.api import handler
from functions.api.explain_value import ExplainValue
from functions.api.routes import metrics as routes
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.domain.account import AccountIdentity
from shared.domain.configuration import Integration, Metric
from shared.domain.ledger import Place, load_account
from shared.domain.metrics import needs_of, query_from_dict
from shared.domain.metrics.queries import QUERY_TYPES, settings_of
from shared.ports import SyncRequest

_ID = "int_bench"
_DAYS = 400
_SANDBOX = "the sandbox's largest account"
_COMPARED = "?compare_to=match_stripe"
_CALLS = ("query", "get_item", "batch_get_item")
# The metric, its integration, how far the ledger is, and two values.
_MOST_BESIDE = 8
_MOST_SECONDS = 2
_CONTEXT: Any = LambdaContext()


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give what explaining each type took, and reading the ledger, by account."""
    found = {}
    with served_account(sizes.customers, copies=sizes.copies[-1]) as account:
        synced = SyncedAccount(account)
        synced.sync()
        found[_SANDBOX] = _explain_all(synced.tables, sizes.rounds)
        synced.tables.close()
    for size in sizes.explained:
        with _made_up(size) as tables:
            found[f"{size:,d} subscriptions"] = _explain_all(tables, 1)
    return found


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the slowest explanation of each account, and what the ledger is read beyond once."""
    made = []
    for account, one in found.items():
        slowest = max(one["types"].values(), key=lambda it: it["compared"]["seconds"])
        largest = max(one["types"].values(), key=lambda it: it["compared"]["read_units"])
        once = largest["loading"]["read_units"]
        made += [
            Row(
                f"explain and compare, {account}, slowest type: s",
                slowest["compared"]["seconds"],
                f"<= {_MOST_SECONDS}" if account == _SANDBOX else "",
                slowest["loading"]["seconds"],
                "reading the ledger once",
            ),
            Row(
                f"explain and compare, {account}: read units",
                largest["compared"]["read_units"],
                f"<= {once + _MOST_BESIDE}",
                once,
                "reading the ledger once",
            ),
        ]
    return made


@contextmanager
def _made_up(size: int) -> Iterator[CountedDynamoDb]:
    """Store an account that is made up, as a sync does."""
    tables = CountedDynamoDb()
    table, ledger = _open(tables)
    account = an_account(size)
    book = ledger.book(_ID)
    book.put(records_of(account))
    book.add_balance(sorted(account.balance, key=attrgetter("created_at")))
    identity = AccountIdentity("acct_bench", "Bench", "usd")
    DynamoDbConfig(table).add_integration(
        Integration(
            _ID,
            "Bench",
            "live",
            "sk_live_…demo",
            identity,
            "usd",
            NOW,
            NOW,
            NOW,
            {"eur": Decimal("1.1")},
        )
    )
    request = SyncRequest(_ID, slot="made up")
    lease = ledger.take_lease(request, now=NOW, until=NOW)
    assert lease is not None
    since = NOW - timedelta(days=_DAYS)
    ledger.save_place(
        lease, Place("following", as_of=NOW, history_since=since, balance_since=since)
    )
    yield tables
    tables.close()


def _open(tables: CountedDynamoDb) -> tuple[DynamoDbTable, DynamoDbLedger]:
    table, ledger = (DynamoDbTable(tables, it) for it in (METRICS, LEDGER))  # type: ignore[arg-type] # as much of it as is used
    return table, DynamoDbLedger(ledger)


@dataclass(frozen=True, slots=True)
class _Services:
    """As much of the API's services as the route calls."""

    explain_value: ExplainValue


def _explain_all(tables: CountedDynamoDb, rounds: int) -> dict[str, Any]:
    """Give what each type of metric took, for an integration whose ledger is there."""
    table, ledger = _open(tables)
    config, book = DynamoDbConfig(table), ledger.book(_ID)
    integration, at = config.integration(_ID), ledger.place(_ID).as_of
    assert at is not None
    services = _Services(ExplainValue(config, DynamoDbMetrics(table), ledger))
    types = {}
    with patch.object(routes, "services", lambda: services):
        for metric in _metrics():
            config.add_metric(metric)
            needs = needs_of(metric.query)
            page = partial(_ask, f"/v1/metrics/{metric.id}/explain")
            page("")  # what a process does once is not counted
            types[metric.name] = {
                "loading": _take(
                    partial(load_account, book, integration.mode, needs, at), tables, rounds
                ),
                "explained": _take(partial(page, ""), tables, rounds),
                "compared": _take(partial(page, _COMPARED), tables, rounds),
            }
    return {
        "subscriptions": sum(len(it.timelines) for it in book.records()),
        "balance_transactions": sum(1 for _ in book.balance(at - timedelta(days=_DAYS))),
        "types": types,
    }


def _metrics() -> Iterator[Metric]:
    """Yield a metric of each type, over its longest range."""
    for name, kind in QUERY_TYPES.items():
        query = {"type": name}
        if any(it.name == "time_range" for it in settings_of(kind)):
            query["time_range"] = "last_year"
        yield Metric(f"met_explained_{name}", _ID, name, query_from_dict(query), "daily", NOW)


def _ask(path: str, query: str) -> None:
    answer = handler.handle(event_of("GET", path + query), _CONTEXT)
    if answer["statusCode"] != HTTPStatus.OK:
        raise RuntimeError(f"{path}: {answer['statusCode']} {answer['body']}")


def _take(work: Callable[[], object], tables: CountedDynamoDb, rounds: int) -> dict[str, float]:
    """Give what something takes: the calls and units of one time, the median of the seconds."""
    seconds, cpu_seconds = [], []
    for _ in range(rounds):
        gc.collect()
        tables.units.clear()
        began, cpu_began = time.perf_counter(), time.process_time()
        work()
        cpu_seconds.append(time.process_time() - cpu_began)
        seconds.append(time.perf_counter() - began)
    return {
        "seconds": round(statistics.median(seconds), 3),
        "cpu_seconds": round(statistics.median(cpu_seconds), 3),
        "read_units": tables.units["read"],
        "calls": sum(tables.units[it] for it in _CALLS),
    }
