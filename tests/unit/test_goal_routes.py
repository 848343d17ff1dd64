"""Goals through the API: set, link, change, remove, and what is refused."""

from datetime import timedelta

import pytest

from shared.domain.goals import MOST_LINKS, Goal, follow
from shared.domain.metrics import Churn
from tests.api_world import ApiWorld
from tests.fakes import NOON
from tests.stories import a_metric, a_value, an_integration

TARGET = {"name": "10k MRR", "target": 10000}
ALERT = {
    "metric_id": "met_1",
    "rule": {"type": "threshold", "threshold": 9000, "direction": "below"},
    "channels": ["chn_1"],
}


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def set_goal(world: ApiWorld, *metrics: str, **fields):
    goal = world.ok("POST", "/v1/goals", TARGET | fields)
    for metric_id in metrics:
        goal = link(world, goal, metric_id)
    return goal


def link(world: ApiWorld, goal, metric_id="met_1", body=None):
    return world.ok("PUT", f"/v1/goals/{goal['id']}/metrics/{metric_id}", body)


def store(world: ApiWorld, amount: str, version: int = 1, **changes) -> None:
    at = NOON + timedelta(days=version)
    world.store(a_value(amount, version, as_of=at, **changes))


def test_a_goal_without_a_metric_says_so(world):
    goal = set_goal(world, description="By the end of the year\nor soon after")
    assert goal["progress"] == {
        "percent": None,
        "current": None,
        "start": None,
        "target": 10000,
        "direction": "increase",
        "on_track": None,
        "projected_on": None,
        "reached_at": None,
        "note": "No metric is linked yet.",
    }
    assert (goal["metrics"], goal["unit"], goal["start"]) == ([], None, None)
    assert goal["description"] == "By the end of the year\nor soon after"
    assert world.ok("GET", f"/v1/goals/{goal['id']}") == goal
    assert world.ok("GET", "/v1/goals") == {"data": [goal], "next_cursor": None}


def test_a_goal_begins_at_the_value_that_its_metric_has_when_it_is_linked(world):
    store(world, "5000")
    goal = set_goal(world, "met_1")
    assert (goal["start"], goal["unit"], goal["currency"]) == (5000, "currency", "usd")
    assert goal["progress"]["percent"] == 0
    (metric,) = goal["metrics"]
    assert (metric["id"], metric["name"], metric["primary"]) == ("met_1", "MRR", True)
    assert metric["progress"] == goal["progress"]


def test_progress_follows_the_metric(world):
    store(world, "5000")
    goal = set_goal(world, "met_1", due_on="2026-12-31")
    store(world, "7500", 11)
    progress = world.ok("GET", f"/v1/goals/{goal['id']}")["progress"]
    assert (progress["percent"], progress["current"], progress["start"]) == (50, 7500, 5000)
    assert (progress["on_track"], progress["projected_on"]) == (True, "2026-12-13")
    assert progress["note"] == (
        "On track for 2026-12-31. At the present pace it is reached on 2026-12-13."
    )


def test_a_start_that_was_given_is_where_the_way_begins(world):
    store(world, "8000")
    progress = set_goal(world, "met_1", start=4000)["progress"]
    assert (progress["start"], round(progress["percent"], 2)) == (4000, 66.67)


def test_a_metric_can_be_lowered(world):
    store(world, "8000")
    goal = set_goal(world, "met_1", target=2000)
    assert goal["direction"] == "decrease"
    store(world, "5000", 2)
    assert world.ok("GET", f"/v1/goals/{goal['id']}")["progress"]["percent"] == 50


def test_a_metric_without_a_value_yet_begins_with_its_first(world):
    goal = set_goal(world, "met_1")
    assert goal["progress"]["note"] == "The metric has no value yet."
    assert goal["start"] is None


def test_the_first_metric_is_primary_until_another_is_made_so(world):
    world.config.add_metric(a_metric(id="met_2", name="Net MRR"))
    goal = set_goal(world, "met_1", "met_2")
    assert [(it["id"], it["primary"]) for it in goal["metrics"]] == [
        ("met_1", True),
        ("met_2", False),
    ]
    goal = link(world, goal, "met_2", {"primary": True})
    assert [(it["id"], it["primary"]) for it in goal["metrics"]] == [
        ("met_2", True),
        ("met_1", False),
    ]
    assert link(world, goal, "met_2", {}) == goal
    target = f"/v1/goals/{goal['id']}/metrics/met_2"
    status, problem = world.ask("PUT", target, {"primary": False})
    assert (status, problem["code"]) == (409, "conflict")


def test_when_the_primary_metric_is_unlinked_the_next_one_is_primary(world):
    world.config.add_metric(a_metric(id="met_2"))
    goal = set_goal(world, "met_1", "met_2")
    target = f"/v1/goals/{goal['id']}/metrics/met_1"
    assert world.ask("DELETE", target) == (204, None)
    (metric,) = world.ok("GET", f"/v1/goals/{goal['id']}")["metrics"]
    assert (metric["id"], metric["primary"]) == ("met_2", True)
    assert world.ok("GET", "/v1/metrics/met_1")["goals"] == []
    assert world.ask("DELETE", target)[0] == 404


