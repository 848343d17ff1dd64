"""Fills a new local run through the API alone: an account, and a metric of each type."""

from collections.abc import Awaitable, Callable
from typing import Any

# Calls the API: method, path, body.
Call = Callable[[str, str, Any], Awaitable[Any]]


async def seed(call: Call, *, stripe_key: str, name: str) -> None:
    """Connect the account of *stripe_key*, with a metric of each type.

    Raises:
        LocalRunError: the API refused something; what was set up before stays.
    """
    integration = await call("POST", "/v1/integrations", {"name": name, "secret_key": stripe_key})
    for kind in (await call("GET", "/v1/metric-types", None))["data"]:
        await call("POST", f"/v1/integrations/{integration['id']}/metrics", _metric_of(kind))


def _metric_of(kind: dict[str, Any]) -> dict[str, Any]:
    # Rates over months hardly move within an hour.
    interval = "daily" if kind["unit"] == "percent" else "hourly"
    return {
        "name": kind["title"],
        "query": {"type": kind["type"]},
        "refresh_interval": interval,
    }
