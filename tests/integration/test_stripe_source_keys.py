"""What the billing source says of a key that Stripe refuses, and that it never says the key."""

import traceback
from functools import partial

import pytest

from local.stripe_sandbox import Sandbox
from shared.errors import (
    BillingSourceError,
    KeyInvalidError,
    PermissionMissingError,
    SourceRateLimitedError,
    SourceUnavailableError,
)
from tests.builders import SUBSCRIPTIONS
from tests.integration.stripe_faults import (
    HTML,
    RATE_LIMITED,
    SERVER_ERROR,
    Fault,
    Faults,
    Sleeps,
    a_source,
    answering,
    nothing_wrong,
    reset,
)


@pytest.mark.parametrize("expires", [True, False])
def test_a_revoked_key_costs_one_request(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, *, expires: bool
) -> None:
    source = a_source(sandbox, sleeps)
    sandbox.settings.keys.roll(sandbox.key, "sk_test_51Rolled2Key", expires=expires)
    with pytest.raises(KeyInvalidError, match="Invalid API Key") as caught:
        source.read(SUBSCRIPTIONS)
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
        a_source(sandbox, sleeps).read(SUBSCRIPTIONS)
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
    for ask in (partial(source.read, SUBSCRIPTIONS), source.identify):
        with pytest.raises(PermissionMissingError, match=words) as caught:
            ask()
        assert caught.value.permission == permission
    assert len(faults.requests) == 2


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
@pytest.mark.parametrize("asks", ["read", "identify"])
def test_no_error_holds_the_key_or_what_stripe_said_of_it(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, fault: Fault, asks: str
) -> None:
    faults.come(then=fault)
    source = a_source(sandbox, sleeps)
    ask = source.identify if asks == "identify" else partial(source.read, SUBSCRIPTIONS)
    with pytest.raises(BillingSourceError) as caught:
        ask()
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


@pytest.mark.parametrize("fault", [RATE_LIMITED, HTML, SERVER_ERROR, reset])
def test_checking_a_key_survives_a_passing_fault(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, fault: Fault
) -> None:
    faults.come(fault, fault)
    assert a_source(sandbox, sleeps).identify().default_currency == "usd"
    assert len(faults.requests) == 3
    assert len(sleeps.seconds) == 2


@pytest.mark.parametrize("body", ["null", "[]", "7", '{"object": "account"}'])
def test_an_answer_that_is_no_account_is_told_as_such(
    sandbox: Sandbox, faults: Faults, sleeps: Sleeps, body: str
) -> None:
    faults.come(then=answering(200, body))
    with pytest.raises(BillingSourceError):
        a_source(sandbox, sleeps).identify()
