"""The API over a table in memory: the real handler, the real stores, fakes around them."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.api import bootstrap
from functions.api.handler import handle
from functions.api.routes import (
    alerts,
    channels,
    goals,
    integrations,
    metrics,
    notifications,
    test_query,
)
from functions.api.settings import Settings
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import metric_key, value_sk
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_outbox import DynamoDbOutbox
from shared.domain.account import Account
from shared.domain.configuration import MetricValue
from shared.domain.ledger import Place
from shared.ports import SyncRequest
from tests.api_events import CONTEXT, an_event
from tests.fakes import (
    NOON,
    FakeClock,
    FakeSource,
    InMemoryNotifier,
    InMemoryQueue,
    InMemorySecrets,
    id_maker,
    records_of,
)
from tests.memory_table import InMemoryTable
from tests.stories import a_channel, a_metric, an_integration

SETTINGS = Settings(
    metrics_table="metrics",
    ledger_table="ledger",
    secret_prefix="stripe-metrics/test/",
    sync_queue_url="https://queue.invalid/sync.fifo",
    topic_arn="arn:aws:sns:us-east-1:000000000000:topic",
)

KEY = "sk_test_abcdefghijklmnopqrstuvwx"


class ApiWorld:
    """An account with one metric (MRR) and one channel, connected with `KEY`.

    Attributes:
        source: answers for Stripe, whatever the key.
        ledger_table: the other table.
    """

    def __init__(self) -> None:
        self.table, self.queue, self.clock = InMemoryTable(page=1_000), InMemoryQueue(), FakeClock()
        self.notifier = InMemoryNotifier()
        self.config, self.alerts = DynamoDbConfig(self.table), DynamoDbAlerts(self.table)
        self.metrics = DynamoDbMetrics(self.table)
        self.ledger_table = InMemoryTable(page=1_000)
        self.ledger, self.source = DynamoDbLedger(self.ledger_table), FakeSource()
        self.secrets = InMemorySecrets({"int_1": KEY})
        self.goals, self.outbox = DynamoDbGoals(self.table), DynamoDbOutbox(self.table)
        outside = bootstrap.Outside(
            config=self.config,
            metrics=self.metrics,
            alerts=self.alerts,
            goals=self.goals,
            ledger=self.ledger,
            secrets=self.secrets,
            sources=lambda _: self.source,
            queue=self.queue,
            notifier=self.notifier,
            clock=self.clock,
            new_id=id_maker(),
            # Syncs that are asked for are never run here: nobody has to wait for one.
            sleep=lambda _: self.clock.move(seconds=10),
        )
        self.services = bootstrap.put_together(SETTINGS, outside)
        self.config.add_integration(an_integration())
        self.config.add_metric(a_metric())
        self.config.add_channel(a_channel())
        self.notifier.subscribe(a_channel())

    @classmethod
    def behind_the_handler(cls, monkeypatch: pytest.MonkeyPatch) -> "ApiWorld":
        """Make a world that the API's handler speaks with."""
        world = cls()
        world.answer_the_handler(monkeypatch)
        return world

    def answer_the_handler(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the API's handler speak with this world."""
        for module in (alerts, channels, goals, integrations, metrics, notifications, test_query):
            monkeypatch.setattr(module, "services", lambda: self.services)

    def store(self, *values: MetricValue) -> None:
        """Store values as syncs do: each in the history, the last as the newest."""
        for value in values:
            sk = value_sk(value.as_of, value.version)
            self.table.put({**to_item(value), **metric_key(value.metric_id, sk)})
            self.table.put({**to_item(value), **metric_key(value.metric_id, "LATEST")})

    def read_account(self, account: Account, integration_id: str = "int_1", **changes: Any) -> None:
        """Put an account into the ledger, as a sync at noon does; *changes* are of the place."""
        book = self.ledger.book(integration_id)
        book.put(records_of(account))
        book.add_balance(account.balance)
        since = NOON - timedelta(days=395)
        place = Place("following", as_of=NOON, history_since=since, balance_since=since)
        request = SyncRequest(integration_id, slot=f"read-{len(self.ledger_table.items)}")
        lease = self.ledger.take_lease(request, now=NOON, until=NOON)
        assert lease is not None
        self.ledger.save_place(lease, replace(place, **changes))
        self.ledger.release_lease(lease, done=request)

    def ask(
        self, method: str, target: str, body: Any = None, *, if_match: str | None = None
    ) -> tuple[int, Any]:
        """Send a request; gives status and body."""
        event = an_event(method, target, body)
        if if_match is not None:
            event["headers"]["if-match"] = if_match
        answer = handle(event, CONTEXT)
        return answer["statusCode"], json.loads(answer["body"] or "null")

    def ok(self, method: str, target: str, body: Any = None) -> Any:
        """Send a request that must succeed; gives the body."""
        status, answer = self.ask(method, target, body)
        assert status < 300, answer
        return answer
