"""Fills a new local run through the API alone: an account, the metrics that tell most, a goal."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

# Calls the API: method, path, body.
Call = Callable[..., Awaitable[Any]]

_UNTIL_DUE = timedelta(days=180)
# Rates over a month hardly move within an hour.
_METRICS: tuple[dict[str, Any], ...] = (
    {"name": "MRR", "query": {"type": "mrr"}, "refresh_interval": "hourly"},
    {
        "name": "Active customers",
        "query": {"type": "customer_count", "customer_type": "active"},
        "refresh_interval": "hourly",
    },
    {
        "name": "Net revenue, last 30 days",
        "query": {"type": "revenue", "revenue_metric": "net"},
        "refresh_interval": "hourly",
    },
    {
        "name": "Customer churn rate, last 30 days",
        "query": {"type": "churn", "churn_metric": "customer_churn_rate"},
        "refresh_interval": "daily",
    },
    {"name": "NRR, last 30 days", "query": {"type": "nrr"}, "refresh_interval": "daily"},
)


async def seed(call: Call, *, stripe_key: str, name: str) -> None:
    """Connect the account of *stripe_key*, have its telling numbers kept up to date, set a goal.

    Raises:
        LocalRunError: the API refused something; what was set up before stays.
    """
    integration = await call("POST", "/v1/integrations", {"name": name, "secret_key": stripe_key})
    made = [
        await call("POST", f"/v1/integrations/{integration['id']}/metrics", metric)
        for metric in _METRICS
    ]
    await _set_goal(call, made[0])


async def _set_goal(call: Call, metric: Any) -> None:
    """Set a goal that is some way off: half as much again as the metric is now."""
    current = (await call("GET", f"/v1/metrics/{metric['id']}"))["current"]
    if not current or not current["value"]:
        return
    target = 1_000 * -(-current["value"] * 3 // 2_000)
    due_on = (datetime.now(UTC) + _UNTIL_DUE).date().isoformat()
    body = {"name": f"{metric['name']} of {target:,.0f}", "target": target, "due_on": due_on}
    goal = await call("POST", "/v1/goals", body)
    await call("PUT", f"/v1/goals/{goal['id']}/metrics/{metric['id']}")
