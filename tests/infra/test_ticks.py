"""The next tick that people are told of is the one that the deployed schedule fires."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.constructs.schedules import expression
from infra.settings import StageSettings
from local.ticks import Schedule
from shared.domain.schedule import next_tick

SUNDAY_NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("time_zone", ["UTC", "Asia/Kolkata", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("interval", ["hourly", "daily", "weekly"])
def test_it_is_the_next_minute_at_which_the_deployed_schedule_fires(interval, time_zone):
    settings = StageSettings(stage="test", schedule_hour=5, schedule_time_zone=time_zone)
    schedule = Schedule("", "", expression(interval, settings), time_zone)
    minutes = (SUNDAY_NOON + timedelta(minutes=n) for n in range(1, 8 * 24 * 60))
    found = next_tick(interval, after=SUNDAY_NOON, hour=5, weekday="MON", time_zone=time_zone)
    assert found == next(minute for minute in minutes if schedule.fires_at(minute))
