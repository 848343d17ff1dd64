"""Alerts as they run: the real stores over a table in memory, the real handler, fakes around it."""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from boto3.dynamodb.types import TypeSerializer

from functions.alerts import handler
from functions.alerts.bootstrap import Services
from functions.alerts.evaluate_alerts import EvaluateAlerts
from functions.alerts.follow_goals import FollowGoals
from functions.alerts.send_notices import SendNotices
from functions.alerts.watch_accounts import WatchAccounts
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import integration_key, metric_key
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_outbox import DynamoDbOutbox
from shared.domain.alerts import Alert, AlertState
from shared.domain.configuration import Channel, Metric, MetricValue, SyncStatus
from shared.domain.notices import NoticeStatus
from shared.ports import SyncRequest
from tests.emulated_table import EmulatedTable
from tests.fakes import FakeClock, InMemoryFailures, InMemoryNotifier
from tests.memory_table import Calls, InMemoryTable
from tests.stories import a_channel, a_metric, an_alert, an_integration

_serializer = TypeSerializer()
_numbers = count(1)
CHANNELS = (
    a_channel(),
    a_channel(id="chn_2", type="sms", address="+14155550100", subscription="sub-chn_2"),
)


class Context:
    """What Lambda tells a function of its invocation."""

    function_name = "alerts"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:alerts"
    aws_request_id = "request-1"

    def __init__(self, seconds: float = 60) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


class AlertWorld:
    """One account with one metric, channels and alerts; below 10,000 with two of them as a rule.

    Attributes:
        services: what the handler calls.
        calls: of the process that they run in, to the table, the notifier and the failures alike;
            what the world's own stores do is not counted.
    """

    def __init__(
        self,
        *alerts: Alert,
        channels: Sequence[Channel] = CHANNELS,
        metric: Metric | None = None,
        table: InMemoryTable | EmulatedTable | None = None,
    ) -> None:
        self.clock, self.calls = FakeClock(), Calls()
        self.table = table or InMemoryTable(page=1_000)
        self.ledger_table = InMemoryTable(page=1_000)
        self.notifier = InMemoryNotifier(calls=self.calls)
        self.failures = InMemoryFailures(calls=self.calls)
        self.config = DynamoDbConfig(self.table)
        self.ledger = DynamoDbLedger(self.ledger_table)
        self.metrics = DynamoDbMetrics(self.table, self.ledger_table)
        self.alerts = DynamoDbAlerts(self.table)
        self.goals = DynamoDbGoals(self.table)
        self.outbox = DynamoDbOutbox(self.table)
        self.services = self._services()
        self.config.add_integration(an_integration())
        self.config.add_metric(metric or a_metric())
        for channel in channels:
            self.config.add_channel(channel)
            self.notifier.subscribe(channel)
        for alert in alerts or (an_alert(channels=("chn_1", "chn_2")),):
            self.alerts.add_alert(alert, AlertState())

    def of(self, calls: Calls) -> "AlertWorld":
        """Give the same world as another process sees it, whose calls are counted by themselves."""
        other = copy.copy(self)
        other.calls = calls
        other.notifier, other.failures = copy.copy(self.notifier), copy.copy(self.failures)
        other.notifier.calls = other.failures.calls = calls
        other.services = other._services()
        return other

    def restart(self) -> None:
        """Start the process anew, which forgets what it kept in memory."""
        self.services = self._services()

    def _services(self) -> Services:
        table = self.table.of(self.calls)
        config, metrics, alerts = (
            DynamoDbConfig(table),
            DynamoDbMetrics(table),
            DynamoDbAlerts(table),
        )
        goals, outbox, clock = DynamoDbGoals(table), DynamoDbOutbox(table), self.clock
        evaluate = EvaluateAlerts(config, metrics, alerts, goals, clock)
        follow_goals = FollowGoals(config, goals, clock)
        return Services(
            evaluate=evaluate,
            follow_goals=follow_goals,
            watch=WatchAccounts(config, metrics, alerts, evaluate, follow_goals, clock),
            send=SendNotices(config, outbox, self.notifier, self.failures, clock, self._sleep),
            outbox=outbox,
            failures=self.failures,
        )

    def _sleep(self, seconds: float) -> None:
        self.clock.move(seconds=seconds)

    def store(self, *values: MetricValue) -> None:
        """Write values as syncs do, each as the latest and into the history."""
        for value in values:
            request = SyncRequest("int_1", slot=f"s{next(_numbers):09}", interval=None)
            now = self.clock.now()
            lease = self.ledger.take_lease(request, now=now, until=now)
            assert lease is not None
            self.metrics.commit([value], lease, done=request)

    def end_sync(self, **changes: Any) -> SyncStatus:
        """Write how the newest sync went; well, unless *changes* say otherwise."""
        before = self.config.sync_status("int_1")
        usual: dict[str, Any] = {
            "state": "ok",
            "sequence": before.sequence + 1,
            "last_attempt_at": self.clock.now(),
            "last_success_at": self.clock.now(),
        }
        status = SyncStatus(**(usual | changes))
        self.config.save_sync_status("int_1", status)
        return status

    def offer(self, *values: MetricValue) -> Any:
        """Hand values over as one batch of the stream, stored or not; gives the batch's answer."""
        return self.handle(*map(value_record, values))

    def arrive(self, *values: MetricValue) -> Any:
        """Store values, and hand them over one after another."""
        for value in values:
            self.store(value)
            answer = self.offer(value)
            assert answer == {"batchItemFailures": []}

    def handle(self, *records: dict[str, Any], seconds: float = 60) -> Any:
        """Call the stream's handler with one batch; gives its answer."""
        return self._call(handler.handle, {"Records": list(records)}, seconds)

    def sweep(self, seconds: float = 60) -> Counter[NoticeStatus]:
        """Call the schedule's handler; gives how the notices ended that it sent."""
        return Counter(self._call(handler.sweep, {}, seconds))

    def _call(self, function: Any, event: dict[str, Any], seconds: float) -> Any:
        # One process has one of each; two that take turns must not share them.
        own: Any = handler
        before = own.services, own._processor
        own.services = lambda: self.services
        own._processor = BatchProcessor(
            event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False
        )
        try:
            return function(event, Context(seconds))
        finally:
            own.services, own._processor = before

    def sent(self) -> list[tuple[str, str]]:
        """Give what was published, as channel and key of the notice, in order."""
        keys = {
            (it["channel_id"], it["message"]["subject"], it["message"]["body"]): it["key"]
            for it in self.notices()
        }
        return [
            (it.channel_id, keys.get((it.channel_id, it.message.subject, it.message.body), "gone"))
            for it in self.notifier.published
        ]

    def notices(self) -> Sequence[Mapping[str, Any]]:
        """Give the items of all notices that are there, sent or not."""
        return [item for item in self.table.items.values() if "channel_id" in item]


def value_record(value: MetricValue) -> dict[str, Any]:
    """Write the stream's record of a new value."""
    return record_of({**to_item(value), **metric_key(value.metric_id, "LATEST")}, value.version)


def sync_record(status: SyncStatus, integration_id: str = "int_1") -> dict[str, Any]:
    """Write the stream's record of an ended sync."""
    return record_of({**to_item(status), **integration_key(integration_id, "SYNC")}, 1)


def record_of(item: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """Write the stream's record of an item that was changed."""
    image = {name: _serializer.serialize(inner) for name, inner in item.items()}
    return {
        "eventID": f"event-{number}",
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {name: image[name] for name in ("pk", "sk")},
            "NewImage": image,
            "SequenceNumber": f"{number:021}",
            "StreamViewType": "NEW_IMAGE",
        },
    }
