"""Alerts that are set for a goal: whose metric must serve it, and what happens when it does not."""

import pytest

from tests.api_world import ApiWorld

TARGET = {"name": "10k MRR", "target": 10000}
ALERT = {
    "metric_id": "met_1",
    "rule": {"type": "threshold", "threshold": 9000, "direction": "below"},
    "channels": ["chn_1"],
}


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def set_goal(world: ApiWorld, *metrics: str):
    goal = world.ok("POST", "/v1/goals", TARGET)
    for metric_id in metrics:
        goal = link(world, goal, metric_id)
    return goal


def link(world: ApiWorld, goal, metric_id="met_1"):
    return world.ok("PUT", f"/v1/goals/{goal['id']}/metrics/{metric_id}")


def test_an_alert_for_a_goal_names_it_and_pauses_when_the_metric_serves_it_no_more(world):
    goal = set_goal(world, "met_1")
    alert = world.ok("POST", "/v1/alerts", ALERT | {"goal_id": goal["id"]})
    assert alert["goal_id"] == goal["id"]
    world.ask("DELETE", f"/v1/goals/{goal['id']}/metrics/met_1")
    alert = world.ok("GET", f"/v1/alerts/{alert['id']}")
    assert (alert["goal_id"], alert["enabled"]) == (None, False)
    assert alert["state"]["status"] == "paused"
    world.ok("PATCH", f"/v1/alerts/{alert['id']}", {"enabled": True})


def test_an_alert_is_for_a_goal_that_its_metric_serves(world):
    goal = set_goal(world)
    assert world.ask("POST", "/v1/alerts", ALERT | {"goal_id": "goal_9"})[0] == 404
    status, problem = world.ask("POST", "/v1/alerts", ALERT | {"goal_id": goal["id"]})
    assert (status, problem["code"]) == (409, "conflict")
    alert = world.ok("POST", "/v1/alerts", ALERT)
    target = f"/v1/alerts/{alert['id']}"
    assert world.ask("PATCH", target, {"goal_id": goal["id"]})[0] == 409
    link(world, goal)
    assert world.ok("PATCH", target, {"goal_id": goal["id"]})["goal_id"] == goal["id"]
    assert world.ok("PATCH", target, {"goal_id": None})["goal_id"] is None
