"""Sandbox accounts to measure on, and our reading of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from local.stripe_sandbox import Sandbox, SeedOptions, seeded_business, start
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import Needs, Reading
from shared.domain.stripe_key import StripeKey, parse_key

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class ServedAccount:
    """An account that a process of its own serves, with what can be done to it from here."""

    url: str
    key: str

    def advance(self, hours: float) -> None:
        """Let the business live on for some hours."""
        self._control("POST", "advance", {"days": hours / 24})

    def requests(self) -> dict[str, Any]:
        """Tell what was asked since the last call: `total`, `rate_limited` and by endpoint."""
        told = self._control("GET", "requests")
        self._control("DELETE", "requests")
        return told

    def _control(self, method: str, what: str, body: Any = None) -> dict[str, Any]:
        url = f"{self.url}/_sandbox/{what}"
        answer = requests.request(method, url, json=body, timeout=_SECONDS)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


@contextmanager
def running_account(customers: int) -> Iterator[Sandbox]:
    """Run a sandbox whose business has so many customers."""
    with start(seeded_business(NOW, SeedOptions(customers=customers))) as sandbox:
        yield sandbox


@contextmanager
def served_account(
    customers: int, *, copies: int = 1, latency_ms: float = 0, limited: bool = False
) -> Iterator[ServedAccount]:
    """Serve a large account from a process of its own, so that its CPU is not counted.

    100,000 subscriptions are 1,300 customers in 80 copies: ready within five seconds, in 200 MB.

    Args:
        customers: that sign up in a copy; as many subscriptions follow, and six times the invoices.
        copies: how many of them the account holds.
        latency_ms: of each answer.
        limited: whether Stripe's limits of a test key hold.
    """
    options = {
        "--port": "0",
        "--start": str(int(NOW.timestamp())),
        "--customers": str(customers),
        "--copies": str(copies),
        "--latency": str(latency_ms),
        "--limits": "stripe" if limited else "off",
    }
    words = [word for pair in options.items() for word in pair]
    with subprocess.Popen(  # noqa: S603 - the project's own module
        [sys.executable, "-m", "local.stripe_sandbox", "--frozen", *words],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            yield ServedAccount(**json.loads(said.removeprefix("READY")))
        finally:
            process.terminate()


def read(sandbox: Sandbox | ServedAccount, needs: Needs) -> Reading:
    """Read what is needed of a sandbox, as a sync does."""
    key = parse_key(sandbox.key, allow_restricted=False)
    if not isinstance(key, StripeKey):
        raise TypeError(key.message)
    return StripeSource(key, api_base=sandbox.url).read(needs)