def test_a_metric_serves_many_goals_and_names_them(world):
    goals = [set_goal(world, "met_1", name=name) for name in ("One", "Two")]
    shown = [{"id": goal["id"], "name": goal["name"], "primary": True} for goal in goals]
    assert world.ok("GET", "/v1/metrics/met_1")["goals"] == shown
    (metric,) = world.ok("GET", "/v1/integrations/int_1/metrics")["data"]
    assert metric["goals"] == shown


def test_a_goal_has_so_many_metrics_and_no_more(world):
    for number in range(MOST_LINKS):
        world.config.add_metric(a_metric(id=f"met_{number + 2}"))
    goal = set_goal(world, *(f"met_{number + 1}" for number in range(MOST_LINKS)))
    target = f"/v1/goals/{goal['id']}/metrics/met_{MOST_LINKS + 1}"
    status, problem = world.ask("PUT", target)
    assert (status, problem["code"]) == (409, "conflict")


def test_another_target_is_looked_at_afresh(world):
    store(world, "5000")
    goal = set_goal(world, "met_1")
    store(world, "12000", 2)
    stored = world.goals.goal(goal["id"])
    world.goals.save_goal(follow(stored, a_value("12000", as_of=NOON + timedelta(days=2)))[0])
    target = f"/v1/goals/{goal['id']}"
    assert world.ok("GET", target)["progress"]["reached_at"] == "2026-11-24T12:00:00Z"
    progress = world.ok("PATCH", target, {"target": 19000})["progress"]
    assert (progress["percent"], progress["reached_at"]) == (50, None)
    progress = world.ok("PATCH", target, {"name": "19k"})["progress"]
    assert progress["percent"] == 50
    progress = world.ok("PATCH", target, {"target": 11000})["progress"]
    assert progress["reached_at"] == "2026-11-24T12:00:00Z"


def test_what_is_taken_away_falls_back_to_its_default(world):
    store(world, "5000")
    given = {"start": 1000, "due_on": "2026-12-31", "direction": "increase", "description": "x"}
    goal = set_goal(world, "met_1", **given)
    changed = world.ok("PATCH", f"/v1/goals/{goal['id']}", dict.fromkeys(given))
    assert (changed["start"], changed["due_on"], changed["description"]) == (5000, None, None)
    assert changed["direction"] == "increase"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": f"sk_test_{'a' * 24}"}, "/name"),
        ({"description": "x" * 2001}, "/description"),
        ({"description": "a\u0000b"}, "/description"),
        ({"target": "10000"}, "/target"),
        ({"target": True}, "/target"),
        ({"target": None}, "/target"),
        ({"target": 10**16}, "/target"),
        ({"start": 10000}, "/start"),
        ({"start": "no"}, "/start"),
        ({"start": 1, "direction": "decrease"}, "/direction"),
        ({"direction": "up"}, "/direction"),
        ({"due_on": "2026-02-30"}, "/due_on"),
        ({"due_on": "2026-12-31T00:00:00Z"}, "/due_on"),
        ({"due_on": 1798675200}, "/due_on"),
        ({"due_on": "9999-12-31"}, "/due_on"),
        ({"metrics": []}, "/metrics"),
    ],
)
def test_what_cannot_be_is_refused_in_words(world, fields, pointer):
    goal = set_goal(world)
    for method, target in (("POST", "/v1/goals"), ("PATCH", f"/v1/goals/{goal['id']}")):
        body = TARGET | fields if method == "POST" else fields
        status, problem = world.ask(method, target, body)
        assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert world.ok("GET", "/v1/goals")["data"] == [goal]


def test_a_day_that_is_over_is_taken_and_said_to_be_over(world):
    store(world, "5000")
    progress = set_goal(world, "met_1", due_on="2026-11-20")["progress"]
    assert progress["on_track"] is False
    assert progress["note"].startswith("It was due on 2026-11-20 and has not been reached.")
    progress = set_goal(world, "met_1", due_on="2026-11-20", target=5000, start=1)["progress"]
    assert progress["on_track"] is True


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/goals/goal_9"),
        ("PATCH", "/v1/goals/goal_9"),
        ("DELETE", "/v1/goals/goal_9"),
        ("PUT", "/v1/goals/goal_9/metrics/met_1"),
        ("DELETE", "/v1/goals/goal_9/metrics/met_1"),
    ],
)
def test_a_goal_that_is_not_there_is_not_found(world, method, path):
    body = {"name": "x"} if method == "PATCH" else None
    assert world.ask(method, path, body)[0] == 404


def test_a_metric_that_is_not_there_cannot_be_linked(world):
    goal = set_goal(world)
    assert world.ask("PUT", f"/v1/goals/{goal['id']}/metrics/met_9")[0] == 404
    assert world.ok("GET", f"/v1/goals/{goal['id']}") == goal


