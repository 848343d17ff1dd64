"""Reading subscriptions and customers as the first import does, against the SDK's paging.

Over TLS, 150 ms from a server with Stripe's limits: 100 requests a second, 25 of each endpoint.
Each client runs in a process of its own, so that its CPU can be told.
"""

import asyncio
import multiprocessing
import os
import ssl
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import stripe

from benchmarks import lean_stripe
from benchmarks.accounts import NOW
from benchmarks.rows import Row, Sizes
from shared.adapters.stripe_listings import CUSTOMERS, SUBSCRIPTIONS
from shared.adapters.stripe_lists import together
from shared.adapters.stripe_pace import IMPORT_SHARE, Pace, Pacer
from shared.adapters.stripe_transport import StripeTransport, TransportSettings
from shared.adapters.stripe_windows import EARLIEST, Listing, WindowedReading
from shared.domain.ledger import Span
from shared.domain.stripe_key import Mode, StripeKey

_LATENCY_SECONDS = 0.15
_LIMIT = 25
_PAGE = 100
_MODE: Mode = "live"
_SECRET = f"sk_{_MODE}_sandbox0000000000demo"
_SPAWN = multiprocessing.get_context("spawn")

Client = Callable[[str, str, int], int]


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give objects per second, requests and CPU of both ways.

    The share of the limit is that of the requests made to the busiest endpoint; wasted requests are
    those beyond full pages. CPU is that of everything, over the subscriptions alone.
    """
    count, count_for_the_sdk = sizes.objects
    with tempfile.TemporaryDirectory() as folder, _running_server(folder, count) as url:
        certificate = str(Path(folder) / "server.pem")
        ours = _measure_client(_read_windows, url, certificate, count)
        theirs = _measure_client(_page_with_the_sdk, url, certificate, count_for_the_sdk)
    requests = [seen["requests"] for seen in ours["endpoints"].values()]
    needed = -(-count // _PAGE) * len(requests)
    return {
        "ours": ours,
        "sdk": theirs,
        "share_of_the_limit": round(max(requests) / ours["seconds"] / _LIMIT, 3),
        "wasted_requests_share": round(1 - needed / sum(requests), 4),
        "times_the_sdk": round(ours["objects_per_second"] / theirs["objects_per_second"], 1),
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """Give what was asked how, against paging with the SDK."""
    ours, theirs = found["ours"], found["sdk"]
    refused = sum(seen["status_429"] for seen in ours["endpoints"].values())
    by_sdk, cpu = "with the SDK", "cpu_ms_per_1000_subscriptions"
    of_limit = round(theirs["objects_per_second"] / (_PAGE * _LIMIT), 3)
    share = found["share_of_the_limit"]
    return [
        Row("import: share of the busiest endpoint's limit", share, ">= 0.92", of_limit, by_sdk),
        Row("import: share of requests wasted", found["wasted_requests_share"], "<= 0.02"),
        Row("import: requests refused with 429", refused, "<= 0"),
        Row("import: times paging with the SDK", found["times_the_sdk"], ">= 7", 1, by_sdk),
        Row("import: CPU ms per 1,000 subscriptions", ours[cpu], "<= 60", theirs[cpu], by_sdk),
    ]


@contextmanager
def _running_server(folder: str, count: int) -> Iterator[str]:
    here, there = _SPAWN.Pipe()
    arguments = (there, folder, count, _LATENCY_SECONDS)
    server = _SPAWN.Process(target=lean_stripe.serve, args=arguments)
    server.start()
    there.close()  # so that a server that does not start is noticed
    try:
        yield here.recv()
    finally:
        here.close()
        server.join()


def _measure_client(client: Client, url: str, certificate: str, count: int) -> dict[str, Any]:
    """Run a client in a process that trusts the server, and ask the server what it saw."""
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run_client, args=(there, client, url, certificate, count))
    os.environ["SSL_CERT_FILE"] = certificate
    try:
        process.start()
    finally:
        del os.environ["SSL_CERT_FILE"]
    there.close()
    read, seconds, cpu_seconds = here.recv()
    process.join()
    trust = ssl.create_default_context(cafile=certificate)
    with urllib.request.urlopen(f"{url}/seen", context=trust) as response:  # noqa: S310 - ours
        seen = msgspec.json.decode(response.read())
    return {
        "objects": read,
        "seconds": round(seconds, 2),
        "objects_per_second": round(read / seconds),
        "cpu_ms_per_1000_subscriptions": round(cpu_seconds * 1e6 / (read / 2), 1),
        "endpoints": seen,
    }


def _run_client(
    connection: Connection, client: Client, url: str, certificate: str, count: int
) -> None:
    began, cpu_began = time.monotonic(), time.process_time()
    read = client(url, certificate, count)
    connection.send((read, time.monotonic() - began, time.process_time() - cpu_began))


def _read_windows(url: str, _: str, count: int) -> int:
    """Read both lists as the import does, down to the bytes that are stored."""
    stored: dict[tuple[str, str], bytes] = {}

    async def read(listing: Listing[Any], transport: StripeTransport) -> None:
        encode = msgspec.msgpack.Encoder().encode

        async def keep(_: Span, objects: list[Any]) -> None:
            stored.update(((listing.path, obj.id), encode(obj)) for obj in objects)

        reading = WindowedReading(transport, listing, keep)
        await reading.read([Span(EARLIEST, int(NOW.timestamp()))])

    async def read_both() -> None:
        pace = Pace.of(_MODE).times(IMPORT_SHARE)
        transport = StripeTransport(
            StripeKey(_SECRET, _MODE, restricted=False),
            api_base=url,
            settings=TransportSettings(),
            pacer=Pacer(pace, ticks=time.monotonic, sleep=asyncio.sleep),
            now=lambda: datetime.now(UTC),
            sleep=asyncio.sleep,
        )
        async with transport:
            await together(read(listing, transport) for listing in (SUBSCRIPTIONS, CUSTOMERS))

    asyncio.run(read_both())
    if len(stored) != 2 * count:
        raise RuntimeError(f"{len(stored)} objects were read of {2 * count}")
    return len(stored)


def _page_with_the_sdk(url: str, certificate: str, count: int) -> int:
    """Page through the newest of both lists, one list after the other."""
    stripe.enable_telemetry = False
    stripe.ca_bundle_path = certificate
    client = stripe.StripeClient(_SECRET, base_addresses={"api": url})
    expanded = [value for name, value in SUBSCRIPTIONS.parameters if name == "expand[]"]
    subscriptions = client.v1.subscriptions.list(
        {"status": "all", "limit": _PAGE, "expand": expanded}
    )
    customers = client.v1.customers.list({"limit": _PAGE})
    return sum(
        1 for found in (subscriptions, customers) for _ in islice(found.auto_paging_iter(), count)
    )
