"""How far a goal has come, at which pace, and whether that will do.

Progress is a share of the way from the start to the target. The pace is a straight line from the
first linked value to the newest: it needs no history, and everybody can draw it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from shared.domain.alerts import Point
from shared.domain.configuration import MetricValue
from shared.domain.goals.goal import Goal, GoalLink, GoalProgress
from shared.domain.money import Unit, round_half_up

# Of the first hours nobody can tell a pace.
_TOO_EARLY = timedelta(days=1)
# By which share of the whole way a goal must have fallen behind before people hear of it, so that
# a value that goes up and down along the line tells nobody.
_MARGIN = Fraction(5, 100)
_ALMOST = Decimal("99.99")
_LONGEST_PROJECTION = timedelta(days=100 * 366)
_TICK = timedelta(microseconds=1)


def progress_of(goal: Goal, link: GoalLink | None, value: MetricValue | None) -> GoalProgress:
    """Return how far a linked metric has come with its newest value.

    Without a metric, or a value that counts what the target counts, there is no progress, and the
    note says why.
    """
    if link is not None and value is not None and goal.counts(value):
        link = link.begun_with(value)
    way = None if link is None else way_of(goal, link, value)
    reached_at = None if link is None else link.reached_at
    if reached_at is None and way is not None and way.is_reached:
        reached_at = way.now.as_of
    projected_on = on_track = None
    if reached_at is not None:
        on_track = True
    elif way is not None:
        projected_on = way.projected_on()
        on_track = way.is_on_track(goal.due_on)
    return GoalProgress(
        percent=None if way is None else way.percent(),
        current=None if value is None else value.value,
        start=goal.start_of(link) if way is None else way.start,
        target=goal.target,
        direction=goal.direction_of(link),
        on_track=on_track,
        projected_on=projected_on,
        reached_at=reached_at,
        note=_describe(goal, link, value, way, reached_at),
    )


@dataclass(frozen=True, slots=True)
class Way:
    """The way from a start to a target, and where on it a metric was first and is now."""

    start: Decimal
    target: Decimal
    sign: int
    first: Point
    now: Point

    @property
    def is_reached(self) -> bool:
        """Whether the value is at or beyond the target."""
        return self._ahead(Fraction(self.now.value), Fraction(self.target)) >= 0

    def percent(self) -> Decimal:
        """The share of the way, in percent; never 100 while the target is not reached."""
        whole = self._ahead(Fraction(self.target), Fraction(self.start))
        if whole <= 0:
            return Decimal(100 if self.is_reached else 0)
        share = self._ahead(Fraction(self.now.value), Fraction(self.start)) / whole * 100
        rounded = round_half_up(share, 2)
        return rounded if self.is_reached else min(rounded, _ALMOST)

    def projected_on(self) -> date | None:
        """The day on which the target is reached at the present pace."""
        elapsed = self.now.as_of - self.first.as_of
        moved = self._ahead(Fraction(self.now.value), Fraction(self.first.value))
        if elapsed < _TOO_EARLY or moved <= 0:
            return None
        left = self._ahead(Fraction(self.target), Fraction(self.now.value))
        more = Fraction(elapsed // _TICK) * left / moved
        if more > _LONGEST_PROJECTION // _TICK:
            return None
        # What is reached at midnight is reached by the end of the day before.
        at = self.now.as_of + timedelta(microseconds=-(-more.numerator // more.denominator))
        return (at - _TICK).astimezone(UTC).date()

    def is_on_track(self, due_on: date | None) -> bool | None:
        """Whether the value is at or beyond the line to the due day."""
        if due_on is None:
            return None
        return self._lag(due_on) <= 0

    def is_far_behind(self, due_on: date) -> bool:
        """Whether the value is behind that line by a good part of the way, or the day is over."""
        if self.now.as_of >= _end_of(due_on):
            return True
        whole = self._ahead(Fraction(self.target), Fraction(self.first.value))
        return self._lag(due_on) > whole * _MARGIN

    def _lag(self, due_on: date) -> Fraction:
        """By how much the value is behind the line; on the first day it is not."""
        end = _end_of(due_on)
        if self.now.as_of >= end:
            return self._ahead(Fraction(self.target), Fraction(self.now.value))
        elapsed = self.now.as_of - self.first.as_of
        if elapsed < _TOO_EARLY:
            return Fraction(0)
        whole = Fraction(self.target) - Fraction(self.first.value)
        share = Fraction(elapsed // _TICK, (end - self.first.as_of) // _TICK)
        return self._ahead(Fraction(self.first.value) + whole * share, Fraction(self.now.value))

    def _ahead(self, one: Fraction, other: Fraction) -> Fraction:
        """By how much *one* is nearer to the target, or further beyond it, than *other*."""
        return (one - other) * self.sign


def way_of(goal: Goal, link: GoalLink, value: MetricValue | None) -> Way | None:
    """Return the way of a linked metric; None without a value that counts what the target does."""
    if value is None or value.value is None or not goal.counts(value):
        return None
    link = link.begun_with(value)
    now = Point(value.value, value.as_of)
    first = link.first or now
    start = first.value if goal.start is None else goal.start
    sign = 1 if goal.direction_of(link) == "increase" else -1
    return Way(start, goal.target, sign, first, now)


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _describe(
    goal: Goal,
    link: GoalLink | None,
    value: MetricValue | None,
    way: Way | None,
    reached_at: datetime | None,
) -> str:
    if way is None:
        return _why_unknown(goal, link, value)
    if reached_at is not None:
        back = "" if way.is_reached else " The value has gone back since."
        return f"Reached on {reached_at:%Y-%m-%d}.{back}"
    projected_on = way.projected_on()
    pace = "It does not come nearer at the present pace."
    if projected_on is not None:
        pace = f"At the present pace it is reached on {projected_on}."
    elif way.now.as_of - way.first.as_of < _TOO_EARLY:
        pace = "It is too early to tell the pace."
    if goal.due_on is None:
        return pace
    if way.now.as_of >= _end_of(goal.due_on):
        return f"It was due on {goal.due_on} and has not been reached. {pace}"
    standing = "On track" if way.is_on_track(goal.due_on) else "Behind pace"
    return f"{standing} for {goal.due_on}. {pace}"


def _why_unknown(goal: Goal, link: GoalLink | None, value: MetricValue | None) -> str:
    if link is None:
        return "No metric is linked yet."
    if value is None:
        return "The metric has no value yet."
    if value.value is None:
        return "The metric's newest value is withheld, or has an empty base."
    return (
        f"The target is in {_measure(goal.unit, goal.currency)}, and this metric is in"
        f" {_measure(value.unit, value.currency)}: there is no way from one to the other. Set the"
        " target anew if it is to count what the primary metric counts."
    )


def _measure(unit: Unit | None, currency: str | None) -> str:
    if currency is not None:
        return currency.upper()
    return "whole numbers" if unit == "count" else str(unit)
