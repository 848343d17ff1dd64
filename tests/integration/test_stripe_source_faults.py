"""What the billing source does when Stripe, or something in between, misbehaves.

The sandbox answers as Stripe does; the faults are put before it, answer by answer.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any

import pytest
from aiohttp import web

from local.stripe_sandbox import Business, Sandbox, Settings, start
from shared.adapters.stripe_source import StripeSource
from shared.adapters.stripe_transport import TransportSettings
from shared.domain.account import Reading
from shared.domain.metrics import Mrr, compute
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import (
    BadResponseError,
    BillingSourceError,
    KeyInvalidError,
    PermissionMissingError,
    QueryTooLargeError,
    SourceRateLimitedError,
    SourceUnavailableError,
)
from tests.builders import terms

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
ATTEMPTS = TransportSettings().max_attempts

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


def answering(status: int, body: str = "", **headers: str) -> Fault:
    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, headers=named)

    return answer


async def nothing_wrong(_: web.Request) -> None:
    return None


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_body(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"object": "list", "data": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def silence(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.5)
    return web.Response()


RATE_LIMITED = answering(429, '{"error": {"code": "rate_limit", "type": "invalid_request_error"}}')
RATE_LIMITED_FOR_A_WHILE = answering(429, "{}", Retry_After="7")
SERVER_ERROR = answering(500, '{"error": {"type": "api_error", "message": "..."}}')
BAD_GATEWAY = answering(502, "<html>bad gateway</html>")
LOCKED = answering(409, '{"error": {"code": "lock_timeout"}}')
HTML = answering(200, "<html><body>Please log in to the network</body></html>")
HALF_JSON = answering(200, '{"object": "list", "data": [{"id": "sub_')
REDIRECT = answering(302, "", Location="https://login.example.com/")


class Faults:
    """Faults for the requests to come, one each; none once they are used up."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self._coming: Iterator[Fault] = iter(())

    def come(self, *faults: Fault, then: Fault = nothing_wrong) -> None:
        self._coming = chain(faults, repeat(then))

    async def __call__(self, request: web.Request, _: str) -> web.StreamResponse | None:
        self.requests.append(request)
        return await next(self._coming, nothing_wrong)(request)


