"""Which keys the sandbox knows, and what it says to the others."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.stripe_sandbox.errors import StripeError

SECRET_KEY = "sk_test_sandbox0000000000demo"  # noqa: S105 - a made-up key of a made-up account

_NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization "
    "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
    "https://stripe.com/docs/api#authentication for details, or we can help at "
    "https://support.stripe.com/."
)
_PUBLISHABLE = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You "
    "can find a list of your API keys at https://dashboard.stripe.com/account/apikeys."
)


@dataclass(frozen=True, slots=True)
class Access:
    """What a key may do; `permissions` None means everything."""

    key: str
    livemode: bool
    permissions: frozenset[str] | None = None

    def require(self, permission: str, account: str) -> None:
        """Refuse the request where a restricted key lacks the permission for it."""
        if self.permissions is None or permission in self.permissions:
            return
        raise StripeError(
            403,
            f"The provided key '{mask(self.key)}' does not have the required permissions for "
            f"this endpoint on account '{account}'. Having the '{permission}' permission would "
            "allow this request to continue.",
            "more_permissions_required",
        )


@dataclass(slots=True)
class Keys:
    """The keys of the sandbox's account.

    Attributes:
        secret: the secret test key.
        live: the secret live key, if there is to be one; it sees the same business as live.
        restricted: permissions (`rak_customer_read`, ...) of each restricted key.
        expired: keys that were rolled with an expiry that has passed.
    """

    secret: str = SECRET_KEY
    live: str | None = None
    restricted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)

    def check(self, authorization: str | None) -> Access:
        """Return what the key in an Authorization header may do, or refuse it."""
        key = _key_in(authorization)
        if not key:
            raise StripeError(401, _NO_KEY)
        if key.startswith("pk_"):
            raise StripeError(401, _PUBLISHABLE, "secret_key_required")
        if key in self.expired:
            raise StripeError(401, f"Expired API Key provided: {mask(key)}", "api_key_expired")
        livemode = "_live_" in key
        if key in {self.secret, self.live}:
            return Access(key, livemode)
        if key in self.restricted:
            return Access(key, livemode, frozenset(self.restricted[key]))
        raise StripeError(401, f"Invalid API Key provided: {mask(key)}")

    def roll(self, old: str, new: str, *, expires: bool = True) -> None:
        """Replace a key; the old one is answered as expired, or else as unknown."""
        if old == self.secret:
            self.secret = new
        elif old == self.live:
            self.live = new
        else:
            restricted = dict(self.restricted)
            restricted[new] = restricted.pop(old)
            self.restricted = restricted
        if expires:
            self.expired.add(old)


def mask(key: str) -> str:
    """Return a key as Stripe shows it: prefix, asterisks, last four."""
    shown = "_".join(key.split("_")[:2]) + "_" if key.count("_") > 1 else ""
    hidden = max(4, len(key) - len(shown) - 4)
    return f"{shown}{'*' * hidden}{key[-4:]}"


def _key_in(authorization: str | None) -> str:
    scheme, _, value = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
