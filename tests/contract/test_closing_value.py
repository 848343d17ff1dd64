"""Which value stands at the end of a day, week or month."""

from datetime import timedelta

import pytest

from shared.domain.periods import CLOSING_LOOK_BACK
from tests.fakes import NOON
from tests.stories import a_value

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(name="keep")
def _keep(stores, metric):
    """Store values of the past, each an hour after the one before."""

    def keep(*amounts, start=NOON, **changes):
        values = [
            a_value(
                amount,
                0,
                metric_id=metric.id,
                as_of=start + number * HOUR,
                origin="reconstructed",
                **changes,
            )
            for number, amount in enumerate(amounts)
        ]
        stores.metrics.add_past(values)
        return values

    return keep


@pytest.fixture(name="closing")
def _closing(stores, metric):
    return lambda start, end: stores.metrics.closing_value(metric.id, start, end)


def test_without_values_there_is_none(closing):
    assert closing(NOON, NOON + DAY) is None


def test_it_is_the_newest_of_the_range_whose_end_is_out(closing, keep):
    first, second, _ = keep("1", "2", "3")
    assert closing(NOON, NOON + 2 * HOUR) == second
    assert closing(NOON, NOON + HOUR) == first
    assert closing(NOON - HOUR, NOON) is None
    assert closing(NOON + 3 * HOUR, NOON + DAY) is None


@pytest.mark.parametrize("hours", [0, -1])
def test_an_empty_range_has_none(closing, keep, hours):
    keep("1")
    assert closing(NOON, NOON + hours * HOUR) is None


def test_a_null_gives_way_to_the_newest_that_is_none(closing, keep):
    _, second, *_ = keep("1", "2", None, None)
    assert closing(NOON, NOON + DAY) == second


def test_nulls_alone_are_closed_by_the_newest(closing, keep):
    *_, last = keep(None, None)
    assert closing(NOON, NOON + DAY) == last


def test_a_null_gives_not_way_to_what_was_measured_otherwise(closing, keep):
    keep("1")
    (last,) = keep(None, start=NOON + HOUR, definitions_version="d2")
    assert closing(NOON, NOON + DAY) == last
    (last,) = keep(None, start=NOON + 2 * HOUR, currency="eur")
    assert closing(NOON, NOON + DAY) == last


def test_a_long_stretch_of_nulls_is_not_looked_through(closing, keep):
    nulls = [None] * CLOSING_LOOK_BACK
    values = keep("1", *nulls)
    assert closing(NOON, NOON + 2 * DAY) == values[-1]
    assert closing(NOON, values[-1].as_of) == values[0]
