"""What is asked of Stripe through its SDK: whose key it is. Everything in bulk goes elsewhere."""

import time
from collections.abc import Callable
from random import SystemRandom
from typing import Any

import stripe

from shared.adapters.stripe_objects import STRIPE_VERSION
from shared.adapters.stripe_refusals import ErrorDetail, Refusal
from shared.domain.account import AccountIdentity
from shared.domain.stripe_key import StripeKey
from shared.errors import BadResponseError, BillingSourceError, SourceUnavailableError

# A person waits for this answer, and the gateway gives up after 30 s: no attempt begins that could
# end later than 23 s after the first, however long Stripe hangs.
_CONNECT_SECONDS = 3.0
_READ_SECONDS = 8.0
_LAST_START_SECONDS = 12.0
_MAX_ATTEMPTS = 3
_FIRST_BACKOFF_SECONDS = 1.0
_FIRST_ERROR = 400


def retrieve_account(
    key: StripeKey, api_base: str | None, *, sleep: Callable[[float], None] = time.sleep
) -> AccountIdentity:
    """Return the account that a key belongs to, in one request unless Stripe fails.

    Raises:
        BillingSourceError: the leaf says what is wrong with the key or with Stripe.
    """
    client = _open_client(key, api_base)
    random, began_at = SystemRandom(), time.monotonic()
    attempt = 1
    while True:
        found = _ask(client)
        if isinstance(found, AccountIdentity):
            return found
        is_late = time.monotonic() - began_at > _LAST_START_SECONDS
        if not found.transient or attempt == _MAX_ATTEMPTS or is_late:
            raise found
        sleep(random.uniform(0, _FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1)))
        attempt += 1


def _open_client(key: StripeKey, api_base: str | None) -> stripe.StripeClient:
    # Telemetry would send times of earlier requests along and keep an id in the user's folder.
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        key.reveal(),
        stripe_version=STRIPE_VERSION,
        base_addresses={"api": api_base.rstrip("/")} if api_base else {},
        http_client=stripe.RequestsClient(timeout=(_CONNECT_SECONDS, _READ_SECONDS)),
        max_network_retries=0,  # it repeats neither 429 nor broken bodies, so the loop is ours
    )


def _ask(client: stripe.StripeClient) -> AccountIdentity | BillingSourceError:
    """One attempt; an error is given, not raised, since the SDK's own holds parts of the key."""
    try:
        account = client.raw_request("get", "/v1/account").data
    except stripe.StripeError as error:
        return _to_error(error)
    return _to_identity(account)


def _to_identity(account: Any) -> AccountIdentity | BillingSourceError:
    account_id = account.get("id") if isinstance(account, dict) else None
    if not isinstance(account_id, str):
        return BadResponseError("Stripe's answer about the account has no id.")
    settings: dict[str, Any] = account.get("settings") or {}
    profile: dict[str, Any] = account.get("business_profile") or {}
    shown: dict[str, Any] = settings.get("dashboard") or {}
    return AccountIdentity(
        id=account_id,
        name=shown.get("display_name") or profile.get("name"),
        default_currency=str(account.get("default_currency") or "").lower(),
    )


def _to_error(error: stripe.StripeError) -> BillingSourceError:
    if error.http_status is None or isinstance(error, stripe.APIConnectionError):
        return SourceUnavailableError("Stripe could not be reached. Try again in a minute.")
    body = error.json_body if isinstance(error.json_body, dict) else {}
    raw = body.get("error")
    if not raw and error.http_status < _FIRST_ERROR:
        # A page that is not JSON comes as an error with the status of the page, 200 included.
        return SourceUnavailableError(
            "Stripe's address answered with something that is not Stripe's. Try again in a minute."
        )
    fields: dict[str, Any] = raw if isinstance(raw, dict) else {}
    detail = ErrorDetail(code=fields.get("code"), message=fields.get("message"))
    return Refusal(error.http_status, detail).to_error()
