"""Billing periods: instants that repeat every day, week, month or year from an anchor."""

import calendar
from datetime import UTC, datetime, timedelta

DAY = 86_400
WEEK = 7 * DAY
_FIXED_SECONDS = {"day": DAY, "week": WEEK}
_MONTHS = {"month": 1, "year": 12}


def to_seconds(instant: int | datetime) -> int:
    """Return epoch seconds of an aware datetime, or of what is epoch seconds already."""
    return instant if isinstance(instant, int) else int(instant.timestamp())


def add_months(instant: int, months: int) -> int:
    """Return the same day and time *months* later, or the month's last day where it has none."""
    start = datetime.fromtimestamp(instant, UTC)
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def boundary(anchor: int, interval: str, count: int, number: int) -> int:
    """Return the end of the *number*-th period after the anchor; 0 is the anchor itself."""
    if interval in _FIXED_SECONDS:
        return anchor + number * count * _FIXED_SECONDS[interval]
    return add_months(anchor, number * count * _MONTHS[interval])


def period_at(anchor: int, interval: str, count: int, instant: int) -> tuple[int, int]:
    """Return the period (start, end) with start <= *instant* < end."""
    number = _estimate(anchor, interval, count, instant)
    start = boundary(anchor, interval, count, number)
    while start > instant:
        number -= 1
        start = boundary(anchor, interval, count, number)
    end = boundary(anchor, interval, count, number + 1)
    while end <= instant:
        number += 1
        start, end = end, boundary(anchor, interval, count, number + 1)
    return start, end


def _estimate(anchor: int, interval: str, count: int, instant: int) -> int:
    seconds = _FIXED_SECONDS.get(interval) or _MONTHS[interval] * timedelta(days=30.436875)
    length = seconds if isinstance(seconds, int) else seconds.total_seconds()
    return int((instant - anchor) // (length * count))
