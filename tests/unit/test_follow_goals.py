"""Goals as values come in: what changes, what people hear, and that they hear it once."""

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.domain.configuration import MetricValue, Notifications
from shared.domain.goals import Goal, GoalLink
from shared.errors import MetricsError, StorageUnavailableError, VersionConflictError
from tests.alert_world import AlertWorld
from tests.fakes import NOON
from tests.memory_table import KilledError
from tests.stories import a_metric, a_value, an_integration

DUE = date(2026, 12, 31)


@pytest.fixture(name="world")
def _world():
    return a_world()


def a_world(*goals: Goal) -> AlertWorld:
    world = AlertWorld()
    world.config.save_notifications(Notifications(channels=("chn_1",)))
    for goal in goals or (a_goal(),):
        world.goals.add_goal(goal)
        world.goals.save_link(replace(linked(goal), revision=2), "met_1")
    return world


def a_goal(**changes) -> Goal:
    return replace(Goal("goal_1", "10k", Decimal(10_000), NOON, due_on=DUE), **changes)


def linked(goal: Goal) -> Goal:
    return replace(goal.with_link(GoalLink("met_1")), unit="currency", currency="usd")


def on_day(day: int, amount: str | None, **changes):
    return a_value(amount, day + 1, as_of=NOON + timedelta(days=day), **changes)


def keys(world: AlertWorld) -> list[str]:
    """What was told of goals."""
    return [key for _, key in world.sent() if key.startswith("goal_")]


def test_the_first_value_is_where_the_way_begins(world):
    world.arrive(on_day(0, "5000"))
    (link,) = world.goals.goal("goal_1").links
    assert link.first is not None
    assert (link.first.value, link.first.as_of) == (5000, NOON)
    assert keys(world) == []


def test_what_is_reached_is_told_once(world):
    world.arrive(on_day(0, "5000"), on_day(3, "10000"), on_day(4, "9000"), on_day(5, "11000"))
    assert keys(world) == ["goal_1/1/goal_reached"]
    assert world.goals.goal("goal_1").links[0].reached_at == NOON + timedelta(days=3)
    assert "[Goal reached] 10k" in world.notifier.published[0].message.subject


def test_what_is_reached_already_when_it_is_linked_is_no_news():
    world = a_world(a_goal(direction="increase"))
    world.arrive(on_day(0, "12000"), on_day(1, "13000"))
    assert keys(world) == []
    assert world.goals.goal("goal_1").links[0].reached_at == NOON


def test_falling_behind_is_told_once_until_the_pace_is_kept_again(world):
    # After ten of some forty days it should be a quarter of the way.
    world.arrive(on_day(0, "5000"), on_day(10, "5100"), on_day(11, "5200"))
    assert keys(world) == ["goal_1/1/goal_off_pace"]
    world.arrive(on_day(12, "9000"), on_day(30, "8500"))
    assert keys(world) == ["goal_1/1/goal_off_pace", "goal_1/2/goal_off_pace"]


def test_a_little_behind_the_line_is_no_news(world):
    world.arrive(on_day(0, "5000"), on_day(4, "5300"))
    assert keys(world) == []


def test_a_day_that_passes_is_told(world):
    world.arrive(on_day(0, "9900"), on_day(39, "9980"), on_day(45, "9990"))
    assert keys(world) == ["goal_1/1/goal_off_pace"]


def test_values_that_are_withheld_or_count_something_else_change_nothing(world):
    world.arrive(on_day(0, "5000"))
    before = world.goals.goal("goal_1")
    world.arrive(on_day(1, None), on_day(2, "99999", currency="eur"))
    assert world.goals.goal("goal_1") == before


def test_only_the_primary_metric_is_told_of(world):
    world.config.add_metric(a_metric(id="met_2"))
    goal = world.goals.goal("goal_1").with_link(GoalLink("met_2"))
    world.goals.save_link(replace(goal, revision=3), "met_2")
    world.arrive(on_day(0, "5000", metric_id="met_2"), on_day(1, "12000", metric_id="met_2"))
    assert keys(world) == []
    assert world.goals.goal("goal_1").links[1].reached_at == NOON + timedelta(days=1)


def test_nobody_hears_of_what_they_did_not_ask_to_hear(world):
    world.config.save_notifications(Notifications(channels=("chn_1",), events=("goal_off_pace",)))
    world.arrive(on_day(0, "5000"), on_day(1, "10000"))
    assert keys(world) == []
    assert world.goals.goal("goal_1").links[0].reached_at is not None


def test_late_and_repeated_values_change_nothing(world):
    values = [on_day(0, "5000"), on_day(3, "10000")]
    world.arrive(*values)
    items = copy.deepcopy(world.table.items)
    world.offer(*values, *reversed(values))
    assert world.table.items == items


