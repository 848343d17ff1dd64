"""What the billing source does when Stripe, or something in between, misbehaves.

The sandbox answers as Stripe does; the faults are put before it, answer by answer.
"""

from datetime import timedelta

import pytest

from local.stripe_sandbox import Sandbox
from shared.adapters.stripe_source import StripeSource
from shared.adapters.stripe_transport import TransportSettings
from shared.domain.account import Reading
from shared.domain.metrics import Mrr, compute
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import (
    BadResponseError,
    BillingSourceError,
    QueryTooLargeError,
    SourceRateLimitedError,
    SourceUnavailableError,
)
from tests.builders import SUBSCRIPTIONS, terms
from tests.integration.stripe_faults import (
    BAD_GATEWAY,
    HALF_JSON,
    HTML,
    LOCKED,
    NOW,
    RATE_LIMITED,
    RATE_LIMITED_FOR_A_WHILE,
    REDIRECT,
    SERVER_ERROR,
    Fault,
    Faults,
    Sleeps,
    a_source,
    answering,
    cut_body,
    nothing_wrong,
    reset,
    silence,
)

SETTINGS = TransportSettings()


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
    reading = a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
    assert_whole(reading)
    assert reading.requests == len(faults.requests) == 6
    # Where a kept connection is reset, aiohttp itself asks once more, without waiting.
    assert len(sleeps.seconds) == (1 if fault is reset else 3)


@pytest.mark.parametrize(
    ("fault", "error", "attempts"),
    [
        (answering(429, "{}"), SourceRateLimitedError, 9),
        (LOCKED, SourceUnavailableError, SETTINGS.max_attempts),
        (SERVER_ERROR, SourceUnavailableError, SETTINGS.max_attempts),
        (cut_body, SourceUnavailableError, SETTINGS.max_attempts),
        (HTML, SourceUnavailableError, SETTINGS.max_attempts),
        (REDIRECT, SourceUnavailableError, SETTINGS.max_attempts),
    ],
)
def test_a_lasting_fault_ends_in_an_error_after_so_many_attempts(
    sandbox: Sandbox,
    faults: Faults,
    sleeps: Sleeps,
    *,
    fault: Fault,
    error: type[BillingSourceError],
    attempts: int,
) -> None:
    faults.come(then=fault)
    settings = TransportSettings(max_rate_limited=9, patience_seconds=1_000)
    with pytest.raises(error) as caught:
        a_source(sandbox, sleeps, settings=settings).read(SUBSCRIPTIONS)
    assert caught.value.transient
    assert len(faults.requests) == attempts
    assert len(sleeps.seconds) == attempts - 1


def test_waits_grow_at_random_below_a_doubling_bound(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=SERVER_ERROR)
    with pytest.raises(SourceUnavailableError):
        a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
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
    a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
    (wait,) = sleeps.seconds
    assert least <= wait <= most


def test_a_server_that_says_nothing_is_given_up(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(silence)
    settings = TransportSettings(read_timeout_seconds=1.0)
    reading = a_source(sandbox, sleeps, settings=settings).read(SUBSCRIPTIONS)
    assert_whole(reading)
    assert reading.requests == 4


def test_an_address_where_nobody_answers_is_unavailable(sleeps: Sleeps, sandbox: Sandbox) -> None:
    sandbox.close()
    with pytest.raises(SourceUnavailableError):
        a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
    with pytest.raises(SourceUnavailableError):
        a_source(sandbox, sleeps).identify()


def test_a_list_whose_cursor_is_gone_starts_again_and_counts_nothing_twice(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    gone = '{"error": {"code": "resource_missing", "param": "starting_after"}}'
    faults.come(nothing_wrong, answering(400, gone))
    reading = a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
    assert_whole(reading)
    assert len(reading.account.timelines) == 250
    assert reading.requests == 5


def test_a_cursor_that_is_always_gone_is_an_error(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    gone = '{"error": {"code": "resource_missing", "param": "starting_after"}}'
    faults.come(nothing_wrong, then=answering(400, gone))
    with pytest.raises(BadResponseError, match="resource_missing"):
        a_source(sandbox, sleeps).read(SUBSCRIPTIONS)


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", '{"data": [{"id": 7}]}', '{"data": [], "has_more": true}'],
)
def test_an_answer_of_another_shape_is_an_error_at_once(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, body: str
) -> None:
    faults.come(then=answering(200, body))
    with pytest.raises(BadResponseError):
        a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
    assert len(faults.requests) == 1


def test_a_request_that_stripe_refuses_is_an_error_at_once(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=answering(400, '{"error": {"code": "parameter_unknown"}}'))
    with pytest.raises(BadResponseError, match="parameter_unknown"):
        a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
    assert len(faults.requests) == 1


def test_an_account_that_takes_too_long_is_too_large(sandbox: Sandbox, sleeps: Sleeps) -> None:
    sandbox.settings.latency_ms = 100
    with pytest.raises(QueryTooLargeError, match="Connect the account first"):
        a_source(sandbox, sleeps).read(SUBSCRIPTIONS, deadline_seconds=0.15)


def test_a_deadline_that_passes_while_stripe_refuses_tells_what_stripe_said(
    sandbox: Sandbox, faults: Faults
) -> None:
    faults.come(then=RATE_LIMITED_FOR_A_WHILE)
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    source = StripeSource(key, api_base=sandbox.url)
    with pytest.raises(SourceRateLimitedError):
        source.read(SUBSCRIPTIONS, deadline_seconds=0.2)


def test_without_a_date_the_local_clock_tells_the_instant(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps
) -> None:
    faults.come(then=answering(200, '{"data": []}', Date="today, I think"))
    local = NOW + timedelta(minutes=5)
    reading = a_source(sandbox, sleeps, now=lambda: local).read(SUBSCRIPTIONS)
    assert reading.as_of == local
