"""Goals and their metrics removed, wherever the removal is cut short: asked again, it goes on."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import partial

import pytest

from functions.api.alert_settings import AlertSettings
from shared.domain.alerts import rule_from_dict
from shared.errors import MetricsError, NotFoundError, StorageUnavailableError
from tests.api_world import ApiWorld
from tests.memory_table import KilledError
from tests.stories import a_metric

ERRORS = [KilledError(), StorageUnavailableError("busy")]
RULE = {"type": "threshold", "threshold": 1, "direction": "below"}


def a_world() -> tuple[ApiWorld, str]:
    """Two metrics that serve a goal, with an alert for it on each; gives the goal's id."""
    world = ApiWorld()
    world.config.add_metric(a_metric(id="met_2"))
    api = world.services
    goal = api.set_goal("G", Decimal(10)).id
    for metric in ("met_1", "met_2"):
        api.link_metric(goal, metric)
        settings = AlertSettings(rule=rule_from_dict(RULE), channels=("chn_1",), goal_id=goal)
        api.set_alert(metric, settings)
    return world, goal


def cut_short(act: Callable[[ApiWorld, str], object], error: BaseException, when: str):
    """Cut it short at each call in turn, and ask again; gives each world as it is afterwards."""
    world, goal = a_world()
    before = world.table.calls.made
    act(world, goal)
    for number in range(1, world.table.calls.made - before + 1):
        world, goal = a_world()
        setattr(world.table.calls, when, partial(fail_at, world.table.calls.made + number, error))
        try:
            act(world, goal)
        except (KilledError, MetricsError):
            world.table.calls.before = world.table.calls.after = None
            act(world, goal)
        yield world, goal


def fail_at(number: int, error: BaseException, call: int) -> None:
    if call == number:
        raise error


def remove_goal(world: ApiWorld, goal: str) -> None:
    with suppress(NotFoundError):
        world.services.remove_goal(goal)


def remove_metric(world: ApiWorld, goal: str) -> None:
    del goal
    with suppress(NotFoundError):
        world.services.remove_metric(world.config.metric("met_1"))


@pytest.mark.parametrize("error", ERRORS, ids=["killed", "busy"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removed_goal_leaves_nothing_behind(error, when):
    for world, goal in cut_short(remove_goal, error, when):
        assert not [place for place in world.table.items if goal in place[0]]
        assert not [it for it in world.table.items.values() if goal in str(it.get("goal_id"))]
        for metric in ("met_1", "met_2"):
            assert world.config.metric(metric).goals == ()
            (alert,) = world.alerts.alerts_of(metric)
            assert (alert.goal_id, alert.is_enabled) == (None, False)
            assert world.alerts.state(alert.id).status == "paused"


@pytest.mark.parametrize("error", ERRORS, ids=["killed", "busy"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removed_metric_leaves_its_goal_to_the_others(error, when):
    for world, goal in cut_short(remove_metric, error, when):
        assert [link.metric_id for link in world.goals.goal(goal).links] == ["met_2"]
        assert not [place for place in world.table.items if "met_1" in place[0] + place[1]]
        assert len(world.alerts.alerts(limit=10).items) == 1
