"""What clients may do with an integration, from its connection to its removal."""

from datetime import timedelta
from decimal import Decimal

import pytest

from functions.api.handler import handle
from shared.domain.account import AccountIdentity
from shared.domain.alerts import AlertState, Point
from shared.domain.configuration import SyncFailure, SyncStatus
from shared.errors import KeyInvalidError
from tests.api_events import CONTEXT, an_event
from tests.api_world import KEY, ApiWorld
from tests.fakes import NOON
from tests.stories import a_metric, a_value, an_alert, an_integration

ONE = "/v1/integrations/int_1"
NEW_KEY = "sk_test_zyxwvutsrqponmlkjihgfedc"
OTHER_KEY = "sk_test_zyxwvutsrqponmlkjihg1234"
LIVE_KEY = "sk_live_" + "abcdefghijklmnopqrstuvwx"


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def codes(answer):
    return [warning["code"] for warning in answer["warnings"]]


def pointers(problem):
    return [error["pointer"] for error in problem["errors"]]


def tag_of(method, body=None, **headers):
    event = an_event(method, ONE, body)
    event["headers"] |= headers
    return handle(event, CONTEXT)["headers"]["ETag"]


def disconnected(world):
    return world.ok("POST", f"{ONE}/disconnect")


# Looking


def test_an_integration_says_how_it_is(world):
    found = world.ok("GET", ONE)
    assert (found["status"], found["mode"], found["key"]) == ("connected", "test", "sk_test_…abcd")
    assert codes(found) == ["test_mode"]
    assert found["sync"]["state"] == "never"
    assert found["sync"]["next_due_at"] == "2026-11-22T13:00:00Z"  # its metric is hourly
    assert found == world.ok("GET", "/v1/integrations")["data"][0]


def test_an_integration_without_metrics_is_due_every_day(world):
    world.config.add_integration(an_integration(id="int_2"))
    found = world.ok("GET", "/v1/integrations/int_2")
    assert found["sync"]["next_due_at"] == "2026-11-23T06:00:00Z"


@pytest.mark.parametrize(("minutes", "is_stale"), [(135, False), (136, True)])
def test_numbers_are_stale_once_two_hourly_syncs_have_been_missed(world, minutes, is_stale):
    world.config.save_sync_status("int_1", SyncStatus("ok", 1, NOON, NOON, NOON))
    world.clock.move(minutes=minutes)
    assert world.ok("GET", ONE)["sync"]["stale"] is is_stale
    assert world.ok("GET", "/v1/metrics/met_1")["sync"]["stale"] is is_stale


def test_before_the_first_success_and_once_disconnected_nothing_is_stale(world):
    world.clock.move(days=9)
    assert world.ok("GET", ONE)["sync"]["stale"] is False
    world.config.save_sync_status("int_1", SyncStatus("ok", 1, NOON, NOON, NOON))
    assert world.ok("GET", ONE)["sync"]["stale"] is True
    assert disconnected(world)["sync"]["stale"] is False


def test_a_key_older_than_a_year_should_be_rolled(world):
    world.clock.move(days=365)
    assert "key_old" not in codes(world.ok("GET", ONE))
    world.clock.move(seconds=1)
    assert "key_old" in codes(world.ok("GET", ONE))
    world.ok("PATCH", ONE, {"secret_key": NEW_KEY})
    assert "key_old" not in codes(world.ok("GET", ONE))
    world.clock.move(days=366)
    world.ok("PATCH", ONE, {"secret_key": NEW_KEY})  # the same is no younger for it
    assert "key_old" in codes(world.ok("GET", ONE))
    world.ok("PATCH", ONE, {"secret_key": OTHER_KEY})
    assert "key_old" not in codes(world.ok("GET", ONE))


def test_metrics_without_an_exchange_rate_are_counted(world):
    warning = (("currency_rate_missing", "Add a rate."),)
    world.config.add_metric(a_metric(id="met_2"))
    world.store(a_value(None, warnings=warning), a_value(metric_id="met_2"))
    status = SyncStatus("ok", 1, NOON, NOON, NOON, withheld=("met_1", "met_2", "met_gone"))
    world.config.save_sync_status("int_1", status)
    (told,) = (it for it in world.ok("GET", ONE)["warnings"] if it["code"] != "test_mode")
    assert told["code"] == "currency_rate_missing"
    assert told["message"].startswith("1 metric has no value because an exchange rate is missing.")
    world.store(a_value())
    assert codes(world.ok("GET", ONE)) == ["test_mode"]


def test_a_page_of_integrations_takes_as_few_calls_as_one(world):
    def calls(target):
        before = world.table.calls.made
        world.ok("GET", target)
        return world.table.calls.made - before

    one = calls("/v1/integrations")
    for number in range(2, 30):
        world.config.add_integration(an_integration(id=f"int_{number:02d}"))
    assert calls("/v1/integrations?limit=25") == one