def test_a_lost_record_is_made_up_for_when_the_sync_has_ended(world):
    world.arrive(on_day(0, "5000"))
    world.store(on_day(3, "10000"))
    world.end_sync()
    world.sweep()
    assert keys(world) == ["goal_1/1/goal_reached"]


def test_a_goal_that_cannot_be_followed_holds_up_no_alert_and_no_other_goal(monkeypatch):
    world = a_world(a_goal(), a_goal(id="goal_2"))
    world.arrive(on_day(0, "10001"))
    for goal_id in ("goal_1", "goal_2"):
        goal = world.goals.goal(goal_id)
        links = tuple(replace(link, reached_at=None) for link in goal.links)
        goal = replace(goal, target=Decimal(1), direction="decrease", links=links)
        world.goals.save_goal(replace(goal, revision=goal.revision + 1))
    save = DynamoDbGoals.save_goal

    def fail(store, goal, **how):
        if goal.id == "goal_1":
            raise StorageUnavailableError("no")
        save(store, goal, **how)

    monkeypatch.setattr(DynamoDbGoals, "save_goal", fail)
    value = on_day(1, "1")
    world.store(value)
    assert world.offer(value)["batchItemFailures"]
    assert ("chn_1", "alt_1/1/1/fire") in world.sent()
    assert world.goals.goal("goal_2").links[0].reached_at is not None
    monkeypatch.undo()
    world.offer(value)
    # What was decided before the failure is sent by the next sweep at the latest.
    world.sweep()
    assert sorted(keys(world)) == ["goal_1/1/goal_reached", "goal_2/1/goal_reached"]


def test_somebody_who_changes_the_goal_meanwhile_loses_nothing(world, monkeypatch):
    world.arrive(on_day(0, "5000"))
    meddled: list[Goal] = []
    save = DynamoDbGoals.save_goal

    def meddle(store, goal, **how):
        if not meddled:
            meddled.append(goal)
            there = world.goals.goal("goal_1")
            save(store, replace(there, name="Ten", revision=there.revision + 1))
        save(store, goal, **how)

    monkeypatch.setattr(DynamoDbGoals, "save_goal", meddle)
    world.arrive(on_day(3, "10000"))
    goal = world.goals.goal("goal_1")
    assert (goal.name, goal.links[0].reached_at) == ("Ten", NOON + timedelta(days=3))
    assert keys(world) == ["goal_1/1/goal_reached"]


STORY = [
    on_day(0, "5000"),
    on_day(10, "5100"),
    on_day(20, "9000"),
    on_day(30, "8500"),
    on_day(31, "10000"),
    on_day(32, "9000"),
]
TOLD = ["goal_1/1/goal_off_pace", "goal_1/2/goal_off_pace", "goal_1/3/goal_reached"]


def lives(world: AlertWorld) -> None:
    for value in STORY:
        world.store(value)
        again(world, partial(failures_of, world, value))
    world.end_sync()
    for _ in range(2):
        world.clock.move(minutes=10)
        again(world, lambda: world.sweep() and None)


def failures_of(world: AlertWorld, value: MetricValue) -> object:
    return world.offer(value)["batchItemFailures"]


def again(world: AlertWorld, work: Callable[[], object]) -> None:
    """Do it, and once more where it fails, as AWS does."""
    try:
        failed = bool(work())
    except (KilledError, MetricsError):
        world.restart()
        failed = True
    if failed:
        work()


def calls_of_a_life() -> int:
    world = a_world()
    before = world.calls.made
    lives(world)
    return world.calls.made - before


@pytest.mark.parametrize(
    "error", [KilledError(), StorageUnavailableError("busy"), VersionConflictError("raced")]
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_whatever_happens_at_any_call_each_event_is_told_and_nothing_else(error, when):
    for number in range(1, calls_of_a_life() + 1):
        world = a_world()
        setattr(world.calls, when, partial(fail_at, world.calls.made + number, error))
        lives(world)
        told = Counter(keys(world))
        assert sorted(told) == TOLD, (number, told)
        # Between the accepting of a message and its mark nobody can tell whether it was sent.
        assert sum(told.values()) <= len(TOLD) + 1, (number, told)


def fail_at(number: int, error: BaseException, call: int) -> None:
    if call == number:
        raise error


def test_a_value_of_a_metric_that_is_gone_is_nobodys(world):
    world.config.remove_metric(a_metric())
    assert world.services.follow_goals(on_day(1, "10000")) == set()


def test_of_a_disconnected_account_a_goal_still_follows_the_last_value(world):
    world.arrive(on_day(0, "5000"))
    world.config.save_integration(an_integration(is_connected=False, revision=2))
    world.arrive(on_day(3, "10000"))
    assert keys(world) == ["goal_1/1/goal_reached"]
