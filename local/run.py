"""One local run from start to stop."""

import asyncio
import json
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from local.control import Control
from local.deploy import Deployment, deploy
from local.emulator import running_emulator
from local.failure import LocalRunError
from local.front import Front
from local.options import Options
from local.outbox import Outbox
from local.sandbox import running_sandbox
from local.seed import seed
from local.settling import Settling
from local.stripe_sandbox.keys import SECRET_KEY
from local.synth import synthesize
from local.ticks import Ticks
from local.tokens import Tokens

T = TypeVar("T")

_HOST = "127.0.0.1"
_OUTBOX_SECONDS = 1.0


async def run(options: Options) -> None:
    """Start everything, say READY, and serve until cancelled."""
    async with AsyncExitStack() as stack:
        # First of all, so that a taken port is told at once.
        listener = stack.enter_context(_listening(options.port))
        url = f"http://{_HOST}:{listener.getsockname()[1]}"
        _say("Starting. Nothing is kept: all of it is gone when you stop.")
        folder = Path(tempfile.mkdtemp(prefix="stripe-metrics-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stripe_api, sandbox_url = await _stripe(stack, options, folder)
        deployment = await _deployed(stack, options, folder, stripe_api)
        await _serving(stack, options, deployment, listener, sandbox_url)
        ready = {"url": url, "token": options.token, "stripe_api": stripe_api}
        print(f"READY {json.dumps(ready)}", flush=True)
        if sandbox_url:
            _say(f"The sandbox account's key is {SECRET_KEY}.")
        _say(f"Open {url}/#token={options.token}\nStop with Ctrl-C.")
        await deployment.emulator.child.process.wait()
        deployment.emulator.child.check_alive()


async def _stripe(stack: AsyncExitStack, options: Options, folder: Path) -> tuple[str, str | None]:
    """Stripe's address, and the sandbox's where that is the Stripe of this run."""
    if options.stripe_api is not None:
        return options.stripe_api, None
    _say("  the Stripe sandbox ...")
    sandbox = await stack.enter_async_context(running_sandbox(folder))
    return sandbox.url, sandbox.url


async def _deployed(
    stack: AsyncExitStack, options: Options, folder: Path, stripe_api: str
) -> Deployment:
    _say("  the stack and the AWS emulator ...")
    making = await stack.enter_async_context(
        _task(synthesize(allow_restricted_keys=options.allow_restricted_keys))
    )
    emulator = await stack.enter_async_context(running_emulator(folder))
    return await deploy(emulator, await making, stripe_api=stripe_api)


async def _serving(
    stack: AsyncExitStack,
    options: Options,
    deployment: Deployment,
    listener: socket.socket,
    sandbox_url: str | None,
) -> None:
    tokens, ticks, outbox = Tokens(deployment, options.token), Ticks(deployment), Outbox(deployment)
    http = await stack.enter_async_context(
        aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=960))
    )
    front = Front(deployment=deployment, tokens=tokens, http=http)
    control = Control(
        tokens=tokens,
        ticks=ticks,
        settling=Settling(deployment, ticks.sweep),
        outbox=outbox,
        sandbox_url=sandbox_url,
        read_integration=lambda found: front.call("GET", f"/v1/integrations/{found}"),
        http=http,
    )
    await tokens.create_user()
    await outbox.subscribe()
    await front.call("GET", "/health")
    await _seed(options, front, sandbox_url)
    await stack.enter_async_context(_task(outbox.watch(_OUTBOX_SECONDS)))
    if options.schedule:
        await stack.enter_async_context(_task(ticks.run_by_clock()))
    runner = web.AppRunner(front.application(control.routes()), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listener, shutdown_timeout=1.0).start()


async def _seed(options: Options, front: Front, sandbox_url: str | None) -> None:
    if options.empty:
        return
    if options.stripe_key:
        stripe_key, name = options.stripe_key, "Stripe account"
    elif sandbox_url:
        stripe_key, name = SECRET_KEY, "Sandbox"
    else:
        _say("  no account to connect: set STRIPE_KEY, or connect one on the page.")
        return
    _say("  the account and the first metrics ...")
    try:
        await seed(front.call, stripe_key=stripe_key, name=name)
    except LocalRunError as error:
        _say(f"  {error}")


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        # A port that the last run has just left is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
            listener.listen()
        except OSError as error:
            raise LocalRunError(
                f"Port {port} is taken ({error.strerror}). Choose another with --port, "
                "or --port 0 for any free one."
            ) from error
        listener.settimeout(0)
        yield listener


@asynccontextmanager
async def _task(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Run *work* beside the block, at most as long as the block."""
    task = asyncio.create_task(work)
    task.add_done_callback(_tell_failure)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


def _tell_failure(task: asyncio.Task[Any]) -> None:
    """What runs beside fails unseen otherwise, and the page just stands still."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _say(f"{type(error).__name__}: {error}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
