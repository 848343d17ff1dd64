"""The built-in Stripe-shaped server as a child process."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from local.child import child_process, free_port, passed_on_environment
from local.emulator import wait_for_answer

_ROOT = Path(__file__).resolve().parents[1]
# Share of the customers of one plan who pay in euros or pounds, which Stripe exchanges.
_ABROAD = "0.15"


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str


@asynccontextmanager
async def running_sandbox(folder: Path) -> AsyncIterator[Sandbox]:
    """Start a sandbox; its account is gone when it stops."""
    port = free_port()
    async with child_process(
        [sys.executable, "-m", "local.stripe_sandbox", "--port", str(port), "--foreign", _ABROAD],
        environment={**passed_on_environment(), "PYTHONPATH": str(_ROOT)},
        log=folder / "sandbox.log",
        name="Stripe sandbox",
    ) as child:
        url = f"http://127.0.0.1:{port}"
        await wait_for_answer(f"{url}/_sandbox/clock", child)
        yield Sandbox(url)
