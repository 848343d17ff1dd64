"""Records of the stream that fail, come twice or cannot be read: each value is decided once.

The real handler and its real bootstrap, in this process, over the emulator's tables, topic and
queues; the stream is brought to it by AWS's rules (`tests/stream_poller.py`).
"""

import json
from dataclasses import replace
from itertools import count
from typing import Any

import boto3
import pytest

from functions.alerts import handler
from functions.alerts.bootstrap import Services, services
from local.deploy import Deployment
from local.emulator import REGION
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import integration_key, metric_key
from shared.domain.alerts import starting_state
from shared.domain.configuration import MetricValue, SyncFailure, SyncStatus
from shared.errors import StorageUnavailableError
from tests.alert_world import Context
from tests.fakes import NOON
from tests.stories import a_channel, a_metric, a_rule, a_value, an_alert, an_integration
from tests.stream_poller import StreamPoller

pytestmark = pytest.mark.emulator

_numbers = count(1)


@pytest.fixture(scope="module", name="mapping")
def _mapping(deployment: Deployment) -> Any:
    """The deployed mapping, switched off: else the emulator's own would decide as well."""
    client = deployment.emulator.client("lambda")
    mappings = client.list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = (it for it in mappings if "/stream/" in it["EventSourceArn"])
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    return mapping


