"""Fills a new local run through the API alone: an account, and the metrics that tell most."""

from collections.abc import Awaitable, Callable
from typing import Any

# Calls the API: method, path, body.
Call = Callable[[str, str, Any], Awaitable[Any]]

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
    """Connect the account of *stripe_key*, and have its most telling numbers kept up to date.

    Raises:
        LocalRunError: the API refused something; what was set up before stays.
    """
    integration = await call("POST", "/v1/integrations", {"name": name, "secret_key": stripe_key})
    for metric in _METRICS:
        await call("POST", f"/v1/integrations/{integration['id']}/metrics", metric)
