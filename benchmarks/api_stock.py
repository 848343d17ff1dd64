"""A team's tables full of things for the API to show: integrations, metrics, goals, alerts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import metric_key, value_sk
from shared.adapters.dynamodb_outbox import DynamoDbOutbox
from shared.adapters.dynamodb_table import DynamoDbTable, Item
from shared.domain.account import AccountIdentity
from shared.domain.alerts import Alert, AlertState, Decision, Point, ThresholdRule
from shared.domain.configuration import Channel, Integration, Metric, MetricValue, SyncStatus
from shared.domain.goals import Goal, GoalLink
from shared.domain.metrics import Mrr
from shared.domain.notices import AlertEvent, Message, Notice

METRICS = 10
_SERVED = 2
_EVENTS = 10
_THREADS = 4
_CHANNELS = ("chn_00", "chn_01")
_NOW = datetime.now(UTC)
# Whoever makes a metric waits for its first value, unless a sync has failed since.
_FAILED = SyncStatus("error", 1, last_attempt_at=_NOW + timedelta(days=1))


class Stock:
    """Fills a table; ids are `int_00`, `met_00_0`, `gol_00_0`, `alt_00_0`, `chn_00` and so on."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table
        self._config, self._alerts = DynamoDbConfig(table), DynamoDbAlerts(table)
        self._goals, self._outbox = DynamoDbGoals(table), DynamoDbOutbox(table)

    def fill(self, integrations: int, days: int) -> None:
        """Put in integrations of ten metrics, with a value for each of so many days.

        Every metric has an alert, the first of each integration one with ten events, each told to
        two channels; every goal is served by two metrics. There are as many channels as
        integrations.
        """
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in pool.map(self._add_channel, range(integrations)):
                pass
            for _ in pool.map(lambda number: self._add(number, days), range(integrations)):
                pass

    def _add_channel(self, number: int) -> None:
        channel = Channel(f"chn_{number:02d}", "email", f"{number}@example.com", "active", _NOW)
        self._config.add_channel(channel)

    def _add(self, number: int, days: int) -> None:
        owner = f"int_{number:02d}"
        identity = AccountIdentity(f"acct_{number}", "Bench", "usd")
        self._config.add_integration(
            Integration(owner, "Bench", "test", "sk_test_…demo", identity, "usd", _NOW, _NOW, _NOW)
        )
        self._config.save_sync_status(owner, _FAILED)
        metrics = [f"met_{number:02d}_{n}" for n in range(METRICS)]
        for metric_id in metrics:
            self._config.add_metric(Metric(metric_id, owner, "MRR", Mrr(), "daily", _NOW))
            self._table.write(_values(metric_id, days))
            self._add_alert(metric_id, owner)
        for n in range(0, METRICS, _SERVED):
            self._add_goal(f"gol_{number:02d}_{n // _SERVED}", metrics[n : n + _SERVED])
        self._add_events(self._alerts.alert(f"alt_{number:02d}_0"))

    def _add_alert(self, metric_id: str, owner: str) -> None:
        rule, alert_id = ThresholdRule(Decimal(50), "below"), metric_id.replace("met", "alt")
        alert = Alert(alert_id, metric_id, owner, "Floor", rule, _CHANNELS, _NOW, "currency", "usd")
        self._alerts.add_alert(alert, AlertState())

    def _add_goal(self, goal_id: str, metrics: list[str]) -> None:
        goal = Goal(goal_id, "More", Decimal(1000), _NOW, unit="currency", currency="usd")
        self._goals.add_goal(goal)
        first = Point(Decimal(100), _NOW)
        for revision, metric_id in enumerate(metrics, start=2):
            link = GoalLink(metric_id, first)
            goal = replace(goal.with_link(link), revision=revision)
            self._goals.save_link(goal, metric_id)

    def _add_events(self, alert: Alert) -> None:
        """Let an alert fire again and again, and its notices be sent."""
        seen = AlertState()
        for version in range(1, _EVENTS + 1):
            at = _NOW + timedelta(hours=version)
            state = replace(seen, status="firing", episode=version, last_version=version)
            key = f"{alert.id}/1/{version}/fire"
            decision = Decision(key, "fire", "crossed", Decimal(40), at, Point(Decimal(60), _NOW))
            event = AlertEvent(decision, at, "Went below $50.00.")
            message = Message("MRR went below $50.00", "It is $40.00 now.\n" * 20)
            notices = [
                Notice(key, alert.id, channel_id, "email", "0@example.com", message, at)
                for channel_id in alert.channels
            ]
            self._alerts.commit_decision(
                alert, seen=seen, state=state, event=event, notices=notices
            )
            for notice in notices:
                claimed = self._outbox.claim(notice, now=at, until=at)
                assert claimed is not None
                self._outbox.settle(replace(claimed, status="sent", message_id="m", sent_at=at))
            seen = state


def _values(metric_id: str, days: int) -> Iterator[Item]:
    """Give the items of a value for each day up to now, and of the newest."""
    for version in range(1, days + 1):
        at = _NOW - timedelta(days=days - version)
        amount = Decimal(10_000 + version) / 100
        value = to_item(MetricValue(metric_id, version, amount, "currency", "usd", at, at, "d1"))
        yield {**value, **metric_key(metric_id, value_sk(at, version))}
        if version == days:
            yield {**value, **metric_key(metric_id, "LATEST")}
