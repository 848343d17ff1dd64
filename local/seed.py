"""Fills a new local run with a connected account and a few metrics, through the API alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from local.failure import LocalRunError

# Calls the API: method, path, body.
Call = Callable[[str, str, Any], Awaitable[Any]]

_METRICS: tuple[dict[str, Any], ...] = (
    {"name": "MRR", "query": {"type": "mrr"}, "refresh_interval": "hourly"},
    {"name": "Paying customers", "query": {"type": "customers"}, "refresh_interval": "hourly"},
    {"name": "Customer churn", "query": {"type": "churn"}, "refresh_interval": "daily"},
)


async def seed(call: Call, *, stripe_key: str, name: str) -> None:
    """Connect the account of *stripe_key* and configure the demo metrics.

    A refusal is told, not raised: a run with nothing configured is of use too.
    """
    try:
        integration = await call(
            "POST", "/v1/integrations", {"name": name, "secret_key": stripe_key}
        )
        await asyncio.gather(
            *(
                call("POST", f"/v1/integrations/{integration['id']}/metrics", metric)
                for metric in _METRICS
            )
        )
    except LocalRunError as error:
        # A refusal of the API never repeats the key it was given.
        raise LocalRunError(f"The account {name!r} cannot be set up: {error}") from None
