"""From a Stripe key to a message, through the deployed handlers with permissions enforced."""

import pytest

from local.stripe_sandbox import Business, Settings, start
from local.stripe_sandbox.paying import exchange_rate
from tests.fakes import NOON
from tests.local_process import Api, running_local

pytestmark = pytest.mark.emulator

MRR = {"type": "mrr"}


class Shop:
    """A hand-made Stripe account with one customer at 100 a month, and the API in front of it."""

    def __init__(self, sandbox, api: Api) -> None:
        self.sandbox, self.api = sandbox, api
        self.price = sandbox.run(lambda b: b.add_price(unit_amount=10_000))
        self.subscribe(self.price)

    def subscribe(self, price) -> None:
        def add(business: Business) -> None:
            business.add_subscription(price, created=business.now)

        self.sandbox.run(add)

    def connect(self, **fields):
        body = {"name": "Acme", "secret_key": self.sandbox.key, **fields}
        return self.api.ok("POST", "/v1/integrations", body, status=201)

    def tick(self, interval="hourly"):
        return self.api.ok("POST", "/_local/tick", {"interval": interval})["syncs"]


@pytest.fixture(scope="module", name="shop")
def _shop():
    with start(Business.empty(NOON, name="Acme"), settings=Settings()) as sandbox:
        options = ("--empty", "--no-schedule", "--stripe-api", sandbox.url)
        with running_local(*options) as api:
            yield Shop(sandbox, api)


def test_a_key_becomes_a_message(shop):
    api, integration = shop.api, shop.connect()
    assert integration["key"] == f"sk_test_…{shop.sandbox.key[-4:]}"
    assert (integration["mode"], integration["status"]) == ("test", "connected")
    assert [warning["code"] for warning in integration["warnings"]] == ["test_mode"]

    answer = api.ok("POST", "/v1/test-query", {"integration_id": integration["id"], "query": MRR})
    assert (answer["ok"], answer["value"], answer["formatted"]) == (True, 100, "$100.00")
    assert sum(part["value"] for part in answer["explanation"]["parts"]) == 100

    metric = api.ok(
        "POST",
        f"/v1/integrations/{integration['id']}/metrics",
        {"name": "MRR", "query": MRR, "refresh_interval": "hourly"},
        status=201,
    )
    synced = {"integration_id": integration["id"], "state": "ok", "error": None}
    assert shop.tick() == [synced]
    current = api.ok("GET", f"/v1/metrics/{metric['id']}")["current"]
    assert (current["value"], current["unit"], current["currency"]) == (100, "currency", "usd")

    email = api.ok(
        "POST", "/v1/channels", {"type": "email", "address": "team@example.com"}, status=201
    )
    sms = api.ok("POST", "/v1/channels", {"type": "sms", "address": "+1 415 555 0100"}, status=201)
    assert (email["status"], sms["status"], sms["address"]) == ("active", "active", "+14155550100")
    alert = api.ok(
        "POST",
        "/v1/alerts",
        {
            "metric_id": metric["id"],
            "rule": {"type": "threshold", "threshold": 150, "direction": "above"},
            "channels": [email["id"], sms["id"]],
        },
        status=201,
    )
    assert (alert["state"]["status"], alert["state"]["last_value"]) == ("ok", 100)

    shop.tick()
    assert api.ok("GET", "/_local/outbox")["data"] == []

    shop.subscribe(shop.price)
    shop.tick()
    shop.tick()  # still above: said once
    sent = api.ok("GET", "/_local/outbox")["data"]
    assert [(m["channel"], m["protocol"], m["endpoint"]) for m in sent] == [
        (email["id"], "email", "team@example.com"),
        (sms["id"], "sms", "+14155550100"),
    ]
    assert sent[0]["subject"].startswith(
        "[Test mode] [Good news] MRR above $150: now $200.00 (Acme, test) #"
    )
    assert "\nNow:         $200.00\nChange:      +$100.00 (+100%)\n" in sent[0]["message"]
    assert "MRR (Acme test) is above $150. Now $200.00, was $100.00 (+100%)." in sent[1]["message"]

    (event,) = api.ok("GET", f"/v1/alerts/{alert['id']}/events")["data"]
    assert (event["kind"], event["reason"], event["value"]) == ("fire", "crossed", 200)
    assert [notice["status"] for notice in event["notices"]] == ["sent", "sent"]
    state = api.ok("GET", f"/v1/alerts/{alert['id']}")["state"]
    assert (state["status"], state["last_value"]) == ("firing", 200)

    values = api.ok("GET", f"/v1/metrics/{metric['id']}/values")["data"]
    assert {value["value"] for value in values} == {100, 200}
    assert values == sorted(values, key=lambda value: value["as_of"])