# Connecting


def test_an_account_is_connected_with_numbers_for_rates_only(world):
    body = {"name": "EU", "secret_key": NEW_KEY, "fx_rates": {"eur": "1.1"}}
    status, problem = world.ask("POST", "/v1/integrations", body)
    assert (status, pointers(problem)) == (422, ["/fx_rates/eur"])
    connected = world.ok("POST", "/v1/integrations", body | {"fx_rates": {"EUR": 1.1}})
    assert (connected["fx_rates"], connected["status"]) == ({"eur": 1.1}, "connected")
    assert connected["connected_at"] == connected["key_set_at"] == connected["created_at"]


# Changing


def test_an_integration_is_renamed(world):
    changed = world.ok("PATCH", ONE, {"name": " Acme EU "})
    assert changed["name"] == "Acme EU"
    assert changed == world.ok("GET", ONE)
    assert world.queue.requests == []


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "eur"},
        {"fx_rates": {"eur": 1.1}},
        {"definitions": {"preset": "match_stripe"}},
    ],
)
def test_other_terms_ask_for_new_values_at_once(world, change):
    changed = world.ok("PATCH", ONE, change)
    (field,) = change
    assert changed[field] == change[field] or changed[field]["preset"] == "match_stripe"
    (request,) = world.queue.requests
    assert (request.integration_id, request.interval, request.metric_id) == ("int_1", None, None)
    world.ok("PATCH", ONE, change)
    assert len(world.queue.requests) == 1  # nothing has changed


def test_only_the_revision_that_was_read_is_changed(world):
    first = tag_of("GET")
    assert first == '"1"'
    assert tag_of("PATCH", {"name": "One"}, **{"if-match": first}) == '"2"'
    status, problem = world.ask("PATCH", ONE, {"name": "Two"}, if_match=first)
    assert (status, problem["code"]) == (412, "version_conflict")
    status, problem = world.ask("PATCH", ONE, {"secret_key": NEW_KEY}, if_match=first)
    assert (status, problem["code"]) == (412, "version_conflict")
    assert world.ok("GET", ONE)["name"] == "One"
    assert world.secrets.keys == {"int_1": KEY}


