"""From the outbox to people: one sender at a time, tried for a day, and every end is shown."""

from datetime import timedelta
from itertools import pairwise

import pytest

from shared.errors import (
    ConfigurationError,
    InvalidInputError,
    StorageUnavailableError,
    VersionConflictError,
)
from tests.alert_world import AlertWorld
from tests.fakes import NOON
from tests.memory_table import Calls, KilledError
from tests.stories import a_channel, a_value, an_alert

FIRST = [("chn_1", "alt_1/1/1/fire"), ("chn_2", "alt_1/1/1/fire")]
BUSY = StorageUnavailableError("AWS is busy.")


@pytest.fixture(name="world")
def _world():
    """A breach that is decided and not yet sent."""
    world = AlertWorld()
    for version, amount in enumerate(["10500", "9900"], start=1):
        world.services.evaluate(a_value(amount, version))
    return world


def send(world):
    return dict(world.services.send(world.outbox.pending_of("alt_1")))


def statuses(world):
    """How each channel's notice stands, with the reason in words."""
    (event,) = world.alerts.events("alt_1", limit=10).items
    return {it.channel_id: (it.status, it.failure) for it in event.notices}


def at_call(world, name, happens, times=1):
    """Have something happen before the next calls of that name."""
    left = [None] * times

    def meet(_):
        if left and world.calls.names[-1] == name:
            left.pop()
            happens()

    world.calls.before = meet


def raising(error):
    def raise_it():
        raise error

    return raise_it


def test_every_notice_is_published_once_and_marked(world):
    assert send(world) == {"sent": 2}
    assert send(world) == {}
    assert world.sent() == FIRST
    (event,) = world.alerts.events("alt_1", limit=10).items
    found = [(it.status, it.attempts, it.message_id, it.lease_until) for it in event.notices]
    assert found == [("sent", 1, "message-1", None), ("sent", 1, "message-2", None)]
    assert event.notices[0].sent_at == NOON


def test_t17_a_notice_that_could_not_be_sent_waits_for_the_sweep_and_nothing_fires_again(world):
    world.notifier.failures = [BUSY]
    assert send(world) == {"pending": 1, "sent": 1}
    assert statuses(world) == {"chn_1": ("pending", "AWS is busy."), "chn_2": ("sent", None)}
    # The stream's record is done with all the same: the outbox has the rest.
    assert world.offer(a_value("9900", 2)) == {"batchItemFailures": []}
    assert world.sweep() == {}
    assert world.sent() == FIRST[::-1]
    assert statuses(world)["chn_1"] == ("sent", None)


def test_a_notice_is_tried_for_a_day_then_given_up_and_reported(world):
    world.notifier.failures = [BUSY] * 1_000
    sweeps = 0
    while world.outbox.pending_of("alt_1"):
        ends = world.sweep()
        sweeps += 1
        world.clock.move(minutes=5)
        assert sweeps <= 300
    assert (sweeps, ends) == (24 * 12 + 1, {"failed": 2})
    assert statuses(world)["chn_1"] == ("failed", "AWS is busy.")
    assert world.failures.reports == [
        (
            "A notice could not be sent.",
            {"notice": "alt_1/1/1/fire", "channel": channel, "reason": "AWS is busy."},
        )
        for channel in ("chn_1", "chn_2")
    ]
    world.notifier.failures = []
    assert world.sweep() == {}
    assert world.sent() == []


def test_after_an_outage_of_hours_everything_goes_out_with_the_next_sweep(world):
    world.notifier.failures = [ConfigurationError("not allowed")] * 24
    for _ in range(12):
        world.clock.move(minutes=5)
        world.sweep()
    assert world.sent() == []
    assert world.sweep() == {"sent": 2}
    assert world.sent() == FIRST


def test_a_message_that_will_never_be_accepted_is_given_up_at_once(world):
    world.notifier.failures = [InvalidInputError("AWS SNS does not take this message.")]
    assert send(world) == {"failed": 1, "sent": 1}
    assert statuses(world)["chn_1"] == ("failed", "AWS SNS does not take this message.")
    assert len(world.failures.reports) == 1


def test_what_an_operator_finds_holds_no_text_of_a_message(world):
    world.notifier.failures = [InvalidInputError("refused")] * 2
    (first, _) = world.outbox.pending_of("alt_1")
    send(world)
    assert first.message.body not in str(world.failures.reports)
    assert "example.com" not in str(world.failures.reports)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda world: world.notifier.unconfirmed.add("sub-chn_1"), "not been confirmed"),
        (lambda world: world.notifier.unsubscribe("sub-chn_1"), "does not receive"),
        (lambda world: world.config.remove_channel(a_channel()), "removed"),
    ],
    ids=["never confirmed", "unsubscribed", "removed"],
)
def test_a_channel_that_does_not_receive_is_shown_so_and_keeps_no_other_from_hearing(
    world, change, words
):
    change(world)
    assert send(world) == {"not_receiving": 1, "sent": 1}
    status, failure = statuses(world)["chn_1"]
    assert status == "not_receiving"
    assert words in failure
    assert world.sent() == FIRST[1:]
    assert world.outbox.pending_of("alt_1") == ()


