"""What a value is compared with: the newest at or before an instant, and measured alike."""

from datetime import timedelta

import pytest

from shared.ports import SyncRequest
from tests.fakes import NOON
from tests.stories import a_value

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


class Keeper:
    """Stores values of one metric, each by a sync of its own."""

    def __init__(self, stores, metric):
        self._stores, self._metric = stores, metric

    def a_value(self, amount, version, ago, **changes):
        return a_value(amount, version, metric_id=self._metric.id, as_of=NOON - ago, **changes)

    def __call__(self, *values):
        for value in values:
            request = SyncRequest(self._metric.integration_id, f"s{value.version}", interval=None)
            lease = self._stores.ledger.take_lease(request, now=NOON, until=NOON)
            self._stores.metrics.commit([value], lease, done=request)


@pytest.fixture(name="keep")
def _keep(stores, metric):
    return Keeper(stores, metric)


def test_without_a_past_there_is_none(stores, keep):
    now = keep.a_value("3", 3, 0 * DAY)
    assert stores.metrics.baseline(now, NOON - DAY) is None
    keep(now)
    assert stores.metrics.baseline(now, NOON - DAY) is None


def test_it_is_the_newest_at_or_before_the_instant(stores, keep):
    older, old, young = (
        keep.a_value("1", 1, 2 * DAY),
        keep.a_value("2", 2, DAY),
        keep.a_value("3", 3, DAY - TICK),
    )
    now = keep.a_value("4", 4, 0 * DAY)
    keep(older, old, young, now)
    assert stores.metrics.baseline(now, NOON - DAY) == old
    assert stores.metrics.baseline(now, NOON - DAY - TICK) == older
    assert stores.metrics.baseline(now, NOON - DAY + TICK) == young
    assert stores.metrics.baseline(now, NOON) == now
    assert stores.metrics.baseline(now, NOON - 3 * DAY) is None


def test_of_two_of_one_instant_it_is_the_later_sync_s(stores, keep):
    one, other = keep.a_value("1", 9, DAY), keep.a_value("2", 10, DAY)
    keep(one, other)
    assert stores.metrics.baseline(keep.a_value("3", 11, 0 * DAY), NOON - DAY) == other


@pytest.mark.parametrize("withheld", [1, 4, 5, 6, 12])
def test_withheld_values_are_passed_over_however_many(stores, keep, withheld):
    old = keep.a_value("1", 1, 3 * DAY)
    gaps = [keep.a_value(None, 2 + n, 2 * DAY - n * TICK) for n in range(withheld)]
    keep(old, *gaps)
    now = keep.a_value("2", 99, 0 * DAY)
    assert stores.metrics.baseline(now, NOON - DAY) == old


@pytest.mark.parametrize("changes", [{"definitions_version": "d2"}, {"currency": "eur"}])
def test_what_was_measured_otherwise_is_passed_over(stores, keep, changes):
    keep(keep.a_value("1", 1, 3 * DAY), keep.a_value("2", 2, 2 * DAY, **changes))
    now = keep.a_value("3", 3, 0 * DAY)
    assert stores.metrics.baseline(now, NOON - DAY).version == 1
    like = keep.a_value("3", 3, 0 * DAY, **changes)
    assert stores.metrics.baseline(like, NOON - DAY).version == 2


def test_the_reconstructed_past_counts(stores, metric, keep):
    past = keep.a_value("1", 5, 30 * DAY)
    stores.metrics.add_past([past])
    found = stores.metrics.baseline(keep.a_value("2", 6, 0 * DAY), NOON - 7 * DAY)
    assert (found.value, found.origin, found.metric_id) == (past.value, "reconstructed", metric.id)


def test_another_metric_s_past_is_none_of_its_own(stores, keep):
    keep(keep.a_value("1", 1, 3 * DAY))
    stranger = a_value("3", 3, metric_id="met_none", as_of=NOON)
    assert stores.metrics.baseline(stranger, NOON - DAY) is None
