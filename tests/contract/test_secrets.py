"""What the secret store promises, in memory and in the emulator."""

from typing import Any

import pytest

from shared.adapters.secrets_manager import SecretsManager
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import SecretMissingError
from shared.ports import SecretStore
from tests.emulated import EMULATED
from tests.fakes import InMemorySecrets

OLD, NEW = "sk_test_abcdefghijklmnopqrst", "sk_test_tsrqponmlkjihgfedcba"


@pytest.fixture(name="secrets", params=["memory", EMULATED])
def _secrets(request) -> SecretStore:
    if request.param == "memory":
        return InMemorySecrets()
    deployment: Any = request.getfixturevalue("deployment")
    prefix = f"test/{request.node.name}/".replace("[", "-").replace("]", "")
    return SecretsManager(deployment.emulator.client("secretsmanager"), prefix)


def key(text: str) -> StripeKey:
    parsed = parse_key(text, allow_restricted=False)
    assert isinstance(parsed, StripeKey)
    return parsed


def is_missing(secrets: SecretStore) -> bool:
    with pytest.raises(SecretMissingError):
        secrets.get("int_1")
    return True


def test_the_newest_key_is_given(secrets):
    assert is_missing(secrets)
    secrets.put("int_1", key(OLD))
    assert secrets.get("int_1") == OLD
    secrets.put("int_1", key(NEW))
    secrets.put("int_1", key(NEW))
    assert secrets.get("int_1") == NEW


def test_a_key_that_was_removed_is_not_given_and_can_be_put_again(secrets):
    secrets.put("int_1", key(OLD))
    secrets.delete("int_1")
    secrets.delete("int_1")
    assert is_missing(secrets)
    secrets.put("int_1", key(NEW))
    assert secrets.get("int_1") == NEW


@pytest.mark.parametrize("is_removed_before", [True, False])
def test_a_key_that_was_erased_is_gone_at_once(secrets, is_removed_before):
    secrets.put("int_1", key(OLD))
    if is_removed_before:
        secrets.delete("int_1")
    secrets.erase("int_1")
    assert is_missing(secrets)
    secrets.erase("int_1")
    secrets.put("int_1", key(NEW))
    assert secrets.get("int_1") == NEW


def test_removing_what_is_not_there_is_no_error(secrets):
    secrets.delete("int_1")
    secrets.erase("int_1")
    assert is_missing(secrets)
