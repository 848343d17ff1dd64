"""Pieces of the local run that need no emulator: options, schedules, deliveries."""

import asyncio
from datetime import UTC, datetime

import pytest

from local.failure import LocalRunError
from local.options import read_options
from local.outbox import deliveries_in
from local.settling import Settling
from local.ticks import Schedule, Ticks

MONDAY_SIX = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def schedule(expression: str, time_zone: str = "UTC") -> Schedule:
    return Schedule(target="", input="", expression=expression, time_zone=time_zone)


@pytest.mark.parametrize(
    ("expression", "time_zone", "at", "fires"),
    [
        ("cron(0 * * * ? *)", "UTC", MONDAY_SIX, True),
        ("cron(0 * * * ? *)", "UTC", MONDAY_SIX.replace(minute=1), False),
        ("cron(0 6 * * ? *)", "UTC", MONDAY_SIX, True),
        ("cron(0 6 * * ? *)", "UTC", MONDAY_SIX.replace(hour=7), False),
        ("cron(0 6 * * ? *)", "Europe/Berlin", MONDAY_SIX.replace(hour=5), True),
        ("cron(0 6 * * ? *)", "Europe/Berlin", MONDAY_SIX, False),
        ("cron(0 6 ? * MON *)", "UTC", MONDAY_SIX, True),
        ("cron(0 6 ? * MON *)", "UTC", MONDAY_SIX.replace(day=24), False),
        ("rate(5 minutes)", "UTC", MONDAY_SIX, True),
        ("rate(5 minutes)", "Asia/Kolkata", MONDAY_SIX.replace(minute=55), True),
        ("rate(5 minutes)", "UTC", MONDAY_SIX.replace(minute=56), False),
    ],
)
def test_a_schedule_fires_in_the_minute_that_its_expression_means(
    expression: str, time_zone: str, at: datetime, fires: object
) -> None:
    assert schedule(expression, time_zone).fires_at(at) is fires


class CountedTicks(Ticks):
    """Ticks of a stack that has one schedule for every minute and others that never come."""

    def __init__(self, failing: int = 0) -> None:
        self.fired: list[tuple[str, datetime]] = []
        self._failing = failing

    def schedule(self, name: str) -> Schedule:
        return schedule("cron(* * * * ? *)" if name == "sweep" else "cron(61 * * * ? *)")

    def _fire(self, name: str, slot: datetime) -> dict[str, int]:
        self.fired.append((name, slot))
        if len(self.fired) <= self._failing:
            raise LocalRunError("the function failed")
        return {}


@pytest.mark.parametrize("failing", [0, 1])
async def test_the_clock_fires_what_is_due_each_minute_and_survives_a_failure(
    monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    minutes = iter(range(3))

    async def pass_time(seconds: float) -> None:
        assert 0 < seconds <= 60
        if next(minutes, None) is None:
            raise asyncio.CancelledError

    monkeypatch.setattr("local.ticks.asyncio.sleep", pass_time)
    ticks = CountedTicks(failing)

    with pytest.raises(asyncio.CancelledError):
        await ticks.run_by_clock()

    assert [name for name, _ in ticks.fired] == ["sweep"] * 3
    assert all(slot.second == slot.microsecond == 0 for _, slot in ticks.fired)


class ScriptedSettling(Settling):
    """Finds what the script says, look after look: `queued`, `unsent` or `over`."""

    def __init__(self, *looks: str) -> None:
        self.looks = list(looks)
        self.sweeps: list[str] = []
        self._sweep = lambda: self.sweeps.append(self.looks[0])

    def _queue_is_empty(self) -> bool:
        return self.looks[0] != "queued" or not self.looks.pop(0)

    def _is_told(self) -> bool:
        return self.looks.pop(0) == "over"


async def test_what_stays_unsent_when_nothing_is_queued_any_more_is_swept_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("local.settling._PAUSE_SECONDS", 0)
    monkeypatch.setattr("local.settling._PATIENCE_SECONDS", 0)
    at_once = ScriptedSettling("queued", "queued", "over")
    stuck = ScriptedSettling("queued", "unsent", "queued", "unsent", "unsent", "over")

    await at_once.wait()
    await stuck.wait()

    assert at_once.sweeps == []
    assert stuck.sweeps == ["over"]


def test_the_sandbox_is_the_stripe_of_a_run_unless_a_key_or_an_address_is_given() -> None:
    assert read_options([], {}).stripe_api is None
    assert read_options([], {"STRIPE_KEY": "sk_test_x"}).stripe_api == "https://api.stripe.com"
    given = read_options(["--stripe-api", "http://127.0.0.1:1/"], {"STRIPE_KEY": "sk_test_x"})
    assert given.stripe_api == "http://127.0.0.1:1"
    assert given.stripe_key == "sk_test_x"


def test_options_do_not_show_what_is_secret() -> None:
    options = read_options(["--token", "hidden-token"], {"STRIPE_KEY": "sk_test_hidden"})

    assert "hidden" not in repr(options)


def test_a_token_is_random_unless_given() -> None:
    assert read_options([], {}).token != read_options([], {}).token
    assert read_options(["--token", "mine"], {}).token == "mine"


def test_a_delivery_is_listed_only_for_channels_that_are_there() -> None:
    envelope = {
        "Subject": "[Firing] MRR",
        "Message": "MRR is above",
        "Timestamp": "2026-11-22T12:00:00.000Z",
        "MessageAttributes": {"channels": {"Type": "String.Array", "Value": '["chn_1", "chn_2"]'}},
    }

    found = deliveries_in(envelope, {"chn_2": ("email", "team@example.com")})

    assert [delivery.as_json() for delivery in found] == [
        {
            "channel": "chn_2",
            "protocol": "email",
            "endpoint": "team@example.com",
            "subject": "[Firing] MRR",
            "message": "MRR is above",
            "at": "2026-11-22T12:00:00.000Z",
        }
    ]


def test_a_message_to_no_channel_is_no_delivery() -> None:
    envelope = {"Message": "x", "Timestamp": "2026-11-22T12:00:00.000Z"}

    assert deliveries_in(envelope, {"chn_2": ("email", "team@example.com")}) == []
