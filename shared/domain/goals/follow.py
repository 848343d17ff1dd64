"""A goal as values come in, and as people change it."""

from collections.abc import Mapping
from dataclasses import replace

from shared.domain.configuration import MetricValue
from shared.domain.goals.goal import Goal, GoalEvent, GoalEventKind, GoalLink
from shared.domain.goals.progress import progress_of, way_of


def follow(goal: Goal, value: MetricValue) -> tuple[Goal, GoalEvent | None]:
    """Take a new value of a linked metric into account: the goal after it, and what to tell.

    The same value again changes nothing, and neither does one from before the last change. Only
    the primary metric's progress is told.
    """
    link = goal.link_to(value.metric_id)
    if link is None or value.value is None or not goal.counts(value):
        return goal, None
    if link.changed_at is not None and value.as_of <= link.changed_at:
        return goal, None
    after = _judged(goal, link, value)
    if after == link:
        return goal, None
    is_primary = goal.links[0].metric_id == link.metric_id
    goal = replace(goal.with_link(after), revision=goal.revision + 1)
    kind = _news(link, after) if is_primary else None
    if kind is None:
        return goal, None
    goal = replace(goal, told=goal.told + 1)
    key = f"{goal.id}/{goal.told}/{kind}"
    return goal, GoalEvent(key, kind, goal, progress_of(goal, after, value), value)


def judge_anew(goal: Goal, values: Mapping[str, MetricValue]) -> Goal:
    """Return a goal whose target, start, direction or due day was changed; nobody is told.

    Args:
        goal: as changed.
        values: the newest of each linked metric that has one; the target counts what the primary
            one's counts.
    """
    primary = values.get(goal.links[0].metric_id) if goal.links else None
    is_other = primary is not None and not goal.counts(primary)
    if primary is not None:
        goal = replace(goal, unit=primary.unit, currency=primary.currency)
    links = []
    for link in goal.links:
        value = values.get(link.metric_id)
        fresh = replace(link, reached_at=None, is_behind=False)
        if is_other:
            # Where it began was in another currency, or no money at all.
            fresh = replace(fresh, first=None)
        if value is None or value.value is None or not goal.counts(value):
            links.append(fresh)
            continue
        after = _judged(goal, fresh, value)
        is_same = after.first == link.first
        if is_same and after.reached_at is not None and link.reached_at is not None:
            after = replace(after, reached_at=link.reached_at)
        links.append(after)
    return replace(goal, links=tuple(links))


def _judged(goal: Goal, link: GoalLink, value: MetricValue) -> GoalLink:
    after = link.begun_with(value)
    way = way_of(goal, after, value)
    if way is None:
        return link
    if after.reached_at is None and way.is_reached:
        after = replace(after, reached_at=value.as_of, is_behind=False)
    elif after.reached_at is None and goal.due_on is not None:
        is_behind = after.is_behind and way.is_on_track(goal.due_on) is False
        after = replace(after, is_behind=is_behind or way.is_far_behind(goal.due_on))
    return after if after == link else replace(after, changed_at=value.as_of)


def _news(before: GoalLink, after: GoalLink) -> GoalEventKind | None:
    """Tell what has happened; what is so from the first value on is no news."""
    if before.first is None or before.edition != after.edition:
        return None
    if before.reached_at is None and after.reached_at is not None:
        return "goal_reached"
    return "goal_off_pace" if after.is_behind and not before.is_behind else None
