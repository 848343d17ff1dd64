"""When the schedules fire next, as the stack's cron expressions say; and what came before them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.configuration import RefreshInterval

_DAILY_DAYS = 90
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def next_tick(
    interval: RefreshInterval, *, after: datetime, hour: int, weekday: str, time_zone: str
) -> datetime:
    """Give the first scheduled time of *interval* later than *after*.

    Args:
        interval: hourly fires on the hour, daily at *hour*, weekly at *hour* on *weekday*.
        after: an aware instant.
        hour: 0 to 23, in *time_zone*.
        weekday: `MON` to `SUN`.
        time_zone: an IANA name such as `Europe/Paris`.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    >>> next_tick("daily", after=noon, hour=6, weekday="MON", time_zone="UTC").isoformat()
    '2026-11-23T06:00:00+00:00'
    """
    local = after.astimezone(ZoneInfo(time_zone))
    if interval == "hourly":
        # Some zones lie half an hour off: their full hours are not those of UTC.
        into_hour = timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        return after - into_hour + timedelta(hours=1)
    tick = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if interval == "weekly":
        tick += timedelta(days=(_WEEKDAYS.index(weekday) - tick.weekday()) % 7)
    if tick <= local:
        tick += timedelta(days=1 if interval == "daily" else 7)
    return tick.astimezone(after.tzinfo)


def past_instants(before: datetime, *, since: datetime) -> Iterator[datetime]:
    """Yield the instants that values of the past are written for, newest first.

    The end of each of the last 90 days, and before them that of each week (Sunday), in UTC: the
    same instants whenever it is asked.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    >>> found = list(past_instants(noon, since=noon - timedelta(days=105)))
    >>> len(found), found[0].isoformat(), found[-1].isoformat()
    (93, '2026-11-22T00:00:00+00:00', '2026-08-10T00:00:00+00:00')
    """
    midnight = before.replace(hour=0, minute=0, second=0, microsecond=0)
    daily_since = midnight - timedelta(days=_DAILY_DAYS - 1)
    instant = midnight - timedelta(days=0 if midnight < before else 1)
    while instant >= since:
        yield instant
        if instant > daily_since:
            instant -= timedelta(days=1)
        else:
            instant -= timedelta(days=instant.weekday() or 7)
