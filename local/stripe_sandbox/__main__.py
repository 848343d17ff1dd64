"""Runs a sandbox alone: `python -m local.stripe_sandbox --port 8799`."""

import argparse
import asyncio
import contextlib
import json
import signal
import time

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.clock import Clock
from local.stripe_sandbox.keys import SECRET_KEY, Keys
from local.stripe_sandbox.limits import Limits
from local.stripe_sandbox.running import serve
from local.stripe_sandbox.seeding import SeedOptions, seeded_business
from local.stripe_sandbox.server import Settings
from local.stripe_sandbox.stories import STORIES


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    options = _parse_arguments()
    start = options.start or int(time.time())
    business = (
        Business.empty(start, seed=options.seed, bills=True)
        if options.empty
        else seeded_business(start, _seed_options(options))
    )
    clock = Clock(start, None if options.frozen else time.monotonic)
    settings = Settings(
        keys=Keys(options.key, live=options.live_key, restricted=dict(options.restricted)),
        limits=Limits.of_stripe() if options.limits == "stripe" else Limits(),
        latency_ms=options.latency,
        copies=options.copies,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(business, clock, settings, options.port))


async def _serve(business: Business, clock: Clock, settings: Settings, port: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stopped.set)
    async with serve(business, clock=clock, settings=settings, port=port) as sandbox:
        print("READY", json.dumps({"url": sandbox.url, "key": sandbox.key}), flush=True)
        await stopped.wait()


def _seed_options(options: argparse.Namespace) -> SeedOptions:
    return SeedOptions(
        seed=options.seed,
        customers=options.customers,
        days=options.days,
        foreign_share=options.foreign,
        story=options.story,
    )


def _parse_restricted(text: str) -> tuple[str, frozenset[str]]:
    key, _, permissions = text.partition("=")
    return key, frozenset(filter(None, permissions.split(",")))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.stripe_sandbox",
        description="A Stripe-shaped server over a simulated subscription business.",
    )
    parser.add_argument("--port", type=int, default=8799, help="0 takes any free one (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="tells the history (%(default)s)")
    parser.add_argument(
        "--customers", type=int, default=300, help="sign-ups over the history (%(default)s)"
    )
    parser.add_argument(
        "--copies", type=int, default=1, help="the account holds all of it so often (%(default)s)"
    )
    parser.add_argument("--days", type=int, default=912, help="length of it (%(default)s)")
    parser.add_argument(
        "--foreign", type=float, default=0.0, help="share of other currencies (%(default)s)"
    )
    parser.add_argument(
        "--story", choices=sorted(STORIES), default="steady", help="what goes on (%(default)s)"
    )
    parser.add_argument("--empty", action="store_true", help="no customers, nothing sold")
    parser.add_argument("--start", type=int, help="first instant in epoch seconds (now)")
    parser.add_argument("--frozen", action="store_true", help="the clock moves only when told to")
    parser.add_argument("--key", default=SECRET_KEY, help="the secret test key (%(default)s)")
    parser.add_argument("--live-key", help="a secret live key that sees the same business")
    parser.add_argument(
        "--restricted",
        type=_parse_restricted,
        action="append",
        default=[],
        metavar="KEY=PERMISSION,...",
        help="a restricted key, as rk_test_sandbox=rak_customer_read,rak_plan_read",
    )
    parser.add_argument("--latency", type=float, default=0, help="milliseconds each answer takes")
    parser.add_argument(
        "--limits", choices=("off", "stripe"), default="off", help="rate limits (%(default)s)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
