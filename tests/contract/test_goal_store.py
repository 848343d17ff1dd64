"""What a store of goals promises, over a table in memory and over the emulator's."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.domain.alerts import Point
from shared.domain.goals import Goal, GoalLink
from shared.domain.notices import Message, Notice
from shared.errors import NotFoundError, VersionConflictError
from tests.emulated import over_tables
from tests.fakes import NOON

pytestmark = over_tables


@pytest.fixture(name="goal")
def _goal(stores):
    goal = Goal(
        stores.id("goal"),
        "10k MRR",
        Decimal("10000.50"),
        NOON,
        description="Two\nlines",
        start=Decimal(5000),
        direction="increase",
        due_on=date(2026, 12, 31),
    )
    stores.goals.add_goal(goal)
    return goal


def linked(goal, metric, **changes):
    first = Point(Decimal("5000.25"), NOON)
    link = GoalLink(metric.id, first, edition=2, definitions_version="d1.2")
    return replace(
        goal.with_link(link), unit="currency", currency="usd", revision=goal.revision + 1, **changes
    )


def a_notice(goal, channel_id="chn_1"):
    message = Message("subject", "body")
    key = f"{goal.id}/1/goal_reached"
    return Notice(key, goal.id, channel_id, "email", "a@example.com", message, NOON)


def test_a_goal_comes_back_as_it_was_stored(stores, goal, metric):
    assert stores.goals.goal(goal.id) == goal
    reached = NOON + timedelta(days=1)
    goal = linked(goal, metric)
    links = (replace(goal.links[0], reached_at=reached, is_behind=True, changed_at=reached),)
    goal = replace(goal, links=links, told=2)
    stores.goals.save_link(goal, metric.id)
    assert stores.goals.goal(goal.id) == goal
    assert stores.goals.goals_by_id([goal.id, "goal_9", goal.id]) == {goal.id: goal}


def test_an_unknown_goal_is_not_found(stores):
    with pytest.raises(NotFoundError):
        stores.goals.goal("goal_9")
    assert stores.goals.goals_by_id(["goal_9"]) == {}


def test_goals_are_listed_in_the_order_of_creation(stores, goal):
    others = [replace(goal, id=f"{goal.id}_{n}") for n in range(3)]
    for other in others:
        stores.goals.add_goal(other)
    found, cursor = [], None
    while True:
        page = stores.goals.goals(limit=2, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    mine = [it for it in found if it.id.startswith(goal.id)]
    assert mine == [goal, *others]


def test_a_link_is_known_from_both_sides(stores, goal, metric):
    goal = linked(goal, metric)
    stores.goals.save_link(goal, metric.id)
    assert stores.config.metric(metric.id).goals == (goal.id,)
    goal = replace(goal.without_link(metric.id), revision=goal.revision + 1)
    stores.goals.save_link(goal, metric.id)
    assert stores.config.metric(metric.id).goals == ()


def test_a_metric_that_is_not_there_cannot_be_linked(stores, goal, metric):
    stores.config.remove_metric(metric)
    with pytest.raises(NotFoundError):
        stores.goals.save_link(linked(goal, metric), metric.id)
    assert stores.goals.goal(goal.id) == goal


def test_only_the_next_revision_is_stored(stores, goal, metric):
    theirs = replace(goal, name="Theirs", revision=2)
    stores.goals.save_goal(theirs)
    for write in (
        lambda: stores.goals.save_goal(replace(goal, name="Ours", revision=2)),
        lambda: stores.goals.save_goal(replace(goal, revision=2), notices=[a_notice(goal)]),
        lambda: stores.goals.save_link(linked(goal, metric), metric.id),
    ):
        with pytest.raises(VersionConflictError):
            write()
    assert stores.goals.goal(goal.id) == theirs
    assert stores.config.metric(metric.id).goals == ()
    assert stores.outbox.pending_of(goal.id) == ()


def test_a_metric_that_somebody_changes_meanwhile_keeps_their_change(stores, goal, metric):
    changed = replace(metric, name="Theirs", revision=2)
    stores.config.save_metric(changed, metric)
    stores.goals.save_link(linked(goal, metric), metric.id)
    found = stores.config.metric(metric.id)
    assert (found.name, found.goals, found.revision) == ("Theirs", (goal.id,), 3)


def test_a_change_and_its_notices_are_one(stores, goal):
    notices = [a_notice(goal), a_notice(goal, "chn_2")]
    after = replace(goal, told=1, revision=2)
    stores.goals.save_goal(after, notices=notices)
    assert stores.goals.goal(goal.id) == after
    assert {it.channel_id for it in stores.outbox.pending_of(goal.id)} == {"chn_1", "chn_2"}


def test_a_removed_goal_leaves_nothing(stores, goal):
    stores.goals.save_goal(replace(goal, told=1, revision=2), notices=[a_notice(goal)])
    stores.goals.remove_goal(goal)
    stores.goals.remove_goal(goal)
    with pytest.raises(NotFoundError):
        stores.goals.goal(goal.id)
    assert stores.outbox.pending_of(goal.id) == ()
    assert goal.id not in {it.id for it in stores.goals.goals(limit=100).items}
