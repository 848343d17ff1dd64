"""From a new value to what is decided: once, whatever comes twice, late or at the same time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from functions.alerts import evaluate_alerts
from shared.domain.alerts import AlertState
from shared.domain.messages import alert_message
from shared.errors import MetricsError, StorageUnavailableError, VersionConflictError
from tests.alert_world import AlertWorld
from tests.fakes import NOON
from tests.memory_table import Calls
from tests.stories import a_change_rule, a_channel, a_rule, a_value, an_alert

FIRST = [("chn_1", "alt_1/1/1/fire"), ("chn_2", "alt_1/1/1/fire")]


@pytest.fixture(name="world")
def _world():
    return AlertWorld()


def see(world, *amounts):
    """Have amounts arrive as the next versions, an hour apart."""
    first = (world.alerts.state("alt_1").last_version or 0) + 1
    for version, amount in enumerate(amounts, start=first):
        world.arrive(a_value(amount, version, as_of=NOON + timedelta(hours=version)))


def failing(calls, name, error, times=1):
    """Have the next calls of that name fail before they take effect."""
    left = [error] * times

    def fail(_):
        if left and calls.names[-1] == name:
            raise left.pop()

    calls.before = fail


def test_a_crossing_is_told_once_on_every_channel(world):
    see(world, "10500", "9900", "9800")
    assert world.sent() == FIRST
    mail, text = (it.message for it in world.notifier.published)
    assert "9,900" in mail.subject
    assert "9,900" in text.body
    assert text.subject == ""


def test_t04_the_same_value_again_is_told_once(world):
    see(world, "10500", "9900")
    seen = world.alerts.state("alt_1").last
    same = a_value("9900", 2, as_of=seen.as_of)
    assert world.services.evaluate(same) == {"alt_1": "old"}
    world.offer(same)
    assert world.sent() == FIRST


def test_what_became_of_a_value_is_said_of_each_alert(world):
    at = NOON + timedelta(hours=2)
    other = an_alert(id="alt_2", rule=a_rule("below", "100"))
    world.alerts.add_alert(other, AlertState())
    see(world, "10500")
    assert world.services.evaluate(a_value("9900", 2, as_of=at)) == {
        "alt_1": "decided",
        "alt_2": "seen",
    }
    # One version, two values: somebody wrote over what was there.
    assert world.services.evaluate(a_value("9901", 2, as_of=at)) == {
        "alt_1": "rewritten",
        "alt_2": "rewritten",
    }
    assert world.services.evaluate(a_value("1", 1)) == {"alt_1": "old", "alt_2": "old"}
    assert world.services.evaluate(a_value(None, 3)) == {"alt_1": "old", "alt_2": "old"}


def test_t16_two_alerts_on_one_metric_are_independent(world):
    world.alerts.add_alert(an_alert(id="alt_2", is_enabled=False), AlertState())
    world.alerts.add_alert(an_alert(id="alt_3"), AlertState())
    see(world, "10500", "9900")
    assert world.sent() == [*FIRST, ("chn_1", "alt_3/1/1/fire")]


def test_an_alert_that_cannot_be_decided_keeps_no_other_from_it(world):
    world.alerts.add_alert(an_alert(id="alt_2"), AlertState())
    see(world, "10500")
    failing(world.calls, "transact", StorageUnavailableError("busy"))
    with pytest.raises(StorageUnavailableError):
        world.services.evaluate(a_value("9900", 2))
    states = [world.alerts.state(key).status for key in ("alt_1", "alt_2")]
    assert states == ["ok", "firing"]
    assert world.services.evaluate(a_value("9900", 2)) == {"alt_1": "decided", "alt_2": "old"}


def test_a_lost_race_is_decided_again_on_what_the_other_wrote(world):
    see(world, "10500")
    other = world.of(Calls())

    def overtake(_):
        if world.calls.names[-1] == "transact":
            world.calls.before = None
            other.services.evaluate(a_value("9900", 2))

    world.calls.before = overtake
    assert world.services.evaluate(a_value("9900", 2)) == {"alt_1": "old"}
    assert len(world.alerts.events("alt_1", limit=10).items) == 1


def test_a_race_that_is_never_won_is_given_back(world):
    see(world, "10500")
    failing(world.calls, "transact", VersionConflictError("lost"), times=5)
    with pytest.raises(VersionConflictError):
        world.services.evaluate(a_value("9900", 2))
    assert world.services.evaluate(a_value("9900", 2)) == {"alt_1": "decided"}


def changing(world, change, before=("transact", "put")):
    """Have something happen to the alert, as a rule just before a decision is written."""

    def meet(_):
        if world.calls.names[-1] in before:
            world.calls.before = None
            change()

    world.calls.before = meet


def test_an_alert_that_is_removed_meanwhile_decides_nothing(world):
    see(world, "10500")
    alert = world.alerts.alert("alt_1")
    changing(world, lambda: world.alerts.remove_alert(alert))
    assert world.services.evaluate(a_value("9900", 2)) == {"alt_1": "gone"}
    assert not [place for place in world.table.items if "alt_1" in "".join(place)]


@pytest.mark.parametrize("before", ["get", "transact"])
def test_an_alert_that_is_paused_meanwhile_decides_nothing(world, before):
    see(world, "10500")
    paused = replace(world.alerts.alert("alt_1"), is_enabled=False, revision=2)
    changing(world, lambda: world.alerts.save_alert(paused, AlertState(status="paused")), {before})
    assert world.services.evaluate(a_value("9900", 2)) == {"alt_1": "old"}
    assert world.alerts.state("alt_1") == AlertState(status="paused")


@pytest.mark.parametrize("before", ["get", "transact"])
def test_an_alert_that_is_edited_meanwhile_decides_by_its_new_rule(world, before):
    see(world, "10500")
    edited = replace(
        world.alerts.alert("alt_1"), rule=a_rule(threshold="11000"), config_version=2, revision=2
    )
    fresh = AlertState(config_version=2)
    changing(world, lambda: world.alerts.save_alert(edited, fresh), {before})
    # By the new rule it is the first value, and already below.
    assert world.services.evaluate(a_value("9900", 2)) == {"alt_1": "seen"}
    state = world.alerts.state("alt_1")
    assert (state.status, state.config_version) == ("firing", 2)


def test_a_channel_that_is_taken_off_meanwhile_is_not_told(world):
    see(world, "10500")
    fewer = replace(world.alerts.alert("alt_1"), channels=("chn_2",), revision=2)
    changing(world, lambda: world.alerts.save_alert(fewer))
    world.arrive(a_value("9900", 2))
    assert world.sent() == FIRST[1:]


def test_a_removed_channel_does_not_keep_the_others_from_hearing(world):
    world.config.remove_channel(a_channel())
    see(world, "10500", "9900")
    assert world.sent() == FIRST[1:]


def test_an_alert_that_is_enabled_meanwhile_is_not_paused_again(world):
    alert = world.alerts.alert("alt_1")
    world.alerts.save_alert(
        replace(alert, is_enabled=False, revision=2), AlertState(status="paused")
    )
    enabled = replace(alert, revision=3)
    changing(world, lambda: world.alerts.save_alert(enabled, AlertState()), {"get"})
    assert world.services.evaluate(a_value("10500", 1)) == {"alt_1": "seen"}
    assert world.alerts.state("alt_1").status == "ok"


@pytest.mark.parametrize(
    ("compare_to", "days", "previous"), [("day", 1, "100"), ("week", 7, "90"), ("month", 31, "80")]
)
def test_a_change_looks_back_into_the_history(compare_to, days, previous):
    rule = a_change_rule("increase", "10", compare_to)
    world = AlertWorld(an_alert(rule=rule))
    for number, (age, amount) in enumerate([(31, "80"), (7, "90"), (1, "100")], start=1):
        world.store(a_value(amount, number, as_of=NOON - timedelta(days=age)))
    world.arrive(a_value("200", 4))
    (event,) = world.alerts.events("alt_1", limit=10).items
    assert event.decision.previous is not None
    assert event.decision.previous.value == Decimal(previous)
    assert event.decision.previous.as_of == NOON - timedelta(days=days)


def test_what_the_cooldown_holds_back_is_in_the_history_and_sent_to_nobody():
    alert = an_alert(cooldown_hours=Decimal(5), notify_on_recovery=True)
    world = AlertWorld(alert)
    see(world, "10500", "9900", "10500", "9900", "10500")
    events = [it.decision for it in world.alerts.events("alt_1", limit=10).items]
    assert [(it.kind, it.is_held) for it in events] == [
        ("fire", False),
        ("recover", False),
        ("fire", True),
        ("recover", True),
    ]
    assert world.sent() == [("chn_1", "alt_1/1/1/fire"), ("chn_1", "alt_1/1/1/recover")]


def test_the_history_tells_what_was_decided_and_what_became_of_it(world):
    see(world, "10500", "9900")
    (event,) = world.alerts.events("alt_1", limit=10).items
    assert (event.decision.reason, event.decision.key) == ("crossed", "alt_1/1/1/fire")
    assert [(n.channel_id, n.status, n.message_id) for n in event.notices] == [
        ("chn_1", "sent", "message-1"),
        ("chn_2", "sent", "message-2"),
    ]


def test_a_value_of_a_metric_without_alerts_is_no_trouble(world):
    assert world.services.evaluate(a_value("1", metric_id="met_2")) == {}


def test_an_alert_that_breaks_whatever_reads_it_keeps_no_other_from_being_decided(
    world, monkeypatch
):
    world.alerts.add_alert(an_alert(id="alt_0"), AlertState())
    write = alert_message

    def break_first(facts, channel_type):
        if facts.alert.id == "alt_0":
            raise ValueError("no such thing")
        return write(facts, channel_type)

    monkeypatch.setattr(evaluate_alerts, "alert_message", break_first)
    see(world, "10500")
    with pytest.raises(MetricsError):
        world.services.evaluate(a_value("9900", 2))
    assert world.alerts.state("alt_1").status == "firing"
