"""Requests and CPU of reading an account, against the SDK's own paging of the same list.

The server runs in a process of its own, so that its CPU is not counted.
"""

import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

import stripe

from benchmarks.accounts import running_account
from benchmarks.rows import Row, Sizes
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import Needs
from shared.domain.stripe_key import StripeKey, parse_key


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give requests, objects and CPU for both ways."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, sizes.customers))
    server.start()
    url, secret = ours.recv()
    try:
        began = time.process_time()
        count, requests = _read_with_ours(url, secret)
        between = time.process_time()
        baseline = _read_with_the_sdk(url, secret)
        ended = time.process_time()
    finally:
        ours.send("stop")
        server.join()
    per_thousand = 1_000 / count
    return {
        "subscriptions": count,
        "requests": requests,
        "cpu_ms_per_1000": round((between - began) * 1e3 * per_thousand, 1),
        "sdk_cpu_ms_per_1000": round((ended - between) * 1e3 * 1_000 / baseline, 1),
        "times_less_cpu_than_the_sdk": round(
            ((ended - between) / baseline) / ((between - began) / count), 1
        ),
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the CPU of a test query's reading, against the SDK's."""
    what = "reading for a test query: CPU ms per 1,000 subscriptions"
    return [Row(what, found["cpu_ms_per_1000"], "", found["sdk_cpu_ms_per_1000"], "with the SDK")]


def _serve(connection: Connection, customers: int) -> None:
    with running_account(customers) as sandbox:
        connection.send((sandbox.url, sandbox.key))
        connection.recv()


def _read_with_ours(url: str, secret: str) -> tuple[int, int]:
    key = parse_key(secret, allow_restricted=False)
    if not isinstance(key, StripeKey):
        raise TypeError(key.message)
    reading = StripeSource(key, api_base=url).read(Needs(subscriptions=True))
    return len(reading.account.timelines), reading.requests


def _read_with_the_sdk(url: str, secret: str) -> int:
    stripe.enable_telemetry = False
    client = stripe.StripeClient(secret, base_addresses={"api": url})
    found = client.v1.subscriptions.list(
        {"status": "all", "limit": 100, "expand": ["data.discounts.source.coupon"]}
    )
    return sum(1 for _ in found.auto_paging_iter())