class Sleeps:
    """Time that passes at once, and how long each wait would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture(name="faults")
def _faults() -> Faults:
    return Faults()


@pytest.fixture(name="sleeps")
def _sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture(name="sandbox")
def _sandbox(faults: Faults) -> Iterator[Sandbox]:
    business = Business.empty(NOW)
    price = business.add_price(1000)
    for _ in range(250):
        business.add_subscription(price)
    with start(business, settings=Settings(interceptors=[faults])) as sandbox:
        yield sandbox


def a_source(sandbox: Sandbox, sleeps: Sleeps, **options: Any) -> StripeSource:
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    return StripeSource(key, api_base=sandbox.url, sleep=sleeps, **options)


def assert_whole(reading: Reading) -> None:
    assert compute(Mrr(), reading.account, reading.as_of, terms()).value == 2500


TRANSIENT = {
    "429": RATE_LIMITED,
    "429 with Retry-After": RATE_LIMITED_FOR_A_WHILE,
    "500": SERVER_ERROR,
    "502 as a page": BAD_GATEWAY,
    "409": LOCKED,
    "a reset connection": reset,
    "a body cut short": cut_body,
    "a page of HTML with status 200": HTML,
    "half of a JSON body": HALF_JSON,
    "a redirect": REDIRECT,
}


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT.keys())
def test_a_passing_fault_changes_nothing_but_the_number_of_requests(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, fault: Fault
) -> None:
    faults.come(nothing_wrong, fault, fault, nothing_wrong, fault)
    reading = a_source(sandbox, sleeps).read_subscriptions()
    assert_whole(reading)
    assert reading.requests == len(faults.requests) == 6
    # Where a kept connection is reset, aiohttp itself asks once more, without waiting.
    assert len(sleeps.seconds) == (1 if fault is reset else 3)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RATE_LIMITED, SourceRateLimitedError),
        (SERVER_ERROR, SourceUnavailableError),
        (cut_body, SourceUnavailableError),
        (HTML, SourceUnavailableError),
        (REDIRECT, SourceUnavailableError),
    ],
)
def test_a_lasting_fault_ends_in_an_error_after_so_many_attempts(
    sandbox: Sandbox,
    faults: Faults,
    sleeps: Sleeps,
    fault: Fault,
    error: type[BillingSourceError],
) -> None:
    faults.come(then=fault)
    with pytest.raises(error) as caught:
        a_source(sandbox, sleeps).read_subscriptions()
    assert caught.value.transient
    assert len(faults.requests) == ATTEMPTS
    assert len(sleeps.seconds) == ATTEMPTS - 1


def test_waits_grow_at_random_below_a_doubling_bound(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=SERVER_ERROR)
    with pytest.raises(SourceUnavailableError):
        a_source(sandbox, sleeps).read_subscriptions()
    assert all(
        0 <= wait <= bound for wait, bound in zip(sleeps.seconds, [1, 2, 4, 8, 16], strict=True)
    )


@pytest.mark.parametrize(
    ("asked", "least", "most"), [("7", 7, 8), ("9999", 60, 61), ("soon", 0, 1), ("-3", 0, 1)]
)
def test_retry_after_is_honoured_within_reason(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, *, asked: str, least: float, most: float
) -> None:
    faults.come(answering(429, "{}", Retry_After=asked))
    a_source(sandbox, sleeps).read_subscriptions()
    (wait,) = sleeps.seconds
    assert least <= wait <= most


def test_a_server_that_says_nothing_is_given_up(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(silence)
    settings = TransportSettings(read_timeout_seconds=0.1)
    reading = a_source(sandbox, sleeps, settings=settings).read_subscriptions()
    assert_whole(reading)
    assert reading.requests == 4


def test_an_address_where_nobody_answers_is_unavailable(sleeps: Sleeps, sandbox: Sandbox) -> None:
    sandbox.close()
    with pytest.raises(SourceUnavailableError):
        a_source(sandbox, sleeps).read_subscriptions()
    with pytest.raises(SourceUnavailableError):
        a_source(sandbox, sleeps).identify()


@pytest.mark.parametrize("expires", [True, False])
def test_a_revoked_key_costs_one_request(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, *, expires: bool
) -> None:
    source = a_source(sandbox, sleeps)
    sandbox.settings.keys.roll(sandbox.key, "sk_test_51Rolled2Key", expires=expires)
    with pytest.raises(KeyInvalidError, match="Invalid API Key") as caught:
        source.read_subscriptions()
    assert ("expired" in str(caught.value)) is expires
    assert len(faults.requests) == 1
    with pytest.raises(KeyInvalidError):
        source.identify()
    assert len(faults.requests) == 2


def test_a_key_revoked_while_reading_ends_at_once(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(nothing_wrong, answering(401, '{"error": {"message": "Invalid API Key provided"}}'))
    with pytest.raises(KeyInvalidError):
        a_source(sandbox, sleeps).read_subscriptions()
    assert len(faults.requests) == 2
    assert sleeps.seconds == []


@pytest.mark.parametrize(
    ("message", "permission", "words"),
    [
        ("Having the 'rak_customer_read' permission would allow", "rak_customer_read", "rak_"),
        ("This key does not allow requests from your IP address.", None, "IP address"),
        ("No.", None, "permissions listed"),
    ],
)
def test_a_key_without_permission_says_which(
    sandbox: Sandbox,
    faults: Faults,
    sleeps: Sleeps,
    *,
    message: str,
    permission: str | None,
    words: str,
) -> None:
    faults.come(then=answering(403, f'{{"error": {{"message": "{message}"}}}}'))
    source = a_source(sandbox, sleeps)
    for ask in (source.read_subscriptions, source.identify):
        with pytest.raises(PermissionMissingError, match=words) as caught:
            ask()
        assert caught.value.permission == permission
    assert len(faults.requests) == 2


def test_a_list_whose_cursor_is_gone_starts_again_and_counts_nothing_twice(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    gone = '{"error": {"code": "resource_missing", "param": "starting_after"}}'
    faults.come(nothing_wrong, answering(400, gone))
    reading = a_source(sandbox, sleeps).read_subscriptions()
    assert_whole(reading)
    assert len({it.id for it in reading.account.subscriptions}) == 250
    assert reading.requests == 5


def test_a_cursor_that_is_always_gone_is_an_error(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    gone = '{"error": {"code": "resource_missing", "param": "starting_after"}}'
    faults.come(nothing_wrong, then=answering(400, gone))
    with pytest.raises(BadResponseError, match="resource_missing"):
        a_source(sandbox, sleeps).read_subscriptions()


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", '{"data": [{"id": 7}]}', '{"data": [], "has_more": true}'],
)
def test_an_answer_of_another_shape_is_an_error_at_once(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, body: str
) -> None:
    faults.come(then=answering(200, body))
    with pytest.raises(BadResponseError):
        a_source(sandbox, sleeps).read_subscriptions()
    assert len(faults.requests) == 1


def test_a_request_that_stripe_refuses_is_an_error_at_once(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=answering(400, '{"error": {"code": "parameter_unknown"}}'))
    with pytest.raises(BadResponseError, match="parameter_unknown"):
        a_source(sandbox, sleeps).read_subscriptions()
    assert len(faults.requests) == 1


def test_an_account_that_takes_too_long_is_too_large(sandbox: Sandbox, sleeps: Sleeps) -> None:
    sandbox.settings.latency_ms = 100
    with pytest.raises(QueryTooLargeError, match="Connect the account first"):
        a_source(sandbox, sleeps).read_subscriptions(deadline_seconds=0.15)


def test_a_deadline_that_passes_while_stripe_refuses_tells_what_stripe_said(
    sandbox: Sandbox, faults: Faults
) -> None:
    faults.come(then=RATE_LIMITED_FOR_A_WHILE)
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    source = StripeSource(key, api_base=sandbox.url)
    with pytest.raises(SourceRateLimitedError):
        source.read_subscriptions(deadline_seconds=0.2)


def test_without_a_date_the_local_clock_tells_the_instant(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=answering(200, '{"data": []}', Date="today, I think"))
    local = NOW + timedelta(minutes=5)
    reading = a_source(sandbox, sleeps, now=lambda: local).read_subscriptions()
    assert reading.as_of == local


ASKED_IN_VAIN = {
    "401": answering(401, '{"error": {"message": "Invalid API Key provided: KEY"}}'),
    "403": answering(403, '{"error": {"message": "The provided key KEY may not"}}'),
    "400": answering(400, '{"error": {"message": "KEY", "code": "KEY"}}'),
    "429": answering(429, '{"error": {"message": "KEY"}}'),
    "500": answering(500, "KEY"),
    "another shape": answering(200, '{"data": "KEY"}'),
    "HTML": answering(200, "<html>KEY</html>"),
    "a reset": reset,
}


@pytest.mark.parametrize("fault", ASKED_IN_VAIN.values(), ids=ASKED_IN_VAIN.keys())
@pytest.mark.parametrize("asks", ["read_subscriptions", "identify"])
def test_no_error_holds_the_key_or_what_stripe_said_of_it(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, fault: Fault, asks: str
) -> None:
    faults.come(then=fault)
    with pytest.raises(BillingSourceError) as caught:
        getattr(a_source(sandbox, sleeps), asks)()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert sandbox.key not in shown
    assert "KEY" not in shown
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("fault", "error"),
    [(RATE_LIMITED, SourceRateLimitedError), (HTML, SourceUnavailableError)],
)
def test_checking_a_key_tells_the_same_faults_apart(
    sandbox: Sandbox,
    faults: Faults,
    sleeps: Sleeps,
    fault: Fault,
    error: type[BillingSourceError],
) -> None:
    faults.come(then=fault)
    with pytest.raises(error):
        a_source(sandbox, sleeps).identify()