@pytest.fixture(name="deployed_services")
def _deployed_services(deployment: Deployment, mapping: Any, monkeypatch: Any) -> Any:
    """What the deployed function puts together, made in this process from its environment."""
    found = deployment.emulator.client("lambda").get_function(FunctionName=mapping["FunctionArn"])
    environment = {
        **found["Configuration"]["Environment"]["Variables"],
        "AWS_ENDPOINT_URL": deployment.emulator.url,
        "AWS_ACCESS_KEY_ID": deployment.emulator.access_key,
        "AWS_SECRET_ACCESS_KEY": deployment.emulator.secret_key,
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it may know somebody else's credentials
    services.cache_clear()
    yield services()
    services.cache_clear()


class Flaky:
    """Decides alerts, but for those of some metrics, which fail so many times first."""

    def __init__(self, evaluate: Any) -> None:
        self._evaluate = evaluate
        self.failures: dict[str, int] = {}
        self.seen: list[tuple[str, int]] = []

    def __call__(self, value: MetricValue) -> Any:
        self.seen.append((value.metric_id, value.version))
        if self.failures.get(value.metric_id):
            self.failures[value.metric_id] -= 1
            raise StorageUnavailableError("AWS is busy.")
        return self._evaluate(value)


class Business:
    """An integration whose metrics each have an alert above 100 with a channel of its own."""

    def __init__(self, found: Services, poller: StreamPoller, evaluate: Flaky) -> None:
        self.config, self.metrics = found.watch.config, found.watch.metrics
        self.alerts, self.notifier = found.watch.alerts, found.send.notifier
        self.table = self.metrics._table  # type: ignore[attr-defined] # the real one
        self.poller, self.evaluate = poller, evaluate
        self.id = f"int_stream_{next(_numbers):06d}"
        self.config.add_integration(an_integration(id=self.id))

    def watch(self, count: int) -> list[str]:
        """Add metrics that stand at 50; gives their ids."""
        ids = [f"met_{self.id}_{number:02d}" for number in range(1, count + 1)]
        for metric_id in ids:
            channel = a_channel(id=f"chn_{metric_id}")
            subscribed = replace(channel, subscription=self.notifier.subscribe(channel))
            self.config.add_channel(subscribed)
            self.config.add_metric(a_metric(id=metric_id, integration_id=self.id))
            alert = an_alert(
                id=f"alt_{metric_id}",
                metric_id=metric_id,
                rule=a_rule("above", "100"),
                channels=(channel.id,),
                notify_on_recovery=True,
            )
            self.alerts.add_alert(alert, starting_state(alert, a_value("50", 1)))
        return ids

    def store(self, metric_id: str, amount: str, version: int) -> None:
        value = a_value(amount, version, metric_id=metric_id)
        self.table.put({**to_item(value), **metric_key(metric_id, "LATEST")})

    def told(self, metric_id: str) -> list[tuple[str, str, int]]:
        """What was decided of a metric: kind, how its notice ended, in how many attempts."""
        events = self.alerts.events(f"alt_{metric_id}", limit=100).items
        return [
            (event.decision.kind, notice.status, notice.attempts)
            for event in events
            for notice in event.notices
        ]


@pytest.fixture(name="business")
def _business(deployment: Deployment, mapping: Any, deployed_services: Any, monkeypatch: Any):
    evaluate = Flaky(deployed_services.evaluate)
    watch = replace(deployed_services.watch, evaluate=evaluate)
    used = replace(deployed_services, evaluate=evaluate, watch=watch)
    monkeypatch.setattr(handler, "services", lambda: used)
    stream = deployment.emulator.client("dynamodbstreams")
    poller = StreamPoller(stream, mapping, lambda event: handler.handle(event, Context()))  # type: ignore[arg-type] # as much of it as is used
    return Business(deployed_services, poller, evaluate)


ONCE = [("fire", "sent", 1)]


def test_every_value_of_a_batch_is_decided_and_told_once(business):
    metrics = business.watch(10)
    for metric in metrics:
        business.store(metric, "150", 2)
    business.poller.drain()
    assert [business.told(metric) for metric in metrics] == [ONCE] * 10
    assert len(business.poller.batches) == 1


def test_the_stream_read_again_from_the_start_changes_nothing(business):
    (metric,) = business.watch(1)
    for version, amount in enumerate(("150", "90", "160"), start=2):
        business.store(metric, amount, version)
    business.poller.drain()
    told = business.told(metric)
    assert [kind for kind, _, _ in told] == ["fire", "recover", "fire"]
    business.poller.rewind()
    business.poller.drain()
    assert business.told(metric) == told


def test_item_3_of_10_fails_once_and_4_to_10_run_again_without_effect(business):
    metrics = business.watch(10)
    business.evaluate.failures[metrics[2]] = 1
    for metric in metrics:
        business.store(metric, "150", 2)
    business.poller.drain()
    first, second = business.poller.batches
    assert (len(first), second) == (10, first[2:])
    assert [business.told(metric) for metric in metrics] == [ONCE] * 10
    assert business.poller.given_up == []


def test_a_record_that_always_fails_ends_at_the_destination_and_the_others_are_decided(business):
    metrics = business.watch(10)
    business.evaluate.failures[metrics[2]] = 1_000
    for metric in metrics:
        business.store(metric, "150", 2)
    business.poller.drain()
    (given_up,) = business.poller.given_up
    first = business.poller.batches[0]
    assert given_up["requestContext"] == {"condition": "RetryAttemptsExhausted"}
    assert given_up["DDBStreamBatchInfo"]["startSequenceNumber"] == first[2]
    # The batch, then what begins with the record, once and five times again.
    assert [len(batch) for batch in business.poller.batches] == [10, *[8] * 6]
    expected = [[] if metric == metrics[2] else ONCE for metric in metrics]
    assert [business.told(metric) for metric in metrics] == expected


def test_what_was_given_up_is_made_up_for_when_the_sync_has_ended(business):
    (metric,) = business.watch(1)
    business.evaluate.failures[metric] = 6
    business.store(metric, "150", 2)
    business.poller.drain()
    assert business.told(metric) == []
    business.config.save_sync_status(business.id, SyncStatus("running", 2, NOON))
    business.config.save_sync_status(business.id, SyncStatus("ok", 2, NOON, NOON, NOON))
    business.poller.drain()
    assert business.told(metric) == ONCE


def test_a_record_that_nobody_can_read_is_reported_with_its_id_and_blocks_nobody(
    business, deployment
):
    before, poison, after = business.watch(3)
    business.store(before, "150", 2)
    business.table.put({**metric_key(poison, "LATEST"), "value": "rubbish"})
    business.store(after, "150", 2)
    business.poller.drain()
    assert [business.told(metric) for metric in (before, after)] == [ONCE, ONCE]
    assert (len(business.poller.batches), business.poller.given_up) == (1, [])
    (report,) = reports(deployment)
    assert report["what"] == "A stream record could not be read."
    assert report["item"] == f"METRIC#{poison} LATEST"
    assert report["event"]


def reports(deployment: Deployment) -> list[Any]:
    """What lies in the queue of failures; it is empty afterwards."""
    sqs = deployment.emulator.client("sqs")
    url = services().failures._url  # type: ignore[attr-defined] # the real one
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def test_values_are_looked_at_in_the_order_of_the_stream_also_after_a_failure(business):
    one, other = business.watch(2)
    business.evaluate.failures[one] = 1
    for version, amount in enumerate(("150", "90", "160", "80"), start=2):
        business.store(one, amount, version)
        business.store(other, amount, version)
    business.poller.drain()
    # What came after it of the same metric has waited for it, and of others has not.
    versions = [version for metric, version in business.evaluate.seen if metric == one]
    assert versions == [2, 2, 3, 4, 5]
    assert all(batch == sorted(batch) for batch in business.poller.batches)
    for metric in (one, other):
        assert business.told(metric) == [(kind, "sent", 1) for kind in ("fire", "recover") * 2]


def test_an_invocation_that_dies_is_halved_until_everything_is_decided(business, monkeypatch):
    metrics = business.watch(4)
    whole, deaths = business.poller.function, iter([True, True])

    def dying(event: Any) -> Any:
        answer = whole(event)
        if next(deaths, False):
            raise TimeoutError("Task timed out")
        return answer

    business.poller.function = dying
    for metric in metrics:
        business.store(metric, "150", 2)
    business.poller.drain()
    assert [len(batch) for batch in business.poller.batches] == [4, 2, 1, 1, 2]
    assert [business.told(metric) for metric in metrics] == [ONCE] * 4


def test_a_sync_that_is_under_way_calls_nobody_and_one_that_failed_does(business):
    running = SyncStatus("running", 1, NOON)
    business.config.save_sync_status(business.id, running)
    business.poller.drain()
    assert business.poller.batches == []
    failure = SyncFailure("stripe_key_invalid", "Stripe does not know this key.")
    business.config.save_sync_status(business.id, replace(running, state="error", error=failure))
    business.poller.drain()
    assert len(business.poller.batches) == 1
    assert business.table.get(integration_key(business.id, "WATCH"))["is_failed"] is True
