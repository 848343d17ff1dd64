"""A sync that is killed at any call to DynamoDB, and done again, ends in the same ledger."""

from dataclasses import replace
from datetime import timedelta
from itertools import count, islice
from typing import Any

import pytest

from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_keys import shard_of
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.domain.configuration import SyncStatus
from shared.domain.ledger import Fact, Place, Span
from shared.ports import SyncRequest
from tests.fakes import NOON
from tests.ledger_builders import (
    a_balance_row,
    a_record,
    an_exchanged_row,
    contents,
    customers,
    noise,
)
from tests.memory_book import InMemoryBook
from tests.memory_table import KilledError
from tests.stories import a_metric, a_value, an_integration

pytestmark = pytest.mark.emulator
_numbers = count(1)
IDS = list(islice(customers(shard_of), 130))
SPAN = Span(0, 99)


class FaultyClient:
    """boto3's client, until it has been called often enough; then the process is killed.

    Attributes:
        calls_left: how many calls still come through; None for all.

        is_answer_lost: whether the call that kills is carried out all the same.

        units: what the calls consumed, counted by DynamoDB's own answers.
    """

    def __init__(self, client, calls_left=None, *, is_answer_lost=False):
        self._client = client
        self.calls_left = calls_left
        self.is_answer_lost = is_answer_lost
        self.units = []

    def __getattr__(self, name):
        def call(**arguments):
            is_last = self.calls_left == 0
            if is_last and not self.is_answer_lost:
                raise KilledError
            answer = getattr(self._client, name)(**arguments, ReturnConsumedCapacity="TOTAL")
            if is_last:
                raise KilledError
            if self.calls_left is not None:
                self.calls_left -= 1
            used = answer["ConsumedCapacity"]
            used = used if isinstance(used, list) else [used]
            self.units.append((name, sum(each["CapacityUnits"] for each in used)))
            return answer

        return call


@pytest.fixture(name="client")
def _client(deployment):
    return deployment.emulator.client("dynamodb")


@pytest.fixture(name="table_names")
def _table_names(deployment):
    return deployment.outputs["LedgerTableName"], deployment.outputs["MetricsTableName"]


def facts_of_a_span():
    return [Fact(key, noise(200_000)) for key in IDS[:9]]


def exchanged_rows(rate, newest, first=0):
    """A payment from abroad on each of six days."""
    for n in range(first, first + 6):
        yield an_exchanged_row(n, newest - timedelta(days=n % 6), rate=rate)


# What is done, and before it what.
STEPS = {
    "stage": ((), lambda book: book.stage("invoices", SPAN, facts_of_a_span())),
    "clear stage": (("stage",), lambda book: book.clear_stage()),
    "put": ((), lambda book: book.put(a_record(key, facts=key.encode()) for key in IDS[:60])),
    "put more": (("put",), lambda book: book.put(a_record(key, amount=7) for key in IDS)),
    "put large": (("put",), lambda book: book.put([a_record(IDS[3], facts=noise(700_000))])),
    "put small": (("put large",), lambda book: book.put([a_record(IDS[3], facts=b"small")])),
    "remove": (("put more", "put large"), lambda book: book.remove(IDS[3:6])),
    "catalog": ((), lambda book: book.put_catalog({f"price/{n}": b"1" for n in range(130)})),
    "balance": ((), lambda book: book.add_balance(map(a_balance_row, range(300)))),
    "more balance": (
        ("balance",),
        lambda book: book.add_balance(map(a_balance_row, range(200, 900))),
    ),
    "exchanged": ((), lambda book: book.add_balance(exchanged_rows("1.1", NOON))),
    "more exchanged": (
        ("exchanged",),
        lambda book: book.add_balance(exchanged_rows("1.2", NOON + timedelta(minutes=1), first=6)),
    ),
    "clear": (("stage", "put large", "catalog", "exchanged"), lambda book: book.clear()),
}


@pytest.mark.parametrize("name", STEPS)
def test_killed_at_any_call_and_done_again_the_book_is_the_same(client, table_names, name):
    before, act = STEPS[name]
    expected = InMemoryBook()
    for step in before:
        STEPS[step][1](expected)
    act(expected)
    # Clearing is a hundred calls that are all alike.
    for calls in count(step=6 if name.startswith("clear") else 1):
        account = f"int_killed_{next(_numbers)}"
        book = book_of(client, table_names, account)
        for step in before:
            STEPS[step][1](book)
        is_killed = is_killed_in(act, book_of(FaultyClient(client, calls), table_names, account))
        act(book)
        assert contents(book) == contents(expected)
        if not is_killed:
            break
    assert calls > 1


