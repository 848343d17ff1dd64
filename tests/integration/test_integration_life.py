"""The life of one integration, told in order, through the deployed handlers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from local.stripe_sandbox import Business, Sandbox, Settings, start
from local.stripe_sandbox.keys import Keys
from tests.fakes import NOON
from tests.local_process import Api, emulated, running_local

# One tells on from where the one before has ended.
pytestmark = [pytest.mark.emulator, pytest.mark.xdist_group("integration_life")]

MRR = {"type": "mrr"}
NEW_KEY = "sk_test_" + "rolled00000000000000demo"
LIVE_KEY = "sk_live_" + "sandbox0000000000000demo"


class Shop:
    """A Stripe account with one customer at 100 a month, and the API in front of it."""

    def __init__(self, sandbox: Sandbox, api: Api) -> None:
        self.sandbox, self.api = sandbox, api
        self.price = sandbox.run(lambda b: b.add_price(unit_amount=10_000))
        self.subscribe()

    def subscribe(self) -> None:
        self.sandbox.run(lambda b: b.add_subscription(self.price, created=b.now))

    def connect(self, name: str) -> str:
        body = {"name": name, "secret_key": self.sandbox.key}
        return str(self.api.ok("POST", "/v1/integrations", body, status=201)["id"])

    def measure(self, integration_id: str) -> str:
        body = {"name": "MRR", "query": MRR, "refresh_interval": "hourly"}
        target = f"/v1/integrations/{integration_id}/metrics"
        return str(self.api.ok("POST", target, body, status=201)["id"])

    def tick(self) -> list[Any]:
        syncs: list[Any] = self.api.ok("POST", "/_local/tick", {"interval": "hourly"})["syncs"]
        return syncs

    def calls_of(self, act: Any) -> int:
        """Count the requests that Stripe gets while something is done."""
        before = self.sandbox.requests.total
        act()
        return self.sandbox.requests.total - before

    @contextmanager
    def as_another_account(self) -> Iterator[None]:
        """Let every key belong to another account."""
        account = self.sandbox.business.state.account
        own = account.id
        account.id = "acct_another"
        yield
        account.id = own

    def everything(self) -> list[str]:
        """All items of both tables and all secrets, also those kept for some days, as text."""
        dynamodb = emulated(self.api, "dynamodb")
        found = [
            str(item)
            for table in dynamodb.list_tables()["TableNames"]
            for page in dynamodb.get_paginator("scan").paginate(TableName=table)
            for item in page["Items"]
        ]
        secrets = emulated(self.api, "secretsmanager")
        listed = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
        return [*found, *(str(secret) for secret in listed)]


@pytest.fixture(scope="module", name="shop")
def _shop() -> Iterator[Shop]:
    settings = Settings(keys=Keys(live=LIVE_KEY))
    with start(Business.empty(NOON, name="Acme"), settings=settings) as sandbox:
        options = ("--empty", "--no-schedule", "--stripe-api", sandbox.url)
        with running_local(*options) as api:
            yield Shop(sandbox, api)


def refused_keys(shop: Shop, method: str, target: str) -> None:
    """A key of another account or mode is refused, and one that Stripe does not know."""
    with shop.as_another_account():
        body = {"secret_key": shop.sandbox.key}
        problem = shop.api.refused(method, target, body, status=409)
    assert problem["code"] == "account_mismatch"
    problem = shop.api.refused(method, target, {"secret_key": LIVE_KEY}, status=409)
    assert problem["code"] == "account_mismatch"
    problem = shop.api.refused(method, target, {"secret_key": NEW_KEY}, status=422)
    assert problem["code"] == "stripe_key_invalid"


@dataclass(frozen=True)
class Account:
    """An integration with a metric, on which a goal and an alert that has fired hang."""

    shop: Shop
    id: str
    metric_id: str
    goal_id: str
    alert_id: str

    @classmethod
    def connected(cls, shop: Shop) -> "Account":
        api, own = shop.api, shop.connect("Acme")
        metric = shop.measure(own)
        goal = api.ok("POST", "/v1/goals", {"name": "Grow", "target": 500, "start": 0}, status=201)
        api.ok("PUT", f"/v1/goals/{goal['id']}/metrics/{metric}")
        channel = {"type": "email", "address": "team@example.com"}
        channel_id = api.ok("POST", "/v1/channels", channel, status=201)["id"]
        rule = {"type": "threshold", "threshold": 150, "direction": "above"}
        body = {"metric_id": metric, "rule": rule, "channels": [channel_id]}
        alert = api.ok("POST", "/v1/alerts", body, status=201)
        shop.subscribe()
        assert {sync["state"] for sync in shop.tick()} == {"ok"}
        return cls(shop, own, metric, goal["id"], alert["id"])

    @property
    def path(self) -> str:
        return f"/v1/integrations/{self.id}"

    def told(self) -> dict[str, Any]:
        """What can be read of it; of its metric without the sync."""
        api = self.shop.api
        metric = api.ok("GET", f"/v1/metrics/{self.metric_id}")
        return {
            "metric": {key: told for key, told in metric.items() if key != "sync"},
            "values": api.ok("GET", f"/v1/metrics/{self.metric_id}/values"),
            "goal": api.ok("GET", f"/v1/goals/{self.goal_id}"),
            "events": api.ok("GET", f"/v1/alerts/{self.alert_id}/events"),
        }

    def left(self) -> list[str]:
        """What there still is of it, in tables and among secrets."""
        ids = (self.id, self.metric_id, self.alert_id)
        return [text for text in self.shop.everything() if any(each in text for each in ids)]

    def is_well(self) -> list[Any]:
        return [{"integration_id": self.id, "state": "ok", "error": None}]


@pytest.fixture(scope="module", name="account")
def _account(shop: Shop) -> Account:
    return Account.connected(shop)


def test_a_disconnected_account_is_left_alone_and_stays_readable(shop, account):
    api, before = shop.api, account.told()
    assert len(before["events"]["data"]) == 1
    refused_keys(shop, "PATCH", account.path)
    answer = api.ok("POST", f"{account.path}/disconnect")
    assert (answer["status"], answer["sync"]["next_due_at"]) == ("disconnected", None)
    assert shop.calls_of(shop.tick) == 0
    assert account.told() == before
    state = api.ok("GET", f"/v1/alerts/{account.alert_id}")["state"]
    assert (state["status"], state["last_value"]) == ("paused", 200)
    api.refused("POST", f"{account.path}/sync", status=409)
    query = {"integration_id": account.id, "query": MRR}
    api.refused("POST", "/v1/test-query", query, status=409)


def test_it_goes_on_once_it_is_reconnected_with_a_key_of_its_own(shop, account):
    refused_keys(shop, "POST", f"{account.path}/reconnect")
    body = {"secret_key": shop.sandbox.key}
    answer = shop.api.ok("POST", f"{account.path}/reconnect", body)
    assert answer["status"] == "connected"
    shop.subscribe()
    assert shop.tick() == account.is_well()
    assert account.told()["metric"]["current"]["value"] == 300


def test_a_rolled_key_is_given_up_until_there_is_a_new_one(shop, account):
    shop.sandbox.settings.keys.roll(shop.sandbox.key, NEW_KEY)
    (failed,) = shop.tick()
    assert (failed["state"], failed["error"]["code"]) == ("error", "stripe_key_invalid")
    assert shop.calls_of(shop.tick) == 0
    answer = shop.api.ok("PATCH", account.path, {"secret_key": NEW_KEY})
    assert answer["key"] == f"sk_test_…{NEW_KEY[-4:]}"
    assert shop.tick() == account.is_well()


def test_nothing_is_left_of_it_once_it_is_removed(shop, account):
    api, other = shop.api, shop.connect("Other")
    api.refused("DELETE", account.path, status=409)
    api.ok("POST", f"{account.path}/disconnect")
    assert len(account.left()) > 10
    api.ok("DELETE", account.path, status=204)
    assert account.left() == []
    shop.tick()
    assert account.left() == []
    assert api.ok("GET", f"/v1/goals/{account.goal_id}")["metrics"] == []
    api.refused("GET", account.path, status=404)
    assert api.ok("GET", f"/v1/integrations/{other}")["status"] == "connected"
