"""Faults on order: what a reader meets when Stripe or the network fails."""

import json
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from local.stripe_sandbox import Business, Fault, RandomFaults, Sandbox, Settings, serve

NOW = 1_800_000_000


@pytest.fixture(name="http")
async def _http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with serve(Business.empty(now=NOW)) as sandbox:
        yield sandbox


async def order(http: aiohttp.ClientSession, sandbox: Sandbox, **fault: Any) -> int:
    async with http.post(f"{sandbox.url}/_sandbox/faults", json=fault) as answer:
        return answer.status


async def read(
    http: aiohttp.ClientSession, sandbox: Sandbox, path: str = "/v1/balance"
) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    async with http.get(sandbox.url + path, headers=headers) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"kind": "rate_limit"}, 429, "rate_limit"),
        ({"kind": "server_error"}, 500, "api_error"),
        ({"kind": "server_error", "status": 503}, 503, "api_error"),
        ({"kind": "revoked_key"}, 401, "api_key_expired"),
        ({"kind": "html"}, 200, "<html>"),
        ({"kind": "hang", "seconds": 0.01}, 200, '"object": "balance"'),
    ],
)
async def test_a_fault_strikes_once_and_is_gone(
    http: aiohttp.ClientSession, sandbox: Sandbox, fault: dict[str, Any], status: int, words: str
) -> None:
    assert await order(http, sandbox, **fault) == 200
    got, body = await read(http, sandbox)
    assert got == status
    assert words in body
    assert (await read(http, sandbox))[0] == 200


@pytest.mark.parametrize("kind", ["reset", "cut_body"])
async def test_the_connection_can_break(
    http: aiohttp.ClientSession, sandbox: Sandbox, kind: str
) -> None:
    # Clients repeat a GET by themselves where a kept connection was reset.
    await order(http, sandbox, kind=kind, times=None)
    with pytest.raises(aiohttp.ClientError):
        await read(http, sandbox)
    async with http.delete(f"{sandbox.url}/_sandbox/faults") as answer:
        assert await answer.json() == {"faults": []}
    assert (await read(http, sandbox))[0] == 200


async def test_json_can_break_off(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    await order(http, sandbox, kind="broken_json")
    with pytest.raises(json.JSONDecodeError):
        json.loads((await read(http, sandbox))[1])


async def test_a_fault_strikes_its_path_after_a_while_and_so_many_times(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    sandbox.faults.order(Fault("server_error", "/v1/customers", times=2, after=1))
    path = "/v1/customers?limit=1"
    statuses = [(await read(http, sandbox, path))[0] for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    sandbox.faults.order(Fault("server_error", "/v1/customers"))
    assert (await read(http, sandbox))[0] == 200
    async with http.get(f"{sandbox.url}/_sandbox/faults") as answer:
        (left,) = (await answer.json())["faults"]
    assert (left["kind"], left["path"], left["times"]) == ("server_error", "/v1/customers", 1)
    assert sandbox.requests.of("GET /v1/customers") == 4


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "flood"},
        {"kind": "html", "path": "v1"},
        {"kind": "html", "times": 0},
        {"kind": "html", "after": -1},
        {"kind": "html", "colour": "red"},
        {"kind": "server_error", "status": 418},
        {"kind": "hang", "seconds": "long"},
    ],
)
async def test_senseless_faults_are_refused(
    http: aiohttp.ClientSession, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    assert await order(http, sandbox, **fault) == 400


async def test_faults_at_random_strike_their_share_the_same_way_for_the_same_seed(
    http: aiohttp.ClientSession,
) -> None:
    answers = []
    for _ in range(2):
        faults = RandomFaults(seed=3, share=0.25, hang_seconds=0.001)
        settings = Settings(interceptors=[faults])
        async with serve(Business.empty(now=NOW), settings=settings) as sandbox:
            answers.append([await outcome(http, sandbox) for _ in range(200)])
        assert 30 <= faults.struck.total() <= 70
        assert len(faults.struck) == 7
    assert answers[0] == answers[1]
    assert set(answers[0]) >= {"200", "429", "500", "ClientPayloadError"}


@pytest.mark.parametrize("kind", ["server_error", "rate_limit", "html", "broken_json", "cut_body"])
async def test_what_goes_wrong_says_what_time_it_is(
    http: aiohttp.ClientSession, sandbox: Sandbox, kind: str
) -> None:
    sandbox.faults.order(Fault(kind))
    async with http.get(f"{sandbox.url}/v1/balance") as answer:
        assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == NOW


async def outcome(http: aiohttp.ClientSession, sandbox: Sandbox) -> str:
    """Return the status of an answer, or how the connection failed."""
    try:
        return str((await read(http, sandbox))[0])
    except aiohttp.ClientError as error:
        return type(error).__name__
