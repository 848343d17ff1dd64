"""Fills a new local run through the API alone: an account, a metric of each type, a goal."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

# Calls the API: method, path, body.
Call = Callable[[str, str, Any], Awaitable[Any]]

_GOAL_GROWTH = 1.25
_LOOKS, _PAUSE_SECONDS = 30, 0.5


async def seed(call: Call, *, stripe_key: str, name: str) -> None:
    """Connect the account of *stripe_key*, with a metric of each type and a goal for the first.

    Raises:
        LocalRunError: the API refused something; what was set up before stays.
    """
    integration = await call("POST", "/v1/integrations", {"name": name, "secret_key": stripe_key})
    metrics = [
        await call("POST", f"/v1/integrations/{integration['id']}/metrics", _metric_of(kind))
        for kind in (await call("GET", "/v1/metric-types", None))["data"]
    ]
    await _set_goal(call, metrics[0])


def _metric_of(kind: dict[str, Any]) -> dict[str, Any]:
    # Rates over months hardly move within an hour.
    interval = "daily" if kind["unit"] == "percent" else "hourly"
    return {
        "name": kind["title"],
        "query": {"type": kind["type"]},
        "refresh_interval": interval,
    }


async def _set_goal(call: Call, metric: dict[str, Any]) -> None:
    """Aim a quarter above the first value of the metric, if that comes soon."""
    value = await _first_value(call, metric["id"])
    if value is None:
        return
    goal = {"name": f"A quarter more {metric['name']}", "target": round(value * _GOAL_GROWTH)}
    created = await call("POST", "/v1/goals", goal)
    await call("PUT", f"/v1/goals/{created['id']}/metrics/{metric['id']}", {"primary": True})


async def _first_value(call: Call, metric_id: str) -> float | None:
    for _ in range(_LOOKS):
        current = (await call("GET", f"/v1/metrics/{metric_id}", None))["current"]
        if current is not None:
            value: float | None = current["value"]
            return value
        await asyncio.sleep(_PAUSE_SECONDS)
    return None
