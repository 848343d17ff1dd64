"""The sandbox over HTTP: headers, keys, limits, control routes, and the command line."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local.stripe_sandbox import Business, Clock, Keys, Limits, Sandbox, Settings, serve, start

NOW = 1_800_000_000
LIVE = "sk_" + "live_" + "sandbox0000made0up"
VERSION = "2026-10-28.endive"
ROOT = Path(__file__).parents[2]


@pytest.fixture(name="http")
async def _http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    business = Business.empty(now=NOW)
    business.add_subscription(business.add_price(10_000))
    keys = Keys(
        live=LIVE,
        restricted={"rk_test_sandbox_customers": frozenset({"rak_customer_read"})},
        expired={"sk_test_sandbox_old"},
    )
    async with serve(business, settings=Settings(keys=keys)) as sandbox:
        yield sandbox


async def ask(
    http: aiohttp.ClientSession, sandbox: Sandbox, path: str, key: str | None = "", **extra: Any
) -> tuple[int, Any, dict[str, str]]:
    headers = {} if key is None else {"Authorization": f"Bearer {key or sandbox.key}"}
    headers |= extra.pop("headers", {})
    method = extra.pop("method", "GET")
    async with http.request(method, sandbox.url + path, headers=headers, **extra) as answer:
        return answer.status, await answer.json(), dict(answer.headers)


async def test_answers_carry_stripes_headers_and_the_sandboxs_date(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    _, _, first = await ask(http, sandbox, "/v1/account")
    status, _, second = await ask(
        http, sandbox, "/v1/nothing", headers={"Stripe-Version": "2025-03-31.basil"}
    )
    assert status == 404
    assert first["Content-Type"].startswith("application/json")
    assert first["Request-Id"].startswith("req_")
    assert first["Request-Id"] != second["Request-Id"]
    assert (first["Stripe-Version"], second["Stripe-Version"]) == (VERSION, "2025-03-31.basil")
    assert first["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert parsedate_to_datetime(first["Date"]).timestamp() == NOW


async def test_bodies_are_indented_like_stripes(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    async with http.get(f"{sandbox.url}/v1/balance", headers=headers) as answer:
        assert (await answer.text()).startswith('{\n  "object": "balance",\n')


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, None),
        ("sk_test_sandbox_unknown", 401, None),
        ("sk_test_sandbox_old", 401, "api_key_expired"),
        ("pk_test_sandbox", 401, "secret_key_required"),
        ("rk_test_sandbox_customers", 403, "more_permissions_required"),
    ],
)
async def test_a_key_that_will_not_do_is_refused(
    http: aiohttp.ClientSession, sandbox: Sandbox, key: str | None, status: int, code: str | None
) -> None:
    got, body, _ = await ask(http, sandbox, "/v1/subscriptions", key)
    assert (got, body["error"].get("code")) == (status, code)
    assert body["error"]["type"] == "invalid_request_error"


async def test_permissions_are_checked_before_existence(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    key = "rk_test_sandbox_customers"
    assert (await ask(http, sandbox, "/v1/coupons/none", key))[0] == 403
    assert (await ask(http, sandbox, "/v1/customers/none", key))[0] == 404
    assert (await ask(http, sandbox, "/v1/customers", key))[0] == 200


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/v1/account", "rak_accounts_kyc_basic_read"),
        ("/v1/balance", "rak_balance_read"),
        ("/v1/subscriptions/x", "rak_subscription_read"),
        ("/v1/subscription_items?subscription=x", "rak_subscription_read"),
        ("/v1/prices", "rak_plan_read"),
        ("/v1/products", "rak_plan_read"),
        ("/v1/coupons", "rak_coupon_read"),
        ("/v1/events", "rak_event_read"),
        ("/v1/tax_rates", "rak_tax_rate_read"),
        ("/v1/invoices", "rak_invoice_read"),
        ("/v1/invoices/x/lines", "rak_invoice_read"),
        ("/v1/invoiceitems", "rak_invoice_read"),
        ("/v1/charges", "rak_charge_read"),
        ("/v1/disputes", "rak_dispute_read"),
        ("/v1/balance_transactions", "rak_balance_transaction_source_read"),
    ],
)
async def test_a_refusal_names_the_permission(
    http: aiohttp.ClientSession, sandbox: Sandbox, path: str, permission: str
) -> None:
    _, body, _ = await ask(http, sandbox, path, "rk_test_sandbox_customers")
    assert f"'{permission}'" in body["error"]["message"]


async def test_a_live_key_sees_live_objects(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    for key, livemode in ((sandbox.key, False), (LIVE, True)):
        _, subs, _ = await ask(http, sandbox, "/v1/subscriptions", key)
        _, events, _ = await ask(http, sandbox, "/v1/events", key)
        (sub,) = subs["data"]
        assert sub["livemode"] is sub["items"]["data"][0]["price"]["livemode"] is livemode
        assert events["data"][0]["data"]["object"]["livemode"] is livemode


async def test_a_route_that_does_not_exist_is_unrecognized(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    for method, path in (("GET", "/v1/widgets"), ("POST", "/v1/customers"), ("GET", "/v1/prices/")):
        status, body, _ = await ask(http, sandbox, path, method=method)
        assert status == 404
        assert body["error"]["message"].startswith(f"Unrecognized request URL ({method}: {path}).")


async def test_limits_answer_429_with_the_reason(http: aiohttp.ClientSession) -> None:
    settings = Settings(limits=Limits(per_endpoint=2), ticks=lambda: 0.0)
    async with serve(Business.empty(now=NOW), settings=settings) as sandbox:
        answers = [await ask(http, sandbox, "/v1/prices") for _ in range(3)]
        assert [status for status, _, _ in answers] == [200, 200, 429]
        _, body, headers = answers[-1]
        assert headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
        assert (body["error"]["code"], "Retry-After" in headers) == ("rate_limit", False)
        assert (await ask(http, sandbox, "/v1/coupons"))[0] == 200
        _, counts, _ = await ask(http, sandbox, "/_sandbox/requests", None)
        assert (counts["total"], counts["rate_limited"]) == (4, 1)
        assert counts["endpoints"]["GET /v1/prices"]["statuses"] == {"200": 2, "429": 1}
        assert (sandbox.requests.total, sandbox.requests.of("GET /v1/coupons")) == (4, 1)


async def test_limits_count_all_ids_of_an_endpoint_together(http: aiohttp.ClientSession) -> None:
    settings = Settings(limits=Limits(per_endpoint=1), ticks=lambda: 0.0)
    async with serve(Business.empty(now=NOW), settings=settings) as sandbox:
        assert (await ask(http, sandbox, "/v1/prices/a"))[0] == 404
        assert (await ask(http, sandbox, "/v1/prices/b"))[0] == 429


async def test_latency_holds_each_answer_back(http: aiohttp.ClientSession) -> None:
    async with serve(Business.empty(now=NOW), settings=Settings(latency_ms=40)) as sandbox:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(ask(http, sandbox, "/v1/account") for _ in range(5)))
        assert 0.035 <= loop.time() - began < 5


async def test_an_interceptor_may_answer_in_the_sandboxs_stead(http: aiohttp.ClientSession) -> None:
    async def fail_prices(_: web.Request, endpoint: str) -> web.Response | None:
        return web.Response(status=500) if endpoint == "GET /v1/prices" else None

    settings = Settings(interceptors=[fail_prices])
    async with serve(Business.empty(now=NOW), settings=settings) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.key}"}
        async with http.get(f"{sandbox.url}/v1/prices", headers=headers) as answer:
            assert answer.status == 500
        assert (await ask(http, sandbox, "/v1/coupons"))[0] == 200
        assert sandbox.requests.statuses["GET /v1/prices"] == {500: 1}


async def test_the_clock_and_the_business_are_moved_by_the_control_route(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    _, before, _ = await ask(http, sandbox, "/_sandbox/clock", None)
    assert before == {"now": NOW, "at": "2027-01-15T08:00:00Z", "running": False}
    status, moved, _ = await ask(
        http, sandbox, "/_sandbox/advance", None, method="POST", json={"days": 2}
    )
    assert (status, moved["now"], moved["at"]) == (200, NOW + 172_800, "2027-01-17T08:00:00Z")
    assert moved["summary"].startswith("2 days passed, it is now 17 January 2027, 08:00 UTC")
    _, _, headers = await ask(http, sandbox, "/v1/account")
    assert parsedate_to_datetime(headers["Date"]) == datetime(2027, 1, 17, 8, tzinfo=UTC)


@pytest.mark.parametrize("body", [{}, {"days": "2"}, {"days": -1}, {"days": True}, [], "{"])
async def test_a_senseless_advance_is_refused(
    http: aiohttp.ClientSession, sandbox: Sandbox, body: Any
) -> None:
    data = body if isinstance(body, str) else json.dumps(body)
    status, answer, _ = await ask(
        http, sandbox, "/_sandbox/advance", None, method="POST", data=data
    )
    assert (status, answer["error"]["message"]) == (400, "days must be a number from 0 to 3660")


async def test_a_running_clock_goes_on_by_itself(http: aiohttp.ClientSession) -> None:
    ticks = [0.0]
    business = Business.empty(now=NOW)
    sub = business.add_subscription(
        business.add_price(1), status="trialing", trial_end=NOW + 50, created=NOW
    )
    async with serve(business, clock=Clock(NOW, lambda: ticks[0])) as sandbox:
        ticks[0] = 60.5
        _, body, headers = await ask(http, sandbox, f"/v1/subscriptions/{sub.id}")
        assert body["status"] == "active"
        assert parsedate_to_datetime(headers["Date"]).timestamp() == NOW + 60


async def test_a_key_is_rolled_by_the_control_route(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    old = sandbox.key
    route = "/_sandbox/keys/roll"
    _, body, _ = await ask(http, sandbox, route, None, method="POST")
    assert body["key"].startswith("sk_test_sandbox1")
    assert body["key"] == sandbox.key != old
    assert (await ask(http, sandbox, "/v1/account", old))[1]["error"]["code"] == "api_key_expired"
    assert (await ask(http, sandbox, "/v1/account", body["key"]))[0] == 200

    roll = {"key": body["key"], "expires": False}
    _, newer, _ = await ask(http, sandbox, route, None, method="POST", json=roll)
    _, refused, _ = await ask(http, sandbox, "/v1/account", body["key"])
    assert refused["error"]["message"].startswith("Invalid API Key provided: sk_test_")
    assert (await ask(http, sandbox, "/v1/account", newer["key"]))[0] == 200
    assert (await ask(http, sandbox, route, None, method="POST", json={"key": "x"}))[0] == 400


async def test_the_counts_can_be_set_back(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    await ask(http, sandbox, "/v1/account")
    _, body, _ = await ask(http, sandbox, "/_sandbox/requests", None, method="DELETE")
    assert body == {"total": 0, "rate_limited": 0, "endpoints": {}}


async def test_the_same_seed_gives_the_same_bytes_over_http(http: aiohttp.ClientSession) -> None:
    bodies = []
    for _ in range(2):
        business = Business.empty(now=NOW, seed=7)
        for number in range(3):
            business.add_subscription(business.add_price(100 + number))
        async with serve(business) as sandbox:
            sandbox.advance(days=3)
            headers = {"Authorization": f"Bearer {sandbox.key}"}
            async with http.get(f"{sandbox.url}/v1/events", headers=headers) as answer:
                bodies.append((await answer.read(), answer.headers["Request-Id"]))
    assert bodies[0] == bodies[1]


def test_a_sandbox_in_a_thread_is_driven_from_outside() -> None:
    business = Business.empty(now=NOW)
    with start(business) as sandbox:
        sub = sandbox.run(lambda it: it.add_subscription(it.add_price(1), status="trialing"))
        assert sandbox.advance(days=5).counts == {"trials converted": 1}
        assert (sub.status, sandbox.clock.now()) == ("active", NOW + 5 * 86_400)
        assert sandbox.advance(seconds=1).now == NOW + 5 * 86_400 + 1
        assert sandbox.settings.keys.secret == sandbox.key


def test_a_taken_port_is_an_error_and_not_a_silent_start() -> None:
    with start(Business.empty(now=NOW)) as sandbox:
        port = int(sandbox.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address already in use"):
            start(Business.empty(now=NOW), port=port)


def test_the_bytes_do_not_depend_on_how_python_hashes() -> None:
    program = (
        "import hashlib, msgspec; from local.stripe_sandbox import *; "
        "from local.stripe_sandbox.endpoints import get; "
        f"business = seeded_business({NOW}, SeedOptions(customers=60)); business.advance(30); "
        "print(hashlib.sha256(b''.join(msgspec.json.encode(get(business.state, "
        "f'/v1/{path}?limit=100')) for path in ('events', 'subscriptions'))).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_runs_one_alone_until_it_is_told_to_stop(ending: signal.Signals) -> None:
    command = [
        *(sys.executable, "-m", "local.stripe_sandbox", "--port", "0", "--customers", "20"),
        *("--start", str(NOW), "--frozen", "--limits", "stripe", "--story", "growth"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, _, ready = process.stdout.readline().partition(" ")
        assert word == "READY"
        assert json.loads(ready)["url"].startswith("http://127.0.0.1:")
        assert json.loads(ready)["key"].startswith("sk_test_sandbox")
        process.send_signal(ending)
        assert process.wait(timeout=10) == 0
