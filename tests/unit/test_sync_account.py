"""What one sync does, and what it leaves behind when it fails."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from functions.sync import sync_run
from functions.sync.dispatch_syncs import DispatchSyncs
from functions.sync.sync_account import SyncAccount
from shared.domain.ledger import Place
from shared.domain.metrics import Mrr, SubscriptionCount
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import (
    KeyInvalidError,
    LeaseHeldError,
    SourceUnavailableError,
    StorageUnavailableError,
)
from shared.ports import SyncRequest
from tests.fakes import NOON, FakeClock, FakeSource, InMemoryQueue, InMemorySecrets
from tests.memory_stores import InMemoryConfig, InMemoryLedger, InMemoryMetrics
from tests.stories import a_metric, a_value, an_integration


class World:
    """One connected integration with an hourly and a daily metric, all in memory."""

    def __init__(self) -> None:
        self.config, self.ledger = InMemoryConfig(), InMemoryLedger()
        self.metrics = InMemoryMetrics(self.ledger, self.config)
        self.secrets, self.source, self.clock = InMemorySecrets(), FakeSource(), FakeClock()
        self.queue = InMemoryQueue()
        kept_since = NOON - timedelta(days=395)
        self.ledger.places["int_1"] = Place(
            phase="following",
            as_of=NOON - timedelta(hours=1),
            history_since=kept_since,
            balance_since=kept_since,
        )
        self.config.add_integration(an_integration())
        self.config.add_metric(a_metric(id="met_h", query=Mrr()))
        self.config.add_metric(
            a_metric(id="met_d", query=SubscriptionCount("all"), refresh_interval="daily")
        )
        key = parse_key("sk_test_abcdefghijklmnopqrstuvwx", allow_restricted=False)
        assert isinstance(key, StripeKey)
        self.secrets.put("int_1", key)
        self.sync = SyncAccount(
            self.config,
            self.metrics,
            self.ledger,
            self.secrets,
            lambda key: self.source,
            self.queue,
            self.clock,
            lease_seconds=930,
        )

    def status(self):
        return self.config.sync_status("int_1")


@pytest.fixture(name="world")
def _world() -> World:
    return World()


def hourly(slot: str = "2026-11-22T12:00:00Z") -> SyncRequest:
    return SyncRequest("int_1", slot=slot, interval="hourly")


def test_a_tick_computes_the_metrics_of_its_interval_only(world):
    assert world.sync(hourly()) == "ok"
    assert set(world.metrics.newest) == {"met_h"}
    value = world.metrics.newest["met_h"]
    assert (value.value, value.version, value.as_of) == (Decimal(0), 1, NOON)
    assert value.definitions_version == an_integration().definitions.version


def test_a_sync_that_a_person_asks_for_computes_every_metric(world):
    assert world.sync(SyncRequest("int_1", slot="asked-1")) == "ok"
    assert set(world.metrics.newest) == {"met_h", "met_d"}


def test_a_new_metric_gets_its_value_alone(world):
    assert world.sync(SyncRequest("int_1", slot="met_d", metric_id="met_d")) == "ok"
    assert set(world.metrics.newest) == {"met_d"}


def test_r16_a_slot_is_computed_once(world):
    world.sync(hourly())
    assert world.sync(hourly()) == "already_done"
    assert world.source.readings == 1
    assert len(world.metrics.past) == 1


def test_a_slot_that_comes_after_a_later_one_is_done_already(world):
    world.sync(hourly("2026-11-22T13:00:00Z"))
    assert world.sync(hourly("2026-11-22T12:00:00Z")) == "already_done"


def test_versions_rise_from_sync_to_sync(world):
    world.sync(hourly("2026-11-22T12:00:00Z"))
    world.sync(hourly("2026-11-22T13:00:00Z"))
    assert [value.version for value in world.metrics.past] == [1, 2]


def test_success_is_told_in_the_status(world):
    world.sync(hourly())
    status = world.status()
    assert (status.state, status.error, status.data_through) == ("ok", None, NOON)
    assert status.last_success_at == status.last_attempt_at == NOON


def test_t18_a_revoked_key_leaves_the_value_and_says_so(world):
    world.sync(hourly("2026-11-22T12:00:00Z"))
    world.source.error = KeyInvalidError("Stripe does not know this key.")
    world.clock.move(hours=1)
    assert world.sync(hourly("2026-11-22T13:00:00Z")) == "error"
    assert len(world.metrics.past) == 1
    status = world.status()
    assert (status.state, status.error.code) == ("error", "stripe_key_invalid")
    assert status.error.message == "Stripe does not know this key."
    assert status.last_success_at == NOON
    assert status.last_attempt_at == NOON + timedelta(hours=1)


def test_t09_a_failed_sync_is_followed_by_the_next_slot(world):
    world.source.error = SourceUnavailableError("Stripe does not answer.")
    world.sync(hourly("2026-11-22T12:00:00Z"))
    world.source.error = None
    assert world.sync(hourly("2026-11-22T13:00:00Z")) == "ok"
    assert world.status().error is None


def test_a_missing_secret_is_told_as_a_key_that_is_no_longer_good(world):
    world.secrets.delete("int_1")
    assert world.sync(hourly()) == "error"
    assert world.status().error.code == "stripe_key_invalid"


def test_an_unexpected_error_is_recorded_without_its_text_and_tried_again(world):
    def explode(*_, **__):
        raise StorageUnavailableError("the table is busy")

    commit, world.metrics.commit = world.metrics.commit, explode
    with pytest.raises(StorageUnavailableError):
        world.sync(hourly())
    assert world.status().state == "error"
    world.metrics.commit = commit
    assert world.sync(hourly()) == "ok"


def test_a_status_that_cannot_be_written_does_not_make_the_slot_run_again(world):
    save, calls = world.config.save_sync_status, []

    def fail_at_the_end(integration_id, status):
        calls.append(status.state)
        if status.state == "ok":
            raise StorageUnavailableError("busy")
        save(integration_id, status)

    world.config.save_sync_status = fail_at_the_end
    with pytest.raises(StorageUnavailableError):
        world.sync(hourly())
    world.config.save_sync_status = save
    assert world.sync(hourly()) == "already_done"
    assert len(world.metrics.past) == 1


def test_a_sync_killed_before_it_could_say_that_it_was_done_is_told_as_done(world):
    save = world.config.save_sync_status

    def die_at_the_end(integration_id, status):
        if status.state == "ok":
            raise KeyboardInterrupt
        save(integration_id, status)

    world.config.save_sync_status = die_at_the_end
    with pytest.raises(KeyboardInterrupt):
        world.sync(hourly())
    world.config.save_sync_status = save
    assert world.sync(hourly()) == "already_done"
    assert world.status().state == "running"  # for all that is known, it may be
    world.clock.move(seconds=930)
    assert world.sync(hourly()) == "already_done"
    assert (world.status().state, world.status().data_through) == ("ok", NOON)


def test_an_error_of_ours_is_told_without_its_text(world):
    def explode(*_, **__):
        raise StorageUnavailableError("AWS refused to write items together (X).")

    world.metrics.commit = explode
    with pytest.raises(StorageUnavailableError):
        world.sync(hourly())
    assert "AWS" not in world.status().error.message


def test_two_syncs_of_one_integration_do_not_run_at_once(world):
    world.ledger.take_lease(hourly(), now=NOON, until=NOON + timedelta(seconds=930))
    with pytest.raises(LeaseHeldError):
        world.sync(hourly())
    world.clock.move(seconds=931)
    assert world.sync(hourly()) == "ok"


def test_a_sync_whose_lease_has_passed_on_writes_nothing(world):
    def advance_slowly(book, place, **how):
        world.clock.move(seconds=931)
        later = hourly("2026-11-22T13:00:00Z")
        world.ledger.take_lease(later, now=world.clock.now(), until=NOON + timedelta(days=1))
        return FakeSource().advance(book, place, **how)

    world.source.advance = advance_slowly
    with pytest.raises(LeaseHeldError):
        world.sync(hourly())
    assert world.metrics.past == []


def test_a_disconnected_or_unknown_integration_is_left_alone(world):
    world.config.save_integration(an_integration(is_connected=False, revision=2))
    assert world.sync(hourly()) == "not_connected"
    assert world.sync(SyncRequest("int_9", slot="x")) == "not_connected"
    assert world.source.readings == 0


def test_the_dispatcher_queues_one_sync_for_each_integration_with_metrics_due(world):
    world.config.add_integration(an_integration(id="int_2"))
    world.config.add_metric(a_metric(id="met_2", integration_id="int_2"))
    world.config.add_integration(an_integration(id="int_3"))
    queue = InMemoryQueue()
    dispatch = DispatchSyncs(world.config, queue)
    assert dispatch("hourly", "s1") == ["int_1", "int_2"]
    assert dispatch("daily", "s1") == ["int_1", "int_2", "int_3"]  # also without metrics
    assert dispatch("weekly", "s1") == []
    dispatch("hourly", "s1")
    assert len(queue.requests) == 5


def test_a_key_that_stripe_has_refused_is_not_tried_again_until_it_changes(world):
    world.source.error = KeyInvalidError("Stripe does not know this key.")
    world.clock.move(minutes=1)
    world.sync(hourly("2026-11-22T12:00:00Z"))
    before, world.source.error = world.status(), None
    world.clock.move(hours=1)
    assert world.sync(hourly("2026-11-22T13:00:00Z")) == "error"
    assert (world.source.readings, world.status()) == (0, before)
    new_key = an_integration(key_set_at=world.clock.now(), revision=3)
    world.config.save_integration(new_key)
    assert world.sync(hourly("2026-11-22T14:00:00Z")) == "ok"


def test_a_person_may_try_a_refused_key_again(world):
    world.source.error = KeyInvalidError("Stripe does not know this key.")
    world.sync(hourly("2026-11-22T12:00:00Z"))
    world.source.error = None
    assert world.sync(SyncRequest("int_1", slot="asked-1")) == "ok"
    assert world.sync(hourly("2026-11-22T13:00:00Z")) == "ok"


def test_a_key_that_was_stored_by_somebody_killed_is_told_by_the_next_sync(world):
    world.sync(hourly())
    told = world.config.integration("int_1")
    assert (told.key_masked, told.key_set_at) == ("sk_test_…uvwx", world.clock.now())
    world.sync(hourly("2026-11-22T13:00:00Z"))
    assert world.config.integration("int_1") == told


def disconnect_while_reading(world, then):
    """Let the account be disconnected while it is being read, some seconds after the beginning."""

    def advance(book, place, *, is_time_up, report):
        now = world.config.integration("int_1")
        gone = replace(now, is_connected=False, revision=now.revision + 1)
        world.config.save_integration(gone)
        assert not is_time_up()  # not every question asks the table
        world.clock.move(seconds=6)
        return then(book, place, is_time_up=is_time_up, report=report)

    world.source.advance = advance


def test_a_sync_stops_soon_once_its_account_is_disconnected(world):
    world.sync(hourly("2026-11-22T12:00:00Z"))
    before = world.status()
    disconnect_while_reading(world, FakeSource().advance)
    assert world.sync(hourly("2026-11-22T13:00:00Z")) == "not_connected"
    status = world.status()
    assert (status.state, status.last_success_at) == ("ok", before.last_success_at)
    assert len(world.metrics.past) == 1
    assert world.queue.requests == []


def test_a_first_import_that_is_disconnected_is_as_if_it_had_not_begun(world):
    del world.ledger.places["int_1"]
    disconnect_while_reading(world, FakeSource().advance)
    assert world.sync(hourly()) == "not_connected"
    assert (world.status().state, world.status().progress) == ("never", None)


def test_what_fails_because_the_account_was_disconnected_is_no_error(world):
    def refuse(book, place, **how):
        raise KeyInvalidError("rolled at once")

    disconnect_while_reading(world, refuse)
    assert world.sync(hourly()) == "not_connected"
    assert world.status().error is None


def test_metrics_without_an_exchange_rate_are_remembered_until_they_have_a_value(world):
    lacking = ("met_d",)
    world.sync(hourly())
    world.config.save_sync_status("int_1", replace(world.status(), withheld=("met_d", "met_h")))
    world.sync(hourly("2026-11-22T13:00:00Z"))
    assert world.status().withheld == lacking  # its value is not computed at this tick
    world.sync(SyncRequest("int_1", slot="asked-1"))
    assert world.status().withheld == ()


def test_a_value_that_lacks_a_rate_is_noted_in_the_status(world, monkeypatch):
    def measure(metric, *rest, version, computed_at):
        warnings = (("currency_rate_missing", "Add a rate."),)
        return a_value(None, version, metric_id=metric.id, warnings=warnings)

    monkeypatch.setattr(sync_run, "measure", measure)
    world.sync(hourly())
    assert world.status().withheld == ("met_h",)


def test_a_metric_whose_own_tick_has_failed_is_computed_at_the_next_of_any_interval(world):
    daily = SyncRequest("int_1", slot="2026-11-21T06:00:00Z", interval="daily")
    world.sync(daily)
    world.clock.move(hours=25)
    world.sync(hourly("2026-11-22T12:00:00Z"))
    assert world.metrics.newest["met_d"].version == 1  # its tick may still be under way
    world.clock.move(minutes=1)
    world.sync(hourly("2026-11-22T13:00:00Z"))
    assert world.metrics.newest["met_d"].version == 3
