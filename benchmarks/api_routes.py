"""What a request to each route takes: units and calls of DynamoDB, and time.

The tables, in the emulator, hold 50 integrations of ten metrics, each with a value for every day of
a year, a goal and an alert. Requests are handed to the API's handler in a process of its own, with
the environment of the deployed function. The emulator's milliseconds are not DynamoDB's: what
counts is how many times that of reading one item they are, in the same run. It looks at a whole
partition for each query, so a metric's year of values makes its queries slower than AWS's are. Of
reads it tells no true units: they are reckoned from the items that came, 4 KB each.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.api_stock import METRICS, Stock
from benchmarks.rows import Row, Sizes
from local.deploy import Deployment, deploy
from local.emulator import REGION, running_emulator
from local.synth import synthesize
from shared.adapters.dynamodb_table import DynamoDbTable

_ROOT = Path(__file__).resolve().parents[1]
_NO_STRIPE = "http://127.0.0.1:9"
_COUNTED = ("items_read", "read_units", "write_units", "dynamodb_calls", "other_calls")


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give, for each route, units and calls (the mean) and the time in times of one get_item."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_measure(Path(folder), sizes))
    get_ms = statistics.median(found["get_ms"])
    integrations, days = sizes.stored
    return {
        "stored": {"integrations": integrations, "metrics": METRICS * integrations, "days": days},
        "get_item_ms": round(get_ms, 3),
        "routes": {name: _summary(taken, get_ms) for name, taken in found["routes"].items()},
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """Give units and time of each route."""
    made = []
    for name, taken in found["routes"].items():
        kind = "read" if name.startswith("GET ") else "write"
        made += [
            Row(f"{name}: {kind} units", taken[f"{kind}_units"]),
            Row(f"{name}: p95, ms", taken["p95_ms"], "", found["get_item_ms"], "get_item"),
        ]
    return made


def _summary(taken: dict[str, list[float]], get_ms: float) -> dict[str, float]:
    ms = taken["ms"]
    cuts = statistics.quantiles(ms, n=100, method="inclusive") if len(ms) > 1 else ms * 99
    counted = {kind: round(statistics.mean(taken.get(kind, [0])), 1) for kind in _COUNTED}
    times = {f"p{percent}": cuts[percent - 1] for percent in (50, 95)}
    return {
        "requests": len(ms),
        **counted,
        **{f"{name}_ms": round(found, 2) for name, found in times.items()},
        **{f"{name}_in_gets": round(found / get_ms, 1) for name, found in times.items()},
    }


async def _measure(folder: Path, sizes: Sizes) -> dict[str, Any]:
    synthesis = await synthesize()
    async with running_emulator(folder) as emulator:
        deployment = await deploy(emulator, synthesis, stripe_api=_NO_STRIPE)
        return await asyncio.to_thread(_ask, deployment, folder / "found.json", sizes)


def _ask(deployment: Deployment, file: Path, sizes: Sizes) -> dict[str, Any]:
    environment = _environment(deployment)
    client = deployment.emulator.client("dynamodb")
    table = DynamoDbTable(client, deployment.outputs["MetricsTableName"])
    integrations, days = sizes.stored
    Stock(table).fill(integrations, days)
    arguments = [str(sizes.asked), str(integrations - 1), str(file)]
    command = [sys.executable, "-m", "benchmarks.api_calls", *arguments]
    subprocess.run(  # noqa: S603 - ours
        command, cwd=_ROOT, env={**os.environ, **environment}, stdout=sys.stderr, check=True
    )
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def _environment(deployment: Deployment) -> dict[str, str]:
    """Stop the functions from running by themselves, and give the environment of the API's."""
    emulator = deployment.emulator
    functions = emulator.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    (own,) = (
        function["Environment"]["Variables"]
        for function in functions.list_functions()["Functions"]
        if "ApiHandler" in function["FunctionName"]
    )
    return {
        **own,
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": emulator.access_key,
        "AWS_SECRET_ACCESS_KEY": emulator.secret_key,
    }
