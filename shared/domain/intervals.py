"""Billing intervals: how many payments a month has, and steps of calendar months."""

from calendar import monthrange
from datetime import datetime
from fractions import Fraction

from shared.domain.unreadable import UnreadableError

MONTHS_PER_YEAR = 12

# A year has 365 days and 52 weeks, so that 10 a week is 520 a year. A price of 7 days has 365/7
# payments a year and so differs by 0.27 % from one of a week.
PAYMENTS_PER_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}


def payments_per_month(interval: str, interval_count: int) -> Fraction:
    """Return the payments per year of an interval, divided by 12 and by the interval count.

    Args:
        interval: day, week, month or year.

        interval_count: how many of them one billing period has.

    Raises:
        UnreadableError: the interval is unknown or its count is not positive.

    >>> payments_per_month("week", 1), payments_per_month("month", 3)
    (Fraction(13, 3), Fraction(1, 3))
    """
    per_year = PAYMENTS_PER_YEAR.get(interval)
    if per_year is None:
        raise UnreadableError(f"unknown billing interval {interval}")
    if interval_count < 1:
        raise UnreadableError("a billing period without a length")
    return Fraction(per_year, MONTHS_PER_YEAR * interval_count)


def add_months(start: datetime, months: int) -> datetime:
    """Return the same time of day so many calendar months later, on the last day if need be.

    >>> from datetime import UTC
    >>> add_months(datetime(2026, 1, 31, tzinfo=UTC), 1).date().isoformat()
    '2026-02-28'
    """
    month_index = start.month - 1 + months
    year, month = start.year + month_index // MONTHS_PER_YEAR, month_index % MONTHS_PER_YEAR + 1
    day = min(start.day, monthrange(year, month)[1])
    return start.replace(year=year, month=month, day=day)
