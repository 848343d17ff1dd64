"""After each sync: lost records are made up for, and people hear of trouble once in an episode."""

from datetime import timedelta

import pytest

from shared.adapters.dynamodb_keys import alert_key
from shared.domain.account_watch import AccountWatch
from shared.domain.alerts import AlertState
from shared.domain.configuration import Notifications, SyncFailure
from shared.errors import MetricsError, StorageUnavailableError
from tests.alert_world import AlertWorld, sync_record, value_record
from tests.fakes import NOON
from tests.memory_table import Calls
from tests.stories import a_channel, a_metric, a_value, an_alert, an_integration

FIRST = [("chn_1", "alt_1/1/1/fire"), ("chn_2", "alt_1/1/1/fire")]
# Below 10,000 for an hour; the first is no value of any sync.
CAME_AND_WENT = ("0", "12000", "9000", "12000")
DOWN = SyncFailure("stripe_unavailable", "Stripe could not be reached.")


@pytest.fixture(name="world")
def _world():
    """An account that was synced at noon, and whose troubles chn_1 hears of."""
    world = AlertWorld()
    world.config.save_notifications(Notifications(("chn_1",)))
    world.handle(sync_record(world.end_sync()))
    return world


def fail(world):
    """Have a sync fail, and its record come."""
    before = world.config.sync_status("int_1")
    status = world.end_sync(state="error", error=DOWN, last_success_at=before.last_success_at)
    assert world.handle(sync_record(status)) == {"batchItemFailures": []}


def succeed(world):
    """Have a sync succeed, and its record come."""
    assert world.handle(sync_record(world.end_sync())) == {"batchItemFailures": []}


def told(world):
    """Which account notices were sent, in order."""
    return [key for _, key in world.sent() if key.startswith("int_1/")]


def test_a_value_whose_record_was_lost_is_decided_when_the_sync_ends(world):
    world.arrive(a_value("10500", 1))
    world.store(a_value("9900", 2))
    succeed(world)
    assert world.sent() == FIRST


def test_without_the_record_of_the_sync_the_sweep_decides_it(world):
    world.arrive(a_value("10500", 1))
    world.store(a_value("9900", 2))
    world.end_sync()
    world.sweep()
    assert world.sent() == FIRST


def test_a_crossing_that_came_and_went_is_not_lost_with_its_records(world):
    hours = [a_value(it, n, as_of=NOON + timedelta(hours=n)) for n, it in enumerate(CAME_AND_WENT)]
    world.arrive(hours[1])
    world.store(*hours[2:])
    world.end_sync()
    world.sweep()
    assert world.sent() == FIRST
    # The records, if they come after all, have nothing to add.
    world.offer(*hours[2:])
    assert world.sent() == FIRST
    assert world.alerts.state("alt_1").status == "ok"


def test_a_record_that_fails_is_not_overtaken_by_the_end_of_its_sync(world):
    hours = [a_value(it, n, as_of=NOON + timedelta(hours=n)) for n, it in enumerate(CAME_AND_WENT)]
    world.arrive(hours[1])
    world.store(*hours[2:])
    records = [*map(value_record, hours[2:]), sync_record(world.end_sync())]
    left = [StorageUnavailableError("busy")]

    def fail_once(_):
        if left:
            raise left.pop()

    world.calls.before = fail_once
    assert len(world.handle(*records)["batchItemFailures"]) == 2
    assert world.handle(*records) == {"batchItemFailures": []}
    assert world.sent() == FIRST


def test_each_ended_sync_is_looked_at_once(world):
    world.store(a_value("10500", 1))
    status = world.end_sync()
    before = world.calls.made
    world.handle(sync_record(status))
    looked = world.calls.made - before
    before = world.calls.made
    world.handle(sync_record(status))
    world.sweep()
    again = world.calls.made - before
    assert again < looked
    assert world.alerts.watches(["int_1"])["int_1"] == AccountWatch(sequence=2)


