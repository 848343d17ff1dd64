"""What a new local run holds: the sandbox's account, or that of a key in the environment."""

import pytest

from local.stripe_sandbox import Business, Settings, start
from tests.fakes import NOON
from tests.local_process import Api, running_local

pytestmark = pytest.mark.emulator


def accounts(api: Api) -> list[str]:
    return [found["account"]["name"] for found in api.ok("GET", "/v1/integrations")["data"]]


def test_a_run_comes_with_the_sandbox_connected_its_most_telling_numbers_and_a_goal() -> None:
    with running_local("--no-schedule") as api:
        (integration,) = api.ok("GET", "/v1/integrations")["data"]
        metrics = api.ok("GET", f"/v1/integrations/{integration['id']}/metrics")["data"]

        assert integration["mode"] == "test"
        assert integration["status"] == "connected"
        units = {metric["name"]: metric["current"]["unit"] for metric in metrics}
        assert units == {
            "MRR": "currency",
            "Active customers": "count",
            "Net revenue, last 30 days": "currency",
            "Customer churn rate, last 30 days": "percent",
            "NRR, last 30 days": "percent",
        }
        assert all(metric["current"]["value"] is not None for metric in metrics)
        (goal,) = api.ok("GET", "/v1/goals")["data"]
        assert [metric["name"] for metric in goal["metrics"]] == ["MRR"]
        assert goal["progress"]["start"] == metrics[0]["current"]["value"] < goal["target"]
        assert goal["progress"]["on_track"] is True


def test_a_key_in_the_environment_connects_its_account_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with start(Business.empty(NOON, name="Acme"), settings=Settings()) as stripe:
        monkeypatch.setenv("STRIPE_KEY", stripe.key)
        with running_local("--no-schedule", "--stripe-api", stripe.url) as api:
            assert accounts(api) == ["Acme"]
            refusal = api.refused("POST", "/_local/sandbox/advance", {"days": 1}, status=404)
            assert "sandbox" in refusal["detail"]


def test_a_key_that_is_refused_is_told_and_leaves_an_empty_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with start(Business.empty(NOON, name="Acme"), settings=Settings()) as stripe:
        monkeypatch.setenv("STRIPE_KEY", "sk_test_nobodyknowsthis")
        with running_local("--no-schedule", "--stripe-api", stripe.url) as api:
            assert accounts(api) == []
