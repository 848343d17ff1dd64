"""Values of a metric by day, week or month: one for each, the last."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.api.list_values import ListValues
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import metric_key, value_sk
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.domain.configuration import MetricValue
from tests.api_world import ApiWorld
from tests.memory_stores import closing_of
from tests.memory_table import InMemoryTable
from tests.stories import a_metric, a_value, an_integration

URL = "/v1/metrics/met_1/values"
# A Sunday: the next day begins a week, and the day after that a month.
SUNDAY = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

PERIODS = {
    "day": lambda at: at.date(),
    "week": lambda at: at.isocalendar()[:2],
    "month": lambda at: (at.year, at.month),
}
# Hours since the first of November: many in a few days, a few in the months around.
HOURS = st.one_of(st.integers(0, 72), st.integers(-1500, 2500))


def values_at(*hours, **changes):
    return [
        a_value(str(number), number, as_of=SUNDAY + hour * HOUR, **changes)
        for number, hour in enumerate(hours, start=1)
    ]


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def shown(world, query=""):
    return [value["value"] for value in world.ok("GET", f"{URL}{query}")["data"]]


def test_each_value_is_listed_unless_something_else_is_asked_for(world):
    world.store(*values_at(0, 1, 11.999))
    assert shown(world) == shown(world, "?resolution=raw") == [1, 2, 3]


def test_a_day_ends_at_midnight_utc_and_shows_its_last_value(world):
    world.store(*values_at(0, 1, 11.999, 12, 13))
    assert shown(world, "?resolution=day") == [3, 5]


def test_a_week_begins_on_monday(world):
    # Saturday, Sunday, Monday, the Sunday after, and the Monday after that.
    world.store(*values_at(-24, 11, 12, 12 + 7 * 24 - 1, 12 + 7 * 24))
    assert shown(world, "?resolution=week") == [2, 4, 5]


def test_a_month_is_the_calendars(world):
    world.store(*values_at(-24 * 28, 12 + 23, 12 + 24, 24 * 90))
    assert shown(world, "?resolution=month") == [2, 3, 4]


def test_of_a_day_that_the_range_cuts_the_last_value_in_the_range_is_shown(world):
    world.store(*values_at(0, 1, 2, 24, 25))
    assert shown(world, "?resolution=day&from=2026-11-29T13:00:00Z&to=2026-11-29T14:00:00Z") == [2]
    assert shown(world, "?resolution=day&to=2026-11-30T13:00:00Z") == [3, 4]


def test_a_value_that_is_null_gives_way_to_the_one_before_it_of_that_day(world):
    one, other = values_at(0, 1)
    world.store(one, a_value(None, 2, as_of=other.as_of))
    assert shown(world, "?resolution=day") == [1]


def test_a_day_of_nulls_is_shown_as_null(world):
    world.store(*(a_value(None, n, as_of=SUNDAY + n * HOUR) for n in range(3)))
    assert shown(world, "?resolution=day") == [None]


def test_where_definitions_changed_the_day_shows_the_new_series_even_if_null(world):
    (old,) = values_at(0)
    world.store(old, a_value(None, 2, as_of=SUNDAY + HOUR, definitions_version="d2"))
    assert shown(world, "?resolution=day") == [None]


def test_years_without_values_are_leapt_over(world):
    world.store(*values_at(-24 * 3000, 0))
    before = world.table.calls.made
    assert shown(world, "?resolution=day&from=2001-01-01T00:00:00Z") == [1, 2]
    assert world.table.calls.made - before < 10


def test_a_page_goes_on_where_the_one_before_ended_whatever_comes_in_between(world):
    world.store(*values_at(0, 24, 48, 72))
    page = world.ok("GET", f"{URL}?resolution=day&limit=2")
    assert [value["value"] for value in page["data"]] == [1, 2]
    # Later values of days that were shown, one of a day before, and a new one ahead.
    world.store(
        *(a_value("9", 9 + n, as_of=SUNDAY + n * HOUR) for n in (-24, 1, 25, 50)),
        a_value("4", 99, as_of=SUNDAY + 72 * HOUR),
    )
    cursor = page["next_cursor"]
    assert cursor == quote(cursor)
    rest = world.ok("GET", f"{URL}?resolution=day&limit=2&cursor={cursor}")
    assert [value["value"] for value in rest["data"]] == [9, 4]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("asked", ["raw", "day", "week", "month"])
@pytest.mark.parametrize("given", ["raw", "day", "week", "month"])
def test_a_cursor_of_another_resolution_is_refused_in_words(world, asked, given):
    world.store(*values_at(0, 24 * 40))
    cursor = world.ok("GET", f"{URL}?resolution={given}&limit=1")["next_cursor"]
    status, answer = world.ask("GET", f"{URL}?resolution={asked}&limit=1&cursor={cursor}")
    if asked == given:
        assert [value["value"] for value in answer["data"]] == [2]
    else:
        assert (status, answer["errors"][0]["pointer"]) == (422, "?cursor")
        assert f"resolution={given}" in answer["detail"]


@pytest.mark.parametrize("cursor", ["day_", "day_2026", "day_9999-12-31", "day_2026-02-30"])
def test_a_made_up_cursor_is_refused_in_words(world, cursor):
    status, answer = world.ask("GET", f"{URL}?resolution=day&cursor={cursor}")
    assert (status, answer["errors"][0]["pointer"]) == (422, "?cursor")


@pytest.mark.parametrize("resolution", ["raw", "day", "week", "month"])
def test_a_range_that_ends_before_it_begins_is_refused_in_words(world, resolution):
    world.store(*values_at(0))
    ends = "from=2026-11-30T00:00:00Z&to=2026-11-29T00:00:00Z"
    status, answer = world.ask("GET", f"{URL}?resolution={resolution}&{ends}")
    assert (status, answer["code"]) == (422, "validation_failed")
    assert answer["errors"][0]["pointer"] == "?to"
    same = "from=2026-11-29T12:00:00Z&to=2026-11-29T12:00:00Z"
    assert shown(world, f"?resolution={resolution}&{same}") == []


def test_another_word_is_no_resolution(world):
    status, answer = world.ask("GET", f"{URL}?resolution=hour")
    assert (status, answer["errors"][0]["pointer"]) == (422, "?resolution")


def test_an_unknown_metric_has_no_values(world):
    assert world.ask("GET", "/v1/metrics/met_2/values?resolution=day")[0] == 404


@st.composite
def histories(draw):
    rows = draw(st.lists(st.tuples(HOURS, st.booleans(), st.sampled_from("dde")), max_size=80))
    return [
        a_value(
            str(number) if has_value else None,
            number,
            as_of=SUNDAY + hour * HOUR,
            definitions_version=series,
        )
        for number, (hour, has_value, series) in enumerate(rows)
    ]


@given(
    history=histories(),
    length=st.sampled_from(["day", "week", "month"]),
    bounds=st.tuples(st.none() | HOURS, st.none() | HOURS),
    limit=st.integers(1, 5),
)
def test_the_pages_together_are_what_grouping_all_rows_gives(history, length, bounds, limit):
    table = InMemoryTable(page=1_000)
    config, metrics = DynamoDbConfig(table), DynamoDbMetrics(table)
    config.add_integration(an_integration())
    config.add_metric(a_metric())
    for value in history:
        sk = value_sk(value.as_of, value.version)
        table.put({**to_item(value), **metric_key("met_1", sk)})
    start, end = (None if hour is None else SUNDAY + hour * HOUR for hour in bounds)
    if start and end and start > end:
        start, end = end, start
    found: list[MetricValue] = []
    cursor, pages = None, 0
    while cursor or not pages:
        page = ListValues(config, metrics)(
            "met_1", resolution=length, start=start, end=end, limit=limit, cursor=cursor
        )
        assert len(page.items) == limit or page.next_cursor is None
        found, cursor, pages = [*found, *page.items], page.next_cursor, pages + 1
    in_order = sorted(history, key=lambda value: (value.as_of, value.version))
    rows = [
        value
        for value in in_order
        if value.definitions_version == in_order[-1].definitions_version
        and (start is None or start <= value.as_of)
        and (end is None or value.as_of < end)
    ]
    periods = groupby(rows, key=lambda value: PERIODS[length](value.as_of))
    assert found == [closing_of(list(values)) for _, values in periods]


@pytest.mark.parametrize(
    ("hours", "length", "periods", "calls"),
    [
        (1, "day", 100, 101),
        (1, "week", 53, 54),
        (1, "month", 12, 13),
        (24, "day", 100, 2),
        (24, "week", 53, 3),
        (24, "month", 12, 13),
        (24 * 7, "day", 53, 1),
        (24 * 7, "month", 12, 1),
    ],
)
def test_of_a_year_little_more_is_read_than_shown(world, hours, length, periods, calls):
    for number in range(0, 365 * 24, hours):
        value = a_value("1", number, as_of=datetime(2026, 1, 1, tzinfo=UTC) + number * HOUR)
        sk = value_sk(value.as_of, number)
        world.table.items["METRIC#met_1", sk] = {**to_item(value), **metric_key("met_1", sk)}
    world.table.reads, before = 0, world.table.calls.made
    assert len(shown(world, f"?resolution={length}&limit=100")) == periods
    # The metric itself is looked up too, and its newest value twice: as such and in the history.
    assert world.table.calls.made - before <= calls + 5
    assert world.table.reads <= 12 * periods + 105
