"""POST requests with an Idempotency-Key: carried out once, however often they are sent."""

import json
import threading
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from functions.api import handler
from functions.api.idempotency import KEPT_SECONDS
from shared.errors import StorageUnavailableError
from tests.api_events import CONTEXT, an_event
from tests.api_world import ApiWorld
from tests.fakes import NOON

pytestmark = pytest.mark.emulator

EMAIL = {"type": "email", "address": "team@example.com"}


@pytest.fixture(name="client")
def _client(deployment):
    return deployment.emulator.client("dynamodb")


@pytest.fixture(name="table")
def _table(deployment):
    return deployment.outputs["MetricsTableName"]


@pytest.fixture(name="world")
def _world(monkeypatch, client, table, request) -> ApiWorld:
    world = ApiWorld.behind_the_handler(monkeypatch)
    store = DynamoDBPersistenceLayer(
        table,
        key_attr="pk",
        static_pk_value=f"IDEMPOTENCY {request.node.name}",
        sort_key_attr="sk",
        expiry_attr="expires_at",
        boto3_client=client,
    )
    monkeypatch.setattr(handler, "kept_answers", lambda: store)
    return world


def post(target, body, key="key-1", caller="me"):
    event = an_event("POST", target, body)
    event["headers"]["idempotency-key"] = key
    event["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": caller}}}
    answer = handler.handle(event, CONTEXT)
    replayed = "Idempotent-Replayed" in answer["headers"]
    return answer["statusCode"], json.loads(answer["body"]), replayed


def channels(world):
    return [channel.address for channel in world.config.channels(limit=100).items]


def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(world):
    status, first, replayed = post("/v1/channels", EMAIL)
    assert (status, replayed) == (201, False)
    assert post("/v1/channels", EMAIL) == (201, first, True)
    assert channels(world).count("team@example.com") == 1


def test_another_key_or_another_caller_is_another_request(world):
    alert = {
        "metric_id": "met_1",
        "rule": {"type": "threshold", "threshold": 1, "direction": "below"},
        "channels": ["chn_1"],
    }
    answers = [
        post("/v1/alerts", alert, key, who) for key, who in (("a", "x"), ("b", "x"), ("a", "y"))
    ]
    assert len({answer["id"] for _, answer, _ in answers}) == 3
    assert not any(replayed for *_, replayed in answers)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/v1/channels", EMAIL | {"address": "other@example.com"}),
        ("/v1/alerts", EMAIL),
        ("/v1/channels?type=sms", EMAIL),
    ],
)
def test_a_key_that_was_used_for_another_request_is_refused(world, target, body):
    post("/v1/channels", EMAIL)
    status, problem, _ = post(target, body)
    assert (status, problem["code"], problem["retryable"]) == (409, "conflict", False)
    assert "another request" in problem["detail"]
    assert "other@example.com" not in channels(world)


def test_a_refusal_does_not_use_the_key_up(world):
    assert post("/v1/channels", EMAIL | {"address": "nobody"})[0] == 422
    status, _, replayed = post("/v1/channels", EMAIL)
    assert (status, replayed) == (201, False)


def test_an_answer_that_asks_to_try_again_is_not_kept(world, monkeypatch):
    def fail(*_):
        raise StorageUnavailableError("no")

    with monkeypatch.context() as broken:
        broken.setattr(world.config, "add_channel", fail)
        status, problem, _ = post("/v1/channels", EMAIL)
    assert (status, problem["retryable"]) == (503, True)
    status, _, replayed = post("/v1/channels", EMAIL)
    assert (status, replayed) == (201, False)


def test_a_request_that_is_being_carried_out_is_not_carried_out_beside(world, monkeypatch):
    started, goes_on = threading.Event(), threading.Event()
    add = world.config.add_channel

    def wait(channel):
        started.set()
        goes_on.wait(30)
        add(channel)

    monkeypatch.setattr(world.config, "add_channel", wait)
    answers = []
    first = threading.Thread(target=lambda: answers.append(post("/v1/channels", EMAIL)))
    first.start()
    assert started.wait(30)
    try:
        status, problem, _ = post("/v1/channels", EMAIL)
    finally:
        goes_on.set()
        first.join()
    assert (status, problem["code"], problem["retryable"]) == (409, "conflict", True)
    assert answers[0][0] == 201
    assert channels(world).count("team@example.com") == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "a\tb"])
def test_a_key_that_is_none_is_refused(world, key):
    status, problem, _ = post("/v1/channels", EMAIL, key)
    assert (status, problem["code"]) == (422, "validation_failed")
    assert "Idempotency-Key" in problem["detail"]


def test_when_answers_cannot_be_looked_up_nothing_is_done(world, monkeypatch):
    broken = DynamoDBPersistenceLayer("no-such-table", boto3_client=cast("Any", _Broken()))
    monkeypatch.setattr(handler, "kept_answers", lambda: broken)
    status, problem, _ = post("/v1/channels", EMAIL)
    assert (status, problem["code"], problem["retryable"]) == (503, "internal", True)
    assert "team@example.com" not in channels(world)


def test_what_is_kept_holds_no_key_and_is_forgotten_after_a_day(world, client, table):
    secret = f"sk_test_{'a' * 24}"
    status, _, _ = post("/v1/integrations", {"name": "Acme", "secret_key": secret}, "k")
    assert status == 201
    found = client.scan(TableName=table)["Items"]
    kept = [item for item in found if item["pk"]["S"].startswith("IDEMPOTENCY")]
    assert kept
    assert secret not in json.dumps(kept)
    assert all(int(item["expires_at"]["N"]) > NOON.timestamp() for item in kept)
    assert KEPT_SECONDS == 86_400


class _Broken:
    """A client of DynamoDB that fails."""

    class meta:  # noqa: N801 - as boto3 writes it
        class events:  # noqa: N801
            @staticmethod
            def register(*_):
                pass

    def put_item(self, **_):
        raise RuntimeError("out of order")
