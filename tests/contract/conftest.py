"""One deployed stack for all contract tests, and every port in each implementation."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from shared.adapters import stripe_following, stripe_history_reading, stripe_importing
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_outbox import DynamoDbOutbox
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.domain.alerts import AlertState
from shared.domain.definitions import Definitions
from shared.ports import AlertStore, ConfigStore, GoalStore, Ledger, MetricStore, Outbox
from tests.emulated import EMULATED, deployed_stack
from tests.memory_stores import InMemoryConfig, InMemoryLedger, InMemoryMetrics
from tests.memory_table import InMemoryTable
from tests.stories import a_metric, an_alert, an_integration

_numbers = count(1)


@dataclass(frozen=True)
class Stores:
    """The stores of one world, which other tests' objects are not in.

    Attributes:
        table: that they are over; None where they are over none.
    """

    config: ConfigStore
    ledger: Ledger
    metrics: MetricStore
    alerts: AlertStore
    outbox: Outbox
    goals: GoalStore
    suffix: str
    table: DynamoDbTable | None = None

    def id(self, prefix: str) -> str:
        """An id that no other test uses."""
        return f"{prefix}_{self.suffix}"


@pytest.fixture(scope="session", name="deployment")
def _deployment(tmp_path_factory):
    with deployed_stack(tmp_path_factory.mktemp("emulator")) as deployment:
        yield deployment


@pytest.fixture(name="stores", params=["memory", "table", EMULATED])
def _stores(request) -> Stores:
    suffix = f"{next(_numbers):06d}"
    if request.param == "dynamodb":
        deployment: Any = request.getfixturevalue("deployment")
        client = deployment.emulator.client("dynamodb")
        table = DynamoDbTable(client, deployment.outputs["MetricsTableName"])
        return _over(table, DynamoDbTable(client, deployment.outputs["LedgerTableName"]), suffix)
    table = InMemoryTable()
    stores = _over(table, InMemoryTable(), suffix)
    if request.param == "table":
        return stores
    config, ledger = InMemoryConfig(), InMemoryLedger()
    metrics = InMemoryMetrics(ledger, config)
    return replace(stores, config=config, ledger=ledger, metrics=metrics, table=None)


def _over(table: DynamoDbTable, ledger_table: DynamoDbTable, suffix: str) -> Stores:
    return Stores(
        DynamoDbConfig(table),
        DynamoDbLedger(ledger_table),
        DynamoDbMetrics(table, ledger_table),
        DynamoDbAlerts(table),
        DynamoDbOutbox(table),
        DynamoDbGoals(table),
        suffix,
        table,
    )


@pytest.fixture(name="everlasting_events")
def _everlasting_events(monkeypatch) -> None:
    """Events that are kept for ever: whoever reads an account later knows no less of its past."""
    for reader in (stripe_importing, stripe_following, stripe_history_reading):
        monkeypatch.setattr(reader, "EVENTS_KEPT", timedelta(days=3_000))


@pytest.fixture(name="integration")
def _integration(stores):
    integration = an_integration(
        id=stores.id("int"),
        fx_rates={"eur": Decimal("1.10")},
        definitions=Definitions.from_dict({"preset": "match_stripe"}),
    )
    stores.config.add_integration(integration)
    return integration


@pytest.fixture(name="metric")
def _metric(stores, integration):
    metric = a_metric(id=stores.id("met"), integration_id=integration.id)
    stores.config.add_metric(metric)
    return metric


@pytest.fixture(name="alert")
def _alert(stores, metric):
    alert = an_alert(id=stores.id("alt"), metric_id=metric.id)
    stores.alerts.add_alert(alert, AlertState())
    return alert