def test_the_state_of_a_channel_is_kept_when_it_has_changed(world):
    world.notifier.unsubscribe("sub-chn_1")
    send(world)
    assert world.config.channel("chn_1").status == "not_receiving"
    world.notifier.subscribe(a_channel())
    world.arrive(a_value("10500", 3), a_value("9900", 4))
    assert world.config.channel("chn_1").status == "active"
    assert world.sent()[-2:] == [("chn_1", "alt_1/1/2/fire"), ("chn_2", "alt_1/1/2/fire")]


def test_a_notice_that_another_worker_is_sending_is_left_to_it(world):
    other = world.of(Calls())
    at_call(world, "publish", lambda: other.services.send(other.outbox.pending_of("alt_1")))
    # While the first is being published, the other takes the second, and only that.
    assert send(world) == {"sent": 1}
    assert sorted(world.sent()) == FIRST


def test_a_sender_that_was_killed_is_made_up_for_when_its_claim_has_run_out(world):
    at_call(world, "publish", raising(KilledError()))
    with pytest.raises(KilledError):
        send(world)
    world.clock.move(seconds=59)
    assert send(world) == {"sent": 1}
    world.clock.move(seconds=1)
    assert send(world) == {"sent": 1}
    assert world.sent() == FIRST[::-1]


@pytest.mark.parametrize("error", [BUSY, VersionConflictError("at this moment")], ids=str)
def test_the_mark_is_tried_again_so_that_nothing_is_sent_twice(world, error):
    at_call(world, "transact", raising(error), times=3)
    assert send(world) == {"sent": 2}
    world.clock.move(minutes=5)
    assert world.sweep() == {}
    assert world.sent() == FIRST


def test_a_mark_that_never_comes_through_has_it_sent_once_more_with_the_same_text(world):
    at_call(world, "transact", raising(BUSY), times=4)
    with pytest.raises(StorageUnavailableError):
        send(world)
    world.calls.before = None
    world.clock.move(minutes=5)
    assert world.sweep() == {"sent": 2}
    assert world.sent() == [FIRST[0], *FIRST]
    assert world.notifier.published[0] == world.notifier.published[1]


def test_an_alert_that_is_removed_while_its_notice_is_sent_leaves_nothing(world):
    alert = world.alerts.alert("alt_1")
    at_call(world, "publish", lambda: world.alerts.remove_alert(alert))
    assert send(world) == {"sent": 1}
    assert not [place for place in world.table.items if "alt_1" in "".join(place)]


def test_one_channel_gets_no_more_than_four_messages_a_second():
    alerts = [an_alert(id=f"alt_{n}") for n in range(1, 9)]
    world = AlertWorld(*alerts)
    times = []
    world.calls.before = lambda _: (
        times.append(world.clock.at) if world.calls.names[-1] == "publish" else None
    )
    world.arrive(a_value("10500", 1), a_value("9900", 2))
    assert len(times) == 8
    assert {b - a for a, b in pairwise(times)} == {timedelta(seconds=0.25)}


def test_nobody_hears_that_it_is_over_before_they_hear_of_it():
    world = AlertWorld(an_alert(notify_on_recovery=True))
    for version, amount in enumerate(["10500", "9900", "10100"], start=1):
        world.services.evaluate(a_value(amount, version))
    world.notifier.failures = [BUSY]
    assert world.sweep() == {"pending": 1}
    assert world.sweep() == {"sent": 2}
    assert [key for _, key in world.sent()] == ["alt_1/1/1/fire", "alt_1/1/1/recover"]


def test_who_was_slow_to_get_so_far_leaves_the_message_to_others(world):
    at_call(world, "status", lambda: world.clock.move(seconds=50))
    assert send(world) == {"pending": 1, "sent": 1}
    assert world.sweep() == {"sent": 1}
    assert sorted(world.sent()) == FIRST


def test_a_notice_is_given_up_only_when_the_operator_can_know(world):
    world.notifier.failures = [InvalidInputError("refused")]
    at_call(world, "report", raising(BUSY))
    assert send(world) == {"pending": 1, "sent": 1}
    assert world.sweep() == {"sent": 1}


def test_two_channels_do_not_wait_for_each_other(world):
    send(world)
    assert world.clock.at == NOON


def test_when_the_time_is_up_the_rest_stays_in_the_outbox(world):
    answers = iter([False, True])
    ends = world.services.send(world.outbox.pending(), lambda: next(answers))
    assert dict(ends) == {"sent": 1}
    assert [it.channel_id for it in world.outbox.pending_of("alt_1")] == ["chn_2"]
    world.sweep()
    assert world.sent() == FIRST
