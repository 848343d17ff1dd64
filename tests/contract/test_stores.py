"""What the stores promise, held against the fakes and against DynamoDB's rules alike."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from shared.domain.configuration import Notifications, SyncFailure, SyncStatus
from shared.domain.metrics import Arr, SubscriptionCount
from shared.errors import ConflictError, LeaseHeldError, NotFoundError, VersionConflictError
from shared.ports import SyncRequest
from tests.fakes import NOON
from tests.stories import a_channel, a_metric, a_value


def lease_of(stores, integration, slot="s1", now=NOON, seconds=60):
    request = SyncRequest(integration.id, slot=slot, interval="hourly")
    until = now + timedelta(seconds=seconds)
    return stores.ledger.take_lease(request, now=now, until=until)


def test_an_integration_comes_back_as_it_was_stored(stores, integration):
    assert stores.config.integration(integration.id) == integration


@pytest.mark.parametrize("kind", ["integration", "metric", "channel"])
def test_an_unknown_id_is_not_found(stores, kind):
    with pytest.raises(NotFoundError):
        getattr(stores.config, kind)("nothing_1")


def test_lists_come_in_order_of_creation_page_by_page(stores):
    channels = [a_channel(id=f"{stores.id('chn')}_{n}") for n in range(5)]
    for channel in channels:
        stores.config.add_channel(channel)
    # Other tests' channels come earlier.
    first = stores.config.channels(limit=2, cursor=channels[0].id[:-1])
    second = stores.config.channels(limit=2, cursor=first.next_cursor)
    third = stores.config.channels(limit=2, cursor=second.next_cursor)
    assert [*first.items, *second.items, *third.items] == channels
    assert third.next_cursor is None


def test_a_cursor_survives_that_its_object_is_removed(stores):
    channels = [a_channel(id=f"{stores.id('chn')}_{n}") for n in range(3)]
    for channel in channels:
        stores.config.add_channel(channel)
    stores.config.remove_channel(channels[1])
    page = stores.config.channels(limit=10, cursor=channels[1].id)
    assert page.items[0] == channels[2]


def test_an_address_belongs_to_one_channel_until_that_is_removed(stores):
    first = a_channel(id=stores.id("chn"))
    stores.config.add_channel(first)
    second = replace(first, id=f"{first.id}_2")
    with pytest.raises(ConflictError):
        stores.config.add_channel(second)
    with pytest.raises(NotFoundError):
        stores.config.channel(second.id)
    stores.config.save_channel(replace(first, status="not_receiving"))
    assert stores.config.channel(first.id).status == "not_receiving"
    stores.config.remove_channel(first)
    stores.config.add_channel(second)
    assert stores.config.channel(second.id) == second


def test_metrics_of_every_type_come_back(stores, integration, metric):
    others = [
        a_metric(
            id=f"{metric.id}_{n}",
            integration_id=integration.id,
            query=query,
            refresh_interval=interval,
        )
        for n, (query, interval) in enumerate(
            [(Arr(include_trials=True), "daily"), (SubscriptionCount("past_due"), "weekly")]
        )
    ]
    for other in others:
        stores.config.add_metric(other)
    page = stores.config.metrics_of(integration.id, limit=10)
    assert page.items == (metric, *others)
    assert page.next_cursor is None
    assert stores.config.due_metrics(integration.id, "daily") == (others[0],)
    assert stores.config.intervals_of(integration.id) == {"hourly", "daily", "weekly"}
    assert integration.id in set(stores.config.due_integrations("weekly"))
    assert stores.config.metrics_of(integration.id, limit=2).next_cursor == others[0].id


def test_a_metric_of_an_integration_that_is_not_there_is_refused(stores):
    with pytest.raises(VersionConflictError):
        stores.config.add_metric(a_metric(id=stores.id("met"), integration_id="int_none"))


def test_a_removed_metric_is_due_no_more(stores, integration, metric):
    stores.config.remove_metric(metric)
    assert stores.config.due_metrics(integration.id, None) == ()
    assert integration.id not in set(stores.config.due_integrations("hourly"))
    with pytest.raises(NotFoundError):
        stores.config.metric(metric.id)


def test_an_older_sync_does_not_overwrite_the_status_of_a_newer_one(stores, integration):
    newer = SyncStatus("error", 2, NOON, None, None, SyncFailure("stripe_unavailable", "down"))
    stores.config.save_sync_status(integration.id, newer)
    stores.config.save_sync_status(integration.id, SyncStatus("ok", 1))
    assert stores.config.sync_status(integration.id) == newer


def test_a_status_before_the_first_sync_is_never(stores, integration):
    assert stores.config.sync_status(integration.id) == SyncStatus()


def test_a_lease_is_held_by_one_until_it_is_released_or_runs_out(stores, integration):
    first = lease_of(stores, integration)
    with pytest.raises(LeaseHeldError):
        lease_of(stores, integration)
    stores.ledger.release_lease(first, done=None)
    second = lease_of(stores, integration)
    third = lease_of(stores, integration, now=NOON + timedelta(seconds=60))
    assert [first.sequence, second.sequence, third.sequence] == [1, 2, 3]


def test_a_slot_that_is_done_gives_no_lease(stores, integration):
    request = SyncRequest(integration.id, slot="s1", interval="hourly")
    stores.ledger.release_lease(lease_of(stores, integration), done=request)
    assert lease_of(stores, integration, "s1") is None
    assert lease_of(stores, integration, "s0") is None
    assert lease_of(stores, integration, "s2") is not None


def test_releasing_a_lost_lease_leaves_the_new_one_alone(stores, integration):
    lost = lease_of(stores, integration)
    lease_of(stores, integration, now=NOON + timedelta(seconds=61))
    stores.ledger.release_lease(lost, done=None)
    with pytest.raises(LeaseHeldError):
        lease_of(stores, integration, now=NOON + timedelta(seconds=62))


def test_values_are_stored_as_latest_and_as_history(stores, integration, metric):
    values = []
    for version, amount in enumerate(["1.50", None, "-3"], start=1):
        lease = lease_of(stores, integration, slot=f"s{version}")
        value = a_value(
            amount,
            lease.sequence,
            metric_id=metric.id,
            as_of=NOON + timedelta(hours=version),
            warnings=(("test_mode", "A test."),),
        )
        stores.metrics.commit([value], lease)
        stores.ledger.release_lease(lease, done=None)
        values.append(value)
    assert stores.metrics.latest([metric.id, "met_none"]) == {metric.id: values[-1]}
    assert stores.metrics.values(metric.id, limit=10).items == tuple(values)
    second_hour = NOON + timedelta(hours=2)
    assert stores.metrics.values(metric.id, start=second_hour, limit=10).items == tuple(values[1:])
    assert stores.metrics.values(metric.id, end=second_hour, limit=10).items == tuple(values[:1])
    page = stores.metrics.values(metric.id, limit=2)
    # It goes into an address as it stands, whoever forgets to quote it.
    assert page.next_cursor == quote(page.next_cursor or "", safe=":/")
    rest = stores.metrics.values(metric.id, limit=2, cursor=page.next_cursor)
    assert page.items + rest.items == tuple(values)
    assert rest.next_cursor is None


def test_every_integration_is_read_daily_whatever_its_metrics(stores, integration):
    assert integration.id in set(stores.config.due_integrations("daily"))
    assert integration.id not in set(stores.config.due_integrations("weekly"))
    metric = a_metric(integration_id=integration.id, id=stores.id("met"), refresh_interval="daily")
    stores.config.add_metric(metric)
    stores.config.remove_metric(metric)
    assert integration.id in set(stores.config.due_integrations("daily"))


@pytest.mark.parametrize("cursor", ["~", "zzz", "é", "made up", ""])
def test_a_made_up_cursor_is_no_error(stores, metric, cursor):
    stores.metrics.values(metric.id, limit=10, cursor=cursor)
    stores.config.metrics_of(metric.integration_id, limit=10, cursor=cursor)
    stores.config.channels(limit=10, cursor=cursor)


@pytest.mark.parametrize("hours", [0, -1])
def test_a_range_that_ends_before_it_begins_is_empty(stores, integration, metric, hours):
    lease = lease_of(stores, integration)
    stores.metrics.commit([a_value("1", lease.sequence, metric_id=metric.id)], lease)
    end = NOON + timedelta(hours=hours)
    assert stores.metrics.values(metric.id, start=NOON, end=end, limit=10).items == ()


def test_values_of_a_sync_that_lost_its_lease_are_refused(stores, integration, metric):
    lost = lease_of(stores, integration)
    lease_of(stores, integration, now=NOON + timedelta(seconds=61))
    with pytest.raises(LeaseHeldError):
        stores.metrics.commit([a_value("1", lost.sequence, metric_id=metric.id)], lost)
    assert stores.metrics.latest([metric.id]) == {}


def test_a_metric_that_was_removed_meanwhile_does_not_take_the_others_along(
    stores, integration, metric
):
    lease = lease_of(stores, integration)
    values = [
        a_value("1", lease.sequence, metric_id=metric.id),
        a_value("2", lease.sequence, metric_id="met_gone"),
    ]
    stores.metrics.commit(values, lease)
    assert set(stores.metrics.latest([metric.id, "met_gone"])) == {metric.id}


def test_more_metrics_than_a_transaction_holds_are_stored(stores, integration):
    metrics = [
        a_metric(id=f"{stores.id('met')}_{n:02d}", integration_id=integration.id) for n in range(30)
    ]
    for metric in metrics:
        stores.config.add_metric(metric)
    lease = lease_of(stores, integration)
    stores.metrics.commit(
        [a_value("1", lease.sequence, metric_id=metric.id) for metric in metrics], lease
    )
    assert len(stores.metrics.latest([metric.id for metric in metrics])) == 30


def test_the_statuses_of_several_accounts_come_at_once(stores, integration):
    status = SyncStatus("ok", 2, NOON, NOON, NOON)
    assert stores.config.sync_statuses([]) == {}
    stores.config.save_sync_status(integration.id, status)
    found = stores.config.sync_statuses([integration.id, "int_none"])
    assert found == {integration.id: status, "int_none": SyncStatus()}


def test_nobody_hears_of_accounts_until_somebody_asks_to(stores):
    told = Notifications(("chn_1", "chn_2"), ("sync_failed", "recovered"))
    stores.config.save_notifications(told)
    assert stores.config.notifications() == told
    stores.config.save_notifications(Notifications())
    assert stores.config.notifications() == Notifications()


def test_the_state_of_a_channel_that_was_removed_brings_it_not_back(stores):
    channel = a_channel(id=stores.id("chn"))
    with pytest.raises(VersionConflictError):
        stores.config.save_channel(channel)
    with pytest.raises(NotFoundError):
        stores.config.channel(channel.id)
