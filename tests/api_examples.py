"""The examples of the API's description: a story that is told to the real handler."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.alerts.evaluate_alerts import EvaluateAlerts
from functions.alerts.send_notices import SendNotices
from functions.api.handler import OPERATIONS
from shared.domain.account import Account
from tests.api_world import KEY, ApiWorld
from tests.builders import a_price, a_subscription, an_account, monthly
from tests.fakes import NOON, InMemoryFailures
from tests.stories import a_value

FILE = Path(__file__).parents[1] / "functions" / "api" / "examples.json"


class Story:
    """Requests with their answers, by the operation that they show."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = ApiWorld.behind_the_handler(monkeypatch)
        self.world.source.account = an_account(monthly(4900), monthly(9900), mode="test")
        self.found: dict[str, dict[str, Any]] = {}

    def tell(self, name: str, target: str = "", body: Any = None) -> Any:
        """Carry an operation out; gives its answer."""
        operation = next(it for it in OPERATIONS if it.name == name)
        status, answer = self.world.ask(operation.method, f"/v1{target}", body)
        assert status == operation.answers, answer
        shown = {"body": body} if body is not None else {}
        self.found[name] = shown | ({"answer": answer} if answer is not None else {})
        return answer


def examples(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """Tell the whole story."""
    story = Story(monkeypatch)
    integration = f"/integrations/{_connect(story)}"
    metric = _measure(story, integration)
    goal, alert = _set(story, metric)
    _end(story, integration, metric, goal, alert)
    return story.found


def _connect(story: Story) -> str:
    tell = story.tell
    tell("list_metric_types", "/metric-types")
    integration: str = tell("connect", "/integrations", {"name": "Acme", "secret_key": KEY})["id"]
    tell("list_integrations", "/integrations")
    tell("get_integration", f"/integrations/{integration}")
    tell(
        "change_integration",
        f"/integrations/{integration}",
        {"name": "Acme Inc", "definitions": {"preset": "match_stripe"}, "fx_rates": {"eur": 1.1}},
    )
    tell("sync_now", f"/integrations/{integration}/sync")
    tell("test_query", "/test-query", {"secret_key": KEY, "query": {"type": "mrr"}})
    return integration


def _measure(story: Story, integration: str) -> str:
    tell = story.tell
    query = {"type": "mrr", "include_trials": False}
    body = {"name": "MRR", "query": query, "refresh_interval": "hourly"}
    metric: str = tell("create_metric", f"{integration}/metrics", body)["id"]
    at = [NOON - timedelta(days=days) for days in (2, 1, 0)]
    for number, amount in enumerate(("10120.50", "10240", "10310"), start=1):
        story.world.store(a_value(amount, number, metric_id=metric, as_of=at[number - 1]))
    tell("list_metrics", f"{integration}/metrics")
    tell("get_metric", f"/metrics/{metric}")
    tell("change_metric", f"/metrics/{metric}", {"name": "Monthly recurring revenue"})
    tell("list_values", f"/metrics/{metric}/values?resolution=day")
    story.world.ok("PATCH", f"/v1{integration}", {"definitions": {}, "fx_rates": {}})
    story.world.read_account(_an_account(), integration.rpartition("/")[2])
    tell("explain_value", f"/metrics/{metric}/explain?compare_to=match_stripe&limit=2")
    return metric


def _an_account() -> Account:
    """Three subscriptions whose ids are the same each time that the story is told."""
    basic, pro = (
        a_price(amount, id=f"price_{name}", product=f"prod_{name}")
        for name, amount in (("basic", 4900), ("pro", 9900))
    )
    bought = zip("ABC", (basic, pro, basic), ("active", "active", "past_due"), strict=True)
    subscriptions = (
        a_subscription(
            price, id=f"sub_{name}", customer=f"cus_{name}", status=status, livemode=False
        )
        for name, price, status in bought
    )
    return an_account(*subscriptions, mode="test")


def _set(story: Story, metric: str) -> tuple[str, str]:
    tell = story.tell
    body = {"name": "12k MRR", "target": 12000, "due_on": "2026-12-31"}
    goal: str = tell("set_goal", "/goals", body)["id"]
    tell("link_metric", f"/goals/{goal}/metrics/{metric}", {"primary": True})
    tell("list_goals", "/goals")
    tell("get_goal", f"/goals/{goal}")
    tell("change_goal", f"/goals/{goal}", {"target": 12500})
    channel = tell("add_channel", "/channels", {"type": "email", "address": "team@example.com"})
    tell("list_channels", "/channels")
    tell("try_channel", f"/channels/{channel['id']}/test")
    events = ["sync_failed", "recovered", "goal_reached", "goal_off_pace"]
    tell("put_notifications", "/notifications", {"channels": [channel["id"]], "events": events})
    tell("get_notifications", "/notifications")
    rule = {"type": "threshold", "threshold": 10000, "direction": "below"}
    told = {"metric_id": metric, "rule": rule, "channels": [channel["id"]]}
    alert: str = tell("set_alert", "/alerts", told)["id"]
    _fire(story.world, metric, alert)
    tell("list_alerts", "/alerts")
    tell("get_alert", f"/alerts/{alert}")
    tell("list_events", f"/alerts/{alert}/events")
    tell("change_alert", f"/alerts/{alert}", {"cooldown_hours": 24, "notify_on_recovery": True})
    change = {"type": "change", "percentage": 1, "direction": "any", "compare_to": "day"}
    tell("preview_alert", "/alerts/preview", {"metric_id": metric, "rule": change})
    return goal, alert


def _fire(world: ApiWorld, metric: str, alert: str) -> None:
    value = a_value("9840.12", 4, metric_id=metric, as_of=NOON + timedelta(hours=1))
    world.store(value)
    EvaluateAlerts(world.config, world.metrics, world.alerts, world.goals, world.clock)(value)
    failures = InMemoryFailures()
    send = SendNotices(
        world.config, world.outbox, world.notifier, failures, world.clock, lambda _: None
    )
    send(world.outbox.pending_of(alert))


def _end(story: Story, integration: str, metric: str, goal: str, alert: str) -> None:
    tell = story.tell
    tell("delete_alert", f"/alerts/{alert}")
    tell("unlink_metric", f"/goals/{goal}/metrics/{metric}")
    tell("delete_goal", f"/goals/{goal}")
    tell("delete_metric", f"/metrics/{metric}")
    tell("disconnect", f"{integration}/disconnect")
    tell("reconnect", f"{integration}/reconnect", {"secret_key": KEY})
    tell("disconnect", f"{integration}/disconnect")
    tell("delete_integration", integration)
    spare = {"type": "sms", "address": "+14155550123"}
    _, added = story.world.ask("POST", "/v1/channels", spare)
    tell("delete_channel", f"/channels/{added['id']}")


def read() -> Any:
    """Give the examples as they are stored."""
    return json.loads(FILE.read_text(encoding="utf-8"))