def test_values_of_a_sync_that_failed_are_offered_as_well(world):
    # What it had written before it failed is as good as any.
    world.arrive(a_value("10500", 1))
    world.store(a_value("9900", 2))
    fail(world)
    assert sorted(world.sent()) == sorted([*FIRST, ("chn_1", "int_1/1/sync_failed")])


def test_the_look_at_a_sync_that_was_cut_short_is_taken_again(world):
    world.arrive(a_value("10500", 1))
    world.store(a_value("9900", 2))
    record = sync_record(world.end_sync())

    def fail_once(_):
        if world.calls.names[-1] == "transact":
            world.calls.before = None
            raise StorageUnavailableError("busy")

    world.calls.before = fail_once
    assert world.handle(record) != {"batchItemFailures": []}
    assert world.handle(record) == {"batchItemFailures": []}
    assert world.sent() == FIRST


def test_an_alert_that_cannot_be_decided_keeps_nobody_from_hearing_of_the_account(world):
    world.config.add_metric(a_metric(id="met_2"))
    world.alerts.add_alert(an_alert(id="alt_2", metric_id="met_2"), AlertState())
    world.store(a_value("10500"), a_value("10500", metric_id="met_2"))
    world.offer(a_value("10500"), a_value("10500", metric_id="met_2"))
    world.store(a_value("9900", 3), a_value("9900", 3, metric_id="met_2"))
    status = world.end_sync(state="error", error=DOWN, last_success_at=NOON)

    def fail_first(_):
        if world.calls.names.count("transact") == 1 and world.calls.names[-1] == "transact":
            raise StorageUnavailableError("busy")

    world.calls.names.clear()
    world.calls.before = fail_first
    assert world.handle(sync_record(status)) != {"batchItemFailures": []}
    world.calls.before = None
    assert world.sweep() == {"sent": 4}
    assert told(world) == ["int_1/1/sync_failed"]
    assert world.handle(sync_record(status)) == {"batchItemFailures": []}
    decided = {key.split("/")[0] for _, key in world.sent()}
    assert decided == {"alt_1", "alt_2", "int_1"}


def test_an_alert_that_cannot_be_read_keeps_nobody_from_hearing_of_the_account(world):
    item = world.table.get(alert_key("alt_1"))
    world.table.put({**item, "rule": {"type": "no such rule"}})
    world.store(a_value("9900"))
    status = world.end_sync(state="error", error=DOWN, last_success_at=NOON)
    assert world.handle(sync_record(status)) != {"batchItemFailures": []}
    with pytest.raises(MetricsError):
        world.sweep()
    assert told(world) == ["int_1/1/sync_failed"]


def test_a_failing_account_is_told_once_in_an_episode_and_its_recovery_once(world):
    for _ in range(3):
        fail(world)
        world.sweep()
    assert told(world) == ["int_1/1/sync_failed"]
    for _ in range(3):
        succeed(world)
        world.sweep()
    assert told(world) == ["int_1/1/sync_failed", "int_1/1/recovered"]
    fail(world)
    assert told(world)[2:] == ["int_1/2/sync_failed"]


def test_numbers_that_age_are_told_by_the_schedule_once(world):
    world.clock.move(hours=2, minutes=15)
    world.sweep()
    assert told(world) == []
    world.clock.move(seconds=1)
    world.sweep()
    world.sweep()
    assert told(world) == ["int_1/1/stale"]
    fail(world)
    assert told(world) == ["int_1/1/stale", "int_1/1/sync_failed"]
    succeed(world)
    assert told(world)[2:] == ["int_1/1/recovered"]


def test_only_what_was_asked_for_is_told_and_the_episode_counts_all_the_same(world):
    world.config.save_notifications(Notifications(("chn_1",), ("recovered",)))
    fail(world)
    succeed(world)
    assert told(world) == ["int_1/1/recovered"]


