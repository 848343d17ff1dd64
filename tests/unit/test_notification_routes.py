"""Channels and notifications through the API: who hears of what, and whether they do."""

import pytest

from tests.api_world import ApiWorld


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def test_notifications_are_nobodys_until_somebody_asks_to_hear(world):
    found = world.ok("GET", "/v1/notifications")
    assert found["channels"] == []
    assert {"sync_failed", "stale", "recovered"} <= set(found["events"])
    wanted = {"channels": ["chn_1", "chn_1"], "events": ["stale", "sync_failed", "stale"]}
    kept = {"channels": ["chn_1"], "events": ["stale", "sync_failed"]}
    assert world.ok("PUT", "/v1/notifications", wanted) == kept
    assert world.ok("GET", "/v1/notifications") == kept
    status, problem = world.ask("DELETE", "/v1/channels/chn_1")
    assert (status, problem["code"]) == (409, "conflict")
    assert "notifications" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channels": []}, "/events"),
        ({"channels": [], "events": ["party"]}, "/events/0"),
        ({"channels": "chn_1", "events": []}, "/channels"),
        ({"channels": [], "events": [], "who": 1}, "/who"),
    ],
    ids=str,
)
def test_notifications_that_mean_nothing_are_refused(world, body, pointer):
    status, problem = world.ask("PUT", "/v1/notifications", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


def test_a_channel_is_tried_out(world):
    found = world.ok("POST", "/v1/channels/chn_1/test")
    assert (found["status"], found["message_id"]) == ("sent", "message-1")
    assert [it.channel_id for it in world.notifier.published] == ["chn_1"]


def test_a_channel_that_does_not_receive_is_shown_so_and_cannot_be_tried_out(world):
    world.notifier.unconfirmed.add("sub-chn_1")
    status, problem = world.ask("POST", "/v1/channels/chn_1/test")
    assert (status, problem["code"]) == (409, "conflict")
    assert problem["detail"].startswith("The address has not been confirmed")
    (shown,) = world.ok("GET", "/v1/channels")["data"]
    assert (shown["status"], shown["note"]) == ("pending_confirmation", problem["detail"])
    world.notifier.subscriptions.clear()
    world.notifier.unconfirmed.clear()
    (shown,) = world.ok("GET", "/v1/channels")["data"]
    assert shown["status"] == "not_receiving"
    assert "unsubscribed" in shown["note"]
