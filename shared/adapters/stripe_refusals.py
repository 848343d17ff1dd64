"""What Stripe's refusals mean, in words for people.

Stripe's own messages are never passed on: they hold parts of the key. The bulk transport and the
SDK's errors both end here, so that the same refusal gets the same sentence.
"""

import re
from dataclasses import dataclass

import msgspec

from shared.errors import (
    BadResponseError,
    BillingSourceError,
    KeyInvalidError,
    PermissionMissingError,
    SourceRateLimitedError,
    SourceUnavailableError,
)

_PERMISSION = re.compile(r"'(rak_[a-z_]+)'")
_SAFE_CODE = re.compile(r"[a-z_]{1,60}")
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_CONFLICT = 409
_TOO_MANY = 429
_SERVER_ERRORS = 500


class ErrorDetail(msgspec.Struct, frozen=True):
    """The fields read of Stripe's error object."""

    code: str | None = None
    param: str | None = None
    message: str | None = None


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """The body of a refusal."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than 200.

    Attributes:
        status: of HTTP.

        detail: what the body says; empty where it is not Stripe's.
    """

    status: int
    detail: ErrorDetail

    @property
    def is_missing(self) -> bool:
        """Whether the object asked for does not exist, or that of which a list was asked for."""
        is_named = self.detail.code == "resource_missing" and not self.is_lost_cursor
        return self.status == _NOT_FOUND or is_named

    @property
    def is_lost_cursor(self) -> bool:
        """Whether the object that a list was to go on from does not exist any more."""
        return self.detail.code == "resource_missing" and self.detail.param == "starting_after"

    @property
    def is_locked(self) -> bool:
        """Whether somebody else works on the object; it has nothing to do with the pace."""
        return self.detail.code == "lock_timeout"

    @property
    def is_rate_limit(self) -> bool:
        """Whether Stripe asks to slow down."""
        is_limit = self.status == _TOO_MANY or self.detail.code == "rate_limit"
        return is_limit and not self.is_locked

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later.

        A redirect is not Stripe's: something between us and it answered.
        """
        is_not_stripe = self.status < 400  # noqa: PLR2004 - the first status of a client's error
        is_busy = self.status == _CONFLICT or self.status >= _SERVER_ERRORS
        return self.is_rate_limit or self.is_locked or is_busy or is_not_stripe

    def to_error(self) -> BillingSourceError:
        """Return the error to raise; its sentence holds nothing of the body but a code."""
        if self.is_rate_limit:
            return SourceRateLimitedError(
                "Stripe asks to slow down: its rate limit for this account is used up. Try again"
                " in a minute; a scheduled refresh does so by itself."
            )
        if self.status == _UNAUTHORIZED:
            return KeyInvalidError(_explain_unauthorized(self.detail))
        if self.status == _FORBIDDEN:
            return _explain_forbidden(self.detail)
        if self.is_transient:
            return SourceUnavailableError(
                f"Stripe answered with status {self.status} several times. Try again in a minute;"
                " a scheduled refresh does so by itself."
            )
        return BadResponseError(
            f"Stripe refused a request with status {self.status}{_code_in_words(self.detail)}."
        )


def read_refusal(status: int, body: bytes) -> Refusal:
    """Return what an answer other than 200 says; a body that is not Stripe's says nothing."""
    try:
        detail = msgspec.json.decode(body, type=ErrorEnvelope).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        detail = ErrorDetail()
    return Refusal(status, detail)


def _explain_unauthorized(detail: ErrorDetail) -> str:
    if detail.code == "api_key_expired":
        return "Invalid API Key: the key has expired. Enter the account's current secret key."
    return (
        "Invalid API Key: Stripe does not accept it. It may have been rolled or deleted. Enter the"
        " account's current secret key."
    )


def _explain_forbidden(detail: ErrorDetail) -> PermissionMissingError:
    message = detail.message or ""
    named = _PERMISSION.search(message)
    if named:
        return PermissionMissingError(
            f"The key lacks the permission {named[1]}. Give it that read permission in the Stripe"
            " dashboard, or use a secret key.",
            named[1],
        )
    if "IP address" in message:
        return PermissionMissingError(
            "The key does not allow requests from this deployment's IP address. Change the key's"
            " list of addresses in the Stripe dashboard."
        )
    return PermissionMissingError(
        "The key may not read what is needed. Use a secret key, or give the restricted key the"
        " permissions listed in docs/operations.md."
    )


def _code_in_words(detail: ErrorDetail) -> str:
    known = detail.code if detail.code and _SAFE_CODE.fullmatch(detail.code) else None
    return f" ({known})" if known else ""