def test_each_interval_refreshes_its_own_metrics(shop):
    integration = shop.connect()
    created = {}
    for interval in ("hourly", "daily", "weekly"):
        created[interval] = shop.api.ok(
            "POST",
            f"/v1/integrations/{integration['id']}/metrics",
            {
                "name": interval,
                "query": {"type": "subscription_count", "status": "all"},
                "refresh_interval": interval,
            },
            status=201,
        )["id"]
    shop.tick("hourly")  # first values have drained with it

    def count(interval: str) -> int:
        values = shop.api.ok("GET", f"/v1/metrics/{created[interval]}/values")["data"]
        return len(values)

    before = {interval: count(interval) for interval in created}
    assert all(before.values())
    shop.tick("weekly")
    after = {interval: count(interval) for interval in created}
    assert after == before | {"weekly": before["weekly"] + 1}


def test_a_revoked_key_is_told_and_the_value_stays(shop):
    integration = shop.connect()
    metric = shop.api.ok(
        "POST",
        f"/v1/integrations/{integration['id']}/metrics",
        {"name": "ARR", "query": {"type": "arr"}, "refresh_interval": "daily"},
        status=201,
    )
    shop.tick("daily")
    before = shop.api.ok("GET", f"/v1/metrics/{metric['id']}")["current"]
    old, keys = shop.sandbox.key, shop.sandbox.settings.keys
    keys.roll(old, "sk_test_sandbox0000anew", expires=False)
    try:
        results = {sync["integration_id"]: sync for sync in shop.tick("daily")}
        found = shop.api.ok("GET", f"/v1/integrations/{integration['id']}")
        after = shop.api.ok("GET", f"/v1/metrics/{metric['id']}")["current"]
        refused = shop.api.refused(
            "POST", "/v1/test-query", {"secret_key": old, "query": MRR}, status=422
        )
    finally:
        keys.roll(shop.sandbox.key, old, expires=False)
    assert results[integration["id"]]["state"] == "error"
    assert results[integration["id"]]["error"]["code"] == "stripe_key_invalid"
    assert (found["status"], found["sync"]["error"]["code"]) == ("error", "stripe_key_invalid")
    assert after == before
    assert refused["code"] == "stripe_key_invalid"
    assert old not in str(refused)


def test_an_account_without_rates_for_its_currencies_withholds_the_value(shop):
    for currency in ("usd", "eur"):
        price = shop.sandbox.run(
            lambda b, it=currency: b.add_price(unit_amount=10_000, currency=it)
        )
        shop.subscribe(price)
    query = {"secret_key": shop.sandbox.key, "query": MRR}
    answer = shop.api.ok("POST", "/v1/test-query", query)
    assert answer["value"] is None
    assert "currency_rate_missing" in {warning["code"] for warning in answer["warnings"]}
    rows = answer["explanation"]["breakdown"]["by_currency"]
    amounts = {row["currency"]: row["value"] for row in rows}
    assert amounts == {"usd": amounts["usd"], "eur": 100}
    integration = shop.connect(fx_rates={"eur": 1.10})
    answer = shop.api.ok(
        "POST", "/v1/test-query", {"integration_id": integration["id"], "query": MRR}
    )
    assert answer["value"] == amounts["usd"] + 110 >= 210


