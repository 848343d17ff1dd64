"""Many requests at once over real HTTP: their pace, their faults, and what they bring."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from aiohttp import web

from local.stripe_sandbox import Business, RandomFaults, Sandbox, Settings, start
from shared.adapters.stripe_listings import SUBSCRIPTIONS
from shared.adapters.stripe_lists import together
from shared.adapters.stripe_objects import SubscriptionObject
from shared.adapters.stripe_pace import UNLIMITED, Pace, Pacer
from shared.adapters.stripe_transport import StripeTransport, TransportSettings
from shared.adapters.stripe_windows import WindowedReading
from shared.domain.ledger import Span, uncovered
from shared.domain.stripe_key import StripeKey
from shared.errors import KeyInvalidError, SourceRateLimitedError, SourceUnavailableError
from tests.integration.stripe_faults import (
    NOW,
    RATE_LIMITED,
    Fault,
    Faults,
    Sleeps,
    answering,
    nothing_wrong,
)

HOURS = 1000
WHOLE = Span(int(NOW.timestamp()) - HOURS * 3600, int(NOW.timestamp()))
REVOKED = answering(401, '{"error": {"message": "Invalid API Key provided"}}')


@pytest.fixture(name="sandbox")
def _sandbox(faults: Faults) -> Iterator[Sandbox]:
    """A subscription for each hour of six weeks, and three for each tenth."""
    business = Business.empty(NOW)
    price = business.add_price(1000)
    for hour in range(HOURS):
        for _ in range(3 if hour % 10 == 0 else 1):
            business.add_subscription(price, created=int(NOW.timestamp()) - hour * 3600)
    with start(business, settings=Settings(interceptors=[faults])) as sandbox:
        yield sandbox


def a_transport(
    sandbox: Sandbox, sleeps: Sleeps, pace: Pace = UNLIMITED, **settings: float
) -> StripeTransport:
    return StripeTransport(
        StripeKey(sandbox.key, "test", restricted=False),
        api_base=sandbox.url,
        settings=TransportSettings(**settings),  # type: ignore[arg-type]
        pacer=Pacer(pace, ticks=sleeps.ticks, sleep=sleeps),
        now=lambda: datetime.now(UTC),
        sleep=sleeps,
    )


def all_ids(sandbox: Sandbox) -> list[str]:
    return sorted(it.id for it in sandbox.business.state.subscriptions)


async def read_list(transport: StripeTransport) -> list[str]:
    """Read all subscriptions as an import does, and go on where an error ends it."""
    spans: list[Span] = []
    found: list[str] = []

    async def keep(span: Span, objects: list[SubscriptionObject]) -> None:
        spans.append(span)
        found.extend(obj.id for obj in objects)

    while gaps := uncovered(WHOLE, spans):
        with suppress(SourceRateLimitedError, SourceUnavailableError):
            await WindowedReading(transport, SUBSCRIPTIONS, keep, pages_between=1).read(gaps)
    return sorted(found)


async def read_one_by_one(transport: StripeTransport, ids: list[str]) -> list[str]:
    found = await together(
        transport.get(f"/v1/subscriptions/{it}", (), SubscriptionObject) for it in ids
    )
    return [obj.id for obj in found]


async def test_a_long_list_comes_whole(sandbox: Sandbox, sleeps: Sleeps) -> None:
    async with a_transport(sandbox, sleeps) as transport:
        assert await read_list(transport) == all_ids(sandbox)


@pytest.mark.parametrize("seed", range(5))
async def test_a_long_list_comes_whole_whatever_fails_now_and_then(
    sandbox: Sandbox, sleeps: Sleeps, seed: int
) -> None:
    faults = RandomFaults(seed, 0.3, hang_seconds=0.01)
    sandbox.settings.interceptors = [faults]
    async with a_transport(sandbox, sleeps) as transport:
        assert await read_list(transport) == all_ids(sandbox)
    assert faults.struck


async def test_a_refused_key_costs_one_request_however_much_waits(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=REVOKED)
    async with a_transport(sandbox, sleeps) as transport:
        wanted = [read_one_by_one(transport, [it]) for it in all_ids(sandbox)[:20]]
        results = await asyncio.gather(*wanted, return_exceptions=True)
    assert {type(it) for it in results} == {KeyInvalidError}
    assert len(faults.requests) == 1


async def test_a_key_refused_in_between_lets_nothing_go_out_that_still_waits(
    sandbox: Sandbox, faults: Faults
) -> None:
    faults.come(*[nothing_wrong] * 3, then=REVOKED)
    pacer = Pacer(Pace(100, 100), ticks=time.monotonic, sleep=asyncio.sleep)
    async with a_transport(sandbox, Sleeps()) as transport:
        transport.pacer = pacer
        wanted = [read_one_by_one(transport, [it]) for it in all_ids(sandbox)[:60]]
        results = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(it, list) for it in results) == 3
    assert len(faults.requests) <= 20


async def test_the_first_request_is_alone_until_it_is_answered(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    under_way: list[int] = []

    async def be_slow(_: web.Request) -> None:
        under_way.append(len(faults.requests))
        await asyncio.sleep(0.1)
        under_way.append(len(faults.requests))

    faults.come(be_slow)
    async with a_transport(sandbox, sleeps) as transport:
        await read_one_by_one(transport, all_ids(sandbox)[:10])
    assert under_way == [1, 1]
    assert len(faults.requests) == 10


STORMS = {
    "without Retry-After": RATE_LIMITED,
    "with Retry-After": answering(429, "{}", Retry_After="5"),
    "of one endpoint": answering(429, "{}", Stripe_Rate_Limited_Reason="endpoint-rate"),
}


@pytest.mark.parametrize("refusal", STORMS.values(), ids=STORMS.keys())
async def test_a_storm_of_429_for_a_minute_changes_only_the_pace(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, refusal: Fault
) -> None:
    until = sleeps.ticks() + 60
    refused = 0

    async def storm(request: web.Request) -> web.StreamResponse | None:
        nonlocal refused
        if sleeps.ticks() >= until:
            return None
        refused += 1
        return await refusal(request)

    faults.come(*[nothing_wrong] * 2, then=storm)
    async with a_transport(sandbox, sleeps, Pace.of("test").times(0.95)) as transport:
        assert await read_list(transport) == all_ids(sandbox)
    # At the calm pace a minute would have seen 1425 requests.
    assert 0 < refused <= 40


async def test_a_lock_is_waited_for_at_the_same_pace(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    locked = answering(429, '{"error": {"code": "lock_timeout"}}')
    faults.come(nothing_wrong, locked, locked)
    async with a_transport(sandbox, sleeps, Pace(1_000, 1_000)) as transport:
        ids = all_ids(sandbox)[:3]
        assert await read_one_by_one(transport, ids) == ids
        before = sleeps.ticks()
        async with transport.pacer.turn("/v1/subscriptions/{id}"):
            assert sleeps.ticks() - before < 0.1


async def test_a_run_without_any_good_answer_ends(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=RATE_LIMITED)
    began = sleeps.ticks()
    async with a_transport(sandbox, sleeps) as transport:
        with pytest.raises(SourceRateLimitedError):
            await read_one_by_one(transport, all_ids(sandbox)[:1])
    settings = TransportSettings()
    assert sleeps.ticks() - began <= settings.patience_seconds + settings.longest_backoff_seconds