def book_of(client: Any, table_names: Any, account: str):
    return DynamoDbLedger(DynamoDbTable(client, table_names[0])).book(account)


def is_killed_in(act, *arguments):
    try:
        act(*arguments)
    except KilledError:
        return True
    return False


class World:
    """An integration with metrics, and its stores as one process has them."""

    def __init__(self, client, table_names, metrics=0):
        self.client = client
        self.names = table_names
        self.id = f"int_world_{next(_numbers)}"
        self.config = DynamoDbConfig(DynamoDbTable(client, table_names[1]))
        self.config.add_integration(an_integration(id=self.id))
        self.metric_ids = [f"met_{self.id}_{n:03}" for n in range(metrics)]
        for metric_id in self.metric_ids:
            self.config.add_metric(a_metric(id=metric_id, integration_id=self.id))

    def stores(self, client=None):
        ledger, table = (DynamoDbTable(client or self.client, name) for name in self.names)
        return DynamoDbLedger(ledger), DynamoDbMetrics(table, ledger)

    def sync(self, hour, client=None):
        """One sync: the lease, the values, the place."""
        ledger, metrics = self.stores(client)
        now = NOON + timedelta(hours=hour)
        request = SyncRequest(self.id, f"s{hour}", "hourly")
        lease = ledger.take_lease(request, now=now, until=now + timedelta(minutes=5))
        if lease is None:
            return
        place = Place(phase="following", as_of=now)
        metrics.commit(self.values(lease, now), lease, place=place, done=request)

    def values(self, lease, now):
        return [
            a_value(str(lease.sequence), lease.sequence, metric_id=metric_id, as_of=now)
            for metric_id in self.metric_ids
        ]

    def history(self, metric_id):
        _, metrics = self.stores()
        return metrics.values(metric_id, limit=100).items


@pytest.mark.parametrize("is_answer_lost", [False, True])
@pytest.mark.parametrize("metrics", [0, 3, 95])
def test_killed_at_any_call_a_sync_leaves_no_value_without_its_history(
    client, table_names, metrics, is_answer_lost
):
    for calls in count():
        world = World(client, table_names, metrics)
        world.sync(0)
        faulty = FaultyClient(client, calls, is_answer_lost=is_answer_lost)
        is_killed = is_killed_in(world.sync, 1, faulty)
        ledger, store = world.stores()
        latest = store.latest(world.metric_ids)
        world.sync(2)
        world.sync(3)
        assert ledger.place(world.id).as_of == NOON + timedelta(hours=3)
        assert len(store.latest(world.metric_ids)) == metrics
        for metric_id in world.metric_ids[::20]:
            hours = [value.as_of.hour - NOON.hour for value in world.history(metric_id)]
            is_committed = latest[metric_id].as_of > NOON
            assert hours == ([0, 1, 2, 3] if is_committed else [0, 2, 3])
        if not is_killed:
            break
    assert calls > 1


def test_a_quiet_sync_costs_at_most_ten_write_units_and_three_for_each_metric(client, table_names):
    world = World(client, table_names, 8)
    world.sync(0)
    counting: Any = FaultyClient(client)
    config = DynamoDbConfig(DynamoDbTable(counting, table_names[1]))
    status = SyncStatus("running", 2, NOON, NOON, NOON, requests=2, notes=("All is well.",))
    config.save_sync_status(world.id, status)
    world.sync(1, counting)
    config.save_sync_status(world.id, replace(status, state="ok"))
    writes = [(name, units) for name, units in counting.units if name not in READS]
    assert sum(units for _, units in writes) <= 10 + 3 * 8, writes


READS = {"get_item", "batch_get_item", "query"}


def test_changing_one_customer_of_many_reads_and_writes_little(client, table_names):
    account = f"int_units_{next(_numbers)}"
    book = book_of(client, table_names, account)
    book.put(a_record(key, facts=noise(2_000)) for key in islice(customers(), 2_000))
    counting: Any = FaultyClient(client)
    changed = a_record("cus_000700", amount=5, facts=noise(2_100))
    book_of(counting, table_names, account).put([changed])
    assert [name for name, _ in counting.units] == ["batch_write_item", "query", "batch_write_item"]
    assert sum(units for _, units in counting.units) < 30
