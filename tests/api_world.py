"""The API over a table in memory: the real handler, the real stores, fakes around them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.api import bootstrap
from functions.api.account_keys import AccountKeys
from functions.api.add_channel import AddChannel
from functions.api.awaiting import AwaitValue
from functions.api.change_alert import ChangeAlert
from functions.api.change_integration import ChangeIntegration
from functions.api.change_metric import ChangeMetric
from functions.api.connect_account import ConnectAccount
from functions.api.create_metric import CreateMetric
from functions.api.disconnect_account import DisconnectAccount
from functions.api.handler import handle
from functions.api.list_channels import ListChannels
from functions.api.preview_alert import PreviewAlert
from functions.api.reconnect_account import ReconnectAccount
from functions.api.remove_channel import RemoveChannel
from functions.api.remove_integration import RemoveIntegration
from functions.api.routes import alerts, channels, integrations, metrics, notifications
from functions.api.set_alert import SetAlert
from functions.api.settings import Settings
from functions.api.try_channel import TryChannel
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import metric_key, value_sk
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.domain.configuration import MetricValue
from shared.domain.stripe_key import StripeKey
from tests.api_events import CONTEXT, an_event
from tests.fakes import (
    FakeClock,
    FakeSource,
    InMemoryNotifier,
    InMemoryQueue,
    InMemorySecrets,
    id_maker,
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
        self.notifier, make_id = InMemoryNotifier(), id_maker()
        self.config, self.alerts = DynamoDbConfig(self.table), DynamoDbAlerts(self.table)
        self.metrics = DynamoDbMetrics(self.table)
        self.ledger_table = InMemoryTable(page=1_000)
        self.ledger, self.source = DynamoDbLedger(self.ledger_table), FakeSource()
        self.secrets = InMemorySecrets({"int_1": KEY})
        set_alert = SetAlert(
            self.config, self.metrics, self.alerts, self.queue, self.clock, make_id
        )
        # Syncs that are asked for are never run here: nobody has to wait for one.
        await_value = AwaitValue(
            self.config, self.metrics, self.clock, lambda _: self.clock.move(seconds=10)
        )
        absent: Any = None
        self.services = bootstrap.Services(
            settings=SETTINGS,
            clock=self.clock,
            config=self.config,
            metrics=self.metrics,
            alerts=self.alerts,
            queue=self.queue,
            **self._life_of_integrations(make_id),
            answer_test_query=absent,
            create_metric=CreateMetric(self.config, self.queue, self.clock, make_id, await_value),
            change_metric=ChangeMetric(self.config, self.queue, self.clock, await_value),
            add_channel=AddChannel(self.config, self.notifier, self.clock, make_id),
            list_channels=ListChannels(self.config, self.notifier),
            remove_channel=RemoveChannel(self.config, self.alerts, self.notifier),
            try_channel=TryChannel(self.config, self.notifier, self.clock),
            set_alert=set_alert,
            change_alert=ChangeAlert(self.config, self.metrics, self.alerts, self.queue),
            preview_alert=PreviewAlert(self.metrics, set_alert),
        )
        self.config.add_integration(an_integration())
        self.config.add_metric(a_metric())
        self.config.add_channel(a_channel())
        self.notifier.subscribe(a_channel())

    def _life_of_integrations(self, make_id: Callable[[str], str]) -> dict[str, Any]:
        config, secrets, queue, clock = self.config, self.secrets, self.queue, self.clock

        def open_source(key: StripeKey) -> FakeSource:
            del key
            return self.source

        keys = AccountKeys(config, secrets, open_source, clock, allow_restricted_keys=False)
        return {
            "connect_account": ConnectAccount(
                config, secrets, open_source, queue, clock, make_id, allow_restricted_keys=False
            ),
            "change_integration": ChangeIntegration(config, keys, queue),
            "disconnect_account": DisconnectAccount(config, secrets),
            "reconnect_account": ReconnectAccount(config, keys, queue, clock),
            "remove_integration": RemoveIntegration(
                config, self.ledger, secrets, clock, config.remove_metric, make_id
            ),
        }

    @classmethod
    def behind_the_handler(cls, monkeypatch: pytest.MonkeyPatch) -> "ApiWorld":
        """Make a world that the API's handler speaks with."""
        world = cls()
        for module in (alerts, channels, integrations, metrics, notifications):
            monkeypatch.setattr(module, "services", lambda: world.services)
        return world

    def store(self, *values: MetricValue) -> None:
        """Store values as syncs do: each in the history, the last as the newest."""
        for value in values:
            sk = value_sk(value.as_of, value.version)
            self.table.put({**to_item(value), **metric_key(value.metric_id, sk)})
            self.table.put({**to_item(value), **metric_key(value.metric_id, "LATEST")})

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
