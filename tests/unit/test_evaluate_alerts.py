"""From a new value to notices: decided once, sent once, nothing lost."""

import pytest

from functions.alerts.evaluate_alerts import EvaluateAlerts
from shared.domain.alerts import AlertState
from shared.errors import ConfigurationError, StorageUnavailableError, VersionConflictError
from tests.fakes import FakeClock, InMemoryNotifier
from tests.memory_stores import InMemoryAlerts, InMemoryConfig
from tests.stories import a_channel, a_metric, a_value, an_alert, an_integration


class World:
    """One alert (below 10,000) with an e-mail and an SMS channel, all in memory."""

    def __init__(self) -> None:
        self.config, self.notifier, self.clock = InMemoryConfig(), InMemoryNotifier(), FakeClock()
        self.alerts = InMemoryAlerts(self.config)
        self.config.add_integration(an_integration())
        self.config.add_metric(a_metric())
        self.config.add_channel(a_channel())
        self.config.add_channel(a_channel(id="chn_2", type="sms", address="+14155550100"))
        self.alerts.add_alert(an_alert(channels=("chn_1", "chn_2")), AlertState())
        self.evaluate = EvaluateAlerts(self.config, self.alerts, self.notifier, self.clock)

    def see(self, *amounts: str) -> None:
        """Offer amounts as the next versions."""
        first = (self.alerts.state("alt_1").last_version or 0) + 1
        for version, amount in enumerate(amounts, start=first):
            self.evaluate(a_value(amount, version))

    def sent(self) -> list[tuple[str, str]]:
        return [(notice.channel_id, notice.key) for notice in self.notifier.published]


@pytest.fixture(name="world")
def _world() -> World:
    return World()


FIRST = [("chn_1", "alt_1/1/1/fire"), ("chn_2", "alt_1/1/1/fire")]


def test_a_crossing_is_told_once_on_every_channel(world):
    world.see("10500", "9900", "9800")
    assert world.sent() == FIRST
    subjects = [notice.message.subject for notice in world.notifier.published]
    assert subjects[0].startswith("[Test mode] [Firing] MRR below $10,000.00: now $9,900.00")
    assert subjects[1] == ""


def test_t04_the_same_value_again_is_told_once(world):
    world.see("10500", "9900")
    world.evaluate(a_value("9900", 2))
    assert world.sent() == FIRST


def test_t16_two_alerts_on_one_metric_are_independent(world):
    world.alerts.add_alert(an_alert(id="alt_2", is_enabled=False), AlertState())
    world.alerts.add_alert(an_alert(id="alt_3"), AlertState())
    world.see("10500", "9900")
    assert [key for _, key in world.sent()] == ["alt_1/1/1/fire"] * 2 + ["alt_3/1/1/fire"]


def test_t17_a_notice_that_could_not_be_sent_goes_out_later_and_nothing_fires_again(world):
    world.see("10500")
    world.notifier.failures = [StorageUnavailableError("busy")]
    with pytest.raises(StorageUnavailableError):
        world.evaluate(a_value("9900", 2))
    assert world.sent() == [("chn_2", "alt_1/1/1/fire")]
    world.evaluate(a_value("9900", 2))
    assert world.sent() == [("chn_2", "alt_1/1/1/fire"), ("chn_1", "alt_1/1/1/fire")]


def test_a_notice_that_another_worker_is_sending_is_left_to_it(world):
    world.see("10500")
    world.notifier.failures = [StorageUnavailableError("busy"), StorageUnavailableError("busy")]
    with pytest.raises(StorageUnavailableError):
        world.evaluate(a_value("9900", 2))
    notice = world.alerts.pending_notices("alt_1")[0]
    now = world.clock.now()
    until = now.replace(minute=now.minute + 1)
    assert world.alerts.claim_notice(notice, now=now, until=until) is not None
    # The record comes back until the notice is settled: the other worker may have been killed.
    with pytest.raises(StorageUnavailableError):
        world.evaluate(a_value("9900", 2))
    assert world.sent() == [("chn_2", "alt_1/1/1/fire")]
    world.clock.move(seconds=61)
    world.evaluate(a_value("9900", 2))
    assert len(world.sent()) == 2


def test_an_alert_that_cannot_be_heard_keeps_no_other_from_being_decided(world):
    world.alerts.add_alert(an_alert(id="alt_2", channels=("chn_2",)), AlertState())
    world.see("10500")
    world.notifier.failures = [ConfigurationError("not allowed")]
    with pytest.raises(ConfigurationError):
        world.evaluate(a_value("9900", 2))
    assert world.alerts.state("alt_2").status == "firing"
    assert world.sent() == [("chn_2", "alt_1/1/1/fire"), ("chn_2", "alt_2/1/1/fire")]


def test_a_notice_that_will_never_be_accepted_is_given_up_and_shown_so(world):
    world.see("10500")
    world.notifier.failures = [ConfigurationError("not allowed")]
    with pytest.raises(ConfigurationError):
        world.evaluate(a_value("9900", 2))
    world.evaluate(a_value("9900", 2))
    (event,) = world.alerts.events("alt_1", limit=10).items
    assert [(n.channel_id, n.status) for n in event.notices] == [
        ("chn_1", "failed"),
        ("chn_2", "sent"),
    ]


def test_a_notice_is_tried_ten_times(world):
    world.see("10500")
    world.notifier.failures = [StorageUnavailableError("busy")] * 100
    for _ in range(10):
        with pytest.raises(StorageUnavailableError):
            world.evaluate(a_value("9900", 2))
    assert world.evaluate(a_value("9900", 2)) == 0
    (event,) = world.alerts.events("alt_1", limit=10).items
    assert {(n.status, n.attempts) for n in event.notices} == {("failed", 10)}


def test_a_lost_race_is_decided_again_on_what_the_other_wrote(world):
    world.see("10500")
    commit, losses = world.alerts.commit_decision, [VersionConflictError("lost")]

    def lose_once(*args, **kwargs):
        if losses:
            raise losses.pop()
        commit(*args, **kwargs)

    world.alerts.commit_decision = lose_once
    world.evaluate(a_value("9900", 2))
    assert world.sent() == FIRST


def test_a_race_that_is_never_won_is_given_back(world):
    def lose(*args, **kwargs):
        raise VersionConflictError("lost")

    world.alerts.commit_decision = lose
    with pytest.raises(VersionConflictError):
        world.evaluate(a_value("9900", 2))


def test_a_removed_channel_does_not_keep_the_others_from_hearing(world):
    world.config.remove_channel(a_channel())
    world.see("10500", "9900")
    assert world.sent() == [("chn_2", "alt_1/1/1/fire")]


def test_the_history_tells_what_was_decided_and_what_became_of_it(world):
    world.see("10500", "9900")
    (event,) = world.alerts.events("alt_1", limit=10).items
    assert (event.decision.reason, event.decision.key) == ("crossed", "alt_1/1/1/fire")
    assert [(n.channel_id, n.status, n.message_id) for n in event.notices] == [
        ("chn_1", "sent", "message-1"),
        ("chn_2", "sent", "message-2"),
    ]


def test_a_value_of_a_metric_without_alerts_is_no_trouble(world):
    assert world.evaluate(a_value("1", metric_id="met_2")) == 0