def test_of_two_writers_one_is_refused_and_nothing_is_lost(world):
    target = f"/v1/goals/{set_goal(world)['id']}"
    first = world.ask("PATCH", target, {"name": "First"}, if_match='"1"')
    second = world.ask("PATCH", target, {"target": 7}, if_match='"1"')
    assert (first[0], second[0], second[1]["code"]) == (200, 412, "version_conflict")
    goal = world.ok("GET", target)
    assert (goal["name"], goal["target"]) == ("First", 10000)


def test_two_writers_who_say_no_version_both_have_their_way(world, monkeypatch):
    target = f"/v1/goals/{set_goal(world)['id']}"
    read = world.goals.goal
    answers: list[None] = []

    def read_and_be_overtaken(goal_id) -> Goal:
        found = read(goal_id)
        if not answers:
            answers.append(None)
            world.ok("PATCH", target, {"name": "Theirs"})
        return found

    monkeypatch.setattr(world.goals, "goal", read_and_be_overtaken)
    world.ok("PATCH", target, {"target": 7})
    goal = world.ok("GET", target)
    assert (goal["name"], goal["target"]) == ("Theirs", 7)


def test_a_removed_goal_leaves_its_metrics_and_pauses_its_alerts(world):
    goal = set_goal(world, "met_1")
    alert = world.ok("POST", "/v1/alerts", ALERT | {"goal_id": goal["id"]})
    assert world.ask("DELETE", f"/v1/goals/{goal['id']}") == (204, None)
    assert world.ok("GET", "/v1/goals")["data"] == []
    assert world.ok("GET", "/v1/metrics/met_1")["goals"] == []
    assert world.ok("GET", f"/v1/alerts/{alert['id']}")["enabled"] is False
    assert not [place for place in world.table.items if goal["id"] in place[0]]


def test_a_removed_metric_is_in_no_goal_any_more(world):
    world.config.add_metric(a_metric(id="met_2"))
    goal = set_goal(world, "met_1", "met_2")
    assert world.ask("DELETE", "/v1/metrics/met_1") == (204, None)
    goal = world.ok("GET", f"/v1/goals/{goal['id']}")
    assert [it["id"] for it in goal["metrics"]] == ["met_2"]


def test_a_goal_in_another_currency_than_its_metric_has_no_progress_and_says_why(world):
    store(world, "5000")
    goal = set_goal(world, "met_1")
    store(world, "6000", 2, currency="eur")
    progress = world.ok("GET", f"/v1/goals/{goal['id']}")["progress"]
    assert (progress["percent"], progress["on_track"]) == (None, None)
    assert progress["note"] == (
        "The target is in USD, and this metric is in EUR: there is no way from one to the other."
        " Set the target anew if it is to count what the primary metric counts."
    )
    changed = world.ok("PATCH", f"/v1/goals/{goal['id']}", {"target": 9000})
    assert (changed["currency"], changed["progress"]["current"]) == ("eur", 6000)
    # Where it began was in dollars.
    assert (changed["start"], changed["progress"]["percent"]) == (6000, 0)


def test_a_metric_that_counts_something_else_serves_a_goal_without_progress(world):
    store(world, "5000")
    world.config.add_metric(a_metric(id="met_2", query=Churn()))
    store(world, "5", metric_id="met_2", unit="percent", currency=None)
    goal = set_goal(world, "met_1", "met_2")
    second = goal["metrics"][1]["progress"]
    assert (second["percent"], second["on_track"], second["current"]) == (None, None, 5)
    assert "The target is in USD, and this metric is in percent" in second["note"]
    link(world, goal, "met_2", {"primary": True})
    changed = world.ok("PATCH", f"/v1/goals/{goal['id']}", {"target": 3})
    assert (changed["unit"], changed["progress"]["start"]) == ("percent", 5)


def test_a_metric_that_measures_something_else_begins_anew(world):
    store(world, "5000")
    goal = set_goal(world, "met_1")
    store(world, "7500", 2)
    world.ok("PATCH", "/v1/metrics/met_1", {"query": {"type": "arr"}})
    target = f"/v1/goals/{goal['id']}"
    assert world.ok("GET", target)["progress"]["note"] == "The metric has no value yet."
    store(world, "8000", 3, edition=2)
    progress = world.ok("GET", target)["progress"]
    assert (progress["start"], progress["percent"]) == (8000, 0)
    value = a_value("8000", 3, edition=2, as_of=NOON + timedelta(days=3))
    followed, event = follow(world.goals.goal(goal["id"]), value)
    assert event is None
    assert followed.links[0].first is not None
    assert followed.links[0].first.value == 8000


def test_goals_of_a_disconnected_integration_stay_readable(world):
    store(world, "5000")
    goal = set_goal(world, "met_1")
    world.config.save_integration(an_integration(is_connected=False, revision=2))
    assert world.ok("GET", f"/v1/goals/{goal['id']}") == goal
