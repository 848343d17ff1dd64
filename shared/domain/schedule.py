"""When the schedules fire next. The stack's cron expressions say the same."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.configuration import RefreshInterval

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
