"""Changing metrics through the API."""

from dataclasses import replace

import pytest

from shared.adapters.dynamodb_keys import metric_key
from shared.domain.configuration import SyncStatus
from tests.api_world import ApiWorld
from tests.stories import a_value, an_integration


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def test_a_metric_can_be_renamed(world):
    answer = world.ok("PATCH", "/v1/metrics/met_1", {"name": "Monthly revenue"})
    assert answer["name"] == "Monthly revenue"
    assert world.ok("GET", "/v1/metrics/met_1")["name"] == "Monthly revenue"
    assert not world.queue.requests


def test_a_metric_with_another_interval_is_refreshed_at_it_and_no_more_at_the_old_one(world):
    answer = world.ok("PATCH", "/v1/metrics/met_1", {"refresh_interval": "weekly"})
    assert answer["refresh_interval"] == "weekly"
    assert [metric.id for metric in world.config.due_metrics("int_1", "weekly")] == ["met_1"]
    assert world.config.due_metrics("int_1", "hourly") == ()
    assert list(world.config.due_integrations("hourly")) == []
    assert list(world.config.due_integrations("weekly")) == ["int_1"]


def test_another_query_starts_a_new_series_and_asks_for_its_first_value(world):
    world.store(a_value("100"))
    answer = world.ok("PATCH", "/v1/metrics/met_1", {"query": {"type": "arr"}})
    assert answer["query"]["type"] == "arr"
    # The value of the query before is not the newest value of this one, but it is history.
    assert answer["current"] is None
    assert len(world.ok("GET", "/v1/metrics/met_1/values")["data"]) == 1
    (request,) = world.queue.requests
    assert (request.integration_id, request.metric_id) == ("int_1", "met_1")
    metric = world.config.metric("met_1")
    assert metric.series_under(an_integration().definitions).endswith(".2")


def test_the_same_query_changes_nothing(world):
    world.store(a_value("100"))
    before = world.table.items[tuple(metric_key("met_1").values())]
    answer = world.ok("PATCH", "/v1/metrics/met_1", {"query": {"type": "mrr"}})
    assert answer["current"]["value"] == 100
    assert world.table.items[tuple(metric_key("met_1").values())] == before
    assert not world.queue.requests


def test_nobody_waits_for_a_value_that_a_failed_sync_will_not_bring(world):
    before = world.clock.now()
    status = SyncStatus("error", 1, last_attempt_at=before)
    world.config.save_sync_status("int_1", status)
    world.ok("PATCH", "/v1/metrics/met_1", {"query": {"type": "arr"}})
    assert world.clock.now() == before


def test_a_sync_that_was_under_way_stores_no_value_of_the_query_before(world):
    world.ok("PATCH", "/v1/metrics/met_1", {"query": {"type": "arr"}})
    world.metrics.add_past([a_value("100")])
    assert world.ok("GET", "/v1/metrics/met_1/values")["data"] == []
    world.metrics.add_past([a_value("1200", edition=2)])
    assert len(world.ok("GET", "/v1/metrics/met_1/values")["data"]) == 1


def test_of_a_disconnected_integration_a_metric_can_only_be_renamed(world):
    world.config.save_integration(an_integration(is_connected=False, revision=2))
    for change in ({"refresh_interval": "daily"}, {"query": {"type": "arr"}}):
        status, answer = world.ask("PATCH", "/v1/metrics/met_1", change)
        assert (status, answer["code"]) == (409, "conflict")
    assert world.ok("PATCH", "/v1/metrics/met_1", {"name": "Old MRR"})["name"] == "Old MRR"
    assert list(world.config.due_integrations("daily")) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"query": {"type": "profit"}}, "/query/type"),
        ({"refresh_interval": "monthly"}, "/refresh_interval"),
        ({"integration_id": "int_2"}, "/integration_id"),
    ],
)
def test_what_cannot_be_is_refused_in_words(world, body, pointer):
    status, answer = world.ask("PATCH", "/v1/metrics/met_1", body)
    assert (status, answer["errors"][0]["pointer"]) == (422, pointer)


def test_a_change_of_what_somebody_else_has_changed_is_refused_and_loses_nothing(world):
    metric = world.config.metric("met_1")
    world.config.save_metric(replace(metric, name="Theirs", revision=2), metric)
    status, answer = world.ask("PATCH", "/v1/metrics/met_1", {"name": "Ours"}, if_match='"1"')
    assert (status, answer["code"]) == (412, "version_conflict")
    assert world.config.metric("met_1").name == "Theirs"
    _, answer = world.ask("PATCH", "/v1/metrics/met_1", {"name": "Ours"}, if_match='"2"')
    assert answer["name"] == "Ours"


def test_a_plus_that_was_not_encoded_is_read_as_one(world):
    world.store(a_value("100"))
    target = "/v1/metrics/met_1/values?from=2026-11-22T12:00:00+00:00&to=2026-11-22T14:30:00+02:00"
    assert len(world.ok("GET", target)["data"]) == 1


@pytest.mark.parametrize("first", ["0001-01-01T00:00:00%2B19:55", "1999-12-31T00:00:00Z"])
@pytest.mark.parametrize("last", ["2200-01-01T00:00:00Z", "9999-12-31T23:59:59-19:55"])
def test_instants_however_far_away_bound_what_there_is(world, first, last):
    world.store(a_value("100"))
    target = f"/v1/metrics/met_1/values?from={first}&to={last}"
    assert len(world.ok("GET", target)["data"]) == 1
    assert world.ok("GET", f"/v1/metrics/met_1/values?to={first}")["data"] == []
