"""The same over DynamoDB: killed at its calls, through a day of ticks; what a quiet tick costs."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

import pytest

from functions.sync import past_values
from local.stripe_sandbox import Business, SeedOptions, seeded_business, start
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.domain.metrics import Churn, CustomerCount, Mrr, Nrr, Revenue
from shared.domain.schedule import past_instants
from tests.following import Life
from tests.stories import a_metric
from tests.syncing import Process, Stores, Worker, differences

pytestmark = pytest.mark.emulator
NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
QUERIES = (Mrr(), Revenue("net", "last_month"), CustomerCount("churned", "last_month"))
READS = frozenset({"get_item", "batch_get_item", "query"})
_numbers = count(1)


class MortalClient:
    """boto3's client as a process sees it that may end at any write; counts what these cost."""

    def __init__(self, client: Any, process: Process, units: list[float]) -> None:
        self._client = client
        self._process = process
        self._units = units

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)

        if name in READS:
            return found

        def call(**arguments: Any) -> Any:
            answer = self._process.carry_out(
                name, lambda: found(**arguments, ReturnConsumedCapacity="TOTAL")
            )
            used = answer["ConsumedCapacity"]
            used = used if isinstance(used, list) else [used]
            self._units.append(sum(each["CapacityUnits"] for each in used))
            return answer

        return call


@dataclass
class DynamoDbStores(Stores):
    """The tables of the deployed stack.

    Attributes:
        client: boto3's own.
        names: of the tables, of the metrics and of the ledger.
        units: what each write cost.
    """

    client: Any = None
    names: tuple[str, str] = ("", "")
    units: list[float] = field(default_factory=list)

    def seen_by(self, process: Process) -> tuple[Any, Any, Any]:
        """See the one that is inherited."""
        return _adapters(MortalClient(self.client, process, self.units), self.names)


def _adapters(client: Any, names: tuple[str, str]) -> tuple[Any, Any, Any]:
    metrics, ledger = (DynamoDbTable(client, name) for name in names)
    return DynamoDbConfig(metrics), DynamoDbLedger(ledger), DynamoDbMetrics(metrics, ledger)


@pytest.fixture(name="connect")
def _connect(deployment, monkeypatch):
    """Connect a sandbox's account; of the values of the past, some do."""

    def few(*arguments: Any, **named: Any) -> Iterator[datetime]:
        return islice(past_instants(*arguments, **named), 3)

    monkeypatch.setattr(past_values, "past_instants", few)
    names = deployment.outputs["MetricsTableName"], deployment.outputs["LedgerTableName"]
    client = deployment.emulator.client("dynamodb")

    def connect(sandbox, queries=QUERIES) -> Worker:
        config, ledger, metrics = _adapters(client, names)
        stores = DynamoDbStores(config, ledger, metrics, client=client, names=names)
        account = f"int_followed_{next(_numbers)}"
        return Worker(sandbox, stores, account).connect(
            [a_metric(id=f"met_{account}_{n}", query=it) for n, it in enumerate(queries)]
        )

    return connect


def a_business(**options: Any) -> Business:
    usual: dict[str, Any] = {"customers": 8, "days": 390, "foreign_share": 0.3}
    return seeded_business(NOW, SeedOptions(**usual | options))


def everything(worker: Worker) -> dict[str, Any]:
    """Return all that is kept, whatever the integration is called."""
    return {key.replace(worker.id, "it"): found for key, found in worker.everything().items()}


def test_killed_at_some_writes_an_import_and_a_catch_up_end_the_same(connect):
    with start(a_business(exotic=False)) as sandbox:
        calm = connect(sandbox)
        calm.sync("1")
        points = calm.process.points
        workers = [connect(sandbox) for _ in range(2)]
        for number, worker in enumerate(workers):
            worker.process = Process(5 + number * points // len(workers))
            worker.sync("1")
            assert differences(everything(worker), everything(calm)) == [], worker.kills
        Life(sandbox.business, 5, changes=150).live_in(sandbox, 4)
        calm.process = Process()
        calm.sync("2")
        for number, worker in enumerate(workers):
            worker.process = Process(7 + number * calm.process.points // len(workers))
            worker.sync("2")
            assert differences(everything(worker), everything(calm)) == [], worker.kills
    kills = [kill for worker in workers for kill in worker.kills]
    print(f"\nkilled {len(kills)} times, of {points} and {calm.process.points} points: {kills}")  # noqa: T201
    assert len(kills) == 2 * len(workers)


@pytest.mark.usefixtures("everlasting_events")
def test_after_a_day_of_ticks_the_ledger_says_what_one_says_that_is_filled_now(connect):
    chance = random.Random(2)  # noqa: S311 - choices that can be made again
    with start(a_business(customers=12, events_days=None)) as sandbox:
        worker = connect(sandbox, ())
        worker.sync("00")
        life = Life(sandbox.business, 2, changes=60)
        for hour in range(1, 25):
            life.live_in(sandbox, 1)
            worker.stores.clock.move(hours=1)
            worker.process = Process(chance.choice((None, None, chance.randint(1, 60))))
            worker.sync(f"{hour:02}")
            if hour % 8 == 0:
                worker.process = Process()
                worker.sync(f"{hour:02} and a half")
                anew = Worker(sandbox).connect()
                anew.sync("now")
                assert differences(worker.told(), anew.told()) == []
    assert worker.kills


def test_a_quiet_tick_costs_ten_write_units_and_three_for_each_metric_at_most(connect):
    queries = (*QUERIES, Nrr("last_month"), Churn())
    with start(a_business(exotic=False)) as sandbox:
        worker = connect(sandbox, queries)
        worker.sync("1")
        sandbox.advance(seconds=1)
        worker.sync("2")
        for tick in range(3, 6):
            before = replace(worker.place)
            sandbox.advance(seconds=30)
            worker.stores.units.clear()
            worker.sync(str(tick))
            assert worker.requests == 2
            assert worker.place.as_of != before.as_of
            assert sum(worker.stores.units) <= 10 + 3 * len(queries), worker.stores.units
    print(f"\nunits written at a quiet tick: {worker.stores.units}")  # noqa: T201
