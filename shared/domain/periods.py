"""Periods of the calendar, in UTC: what a long series of values is shown by.

Unlike a window of `windows.py`, which rolls with each value, a period lies where the calendar has
it. It is half-open, [start, end): an instant at midnight is of the day that begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Literal

from shared.domain.configuration import MetricValue

PeriodLength = Literal["day", "week", "month"]
PERIOD_LENGTHS: tuple[PeriodLength, ...] = ("day", "week", "month")

# A day of hourly values: longer stretches of nulls are not looked through.
CLOSING_LOOK_BACK = 24
_MORE_THAN_A_MONTH = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class Period:
    """The instants from `start` up to, and without, `end`; both are midnights in UTC."""

    start: datetime
    end: datetime


def period_around(at: datetime, length: PeriodLength) -> Period:
    """Give the day, the week from Monday, or the month that an instant is in.

    >>> noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    >>> period_around(noon, "week").start.isoformat(), period_around(noon, "month").end.isoformat()
    ('2026-11-16T00:00:00+00:00', '2026-12-01T00:00:00+00:00')
    """
    day = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    if length == "day":
        return Period(day, day + timedelta(days=1))
    if length == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=7))
    first = day.replace(day=1)
    return Period(first, (first + _MORE_THAN_A_MONTH).replace(day=1))


def closing_value(newest_first: Iterable[MetricValue]) -> MetricValue | None:
    """Give the value that stands for all of a period; None without values.

    It is the newest; where that is null, the newest that is not among those next to it that were
    measured alike. No more than `CLOSING_LOOK_BACK` values are looked at.
    """
    values = list(islice(newest_first, CLOSING_LOOK_BACK))
    if not values:
        return None
    alike = takewhile(values[0].is_measured_as, values)
    return next((value for value in alike if value.value is not None), values[0])
