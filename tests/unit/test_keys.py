"""Which texts are accepted as a Stripe key, and that a key never shows itself."""

import copy
import json
import pickle
from dataclasses import asdict, dataclass

import pytest

from shared.domain.stripe_key import KeyRefusal, StripeKey, parse_key

SECRET = "51Made1Up2Key3abcd"
TEST_KEY = "sk_test_" + SECRET
LIVE_KEY = "sk_" + "live_" + SECRET
RESTRICTED = ["rk_test_" + SECRET, "rk_" + "live_" + SECRET]


def accepted(text: str, *, allow_restricted: bool = False) -> StripeKey:
    key = parse_key(text, allow_restricted=allow_restricted)
    assert isinstance(key, StripeKey)
    return key


def refused(text: str, *, allow_restricted: bool = False) -> KeyRefusal:
    refusal = parse_key(text, allow_restricted=allow_restricted)
    assert isinstance(refusal, KeyRefusal)
    return refusal


@pytest.mark.parametrize(("text", "mode"), [(TEST_KEY, "test"), (LIVE_KEY, "live")])
def test_a_secret_key_is_accepted_and_its_prefix_tells_the_mode(text: str, mode: str) -> None:
    key = accepted(text)
    assert (key.mode, key.reveal(), key.restricted) == (mode, text, False)
    assert key.masked == f"sk_{mode}_…abcd"


@pytest.mark.parametrize("around", [" {} ", "\n{}\n", "\t{}\r\n", "\u00a0{}"])
def test_white_space_around_a_key_is_taken_off(around: str) -> None:
    assert accepted(around.format(TEST_KEY)).reveal() == TEST_KEY


@pytest.mark.parametrize("text", RESTRICTED)
def test_a_restricted_key_is_accepted_only_where_the_deployment_allows_it(text: str) -> None:
    assert accepted(text, allow_restricted=True).restricted
    refusal = refused(text)
    assert refusal.kind == "restricted"
    assert "allow_restricted_keys" in refusal.message


@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("pk_test_" + SECRET, "publishable", "publishable"),
        ("pk_" + "live_" + SECRET, "publishable", "publishable"),
        ("sk_org_test_" + SECRET, "organization", "organization"),
        ("whsec_" + SECRET, "webhook_secret", "webhook"),
        ("rkcs_test_" + SECRET, "malformed", "not a Stripe secret key"),
        ("SK_TEST_" + SECRET, "malformed", "not a Stripe secret key"),
        ("", "malformed", "empty"),
        ("   ", "malformed", "empty"),
        ("sk_test_", "malformed", "incomplete"),
        ("sk_test_51Made-Up", "malformed", "signs"),
        ("sk_test_51Made Up", "malformed", "white space"),
        ("sk_test_51Made\x00Up", "malformed", "signs"),
        ("sk_test_51Mäde", "malformed", "letters"),
        ("sk_test_" + "a" * 1000, "malformed", "too long"),
        ("hello", "malformed", "not a Stripe secret key"),
    ],
)
def test_anything_else_is_refused_in_words(text: str, kind: str, word: str) -> None:
    refusal = refused(text, allow_restricted=True)
    assert refusal.kind == kind
    assert word in refusal.message
    assert SECRET not in refusal.message


@pytest.mark.parametrize(
    ("secret", "masked"),
    [
        ("a", "sk_test_…"),
        ("abc", "sk_test_…c"),
        ("abcdef", "sk_test_…ef"),
        ("abcdefghijkl", "sk_test_…ijkl"),
    ],
)
def test_a_short_key_shows_less_of_its_end(secret: str, masked: str) -> None:
    assert accepted("sk_test_" + secret).masked == masked


def test_a_key_never_shows_its_secret() -> None:
    @dataclass
    class Holder:
        key: StripeKey

    key = accepted(TEST_KEY)
    shown = [str(key), repr(key), f"{key}", f"{key!r}", repr(Holder(key)), repr([key])]
    assert all(SECRET not in text for text in shown)
    assert not hasattr(key, "__dict__")


def test_a_key_cannot_slip_into_a_pickle_a_copy_or_json() -> None:
    key = accepted(TEST_KEY)

    @dataclass
    class Holder:
        key: StripeKey

    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy.deepcopy(key)
    with pytest.raises(TypeError):
        asdict(Holder(key))
    with pytest.raises(TypeError):
        json.dumps(key)


def test_keys_are_equal_if_their_texts_are() -> None:
    assert accepted(TEST_KEY) == accepted(TEST_KEY)
    assert hash(accepted(TEST_KEY)) == hash(accepted(TEST_KEY))
    assert accepted(TEST_KEY) != accepted(TEST_KEY + "x")
    assert accepted(TEST_KEY) != TEST_KEY
