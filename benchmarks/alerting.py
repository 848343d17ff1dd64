"""What it takes to tell people of a new value: time, units of DynamoDB, calls of SNS.

The time is that of the deployed function in the emulator, from a value's `computed_at` until SNS
has taken its message: the values of ten metrics come at once, as a sync leaves them, and each has
something to tell two channels. AWS's own ways between table, function and topic are not those of
the emulator, which looks into the stream once a second. The units are those of the same code in
this process, as the emulator counts them, with those of the index.
"""

import asyncio
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.rows import Row, Sizes
from functions.alerts.evaluate_alerts import EvaluateAlerts
from functions.alerts.follow_goals import FollowGoals
from functions.alerts.send_notices import SendNotices
from local.deploy import Deployment, deploy
from local.emulator import running_emulator
from local.synth import synthesize
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_outbox import DynamoDbOutbox
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.adapters.sns_notifier import SnsNotifier
from shared.adapters.sqs_failures import SqsFailures
from shared.adapters.system import SystemClock
from shared.domain.account import AccountIdentity
from shared.domain.alerts import Alert, AlertState, ChangeRule
from shared.domain.configuration import Channel, ChannelType, Integration, Metric, MetricValue
from shared.domain.metrics import Mrr
from shared.ports import SyncRequest

_METRICS = 10
_PATIENCE_SECONDS = 120.0
_NO_STRIPE = "http://127.0.0.1:9"
_READS = frozenset({"GetItem", "BatchGetItem", "Query"})
_ID = "int_bench"
_MOST_EVENTS = 10_000
_PAUSE_SECONDS = 0.2
_CHANNELS: tuple[tuple[ChannelType, str], ...] = (
    ("email", "team@example.com"),
    ("sms", "+14155550100"),
)


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give the seconds from values to messages, and what a value takes that tells and one not."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder), sizes.told))


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the figures that have a target, and those that make up the bill."""
    seconds, quiet, telling = found["seconds"], found["quiet"], found["telling"]
    made = [
        Row("value to message: seconds, half of them", seconds["p50"]),
        Row("value to message: seconds, 95 of 100", seconds["p95"], "<= 10"),
        Row("value to message: seconds, 99 of 100", seconds["p99"], "<= 60"),
    ]
    return made + [
        Row(f"a value that tells two channels: {what}", telling[key], "", quiet[key], "if nothing")
        for key, what in (
            ("read_units", "read units"),
            ("write_units", "write units"),
            ("sns_calls", "calls of SNS"),
        )
    ]


async def _measure(folder: Path, told: int) -> dict[str, Any]:
    synthesis = await synthesize()
    async with running_emulator(folder) as emulator:
        deployment = await deploy(emulator, synthesis, stripe_api=_NO_STRIPE)
        team = await asyncio.to_thread(_Team, deployment)
        seconds = await asyncio.to_thread(team.tell, told)
        await asyncio.to_thread(team.stop_listening)
        telling, quiet = await asyncio.to_thread(team.count)
    return {
        "values": len(seconds),
        "seconds": _summary(seconds),
        "telling": telling,
        "quiet": quiet,
    }


def _summary(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {f"p{percent}": round(cuts[percent - 1], 3) for percent in (50, 95, 99)}


class _Team:
    """An integration with ten metrics, and an alert of any change on each, to two channels."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        client = deployment.emulator.client
        self._table = DynamoDbTable(client("dynamodb"), deployment.outputs["MetricsTableName"])
        ledger = DynamoDbTable(client("dynamodb"), deployment.outputs["LedgerTableName"])
        self._ledger = DynamoDbLedger(ledger)
        self._metrics = DynamoDbMetrics(self._table, ledger)
        self._alerts = DynamoDbAlerts(self._table)
        self._numbers = count(1)
        self._now, self._amount = datetime.now(UTC), Decimal(100)
        self._configure()

    def tell(self, values: int) -> list[float]:
        """Store values, ten at once, and give how long each took to each channel."""
        self._store()  # what the next are compared with
        seconds = []
        for _ in range(values // _METRICS):
            self._store()
            seconds += self._wait()
        return seconds

    def stop_listening(self) -> None:
        """Let the deployed function hear of no more values."""
        client = self._deployment.emulator.client("lambda")
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def count(self) -> tuple[dict[str, float], dict[str, float]]:
        """Give what a value costs that tells two channels, and one that tells nobody."""
        telling, same = self._store()[0], self._store(is_changed=False)[0]
        return self._cost(telling), self._cost(same)

    def _cost(self, value: MetricValue) -> dict[str, float]:
        counted = _Counted(self._deployment)
        dynamodb = counted.client("dynamodb")
        table = DynamoDbTable(dynamodb, self._table.name)
        config, alerts, clock = DynamoDbConfig(table), DynamoDbAlerts(table), SystemClock()
        outbox = DynamoDbOutbox(table)
        notifier = SnsNotifier(counted.client("sns"), self._deployment.outputs["TopicArn"])
        failures = SqsFailures(counted.client("sqs"), "")
        send = SendNotices(config, outbox, notifier, failures, clock, time.sleep)
        outcomes = EvaluateAlerts(
            config, DynamoDbMetrics(table), alerts, DynamoDbGoals(table), clock
        )(value)
        FollowGoals(config, DynamoDbGoals(table), clock)(value)
        for alert_id, outcome in outcomes.items():
            if outcome in {"decided", "old"}:
                send(outbox.pending_of(alert_id))
        return counted.units()

    def _store(self, *, is_changed: bool = True) -> list[MetricValue]:
        """Write a value of each metric as a sync does; changed ones twice or half as much."""
        slot = f"{next(self._numbers):06d}"
        if is_changed:
            self._amount = Decimal(300) - self._amount
        now = self._now = datetime.now(UTC)
        request = SyncRequest(_ID, slot=slot, interval="hourly")
        lease = self._ledger.take_lease(request, now=now, until=now)
        assert lease is not None
        usual = MetricValue(
            "", lease.sequence, self._amount, "currency", "usd", now, now, definitions_version="d1"
        )
        values = [replace(usual, metric_id=_metric(number)) for number in range(_METRICS)]
        self._metrics.commit(values, lease)
        return values

    def _wait(self) -> list[float]:
        """Give how long the messages of the newest values took, when all have been sent."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            seconds = list(self._seconds())
            if len(seconds) == _METRICS * len(_CHANNELS):
                return seconds
            time.sleep(_PAUSE_SECONDS)
        raise TimeoutError("The messages have not come.")

    def _seconds(self) -> Iterator[float]:
        for number in range(_METRICS):
            for event in self._alerts.events(_alert(number), limit=_MOST_EVENTS).items:
                for notice in event.notices:
                    if event.decision.as_of == self._now and notice.sent_at is not None:
                        yield (notice.sent_at - self._now).total_seconds()

    def _configure(self) -> None:
        config, now = DynamoDbConfig(self._table), datetime.now(UTC)
        identity = AccountIdentity("acct_bench", "Bench", "usd")
        config.add_integration(
            Integration(_ID, "Bench", "test", "sk_test_…demo", identity, "usd", now, now, now)
        )
        topic = self._deployment.outputs["TopicArn"]
        notifier = SnsNotifier(self._deployment.emulator.client("sns"), topic)
        for kind, address in _CHANNELS:
            channel = Channel(f"chn_{kind}", kind, address, "active", now)
            config.add_channel(replace(channel, subscription=notifier.subscribe(channel)))
        rule = ChangeRule(Decimal(10), "any")
        channels = tuple(f"chn_{kind}" for kind, _ in _CHANNELS)
        for it in range(_METRICS):
            config.add_metric(Metric(_metric(it), _ID, "MRR", Mrr(), "hourly", now))
            alert = Alert(
                _alert(it), _metric(it), _ID, "Change", rule, channels, now, "currency", "usd"
            )
            self._alerts.add_alert(alert, AlertState())


@dataclass
class _Counted:
    """Clients whose calls are counted, with the units that DynamoDB says they took."""

    deployment: Deployment

    def __post_init__(self) -> None:
        self._units: Counter[str] = Counter()

    def client(self, service: str) -> Any:
        """Give a client of its own."""
        client = self.deployment.emulator.client(service)
        events = client.meta.events
        if service == "dynamodb":
            events.register("provide-client-params.dynamodb", _ask_for_units)
        events.register(f"after-call.{service}", self._count)
        return client

    def units(self) -> dict[str, float]:
        """Give what the calls took up to now."""
        return {key: self._units[key] for key in ("read_units", "write_units", "sns_calls")}

    def _count(self, *, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        self._units[f"{model.service_model.service_name}_calls"] += 1
        told = parsed.get("ConsumedCapacity", [])
        # Of a batch the emulator does not tell; each item here is one unit, being less than 4 KB.
        for found in parsed.get("Responses", {}).values() if model.name == "BatchGetItem" else ():
            self._units["read_units"] += len(found)
        kind = "read_units" if model.name in _READS else "write_units"
        for consumed in told if isinstance(told, list) else [told]:
            self._units[kind] += consumed["CapacityUnits"]


def _ask_for_units(*, params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return {**params, "ReturnConsumedCapacity": "TOTAL"}


def _metric(number: int) -> str:
    return f"met_{number:02d}"


def _alert(number: int) -> str:
    return f"alt_{number:02d}"
