"""What a goal is, what it follows, and what is told of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from shared.domain.alerts import Point
from shared.domain.configuration import MetricValue
from shared.domain.money import Unit

GoalDirection = Literal["increase", "decrease"]
GoalEventKind = Literal["goal_reached", "goal_off_pace"]

MOST_LINKS = 20


@dataclass(frozen=True, slots=True)
class GoalLink:
    """A metric that a goal follows.

    Attributes:
        first: the first value since the metric was linked; None until there is one.
        edition: number of the metric's query that the first value answers.
        definitions_version: of the first value.
        reached_at: instant of the first value at or beyond the target, since the target was set.
        is_behind: whether the goal has fallen so far behind its line that it is told.
        changed_at: instant of the value that changed any of this last.
    """

    metric_id: str
    first: Point | None = None
    edition: int = 1
    definitions_version: str | None = None
    reached_at: datetime | None = None
    is_behind: bool = False
    changed_at: datetime | None = None

    def begun_with(self, value: MetricValue) -> "GoalLink":
        """Give the link as a value finds it: without a first value of its query, this is it."""
        if value.value is None or (self.first is not None and self.edition == value.edition):
            return self
        return replace(
            self,
            first=Point(value.value, value.as_of),
            edition=value.edition,
            definitions_version=value.definitions_version,
            reached_at=None,
            is_behind=False,
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a team wants to reach, followed by the metrics that are linked to it.

    Attributes:
        target: major units of a currency, percent, or a count, as the primary metric had when it
            was set.
        unit: what target and start count; None until a metric is linked.
        currency: theirs, where it is money.
        start: where the way begins; None for the first linked value.
        direction: None follows from start and target.
        due_on: the last day, in UTC, that it may be reached on.
        links: the primary metric's first.
        told: how many events of it have been decided; numbers the notices.
        revision: rises with each change of anything.
    """

    id: str
    name: str
    target: Decimal
    created_at: datetime
    description: str | None = None
    start: Decimal | None = None
    direction: GoalDirection | None = None
    due_on: date | None = None
    unit: Unit | None = None
    currency: str | None = None
    links: tuple[GoalLink, ...] = ()
    told: int = 0
    revision: int = 1

    def counts(self, value: MetricValue) -> bool:
        """Whether a value is measured as the target is."""
        return (value.unit, value.currency) == (self.unit, self.currency)

    def link_to(self, metric_id: str) -> GoalLink | None:
        """Give the link to a metric, or None."""
        return next((link for link in self.links if link.metric_id == metric_id), None)

    def start_of(self, link: GoalLink | None) -> Decimal | None:
        """Give where the way of a linked metric begins; None until its first value."""
        if self.start is not None:
            return self.start
        return link.first.value if link is not None and link.first is not None else None

    def direction_of(self, link: GoalLink | None) -> GoalDirection:
        """Give where the value is to go; up, as long as nothing says otherwise."""
        if self.direction is not None:
            return self.direction
        start = self.start_of(link)
        return "decrease" if start is not None and start > self.target else "increase"

    def with_link(self, link: GoalLink) -> "Goal":
        """Give the goal with a link in place of the one to the same metric, or behind the others.

        >>> from datetime import datetime, UTC
        >>> goal = Goal("g", "10k", Decimal(10), datetime(2026, 1, 1, tzinfo=UTC))
        >>> [it.metric_id for it in goal.with_link(GoalLink("m")).links]
        ['m']
        """
        if self.link_to(link.metric_id) is None:
            return replace(self, links=(*self.links, link))
        links = tuple(link if it.metric_id == link.metric_id else it for it in self.links)
        return replace(self, links=links)

    def without_link(self, metric_id: str) -> "Goal":
        """Give the goal without a link; the next one becomes primary where that was it."""
        return replace(self, links=tuple(it for it in self.links if it.metric_id != metric_id))

    def with_primary(self, metric_id: str) -> "Goal":
        """Give the goal with a linked metric as its primary one."""
        return replace(
            self, links=tuple(sorted(self.links, key=lambda it: it.metric_id != metric_id))
        )


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """How far a linked metric has come.

    Attributes:
        percent: share of the way from start to target, to two decimals; below 0 where the value
            moved away, above 100 where it went further. None without a value.
        current: the metric's newest value.
        on_track: whether the value is at or beyond the line from the first value to the target on
            the due day; None without a due day. What is reached is on track for ever.
        projected_on: the day on which the target is reached at the pace since the first value;
            None where the value does not come nearer, on the first day, and once it is reached.
        note: all of it in words.
    """

    percent: Decimal | None
    current: Decimal | None
    start: Decimal | None
    target: Decimal
    direction: GoalDirection
    on_track: bool | None
    projected_on: date | None
    reached_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class GoalEvent:
    """Something to tell of a goal.

    Attributes:
        key: `goal / number / kind`, the identity of the notice for ever.
    """

    key: str
    kind: GoalEventKind
    goal: Goal
    progress: GoalProgress
    value: MetricValue
