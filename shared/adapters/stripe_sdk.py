"""What is asked of Stripe through its SDK: whose key it is. Everything in bulk goes elsewhere."""

from typing import Any

import stripe

from shared.adapters.stripe_objects import STRIPE_VERSION
from shared.adapters.stripe_refusals import ErrorDetail, Refusal
from shared.domain.account import AccountIdentity
from shared.domain.stripe_key import StripeKey
from shared.errors import BadResponseError, BillingSourceError, SourceUnavailableError

# A person waits for this answer, and the gateway gives up after 30 s: two attempts at most, within
# 23 s however long Stripe hangs.
_CONNECT_SECONDS = 3.0
_READ_SECONDS = 8.0
_RETRIES = 1


def retrieve_account(key: StripeKey, api_base: str | None) -> AccountIdentity:
    """Return the account that a key belongs to, in one request.

    Raises:
        BillingSourceError: the leaf says what is wrong with the key or with Stripe.
    """
    # Telemetry would send times of earlier requests along and keep an id in the user's folder.
    stripe.enable_telemetry = False
    client = stripe.StripeClient(
        key.reveal(),
        stripe_version=STRIPE_VERSION,
        base_addresses={"api": api_base.rstrip("/")} if api_base else {},
        http_client=stripe.RequestsClient(timeout=(_CONNECT_SECONDS, _READ_SECONDS)),
        max_network_retries=_RETRIES,
    )
    try:
        account = client.v1.accounts.retrieve_current().to_dict()
    except stripe.StripeError as error:
        refused = _to_error(error)
    else:
        return _to_identity(account)
    # Raised here and not inside `except`: the SDK's error holds parts of the key.
    raise refused


def _to_identity(account: dict[str, Any]) -> AccountIdentity:
    account_id = account.get("id")
    if not isinstance(account_id, str):
        raise BadResponseError("Stripe's answer about the account has no id.")
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
    fields: dict[str, Any] = raw if isinstance(raw, dict) else {}
    # A page that is not JSON comes as an APIError with the status of the page, 200 included.
    status = error.http_status if raw or error.http_status >= _FIRST_ERROR else _SERVER_ERROR
    detail = ErrorDetail(code=fields.get("code"), message=fields.get("message"))
    return Refusal(status, detail).to_error()


_FIRST_ERROR = 400
_SERVER_ERROR = 502
