"""What a commit promises: values, place, lease and slot together, and the history after them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.ledger import Place
from shared.domain.metrics import Arr
from shared.errors import LeaseHeldError
from shared.ports import SyncRequest
from tests.fakes import NOON
from tests.stories import a_metric, a_value, an_integration

LATER = NOON + timedelta(hours=1)
PLACE = Place(phase="following", as_of=NOON, requests=4)


@pytest.fixture(name="account")
def _account(stores):
    integration = an_integration(id=stores.id("int"))
    stores.config.add_integration(integration)
    return integration.id


@pytest.fixture(name="metrics")
def _metrics(stores, account):
    found = [a_metric(id=f"{stores.id('met')}_{n}", integration_id=account) for n in range(3)]
    for metric in found:
        stores.config.add_metric(metric)
    return found


def request_of(account, slot="s1"):
    return SyncRequest(account, slot, "hourly")


def take(stores, account, slot="s1", now=NOON):
    until = now + timedelta(minutes=1)
    return stores.ledger.take_lease(request_of(account, slot), now=now, until=until)


def values_of(metrics, lease, as_of=NOON):
    version = lease.sequence
    return [a_value("1.50", version, metric_id=metric.id, as_of=as_of) for metric in metrics]


def history(stores, metric):
    return stores.metrics.values(metric.id, limit=1000).items


@pytest.mark.parametrize("count", [0, 3])
def test_values_place_slot_and_the_end_of_the_lease_are_one(stores, account, metrics, count):
    lease = take(stores, account)
    values = values_of(metrics[:count], lease)
    stores.metrics.commit(values, lease, place=PLACE, done=request_of(account))
    assert stores.ledger.place(account) == PLACE
    assert take(stores, account) is None
    assert not take(stores, account, "s2").is_recovery
    assert stores.metrics.latest([metric.id for metric in metrics]) == {
        value.metric_id: value for value in values
    }


@pytest.mark.parametrize("count", [0, 3])
def test_a_sync_that_lost_its_lease_changes_nothing(stores, account, metrics, count):
    lost = take(stores, account)
    take(stores, account, now=LATER)
    with pytest.raises(LeaseHeldError):
        stores.metrics.commit(
            values_of(metrics[:count], lost), lost, place=PLACE, done=request_of(account)
        )
    assert stores.ledger.place(account) == Place()
    assert stores.metrics.latest([metrics[0].id]) == {}
    assert history(stores, metrics[0]) == ()


def test_a_sync_may_commit_several_times_and_the_same_again(stores, account, metrics):
    lease = take(stores, account)
    first, *others = values_of(metrics, lease)
    for _ in range(2):
        stores.metrics.commit([first], lease)
    assert stores.ledger.place(account) == Place()
    with pytest.raises(LeaseHeldError):
        take(stores, account, "s2")
    for _ in range(2):
        stores.metrics.commit(others, lease, place=PLACE, done=request_of(account))
    assert len(stores.metrics.latest([metric.id for metric in metrics])) == 3
    assert history(stores, metrics[0]) == (first,)


def test_more_values_than_a_transaction_holds_are_stored_with_their_place(stores, account):
    many = [a_metric(id=f"{stores.id('met')}_{n:03}", integration_id=account) for n in range(200)]
    for metric in many:
        stores.config.add_metric(metric)
    lease = take(stores, account)
    stores.metrics.commit(values_of(many, lease), lease, place=PLACE, done=request_of(account))
    assert len(stores.metrics.latest([metric.id for metric in many])) == 200
    assert all(len(history(stores, metric)) == 1 for metric in many[::50])
    assert stores.ledger.place(account) == PLACE
    assert take(stores, account) is None


def test_a_removed_metric_gets_nothing_and_the_others_get_theirs(stores, account, metrics):
    lease = take(stores, account)
    stores.config.remove_metric(metrics[1])
    stores.metrics.commit(values_of(metrics, lease), lease, place=PLACE, done=request_of(account))
    stores.metrics.add_past(values_of(metrics, lease))
    assert set(stores.metrics.latest([m.id for m in metrics])) == {metrics[0].id, metrics[2].id}
    assert history(stores, metrics[1]) == ()
    assert stores.ledger.place(account) == PLACE


def test_a_metric_with_another_query_gets_nothing_that_was_computed_for_the_one_before(
    stores, account, metrics
):
    lease, metric = take(stores, account), metrics[1]
    stores.config.save_metric(replace(metric, query=Arr(), edition=2, revision=2), metric)
    stores.metrics.commit(values_of(metrics, lease), lease, place=PLACE, done=request_of(account))
    stores.metrics.add_past(values_of(metrics, lease))
    assert set(stores.metrics.latest([m.id for m in metrics])) == {metrics[0].id, metrics[2].id}
    assert history(stores, metric) == ()
    lease = take(stores, account, slot="s2")
    (value,) = values_of([metric], lease)
    stores.metrics.commit([replace(value, edition=2)], lease)
    assert metric.id in stores.metrics.latest([metric.id])


def test_when_all_metrics_were_removed_the_place_is_stored(stores, account, metrics):
    lease = take(stores, account)
    for metric in metrics:
        stores.config.remove_metric(metric)
    stores.metrics.commit(values_of(metrics, lease), lease, place=PLACE, done=request_of(account))
    assert stores.ledger.place(account) == PLACE
    assert take(stores, account) is None


def test_a_metric_that_has_no_value_yet_has_none(stores, metrics):
    assert stores.metrics.latest([metric.id for metric in metrics]) == {}
    assert history(stores, metrics[0]) == ()


def test_past_values_are_reconstructed_replaced_and_never_the_latest(stores, account, metrics):
    metric = metrics[0]
    days = [NOON - timedelta(days=n) for n in range(100)]
    past = [a_value("1", 9, metric_id=metric.id, as_of=day) for day in days]
    for amount in ("1", "2"):
        stores.metrics.add_past(replace(value, value=a_value(amount).value) for value in past)
    assert stores.metrics.latest([metric.id]) == {}
    found = history(stores, metric)
    assert [value.as_of for value in found] == days[::-1]
    assert {(str(v.value), v.origin, v.version) for v in found} == {("2", "reconstructed", 0)}
    lease = take(stores, account)
    (observed,) = values_of([metric], lease)
    stores.metrics.commit([observed], lease)
    assert history(stores, metric)[-1] == observed
    assert stores.metrics.latest([metric.id]) == {metric.id: observed}
