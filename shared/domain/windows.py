"""Time ranges: rolling windows that end at the instant of a value.

A window is half-open, (start, end]: what happened exactly at its start was before it. Lengths are
fixed, so that two values of the same range can be compared whatever the calendar does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

TimeRange = Literal["last_day", "last_week", "last_month", "last_quarter", "last_year"]
LongTimeRange = Literal["last_month", "last_quarter", "last_year"]

LENGTHS: Mapping[str, timedelta] = {
    "last_day": timedelta(days=1),
    "last_week": timedelta(days=7),
    "last_month": timedelta(days=30),
    "last_quarter": timedelta(days=90),
    "last_year": timedelta(days=365),
}
TIME_RANGES = tuple(LENGTHS)
LONG_TIME_RANGES = ("last_month", "last_quarter", "last_year")


@dataclass(frozen=True, slots=True)
class Window:
    """The instants after `start`, up to and with `end`; both are aware."""

    start: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.start < instant <= self.end

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days


def window_ending(at: datetime, time_range: TimeRange) -> Window:
    """Return the window of a time range that ends at an instant.

    >>> from datetime import UTC
    >>> window_ending(datetime(2026, 11, 22, tzinfo=UTC), "last_month").start.date().isoformat()
    '2026-10-23'
    """
    return Window(at - LENGTHS[time_range], at)


def range_in_words(time_range: TimeRange) -> str:
    """Return a range with its length, for nobody can tell whether a month is a calendar's.

    >>> range_in_words("last_day"), range_in_words("last_month")
    ('last day', 'last 30 days')
    """
    days = LENGTHS[time_range].days
    return "last day" if days == 1 else f"last {days} days"
