"""What stands in an integration's `sync.error` says what to do, whatever Stripe has answered."""

import pytest

from shared.adapters.stripe_refusals import read_refusal
from shared.errors import BadResponseError, SecretMissingError

ENTER_A_KEY = "Enter the account's current secret key."
BY_ITSELF = "a scheduled refresh does so by itself"


@pytest.mark.parametrize(
    ("status", "body", "code", "what_to_do"),
    [
        (401, b'{"error": {"code": "api_key_expired"}}', "stripe_key_invalid", ENTER_A_KEY),
        (401, b'{"error": {"message": "Invalid API Key"}}', "stripe_key_invalid", ENTER_A_KEY),
        (
            403,
            b'{"error": {"message": "Having the \'rak_charge_read\' permission would help."}}',
            "stripe_permission_missing",
            "The key lacks the permission rak_charge_read. Give it that read permission",
        ),
        (
            403,
            b'{"error": {"message": "This IP address is not allowed."}}',
            "stripe_permission_missing",
            "Change the key's list of addresses",
        ),
        (429, b'{"error": {"code": "rate_limit"}}', "stripe_rate_limited", BY_ITSELF),
        (503, b"<html>", "stripe_unavailable", BY_ITSELF),
        (400, b'{"error": {"code": "parameter_unknown"}}', "stripe_unavailable", "newer version"),
    ],
)
def test_a_refusal_of_stripe_names_its_reason_and_the_way_out(status, body, code, what_to_do):
    error = read_refusal(status, body).to_error()
    assert error.code == code
    assert what_to_do in str(error)


def test_an_answer_that_cannot_be_read_does_so_too():
    assert "install a newer version" in str(BadResponseError("The answer has no id."))
    assert SecretMissingError.code == "stripe_key_invalid"