@pytest.mark.parametrize("field", ["name", "secret_key", "definitions", "currency", "fx_rates"])
def test_no_field_of_an_integration_can_be_null(world, field):
    status, problem = world.ask("PATCH", ONE, {field: None})
    assert (status, pointers(problem)) == (422, [f"/{field}"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fx_rates": {"eur": "1.1"}}, "/fx_rates/eur"),
        ({"fx_rates": {"eur": True}}, "/fx_rates/eur"),
        ({"fx_rates": {"eur": 0}}, "/fx_rates/eur"),
        ({"fx_rates": {"usd": 2}}, "/fx_rates/usd"),
        ({"currency": "eur", "fx_rates": {"eur": 2}}, "/fx_rates/eur"),
        ({"currency": "xxx"}, "/currency"),
        ({"name": KEY}, "/name"),
        ({"definitions": {"discounts": "some"}}, "/definitions/discounts"),
        ({"mode": "live"}, "/mode"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(world, change, pointer):
    status, problem = world.ask("PATCH", ONE, change)
    assert (status, pointers(problem)) == (422, [pointer])
    assert world.config.integration("int_1") == an_integration()


def test_a_currency_that_has_a_rate_cannot_become_the_one_that_is_reported_in(world):
    world.ok("PATCH", ONE, {"fx_rates": {"eur": 1.1}})
    status, problem = world.ask("PATCH", ONE, {"currency": "eur"})
    assert (status, pointers(problem)) == (422, ["/currency"])
    assert world.ok("PATCH", ONE, {"currency": "eur", "fx_rates": {"usd": 0.9}})


# The key


def test_a_new_key_is_stored_shown_masked_and_tried_at_once(world):
    world.clock.move(hours=1)
    changed = world.ok("PATCH", ONE, {"secret_key": NEW_KEY, "name": "Rolled"})
    assert (changed["key"], changed["name"]) == ("sk_test_…fedc", "Rolled")
    assert world.secrets.keys == {"int_1": NEW_KEY}
    assert world.config.integration("int_1").key_set_at == NOON + timedelta(hours=1)
    assert len(world.queue.requests) == 1


def test_a_key_that_stripe_refuses_leaves_the_old_one(world):
    world.source.error = KeyInvalidError("Invalid API Key.")
    status, problem = world.ask("PATCH", ONE, {"secret_key": NEW_KEY})
    assert (status, problem["code"]) == (422, "stripe_key_invalid")
    assert world.secrets.keys == {"int_1": KEY}
    assert world.config.integration("int_1") == an_integration()


@pytest.mark.parametrize("action", ["change", "reconnect"])
def test_a_key_of_another_account_or_mode_is_refused(world, action):
    method, target = "PATCH", ONE
    if action == "reconnect":
        disconnected(world)
        method, target = "POST", f"{ONE}/reconnect"
    before = world.config.integration("int_1"), dict(world.secrets.keys)
    status, problem = world.ask(method, target, {"secret_key": LIVE_KEY})
    assert (status, problem["code"]) == (409, "account_mismatch")
    assert "live key" in problem["detail"]
    world.source.identity = AccountIdentity("acct_2", "Other", "usd")
    status, problem = world.ask(method, target, {"secret_key": NEW_KEY})
    assert (status, problem["code"]) == (409, "account_mismatch")
    assert "acct_2" in problem["detail"]
    assert (world.config.integration("int_1"), world.secrets.keys) == before


# Disconnecting and reconnecting


def test_a_disconnected_integration_has_no_key_and_is_never_due(world):
    answer = disconnected(world)
    assert (answer["status"], answer["sync"]["next_due_at"]) == ("disconnected", None)
    assert world.secrets.keys == {}
    assert list(world.config.due_integrations("hourly")) == []
    assert list(world.config.due_integrations("daily")) == []
    assert disconnected(world) == answer
    assert world.config.integration("int_1").revision == 2


def test_what_needs_stripe_is_refused_while_disconnected(world):
    disconnected(world)
    metric = {"name": "New", "query": {"type": "mrr"}, "refresh_interval": "daily"}
    for method, target, body in (
        ("POST", f"{ONE}/sync", None),
        ("POST", f"{ONE}/metrics", metric),
        ("PATCH", ONE, {"secret_key": NEW_KEY}),
    ):
        status, problem = world.ask(method, target, body)
        assert (status, problem["code"]) == (409, "conflict")
        assert "is disconnected" in problem["detail"]
    assert world.secrets.keys == {}
    assert world.ok("PATCH", ONE, {"name": "Kept"})["name"] == "Kept"
    assert world.ok("PATCH", ONE, {"fx_rates": {"eur": 2}})["fx_rates"] == {"eur": 2}
    assert world.queue.requests == []


def test_everything_stays_readable_while_disconnected(world):
    world.store(a_value())
    world.alerts.add_alert(an_alert(), AlertState("firing", last=Point(Decimal(100), NOON)))
    disconnected(world)
    assert world.ok("GET", "/v1/metrics/met_1")["current"]["value"] == 100
    assert len(world.ok("GET", "/v1/metrics/met_1/values")["data"]) == 1
    assert world.ok("GET", f"{ONE}/metrics")["data"][0]["sync"]["next_due_at"] is None
    assert world.ok("GET", "/v1/alerts/alt_1/events")["data"] == []
    (alert,) = world.ok("GET", "/v1/alerts")["data"]
    assert (alert["state"]["status"], alert["state"]["last_value"]) == ("paused", 100)
    assert alert["state"]["note"].startswith("Paused: the integration is disconnected.")
    assert world.ok("GET", "/v1/alerts/alt_1") == alert
    world.ok("POST", f"{ONE}/reconnect", {"secret_key": KEY})
    assert world.ok("GET", "/v1/alerts/alt_1")["state"]["status"] == "firing"


def test_a_sync_that_was_killed_while_disconnecting_does_not_run_for_ever(world):
    world.config.save_sync_status("int_1", SyncStatus("running", 1, NOON, NOON, NOON))
    assert world.ok("GET", ONE)["sync"]["state"] == "running"
    assert disconnected(world)["sync"]["state"] == "ok"


def test_a_reconnected_integration_goes_on(world):
    world.clock.move(days=3)
    disconnected(world)
    answer = world.ok("POST", f"{ONE}/reconnect", {"secret_key": NEW_KEY})
    assert (answer["status"], answer["key"]) == ("connected", "sk_test_…fedc")
    assert world.secrets.keys == {"int_1": NEW_KEY}
    stored = world.config.integration("int_1")
    assert stored.connected_at == stored.key_set_at == world.clock.now()
    assert list(world.config.due_integrations("hourly")) == ["int_1"]
    assert len(world.queue.requests) == 1


def test_only_a_disconnected_integration_can_be_reconnected_or_removed(world):
    status, problem = world.ask("POST", f"{ONE}/reconnect", {"secret_key": NEW_KEY})
    assert (status, problem["code"]) == (409, "conflict")
    assert world.secrets.keys == {"int_1": KEY}
    status, problem = world.ask("DELETE", ONE)
    assert (status, problem["code"]) == (409, "conflict")


def test_a_failed_integration_that_is_disconnected_is_disconnected(world):
    failure = SyncFailure("stripe_key_invalid", "Enter the account's current secret key.")
    world.config.save_sync_status("int_1", SyncStatus("error", 1, NOON, error=failure))
    assert world.ok("GET", ONE)["status"] == "error"
    assert disconnected(world)["status"] == "disconnected"
