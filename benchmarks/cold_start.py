"""CPU of importing each handler, as a share of importing every library that one might use.

All of it from bytecode, as it is deployed: a first round, which is not counted, compiles it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.rows import Row, Sizes

_ROOT = Path(__file__).resolve().parents[1]
_TARGETS = {"sync": "<= 0.6", "api": "<= 0.5", "alerts": "<= 0.4"}
_EVERYTHING = """
import boto3, stripe, aws_lambda_powertools
for service in ("dynamodb", "sqs", "sns", "secretsmanager"):
    boto3.client(service, region_name="us-east-1")
stripe.StripeClient("sk_test_none")
aws_lambda_powertools.Logger(), aws_lambda_powertools.Metrics(namespace="x")
"""
_PROGRAMS = {
    "nothing": "pass",
    "everything": _EVERYTHING,
    "sync": "import functions.sync.handler, shared.adapters.stripe_source",
    "api": "import functions.api.handler",
    "alerts": "import functions.alerts.handler",
}


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give CPU seconds over a bare interpreter, and shares of importing everything."""
    runs: dict[str, list[float]] = {name: [] for name in _PROGRAMS}
    with tempfile.TemporaryDirectory() as bytecode:
        for _ in range(1 + sizes.rounds):
            for name, program in _PROGRAMS.items():
                runs[name].append(_cpu_seconds(program, bytecode))
    bare = statistics.median(runs["nothing"][1:])
    seconds = {name: statistics.median(found[1:]) - bare for name, found in runs.items()}
    return {
        "cpu_seconds": {name: round(found, 3) for name, found in seconds.items()},
        "share_of_everything": {
            name: round(seconds[name] / seconds["everything"], 2) for name in _TARGETS
        },
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the share of each handler; everything is 1."""
    shares = found["share_of_everything"]
    return [
        Row(f"cold start of {name}: share of CPU", shares[name], target, 1, "everything")
        for name, target in _TARGETS.items()
    ]


def _cpu_seconds(program: str, bytecode: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", program], cwd=_ROOT, env=environment
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{program!r} ended with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime
