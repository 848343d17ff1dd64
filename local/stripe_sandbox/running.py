"""Starts and stops a sandbox: within an event loop, or in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from local.stripe_sandbox.business import Advance, Business
from local.stripe_sandbox.clock import Clock
from local.stripe_sandbox.faults import Faults
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.requests_log import RequestLog
from local.stripe_sandbox.server import FRONT, Front, Settings, create_app

T = TypeVar("T")

_HOST = "127.0.0.1"
_START_SECONDS = 30


class Sandbox:
    """A running sandbox.

    Attributes:
        url: its base address, for `base_addresses={"api": url}`.
    """

    def __init__(self, url: str, front: Front, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._front = front
        self._loop = loop
        self._thread: threading.Thread | None = None

    @property
    def business(self) -> Business:
        """The business that it shows. From another thread, change it through `run`."""
        return self._front.business

    @property
    def settings(self) -> Settings:
        """Keys, latency and interceptors; what is changed holds from the next request on."""
        return self._front.settings

    @property
    def key(self) -> str:
        """The secret test key."""
        return self._front.settings.keys.secret

    @property
    def clock(self) -> Clock:
        """The sandbox's own clock."""
        return self._front.clock

    @property
    def requests(self) -> RequestLog:
        """What was asked so far."""
        return self._front.log

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self._front.faults

    def advance(self, days: float = 0, *, hours: float = 0, seconds: int = 0) -> Advance:
        """Move clock and business ahead, and return what happened."""
        return self.run(lambda _: self._advance(days + hours / 24 + seconds / DAY))

    def run(self, action: Callable[[Business], T]) -> T:
        """Do something with the business between two requests, and return its result."""
        if self._thread is None:
            return action(self.business)

        async def act() -> T:
            return action(self.business)

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result()

    def close(self) -> None:
        """Stop a sandbox that runs in a thread."""
        if self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _advance(self, days: float) -> Advance:
        self.clock.skip(round(days * DAY))
        self.business.advance_to(self.clock.now())
        return self.business.take_summary(days)


def start(
    business: Business,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    port: int = 0,
) -> Sandbox:
    """Start a sandbox in a thread; use it in a `with` block or close it.

    Args:
        business: whose account it is.
        clock: without one, time stands still at the business's now.
        settings: keys, limits, latency.
        port: 0 takes any free one.
    """
    started: list[Sandbox] = []
    failures: list[BaseException] = []
    ready = threading.Event()
    app = create_app(business, clock, settings)

    def live() -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            try:
                web_runner, url = runner.run(_open(app, port))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
                failures.append(error)
                ready.set()
                return
            started.append(Sandbox(url, app[FRONT], loop))
            ready.set()
            loop.run_forever()
            runner.run(web_runner.cleanup())

    thread = threading.Thread(target=live, name="stripe-sandbox", daemon=True)
    thread.start()
    ready.wait(_START_SECONDS)
    if failures:
        thread.join()
        raise failures[0]
    started[0]._thread = thread  # noqa: SLF001 - the two halves of one start
    return started[0]


@asynccontextmanager
async def serve(
    business: Business,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    port: int = 0,
) -> AsyncIterator[Sandbox]:
    """Run a sandbox within the running event loop; see `start` for the arguments."""
    app = create_app(business, clock, settings)
    web_runner, url = await _open(app, port)
    try:
        yield Sandbox(url, app[FRONT], asyncio.get_running_loop())
    finally:
        await web_runner.cleanup()


async def _open(app: web.Application, port: int) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, _HOST, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner, f"http://{_HOST}:{runner.addresses[0][1]}"