def test_nobody_is_told_where_nobody_asked(world):
    world.config.save_notifications(Notifications())
    fail(world)
    assert told(world) == []
    # Who asks later does not hear of old trouble.
    world.config.save_notifications(Notifications(("chn_1",)))
    world.sweep()
    assert told(world) == []


def test_a_removed_channel_keeps_no_other_from_hearing_of_an_account(world):
    world.config.save_notifications(Notifications(("chn_1", "chn_2")))
    world.config.remove_channel(a_channel())
    fail(world)
    assert world.sent() == [("chn_2", "int_1/1/sync_failed")]


def test_a_disconnected_account_and_one_that_is_gone_are_left_alone(world):
    status = world.end_sync(state="error", error=DOWN, last_success_at=NOON)
    gone = sync_record(status, "int_9")
    assert world.handle(gone) == {"batchItemFailures": []}
    world.config.save_integration(an_integration(is_connected=False, revision=2))
    world.handle(sync_record(status))
    world.clock.move(days=30)
    world.sweep()
    assert told(world) == []
    assert world.alerts.watches(["int_9"]) == {"int_9": AccountWatch()}


def test_two_who_look_at_once_tell_it_once(world):
    other = world.of(Calls())
    status = world.end_sync(state="error", error=DOWN, last_success_at=NOON)

    def overtake(_):
        if world.calls.names[-1] == "transact":
            world.calls.before = None
            other.handle(sync_record(status))

    world.calls.before = overtake
    # The one that comes second gives the record back, and finds it told.
    assert world.handle(sync_record(status)) != {"batchItemFailures": []}
    assert world.handle(sync_record(status)) == {"batchItemFailures": []}
    assert told(world) == ["int_1/1/sync_failed"]


def test_a_sweep_leaves_an_account_to_whoever_looks_at_it_at_the_same_time(world):
    other = world.of(Calls())
    world.end_sync(state="error", error=DOWN, last_success_at=NOON)

    def overtake(_):
        if world.calls.names[-1] == "transact":
            world.calls.before = None
            other.sweep()

    world.calls.before = overtake
    world.sweep()
    assert told(world) == ["int_1/1/sync_failed"]


def test_the_trouble_of_one_account_keeps_no_other_from_being_looked_after(world):
    for key in ("int_2", "int_3"):
        world.config.add_integration(an_integration(id=key))
        world.config.add_metric(a_metric(id=f"met_{key}", integration_id=key))
    world.alerts.add_alert(an_alert(id="alt_3", metric_id="met_int_3"), AlertState())
    world.clock.move(hours=3)
    left = [StorageUnavailableError("busy")]

    def fail_once(_):
        if left and world.calls.names[-1] == "transact":
            raise left.pop()

    world.calls.before = fail_once
    with pytest.raises(StorageUnavailableError):
        world.sweep()
    # Sent all the same: what was decided of the others, and what was left of before.
    assert sorted(key for _, key in world.sent()) == ["int_2/1/stale", "int_3/1/stale"]
    world.sweep()
    assert ("chn_1", "int_1/1/stale") in world.sent()


def test_more_accounts_than_a_page_are_all_looked_after(world):
    for n in range(101):
        world.config.add_integration(an_integration(id=f"int_x{n:03}"))
    world.clock.move(days=3)
    world.sweep()
    assert len(world.sent()) == 102


def test_the_first_import_may_take_its_time():
    world = AlertWorld()
    world.config.save_notifications(Notifications(("chn_1",)))
    world.end_sync(state="running", sequence=1, last_success_at=None)
    world.clock.move(hours=2)
    world.sweep()
    assert told(world) == []
    world.clock.move(hours=1)
    world.sweep()
    assert told(world) == ["int_1/1/stale"]


def test_an_account_that_is_well_costs_the_schedule_nothing_more_than_a_look(world):
    before = world.calls.made
    world.clock.move(minutes=5)
    world.sweep()
    # Its integration, its status, its watch, and the outbox.
    assert world.calls.made - before == 4
