"""Alerts through the API: set, change, pause, try out, and what their history shows."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.adapters.dynamodb_keys import alert_key
from shared.domain.alerts import Decision, Point
from shared.domain.messages import short_id
from shared.domain.notices import AlertEvent, Message, Notice
from shared.errors import VersionConflictError
from tests.api_world import ApiWorld
from tests.fakes import NOON
from tests.stories import a_value

BELOW = {"type": "threshold", "threshold": 10000, "direction": "below"}
CHANGE = {"type": "change", "percentage": 10, "direction": "any"}


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def set_alert(world: ApiWorld, **fields):
    usual = {"metric_id": "met_1", "rule": BELOW, "channels": ["chn_1"]}
    return world.ok("POST", "/v1/alerts", usual | fields)


def change(world: ApiWorld, alert, **fields):
    return world.ok("PATCH", f"/v1/alerts/{alert['id']}", fields)


def test_an_alert_comes_back_with_all_its_settings(world):
    world.store(a_value("10500", 7))
    alert = set_alert(world, cooldown_hours=1.5, notify_on_recovery=True)
    assert alert["rule"] == BELOW | {"hysteresis": 0}
    assert (alert["name"], alert["cooldown_hours"]) == ("MRR below $10,000", 1.5)
    assert (alert["unit"], alert["currency"]) == ("currency", "usd")
    assert alert["state"] == {
        "status": "ok",
        "since": "2026-11-22T12:00:00Z",
        "last_value": 10500,
        "last_as_of": "2026-11-22T12:00:00Z",
        "note": "Notifies as soon as the value goes below $10,000.",
    }
    assert world.ok("GET", f"/v1/alerts/{alert['id']}") == alert
    assert world.ok("GET", "/v1/alerts")["data"] == [alert]


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (CHANGE, "MRR changes by 10%"),
        (CHANGE | {"direction": "decrease", "compare_to": "week"}, "MRR drops by 10% in a week"),
        (
            {"type": "change", "percentage": 2.5, "direction": "increase"}
            | {"compare_to": "last_alert"},
            "MRR rises by 2.5% since the last alert",
        ),
    ],
    ids=str,
)
def test_an_alert_of_changes_is_named_after_what_it_waits_for(world, rule, name):
    alert = set_alert(world, rule=rule)
    assert alert["name"] == name
    assert alert["rule"] == {"compare_to": "previous"} | rule


def test_t03_the_answer_says_plainly_that_the_value_is_already_beyond(world):
    world.store(a_value("9000", 7))
    state = set_alert(world)["state"]
    assert state["status"] == "firing"
    assert state["note"].startswith("The value is already below $10,000. Notifies the next time")


def test_an_alert_that_compares_with_last_week_says_that_it_waits_for_a_baseline(world):
    world.store(a_value("10500", 7))
    state = set_alert(world, rule=CHANGE | {"compare_to": "week"})["state"]
    assert state["status"] == "waiting"
    assert state["note"] == (
        "Waiting for a baseline: there is no value of 2026-11-15 12:00 UTC or before to compare "
        "with."
    )


def test_an_alert_that_compares_with_last_week_finds_its_baseline_in_the_history(world):
    week = timedelta(days=7)
    world.store(a_value("100", 0, as_of=NOON - week), a_value("200", 7))
    alert = set_alert(world, rule=CHANGE | {"compare_to": "week"})
    state = world.alerts.state(alert["id"])
    # The value is the first: nobody is told that it has doubled, and no cooldown begins.
    assert (state.status, state.episode, state.told_at) == ("ok", 0, None)


def test_an_alert_that_cools_down_says_until_when(world):
    alert = set_alert(world, cooldown_hours=24)
    stored, seen = world.alerts.alert(alert["id"]), world.alerts.state(alert["id"])
    last = Point(Decimal(10500), NOON + timedelta(hours=2))
    state = replace(seen, status="ok", last=last, last_version=9, told_at=NOON, held=1)
    world.alerts.commit_decision(stored, seen=seen, state=state, event=None, notices=())
    assert world.ok("GET", f"/v1/alerts/{alert['id']}")["state"]["note"] == (
        "Notifies as soon as the value goes below $10,000. The cooldown holds notices back until "
        "data of 2026-11-23 12:00 UTC. Held back since the last notice: 1."
    )


def test_t15_another_rule_starts_afresh_from_the_current_value(world):
    world.store(a_value("9700", 7))
    alert = set_alert(world)
    assert alert["state"]["status"] == "firing"
    changed = change(world, alert, rule=BELOW | {"threshold": 9500})
    assert (changed["state"]["status"], changed["state"]["last_value"]) == ("ok", 9700)
    stored = world.alerts.alert(alert["id"])
    assert (stored.config_version, stored.revision) == (2, 2)
    assert world.alerts.state(alert["id"]).config_version == 2


def test_the_usual_name_follows_the_rule_and_a_name_of_its_own_stays(world):
    alert = set_alert(world)
    assert change(world, alert, rule=BELOW | {"threshold": 9500})["name"] == "MRR below $9,500"
    change(world, alert, name="Floor")
    assert change(world, alert, rule=BELOW)["name"] == "Floor"
    both = {"name": "Growth", "rule": CHANGE}
    assert change(world, alert, **both)["name"] == "Growth"


def test_an_alert_that_is_to_speak_up_at_once_is_offered_a_new_value(world):
    world.store(a_value("9000", 7))
    alert = set_alert(world)
    assert not world.queue.requests
    state = change(world, alert, notify_if_already_breached=True)["state"]
    assert state["note"] == (
        "Waiting for the next value. Notifies if it is below $10,000, even if it was before."
    )
    (request,) = world.queue.requests
    assert (request.metric_id, request.slot) == ("met_1", f"{alert['id']}-2")
    change(world, alert, name="Floor")
    change(world, alert, rule=CHANGE)
    assert len(world.queue.requests) == 1


def test_another_name_or_channel_leaves_the_alert_where_it_stands(world):
    other = world.ok("POST", "/v1/channels", {"type": "sms", "address": "+14155550100"})
    alert = set_alert(world)
    before = world.alerts.state(alert["id"])
    world.store(a_value("9000", 8))
    changed = change(world, alert, name="Floor", channels=[other["id"], "chn_1", other["id"]])
    assert (changed["name"], changed["channels"]) == ("Floor", [other["id"], "chn_1"])
    assert world.alerts.state(alert["id"]) == before
    stored = world.alerts.alert(alert["id"])
    assert (stored.config_version, stored.revision) == (1, 2)


def test_an_alert_is_paused_and_goes_on_from_the_value_of_that_day(world):
    world.store(a_value("10500", 7))
    alert = set_alert(world)
    paused = change(world, alert, enabled=False)
    assert (paused["enabled"], paused["state"]["status"]) == (False, "paused")
    world.store(a_value("9000", 8))
    enabled = change(world, alert, enabled=True)
    assert (enabled["enabled"], enabled["state"]["status"]) == (True, "firing")
    assert "already below" in enabled["state"]["note"]
    assert world.alerts.alert(alert["id"]).config_version == 1


def test_changing_nothing_writes_nothing(world):
    alert = set_alert(world)
    assert change(world, alert, name=alert["name"], enabled=True) == alert
    assert change(world, alert) == alert
    assert world.alerts.alert(alert["id"]).revision == 1


def test_two_who_change_an_alert_at_once_both_get_their_way(world, monkeypatch):
    alert = set_alert(world)
    save, losses = world.services.alerts.save_alert, [VersionConflictError("lost")]

    def lose_once(*args):
        if losses:
            save(*args)
            raise losses.pop()
        save(*args)

    monkeypatch.setattr(type(world.alerts), "save_alert", lambda self, *args: lose_once(*args))
    change(world, alert, name="Floor")
    change(world, alert, cooldown_hours=2)
    stored = world.alerts.alert(alert["id"])
    assert (stored.name, stored.cooldown_hours) == ("Floor", Decimal(2))


def test_an_alert_whose_removal_was_cut_short_keeps_no_other_from_being_listed(world):
    gone, there = set_alert(world), set_alert(world)
    world.table.delete([alert_key(gone["id"], "STATE")])
    assert world.ok("GET", "/v1/alerts")["data"] == [there]
    assert world.ask("DELETE", f"/v1/alerts/{gone['id']}")[0] == 204


def test_an_unknown_alert_or_channel_is_not_found(world):
    alert = set_alert(world)
    for method, target, body in (
        ("PATCH", "/v1/alerts/alt_none", {"name": "x"}),
        ("PATCH", f"/v1/alerts/{alert['id']}", {"channels": ["chn_none"]}),
        ("POST", "/v1/alerts/preview", {"metric_id": "met_none", "rule": BELOW}),
        ("PUT", "/v1/notifications", {"channels": ["chn_none"], "events": []}),
        ("POST", "/v1/channels/chn_none/test", None),
    ):
        status, problem = world.ask(method, target, body)
        assert (status, problem["code"]) == (404, "not_found"), target


def test_the_history_says_what_was_decided_by_whom_it_was_heard_and_why_not(world):
    alert = set_alert(world)
    stored, seen = world.alerts.alert(alert["id"]), world.alerts.state(alert["id"])
    key = f"{stored.id}/1/1/fire"
    decision = Decision(
        key, "fire", "crossed", Decimal("9000.50"), NOON, Point(Decimal(10001), NOON)
    )
    notice = Notice(key, stored.id, "chn_1", "email", "chn_1@example.com", Message("s", "b"), NOON)
    world.alerts.commit_decision(
        stored,
        seen=seen,
        state=seen,
        event=AlertEvent(decision, NOON, "Went below $10,000."),
        notices=[notice],
    )
    (event,) = world.ok("GET", f"/v1/alerts/{alert['id']}/events")["data"]
    assert event == {
        "id": key,
        "notice_id": f"#{short_id(key)}",
        "at": "2026-11-22T12:00:00Z",
        "as_of": "2026-11-22T12:00:00Z",
        "decided_at": "2026-11-22T12:00:00Z",
        "kind": "fire",
        "reason": "crossed",
        "value": 9000.5,
        "previous": 10001,
        "previous_as_of": "2026-11-22T12:00:00Z",
        "change_percent": -10,
        "held": None,
        "text": "Went below $10,000.",
        "notices": [
            {
                "channel": "chn_1",
                "type": "email",
                "address": "chn_1@example.com",
                "status": "pending",
                "attempts": 0,
                "failure": None,
                "message_id": None,
                "sent_at": None,
            }
        ],
    }


REFUSED_RULES = [
    ({"type": "threshold", "direction": "below"}, "/rule/threshold"),
    (BELOW | {"threshold": "10000"}, "/rule/threshold"),
    (BELOW | {"threshold": True}, "/rule/threshold"),
    (BELOW | {"threshold": None}, "/rule/threshold"),
    (BELOW | {"threshold": 1e300}, "/rule/threshold"),
    (BELOW | {"threshold": 1e-300}, "/rule/threshold"),
    (BELOW | {"hysteresis": -1}, "/rule/hysteresis"),
    (BELOW | {"direction": "under"}, "/rule/direction"),
    (BELOW | {"percentage": 10}, "/rule/percentage"),
    (BELOW | {"type": "trend"}, "/rule/type"),
    ({"threshold": 1}, "/rule/type"),
    (CHANGE | {"percentage": 0}, "/rule/percentage"),
    (CHANGE | {"percentage": -10}, "/rule/percentage"),
    (CHANGE | {"compare_to": "decade"}, "/rule/compare_to"),
    (CHANGE | {"direction": "above"}, "/rule/direction"),
    ([], "/rule"),
    (None, "/rule"),
]


@pytest.mark.parametrize(("rule", "pointer"), REFUSED_RULES, ids=str)
def test_a_rule_that_means_nothing_is_refused_with_its_field(world, rule, pointer):
    usual = {"metric_id": "met_1", "rule": rule}
    alert = set_alert(world)
    for method, target, body in (
        ("POST", "/v1/alerts", usual | {"channels": ["chn_1"]}),
        ("POST", "/v1/alerts/preview", usual),
        ("PATCH", f"/v1/alerts/{alert['id']}", {"rule": rule}),
    ):
        status, problem = world.ask(method, target, body)
        assert (status, problem["code"]) == (422, "validation_failed")
        assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e999999999"])
@pytest.mark.parametrize("field", ["threshold", "hysteresis", "percentage", "cooldown_hours"])
def test_a_number_beyond_all_bounds_is_refused_as_it_is_written(world, field, number):
    rule = dict(CHANGE if field == "percentage" else BELOW)
    body = {"metric_id": "met_1", "rule": rule}
    (body if field == "cooldown_hours" else rule)[field] = "NUMBER"
    text = json.dumps(body).replace('"NUMBER"', number)
    status, problem = world.ask("POST", "/v1/alerts/preview", text)
    pointer = "/cooldown_hours" if field == "cooldown_hours" else f"/rule/{field}"
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "9" * 5_000])
def test_what_json_does_not_know_as_a_number_is_refused(world, number):
    text = json.dumps({"metric_id": "met_1", "rule": BELOW}).replace("10000", number)
    status, problem = world.ask("POST", "/v1/alerts/preview", text)
    assert (status, problem["code"]) == (400, "validation_failed")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"channels": []}, "/channels"),
        ({"enabled": "yes"}, "/enabled"),
        ({"cooldown_hours": -1}, "/cooldown_hours"),
        ({"cooldown_hours": "2"}, "/cooldown_hours"),
        ({"cooldown_hours": 9000}, "/cooldown_hours"),
        ({"metric_id": "met_1"}, "/metric_id"),
        ({"id": "alt_1"}, "/id"),
    ],
    ids=str,
)
def test_a_change_that_cannot_be_is_refused_and_nothing_is_written(world, changes, pointer):
    alert = set_alert(world)
    status, problem = world.ask("PATCH", f"/v1/alerts/{alert['id']}", changes)
    assert (status, problem["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert world.ok("GET", f"/v1/alerts/{alert['id']}") == alert
