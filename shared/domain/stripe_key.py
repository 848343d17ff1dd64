"""A Stripe API key: which kinds are accepted, and a type that never shows the secret.

The text of a key goes in through `parse_key` and comes out through `StripeKey.reveal` only.
"""

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

Mode = Literal["test", "live"]

_ACCEPTED_FORM = re.compile(r"(sk|rk)_(test|live)_([A-Za-z0-9_]+)")
# Whatever looks like a key, of a kind that is accepted or not.
_IN_TEXT = re.compile(
    r"(?<![A-Za-z0-9])((?:sk|rk|pk)_(?:org_)?(?:test|live)_|whsec_)[A-Za-z0-9_]{3,}"
)
_LONGEST = 512
_SHOWN = 4
_PREFIX_LENGTH = len("sk_test_")

_PUBLISHABLE = (
    "This is a publishable key (pk_...). It cannot read an account. Use the secret key, which"
    " starts with sk_test_ or sk_live_."
)
_ORGANIZATION = (
    "This is an organization key (sk_org_...). It does not belong to one account. Use the secret"
    " key of the account itself, which starts with sk_test_ or sk_live_."
)
_WEBHOOK = (
    "This is the signing secret of a webhook (whsec_...), not an API key. Use the secret key,"
    " which starts with sk_test_ or sk_live_."
)
_RESTRICTED = (
    "This is a restricted key (rk_...), which will not work here unless the deployment allows it."
    " Use a secret key (sk_test_... or sk_live_...), or set allow_restricted_keys in the"
    " deployment's settings and give the key the read permissions listed in docs/operations.md."
)
# The first prefix that fits gives the reason.
_REFUSED_PREFIXES = {
    "pk_": ("publishable", _PUBLISHABLE),
    "sk_org_": ("organization", _ORGANIZATION),
    "whsec_": ("webhook_secret", _WEBHOOK),
}


class StripeKey:
    """An accepted key. Text, repr, format and pickle never hold the secret.

    Attributes:
        mode: "test" or "live", from the prefix.

        restricted: whether it is a restricted key (rk_).

        masked: the prefix and the last letters, safe to show and to store.
    """

    __slots__ = ("_secret", "masked", "mode", "restricted")

    def __init__(self, secret: str, mode: Mode, *, restricted: bool) -> None:
        self._secret = secret
        self.mode: Mode = mode
        self.restricted = restricted
        self.masked = _mask(secret)

    def reveal(self) -> str:
        """Return the key itself, for the one request header that needs it."""
        return self._secret

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"StripeKey({self.masked!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StripeKey) and other._secret == self._secret

    def __hash__(self) -> int:
        return hash(self._secret)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be pickled or deep-copied: a key must not slip into a cache or a queue."""
        raise TypeError("A Stripe key cannot be pickled or copied.")


@dataclass(frozen=True, slots=True)
class KeyRefusal:
    """Why a text is not accepted as a key.

    Attributes:
        kind: publishable, organization, webhook_secret, restricted or malformed.

        message: a sentence for the person who entered it; never holds the text.
    """

    kind: str
    message: str


def parse_key(text: str, *, allow_restricted: bool) -> StripeKey | KeyRefusal:
    """Return the key that *text* holds, or the reason in words why it is refused.

    White space around the key, as copy and paste leaves it, is taken off.

    >>> parse_key(" sk_test_51Made1Up2Key3abcd ", allow_restricted=False)
    StripeKey('sk_test_…abcd')
    >>> parse_key("pk_test_51Made1Up2Key3abcd", allow_restricted=False).kind
    'publishable'
    """
    key = text.strip()
    for prefix, (kind, message) in _REFUSED_PREFIXES.items():
        if key.startswith(prefix):
            return KeyRefusal(kind, message)
    form = _ACCEPTED_FORM.fullmatch(key) if len(key) <= _LONGEST else None
    if form is None:
        return KeyRefusal("malformed", _reason_malformed(key))
    restricted = form[1] == "rk"
    if restricted and not allow_restricted:
        return KeyRefusal("restricted", _RESTRICTED)
    return StripeKey(key, "live" if form[2] == "live" else "test", restricted=restricted)


def hide_keys(text: str) -> str:
    """Return *text* with everything that looks like a key cut down to its kind.

    >>> hide_keys("There is no GET /v1/sk_test_abcdef.")
    'There is no GET /v1/sk_test_***.'
    """
    return _IN_TEXT.sub(r"\1***", text)


def holds_key(text: str) -> bool:
    """Return whether something in *text* looks like a key."""
    return _IN_TEXT.search(text) is not None


def _reason_malformed(key: str) -> str:
    expected = "A Stripe secret key starts with sk_test_ or sk_live_."
    if not key:
        return f"The key is empty. {expected}"
    if len(key) > _LONGEST:
        return f"This is too long to be a Stripe key. {expected}"
    if any(letter.isspace() for letter in key):
        return "The key has white space inside. Copy it again, as one piece."
    if not key.isascii():
        return f"The key has letters that no Stripe key has. Copy it again. {expected}"
    if re.match(r"(sk|rk)_(test|live)_", key):
        return "The key is incomplete or has signs that no Stripe key has. Copy it again."
    return f"This is not a Stripe secret key. {expected}"


def _mask(secret: str) -> str:
    # A short text shows less of its end, so that nobody can guess the rest.
    head, hidden = secret[:_PREFIX_LENGTH], secret[_PREFIX_LENGTH:]
    shown = min(_SHOWN, len(hidden) // 3)
    return f"{head}…{hidden[len(hidden) - shown :]}"
