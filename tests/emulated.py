"""The deployed stack in the emulator, without the front: for tests of the adapters."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.deploy import Deployment, deploy
from local.emulator import running_emulator
from local.synth import synthesize

UNREACHABLE_STRIPE = "http://127.0.0.1:9"
EMULATED = pytest.param("dynamodb", marks=pytest.mark.emulator)
# Of alerts there are only the real adapters, over a table in memory and over the emulator's.
over_tables = pytest.mark.parametrize("stores", ["table", EMULATED], indirect=True)


@contextmanager
def deployed_stack(folder: Path, **settings: bool) -> Iterator[Deployment]:
    """Deploy the local stage's template, with *settings*, for as long as the block runs."""
    ready, stop = threading.Event(), threading.Event()
    found: list[Deployment | BaseException] = []

    async def hold() -> None:
        synthesis = await synthesize(**settings)
        async with running_emulator(folder) as emulator:
            found.append(await deploy(emulator, synthesis, stripe_api=UNREACHABLE_STRIPE))
            ready.set()
            await asyncio.to_thread(stop.wait)

    def run() -> None:
        try:
            asyncio.run(hold())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            found.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    deployment = found[0]
    if isinstance(deployment, BaseException):
        raise deployment
    try:
        yield deployment
    finally:
        stop.set()
        thread.join()
