"""Numbers explained through the deployed functions, over the sandbox business."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.definitions import Definitions
from tests.local_process import Api, running_local

pytestmark = pytest.mark.emulator

OURS = Definitions().version
QUERIES: list[dict[str, Any]] = [
    {"type": "mrr"},
    {"type": "arr", "include_trials": True},
    {"type": "customer_count", "customer_type": "churned", "time_range": "last_year"},
    {"type": "subscription_count", "status": "all"},
    {"type": "revenue", "revenue_metric": "net", "time_range": "last_quarter"},
    {"type": "arpu", "time_range": "last_quarter"},
    {"type": "churn", "churn_metric": "revenue_churn_rate", "time_range": "last_quarter"},
    {"type": "nrr", "time_range": "last_year"},
]


@pytest.fixture(scope="module", name="api")
def _api() -> Iterator[Api]:
    with running_local("--no-schedule") as api:
        yield api


@pytest.fixture(scope="module", name="integration")
def _integration(api: Api) -> str:
    found: str = api.ok("GET", "/v1/integrations")["data"][0]["id"]
    return found


@pytest.fixture(scope="module", name="mrr")
def _mrr(api: Api, integration: str) -> str:
    return metric_of(api, integration, QUERIES[0])


def metric_of(api: Api, integration: str, query: dict[str, Any]) -> str:
    body = {"name": query["type"], "query": query, "refresh_interval": "daily"}
    made = api.ok("POST", f"/v1/integrations/{integration}/metrics", body, status=201)
    found: str = made["id"]
    return found


def every(api: Api, path: str) -> list[Any]:
    """Give a whole list, page by page."""
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.ok("GET", f"{path}&limit=100{cursor and f'&cursor={cursor}'}")
        found, cursor = [*found, *page["data"]], page["next_cursor"]
    return found


def past_of(values: list[Any], version: str) -> list[str]:
    """Give the instants that one series was computed for afterwards."""
    past = [it for it in values if it["origin"] == "reconstructed"]
    return [it["as_of"] for it in past if it["definitions_version"] == version]


def exact(number: Any) -> Decimal:
    return Decimal(str(number))


def contributions(api: Api, metric: str) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"/v1/metrics/{metric}/explain?limit=100{cursor and f'&cursor={cursor}'}"
        page = api.ok("GET", path)["contributions"]
        found, cursor = [*found, *page["data"]], page["next_cursor"]
    assert len(found) == page["total"]
    return found


@pytest.mark.parametrize("query", QUERIES, ids=lambda it: it["type"])
def test_every_kind_of_number_is_explained_to_the_last_object(api, integration, query):
    metric = metric_of(api, integration, query)
    current = api.ok("GET", f"/v1/metrics/{metric}")["current"]
    found = api.ok("GET", f"/v1/metrics/{metric}/explain?compare_to=match_stripe")
    assert (found["value"], found["as_of"]) == (current["value"], current["as_of"])
    assert found["stored"]["value"] == current["value"]
    added = sum(exact(it["amount"]) for it in contributions(api, metric))
    parts = [exact(it["value"]) for it in found["parts"]]
    is_ratio = query["type"] in {"arpu", "churn", "nrr"}
    assert added == (parts[0] if is_ratio else sum(parts)) != 0
    assert is_ratio or sum(parts) == exact(found["value"])
    coverage = found["coverage"]
    left_out = [it["count"] for it in found["left_out"] if it["object"] == coverage["object"]]
    assert coverage["counted"] + sum(left_out) == coverage["read"]
    comparison = found["comparison"]
    causes = sum(exact(it["difference"]) for it in comparison["causes"])
    assert causes == exact(comparison["difference"])
    assert exact(found["value"]) + causes == exact(comparison["value"])


def test_the_movements_lead_from_what_mrr_was_to_what_it_is(api, mrr):
    found = api.ok("GET", f"/v1/metrics/{mrr}/explain")
    it = {name: exact(value) for name, value in found["companions"].items()}
    gained = it["new_mrr"] + it["reactivation_mrr"] + it["expansion_mrr"]
    lost = it["contraction_mrr"] + it["churned_mrr"]
    assert it["opening_mrr"] + it["fx_impact"] + gained - lost == it["closing_mrr"]
    assert it["closing_mrr"] - it["at_risk_mrr"] - it["in_trial_mrr"] == exact(found["value"])
    assert gained > 0 < lost


def test_each_stored_value_is_explained_at_its_instant(api, mrr):
    values = every(api, f"/v1/metrics/{mrr}/values?definitions_version=current")
    for value in values[::15]:
        found = api.ok("GET", f"/v1/metrics/{mrr}/explain?at={value['as_of']}&limit=1")
        assert (found["value"], found["stored"]["value"]) == (value["value"], value["value"])


def test_other_definitions_give_another_past_and_leave_the_old_one(api, integration, mrr):
    path = f"/v1/metrics/{mrr}/values?resolution=raw"
    before = every(api, path)
    assert {it["definitions_version"] for it in before} == {OURS}
    preset = {"definitions": {"preset": "match_stripe"}}
    changed = api.ok("PATCH", f"/v1/integrations/{integration}", preset)
    api.ok("POST", "/_local/tick", {"interval": "daily"})
    after = every(api, path)
    assert [it for it in after if it["definitions_version"] == OURS] == before
    version = changed["definitions_version"]
    assert [it["version"] for it in changed["definitions_history"]] == [OURS, version]
    past = [
        it
        for it in after
        if (it["origin"], it["definitions_version"]) == ("reconstructed", version)
    ]
    assert [it["as_of"] for it in past] == [
        it["as_of"] for it in before if it["origin"] == "reconstructed"
    ]
    shown = every(api, f"/v1/metrics/{mrr}/values?resolution=day")
    assert {it["definitions_version"] for it in shown} == {version}
    ours = api.ok("GET", f"/v1/metrics/{mrr}/explain?definitions_version={OURS}&limit=1")
    now = api.ok("GET", f"/v1/metrics/{mrr}/explain?limit=1")
    assert ours["definitions_version"] == OURS != now["definitions_version"]
    assert now["value"] > ours["value"]