def test_money_that_stripe_exchanged_tells_the_rate(shop):
    euros = shop.sandbox.run(lambda b: b.add_price(unit_amount=10_000, currency="eur"))
    shop.subscribe(euros)
    rate = shop.sandbox.run(lambda b: exchange_rate(b.state, "eur", b.now))
    shop.sandbox.run(lambda b: b.charge(10_000, currency="eur"))
    integration = shop.connect()
    # By key the newest money is read for it, connected it is in the ledger.
    for source in ({"secret_key": shop.sandbox.key}, {"integration_id": integration["id"]}):
        answer = shop.api.ok("POST", "/v1/test-query", {**source, "query": MRR})
        rows = {row["currency"]: row for row in answer["explanation"]["breakdown"]["by_currency"]}
        assert rows["eur"]["rate_source"] == "implied"
        assert rows["eur"]["rate"] == pytest.approx(rate)
        assert rows["eur"]["converted"] == pytest.approx(rows["eur"]["value"] * rate, abs=0.01)
        added = rows["usd"]["value"] + rows["eur"]["converted"]
        assert answer["value"] == pytest.approx(added)


def test_what_was_made_can_be_removed(shop):
    api, integration = shop.api, shop.connect()
    metric = api.ok(
        "POST",
        f"/v1/integrations/{integration['id']}/metrics",
        {"name": "ARR", "query": {"type": "arr"}, "refresh_interval": "weekly"},
        status=201,
    )
    channel = api.ok(
        "POST", "/v1/channels", {"type": "email", "address": "one@example.com"}, status=201
    )
    rule = {"type": "threshold", "threshold": 1, "direction": "below"}
    alerts = [
        api.ok(
            "POST",
            "/v1/alerts",
            {"metric_id": metric["id"], "rule": rule, "channels": [channel["id"]]},
            status=201,
        )
        for _ in range(2)
    ]
    shop.tick("weekly")
    in_use = api.refused("DELETE", f"/v1/channels/{channel['id']}", status=409)
    assert in_use["code"] == "conflict"
    paths = [
        f"/v1/alerts/{alerts[0]['id']}",
        f"/v1/metrics/{metric['id']}",
        f"/v1/channels/{channel['id']}",
    ]
    for path in paths:
        api.ok("DELETE", path, status=204)
        assert api.refused("DELETE", path, status=404)["code"] == "not_found"
    # The other alert went with its metric.
    api.refused("GET", f"/v1/alerts/{alerts[1]['id']}", status=404)
    assert channel["id"] not in str(api.ok("GET", "/v1/channels?limit=100"))


def test_an_alert_that_is_to_speak_up_at_once_does(shop):
    api, integration = shop.api, shop.connect()
    metric = api.ok(
        "POST",
        f"/v1/integrations/{integration['id']}/metrics",
        {
            "name": "All subscriptions",
            "query": {"type": "subscription_count", "status": "all"},
            "refresh_interval": "weekly",
        },
        status=201,
    )
    channel = api.ok("POST", "/v1/channels", {"type": "sms", "address": "+33612345678"}, status=201)
    shop.tick("weekly")
    alert = api.ok(
        "POST",
        "/v1/alerts",
        {
            "metric_id": metric["id"],
            "rule": {"type": "threshold", "threshold": 0, "direction": "above"},
            "channels": [channel["id"]],
            "notify_if_already_breached": True,
        },
        status=201,
    )
    assert alert["state"]["status"] == "waiting"
    shop.tick("weekly")
    (event,) = api.ok("GET", f"/v1/alerts/{alert['id']}/events")["data"]
    assert (event["kind"], event["reason"]) == ("fire", "already_beyond")
    sent = [m for m in api.ok("GET", "/_local/outbox")["data"] if m["channel"] == channel["id"]]
    assert len(sent) == 1


def test_unknown_ids_and_wrong_tokens_are_refused(shop):
    for path in ("integrations/int_x", "metrics/met_x", "alerts/alt_x", "metrics/met_x/values"):
        assert shop.api.refused("GET", f"/v1/{path}", status=404)["code"] == "not_found"
    for token in ("wrong", "", "a.b.c"):
        stranger = Api(shop.api.url, token)
        assert stranger.call("GET", "/v1/integrations")[0] == 401
        assert stranger.call("GET", "/_local/outbox")[0] == 401
        assert stranger.call("GET", "/health")[0] == 200


def test_the_key_is_in_no_answer(shop):
    integration = shop.connect()
    for path in ("", f"/{integration['id']}", f"/{integration['id']}/metrics"):
        assert shop.sandbox.key not in str(shop.api.ok("GET", f"/v1/integrations{path}"))
