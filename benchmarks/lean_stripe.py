"""Long lists of subscriptions and customers as Stripe would give them, over TLS, in a process.

Lean, so that it measures its clients and not itself: objects are texts of the sandbox's with
another id and another time of creation.
"""

import asyncio
import datetime as dt
import json
import random
import ssl
import time
import urllib.request
from bisect import bisect_left, bisect_right
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.accounts import NOW, running_account
from local.stripe_sandbox import Sandbox
from local.stripe_sandbox.errors import StripeError
from local.stripe_sandbox.limits import Limits, RateLimiter
from local.stripe_sandbox.records import Json

# The lists, and what the sandbox is asked for to know how their objects look.
_QUERIES = {
    "/v1/subscriptions": "status=all&limit=100&expand[]=data.discounts.source.coupon",
    "/v1/customers": "limit=100",
}
_ID, _CREATED = "@@id@@", 987_654_321_012
_YEARS = 3
_LAUNCHES = 5
_LAUNCH_FACTOR = 40
_PAGE = 100
_DAY = 86_400

Template = tuple[bytes, bytes, bytes]
"""An object's text: before the id, up to the time of creation, and after it."""


@dataclass(slots=True)
class Seen:
    """What reached the server: requests, refusals, and the requests of each second."""

    requests: int = 0
    refused: int = 0
    instants: list[float] = field(default_factory=list)

    @property
    def busiest_second(self) -> int:
        """Return the most requests of any one second."""
        return max(
            (bisect_right(self.instants, at + 1) - n for n, at in enumerate(self.instants)),
            default=0,
        )


class LeanStripe:
    """Answers two lists with `created` bounds and cursors; `GET /seen` tells what came since.

    Args:
        count: how many subscriptions there are, and as many customers.

        latency_seconds: of each answer.
    """

    def __init__(self, count: int, latency_seconds: float) -> None:
        self._templates = _templates()
        self._created = _times_of_creation(count)
        self._latency = latency_seconds
        self._limiter = RateLimiter(Limits.of_stripe(live=True), time.monotonic)
        self._seen = {path: Seen() for path in _QUERIES}

    def app(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application()
        for path in _QUERIES:
            app.router.add_get(path, self._list)
        app.router.add_get("/seen", self._tell)
        return app

    async def _tell(self, _: web.Request) -> web.Response:
        told = {
            path: {
                "requests": seen.requests,
                "status_429": seen.refused,
                "busiest_second": seen.busiest_second,
            }
            for path, seen in self._seen.items()
        }
        self._seen = {path: Seen() for path in _QUERIES}
        return web.json_response(told)

    async def _list(self, request: web.Request) -> web.Response:
        seen = self._seen[request.path]
        seen.requests += 1
        seen.instants.append(time.monotonic())
        try:
            self._limiter.admit(request.path)
        except StripeError as error:
            seen.refused += 1
            return web.json_response(error.body(), status=error.status, headers=error.headers)
        await asyncio.sleep(self._latency)
        return web.Response(body=self._page(request), content_type="application/json")

    def _page(self, request: web.Request) -> bytes:
        query = request.query
        low = bisect_left(self._created, int(query.get("created[gte]", 0)))
        high = bisect_right(self._created, int(query.get("created[lte]", 2**40)))
        if "starting_after" in query:
            high = min(high, int(query["starting_after"].rpartition("_")[2]))
        start = max(low, high - _PAGE)
        templates = self._templates[request.path]
        shown = b",\n".join(self._render(templates, it) for it in reversed(range(start, high)))
        more = b"true" if start > low else b"false"
        url = request.path.encode()
        head = b'{\n  "object": "list",\n  "url": "%b",\n  "has_more": ' % url
        return head + more + b',\n  "data": [\n' + shown + b"\n  ]\n}"

    def _render(self, templates: list[Template], number: int) -> bytes:
        before, between, after = templates[number % len(templates)]
        return b"%bit_%09d%b%d%b" % (before, number, between, self._created[number], after)


def serve(connection: Connection, folder: str, count: int, latency_seconds: float) -> None:
    """Run a server on 127.0.0.1; sends its address, stops when the connection is closed.

    Args:
        connection: to the process that wants it.

        folder: where the certificate is put, as `server.pem`.

        count: how many subscriptions there are, and as many customers.

        latency_seconds: of each answer.
    """

    async def run() -> None:
        runner = web.AppRunner(LeanStripe(count, latency_seconds).app())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_make_certificate(Path(folder)))
        await site.start()
        port = runner.addresses[0][1]
        connection.send(f"https://127.0.0.1:{port}")
        with suppress(EOFError):
            await asyncio.to_thread(connection.recv)
        await runner.cleanup()

    asyncio.run(run())


def _make_certificate(folder: Path) -> ssl.SSLContext:
    """Sign a certificate for 127.0.0.1 with its own key, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "server.pem", folder / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_path, key_path)
    key_path.unlink()
    return context


def _templates() -> dict[str, list[Template]]:
    with running_account(300) as sandbox:
        return {
            path: [_template(obj) for obj in _first_page(sandbox, f"{path}?{query}")]
            for path, query in _QUERIES.items()
        }


def _first_page(sandbox: Sandbox, target: str) -> list[Json]:
    request = urllib.request.Request(  # noqa: S310 - the sandbox's own address
        f"{sandbox.url}{target}", headers={"Authorization": f"Bearer {sandbox.key}"}
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - the same
        page: dict[str, list[Json]] = json.load(response)
    return page["data"]


def _template(obj: Json) -> Template:
    text = json.dumps(obj | {"id": _ID, "created": _CREATED}, indent=2).encode()
    before, _, rest = text.partition(_ID.encode())
    between, _, after = rest.partition(str(_CREATED).encode())
    return before, between, after


def _times_of_creation(count: int) -> list[int]:
    """Return rising seconds: three years of growth, and days on which many came at once."""
    chance = random.Random(7)  # noqa: S311 - no secret
    days = _YEARS * 365
    weights = [1 + 2 * day / days for day in range(days)]
    for day in chance.sample(range(days), _LAUNCHES):
        weights[day] *= _LAUNCH_FACTOR
    first = int(NOW.timestamp()) - days * _DAY
    chosen = chance.choices(range(days), weights, k=count)
    return sorted(first + day * _DAY + chance.randrange(_DAY) for day in chosen)
