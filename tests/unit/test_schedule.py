"""When the schedules fire next."""

from datetime import UTC, datetime

import pytest

from shared.domain.schedule import next_tick

SUNDAY_NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "hour", "time_zone", "expected"),
    [
        ("hourly", 6, "UTC", "2026-11-22T13:00"),
        ("hourly", 6, "Asia/Kolkata", "2026-11-22T13:30"),
        ("daily", 6, "UTC", "2026-11-23T06:00"),
        ("daily", 13, "UTC", "2026-11-22T13:00"),
        ("daily", 6, "America/New_York", "2026-11-23T11:00"),
        ("weekly", 6, "UTC", "2026-11-23T06:00"),
        ("weekly", 6, "Asia/Tokyo", "2026-11-29T21:00"),
    ],
)
def test_next_tick(interval, hour, time_zone, expected):
    # 06:00 on a Monday in Tokyo is 21:00 on Sunday in UTC; this Sunday's is half past, so to say.
    after = SUNDAY_NOON.replace(hour=21) if time_zone == "Asia/Tokyo" else SUNDAY_NOON
    found = next_tick(interval, after=after, hour=hour, weekday="MON", time_zone=time_zone)
    assert found.astimezone(UTC).isoformat(timespec="minutes") == expected + "+00:00"


def test_a_tick_is_always_later_than_the_instant_asked_for():
    on_the_hour = SUNDAY_NOON.replace(minute=0)
    found = next_tick("hourly", after=on_the_hour, hour=0, weekday="MON", time_zone="UTC")
    assert found.hour == 13
