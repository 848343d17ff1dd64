"""Requests go out evenly, below Stripe's limits, and slower after Stripe refused one."""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.stripe_sandbox.errors import StripeError
from local.stripe_sandbox.limits import Limits, RateLimiter
from shared.adapters.stripe_pace import IMPORT_SHARE, QUIET_SHARE, Pace, Pacer, endpoint_of

SUBSCRIPTIONS, INVOICES = "/v1/subscriptions", "/v1/invoices"


class Time:
    """A clock that jumps to the next instant somebody waits for."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, asyncio.Event]] = []

    def ticks(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._waiting.append((self.now + seconds, event))
        await event.wait()

    async def run(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(10):
                await asyncio.sleep(0)
            if self._waiting and not task.done():
                self._waiting.sort(key=lambda it: it[0])
                self.now, event = self._waiting.pop(0)
                event.set()
        await task


class Traffic:
    """Clients that ask again and again, and when each request was sent."""

    def __init__(self, pace: Pace, *, latency: float = 0.15, max_in_flight: int = 64) -> None:
        self.time = Time()
        self.pacer = Pacer(
            pace, ticks=self.time.ticks, sleep=self.time.sleep, max_in_flight=max_in_flight
        )
        self.latency = latency
        self.sent: list[tuple[float, str]] = []
        self.most_at_once = self._at_once = 0

    async def client(self, endpoint: str, requests: int) -> None:
        for _ in range(requests):
            async with self.pacer.turn(endpoint) as sent_at:
                self.sent.append((sent_at, endpoint))
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                await self.time.sleep(self.latency)
                self._at_once -= 1

    def run(self, *clients: tuple[str, int]) -> None:
        async def everybody() -> None:
            await asyncio.gather(*(self.client(*it) for it in clients))

        asyncio.run(self.time.run(everybody()))

    def busiest_second(self, endpoint: str = "") -> int:
        instants = [at for at, name in self.sent if name.startswith(endpoint)]
        return max(sum(at <= other < at + 1 for other in instants) for at in instants)


PACES = [
    ("live, import", Pace.of("live").times(IMPORT_SHARE), 95, 23.75),
    ("live, increment", Pace.of("live").times(QUIET_SHARE), 50, 12.5),
    ("test, import", Pace.of("test").times(IMPORT_SHARE), 23.75, 23.75),
    ("test, increment", Pace.of("test").times(QUIET_SHARE), 12.5, 12.5),
]


@pytest.mark.parametrize(("name", "pace", "in_all", "each"), PACES)
def test_stripes_limits_less_a_share_for_others(
    name: str, pace: Pace, in_all: float, each: float
) -> None:
    assert (pace.per_second, pace.per_endpoint) == (in_all, each)


def test_one_endpoint_goes_at_its_own_pace_without_a_burst() -> None:
    traffic = Traffic(Pace.of("live").times(IMPORT_SHARE))
    traffic.run(*[(SUBSCRIPTIONS, 50)] * 8)
    instants = [at for at, _ in traffic.sent]
    assert len(instants) / (instants[-1] - instants[0]) == pytest.approx(23.75, rel=0.01)
    assert traffic.busiest_second() <= 25


def test_all_endpoints_together_stay_below_the_limit_of_the_account_and_share_it() -> None:
    traffic = Traffic(Pace.of("test").times(IMPORT_SHARE))
    traffic.run(*[(SUBSCRIPTIONS, 60)] * 6, *[(INVOICES, 60)] * 6)
    assert traffic.busiest_second() <= 25
    first_half = Counter(name for _, name in traffic.sent[:360])
    assert first_half[SUBSCRIPTIONS] == pytest.approx(first_half[INVOICES], abs=2)


def test_a_quiet_time_earns_no_burst() -> None:
    traffic = Traffic(Pace(10, 10))

    async def twice() -> None:
        await traffic.client(SUBSCRIPTIONS, 1)
        await traffic.time.sleep(60)
        await asyncio.gather(*(traffic.client(SUBSCRIPTIONS, 1) for _ in range(30)))

    asyncio.run(traffic.time.run(twice()))
    assert traffic.busiest_second() <= 11


@given(
    st.floats(0.001, 3),
    st.lists(st.tuples(st.sampled_from([SUBSCRIPTIONS, INVOICES]), st.integers(1, 20)), min_size=1),
)
def test_no_second_has_more_requests_than_stripe_allows(
    latency: float, clients: list[tuple[str, int]]
) -> None:
    traffic = Traffic(Pace.of("test").times(IMPORT_SHARE), latency=latency)
    traffic.run(*clients)
    assert len(traffic.sent) == sum(requests for _, requests in clients)
    assert traffic.busiest_second() <= 25


def test_no_more_requests_are_under_way_than_the_cap() -> None:
    traffic = Traffic(Pace(100, 100), latency=5, max_in_flight=16)
    traffic.run(*[(SUBSCRIPTIONS, 2)] * 40)
    assert traffic.most_at_once == 16


def test_as_many_requests_are_useful_at_once_as_the_latency_needs() -> None:
    traffic = Traffic(Pace.of("live").times(IMPORT_SHARE), latency=0.15)
    assert traffic.pacer.useful_at_once(SUBSCRIPTIONS) == 1
    traffic.run((SUBSCRIPTIONS, 5))
    assert traffic.pacer.useful_at_once(SUBSCRIPTIONS) == 1 + math.ceil(23.75 * 0.15)
    assert traffic.pacer.useful_at_once(INVOICES) == 1


def gap_after(traffic: Traffic, endpoint: str) -> float:
    """The time between two requests that follow one another."""
    traffic.sent.clear()
    traffic.run(*[(endpoint, 1)] * 3)
    return traffic.sent[-1][0] - traffic.sent[-2][0]


REASONS = [
    ("endpoint-rate", 1 / 5, 1 / 10),
    ("endpoint-concurrency", 1 / 5, 1 / 10),
    ("global-rate", 1 / 5, 1 / 5),
    ("global-concurrency", 1 / 5, 1 / 5),
    (None, 1 / 5, 1 / 5),
]


@pytest.mark.parametrize(("reason", "here", "elsewhere"), REASONS)
def test_a_refusal_halves_the_pace_of_what_it_names(
    reason: str | None, here: float, elsewhere: float
) -> None:
    for endpoint, expected in ((SUBSCRIPTIONS, here), (INVOICES, elsewhere)):
        traffic = Traffic(Pace(20, 10), latency=0)
        traffic.run((SUBSCRIPTIONS, 1), (INVOICES, 1))
        traffic.pacer.slow_down(SUBSCRIPTIONS, reason, traffic.time.now)
        assert gap_after(traffic, endpoint) == pytest.approx(expected, rel=0.1)


def test_refusals_of_requests_sent_at_the_old_pace_halve_it_once() -> None:
    traffic = Traffic(Pace(20, 20), latency=0)
    traffic.run((SUBSCRIPTIONS, 1))
    traffic.time.now = 10.0
    for sent_at in (9.9, 9.95, 9.8):
        traffic.pacer.slow_down(SUBSCRIPTIONS, None, sent_at)
    assert gap_after(traffic, SUBSCRIPTIONS) == pytest.approx(1 / 10, rel=0.1)


@pytest.mark.parametrize(("seconds", "rate"), [(0, 10), (5, 15), (100, 20)])
def test_the_pace_recovers_by_one_a_second(seconds: float, rate: float) -> None:
    traffic = Traffic(Pace(20, 20), latency=0)
    traffic.pacer.slow_down(SUBSCRIPTIONS, "endpoint-rate", traffic.time.now)
    traffic.time.now += seconds
    assert gap_after(traffic, SUBSCRIPTIONS) == pytest.approx(1 / rate, rel=0.1)


def test_a_storm_of_refusals_never_stops_it_altogether() -> None:
    traffic = Traffic(Pace(20, 20), latency=0)
    for _ in range(50):
        traffic.pacer.slow_down(SUBSCRIPTIONS, None, traffic.time.now)
    assert gap_after(traffic, SUBSCRIPTIONS) <= 2


def test_where_others_use_most_of_the_limit_few_requests_are_refused() -> None:
    traffic = Traffic(Pace.of("test").times(IMPORT_SHARE))
    stripe = RateLimiter(Limits(per_second=8), traffic.time.ticks)
    answers: Counter[str] = Counter()

    async def ask_until_answered(requests: int) -> None:
        while requests:
            async with traffic.pacer.turn(SUBSCRIPTIONS) as sent_at:
                await traffic.time.sleep(traffic.latency)
                try:
                    stripe.admit(SUBSCRIPTIONS)
                    answers["given"] += 1
                    requests -= 1
                except StripeError:
                    answers["refused"] += 1
                    traffic.pacer.slow_down(SUBSCRIPTIONS, "global-rate", sent_at)

    async def everybody() -> None:
        await asyncio.gather(*(ask_until_answered(60) for _ in range(8)))

    asyncio.run(traffic.time.run(everybody()))
    assert answers["given"] == 480
    assert answers["refused"] <= 0.15 * 480
    assert traffic.time.now <= 1.35 * 480 / 8


def test_what_stripe_asks_to_wait_is_waited_by_all_of_that_kind() -> None:
    traffic = Traffic(Pace(20, 20), latency=0)
    traffic.pacer.hold(SUBSCRIPTIONS, "endpoint-rate", 7)
    traffic.run((SUBSCRIPTIONS, 1), (SUBSCRIPTIONS, 1), (INVOICES, 1))
    waited = {name: at for at, name in reversed(traffic.sent)}
    assert waited[SUBSCRIPTIONS] >= 7
    assert waited[INVOICES] < 1


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v1/invoices", "/v1/invoices"),
        ("/v1/invoices/in_1", "/v1/invoices/{id}"),
        ("/v1/prices/gold", "/v1/prices/{id}"),
        ("/v1/invoices/in_1/lines", "/v1/invoices/{id}/lines"),
    ],
)
def test_the_ids_of_an_endpoint_count_together(path: str, endpoint: str) -> None:
    assert endpoint_of(path) == endpoint
