"""What holds of every goal, whatever its numbers and days are."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.alerts import Point
from shared.domain.configuration import MetricValue
from shared.domain.goals import Goal, GoalDirection, GoalLink, follow, judge_anew, progress_of
from tests.fakes import NOON
from tests.stories import a_value

AMOUNTS = st.decimals(-10_000, 10_000, places=2)
MINUTES = st.integers(1, 400 * 24 * 60)
DAYS = st.integers(-5, 800).map(lambda days: NOON.date() + timedelta(days=days))


@st.composite
def goals(draw) -> Goal:
    """A goal that a metric serves, with its first value."""
    target, first = draw(AMOUNTS), draw(AMOUNTS)
    start = draw(st.none() | AMOUNTS)
    assume(start != target)
    direction = draw(st.sampled_from([None, "increase", "decrease"])) if start is None else None
    link = GoalLink("met_1", Point(first, NOON))
    due_on = draw(st.none() | DAYS)
    return Goal(
        "goal_1",
        "G",
        target,
        NOON,
        start=start,
        direction=direction,
        due_on=due_on,
        unit="currency",
        currency="usd",
        links=(link,),
    )


@st.composite
def values(draw) -> MetricValue:
    return after(draw(AMOUNTS), draw(MINUTES))


def after(amount: Decimal, minutes: int, version: int = 2) -> MetricValue:
    return a_value(str(amount), version, as_of=NOON + timedelta(minutes=minutes))


def progress(goal: Goal, value: MetricValue):
    return progress_of(goal, goal.links[0], value)


def mirrored(goal: Goal) -> Goal:
    (link,) = goal.links
    assert link.first is not None
    other: GoalDirection | None = "decrease" if goal.direction == "increase" else "increase"
    return replace(
        goal,
        target=-goal.target,
        start=None if goal.start is None else -goal.start,
        direction=goal.direction and other,
        links=(replace(link, first=replace(link.first, value=-link.first.value)),),
    )


def scaled(goal: Goal, factor: int) -> Goal:
    (link,) = goal.links
    assert link.first is not None
    return replace(
        goal,
        target=goal.target * factor,
        start=None if goal.start is None else goal.start * factor,
        links=(replace(link, first=replace(link.first, value=link.first.value * factor)),),
    )


def shape(found) -> tuple[object, ...]:
    return found.percent, found.on_track, found.projected_on, found.reached_at


@given(goals(), values(), st.integers(1, 1_000))
def test_amounts_in_cents_or_in_thousands_make_no_difference(goal, value, factor):
    larger = replace(value, value=value.value * factor)
    assert shape(progress(goal, value)) == shape(progress(scaled(goal, factor), larger))


@given(goals(), values())
def test_lowering_is_raising_in_a_mirror(goal, value):
    # Without a direction, the same start and target are taken for an increase both times.
    assume(goal.direction or goal.start_of(goal.links[0]) != goal.target)
    below = replace(value, value=-value.value)
    assert shape(progress(goal, value)) == shape(progress(mirrored(goal), below))


@given(goals(), values())
def test_100_percent_is_reached_and_less_is_not(goal, value):
    found = progress(goal, value)
    assert (found.percent >= 100) == (found.reached_at is not None)


@given(goals(), AMOUNTS, st.integers(24 * 60, 400 * 24 * 60), st.integers(0, 400))
def test_on_track_is_to_be_projected_by_the_due_day(goal, amount, minutes, days_left):
    value = after(amount, minutes)
    goal = replace(goal, due_on=value.as_of.date() + timedelta(days=days_left))
    found = progress(goal, value)
    # Who began beyond the line, and is falling back, is on track as long as the line is kept.
    moved = (amount - goal.links[0].first.value) * (1 if found.direction == "increase" else -1)
    if found.reached_at is None and moved > 0:
        assert found.on_track == (found.projected_on <= goal.due_on)


@given(goals(), values(), st.integers(1, 900))
def test_a_due_day_that_is_over_is_not_on_track_unless_reached(goal, value, days_ago):
    goal = replace(goal, due_on=value.as_of.date() - timedelta(days=days_ago))
    found = progress(goal, value)
    assert found.on_track == (found.reached_at is not None)


@given(goals(), values())
def test_without_a_due_day_nobody_is_on_track_or_not_until_it_is_reached(goal, value):
    found = progress(replace(goal, due_on=None), value)
    assert found.on_track == (True if found.reached_at else None)


@given(goals(), values())
def test_everything_is_said_in_words(goal, value):
    found = progress(goal, value)
    assert found.note.endswith(".")
    assert (str(found.projected_on) in found.note) or found.projected_on is None


HISTORIES = st.lists(st.tuples(AMOUNTS, st.integers(1, 3_000)), max_size=12)


def told(goal: Goal, history: list[MetricValue]) -> tuple[Goal, list[str]]:
    keys = []
    for value in history:
        goal, event = follow(goal, value)
        keys += [event.key] if event else []
    return goal, keys


def history_of(steps) -> list[MetricValue]:
    found, minutes = [], 0
    for number, (amount, step) in enumerate(steps, start=1):
        minutes += step
        found.append(after(amount, minutes, number))
    return found


@given(goals(), HISTORIES)
def test_nothing_is_told_twice_and_each_telling_has_its_number(goal, steps):
    goal, keys = told(goal, history_of(steps))
    assert [key.split("/")[1] for key in keys] == [str(n + 1) for n in range(len(keys))]
    assert goal.told == len(keys)
    assert sum(key.endswith("goal_reached") for key in keys) <= 1


@given(goals(), HISTORIES, st.data())
def test_repeated_and_late_values_change_nothing(goal, steps, data):
    history = history_of(steps)
    after_all, keys = told(goal, history)
    again = data.draw(st.lists(st.sampled_from(history), max_size=5)) if history else []
    for value in again:
        if after_all.links[0].changed_at and value.as_of <= after_all.links[0].changed_at:
            assert follow(after_all, value) == (after_all, None)
    twice = [it for value in history for it in (value, value)]
    assert told(goal, twice) == (after_all, keys)


@given(goals(), HISTORIES)
def test_what_is_reached_stays_reached(goal, steps):
    history, reached_at = history_of(steps), None
    for value in history:
        goal, _ = follow(goal, value)
        now = goal.links[0].reached_at
        assert reached_at in {None, now}
        reached_at = now
    assert not goal.links[0].is_behind or reached_at is None


@given(goals(), values())
def test_a_goal_that_is_looked_at_afresh_shows_what_it_showed(goal, value):
    goal, _ = follow(goal, value)
    again = judge_anew(goal, {"met_1": value})
    assert progress_of(again, again.links[0], value) == progress_of(goal, goal.links[0], value)


@given(goals(), HISTORIES)
def test_every_change_is_a_revision_and_nothing_else_is(goal, steps):
    for value in history_of(steps):
        after_it, event = follow(goal, value)
        assert (after_it.revision - goal.revision) == (after_it != goal)
        assert event is None or after_it != goal
        goal = after_it
