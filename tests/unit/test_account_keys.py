"""Exchanging a key: what is shown of it is what is stored, whatever fails or is killed."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.configuration import Integration
from shared.domain.stripe_key import StripeKey
from shared.errors import (
    ConflictError,
    NotFoundError,
    StorageUnavailableError,
    VersionConflictError,
)
from tests.api_world import KEY, ApiWorld
from tests.memory_table import KilledError
from tests.stories import an_integration

NEW_KEY = "sk_test_zyxwvutsrqponmlkjihgfedc"
OTHER_KEY = "sk_test_zyxwvutsrqponmlkjihg1234"


@pytest.fixture(name="world")
def _world() -> ApiWorld:
    return ApiWorld()


def once_a_key_is_stored(world: ApiWorld, act: Callable[[], Any]) -> None:
    """Let something happen just after the next key was stored."""
    put = world.secrets.put

    def put_and_act(integration_id: str, key: StripeKey) -> None:
        world.secrets.put = put  # type: ignore[method-assign]
        put(integration_id, key)
        act()

    world.secrets.put = put_and_act  # type: ignore[method-assign]


def break_the_table(world: ApiWorld, error: BaseException) -> Callable[[], None]:
    def fail(_: int) -> None:
        raise error

    def break_it() -> None:
        world.table.calls.before = fail

    return break_it


def roll(world: ApiWorld, key: str = NEW_KEY, **more: Any) -> Integration:
    return world.services.change_integration("int_1", {}, secret_key=key, **more)


def rename(world: ApiWorld) -> Integration:
    return world.services.change_integration("int_1", {"name": "Renamed"})


def disconnect(world: ApiWorld) -> Integration:
    return world.services.disconnect_account("int_1")


def reconnect(world: ApiWorld, key: str = NEW_KEY) -> Integration:
    return world.services.reconnect_account("int_1", key)


def shown_and_stored(world: ApiWorld) -> tuple[str, str]:
    """Give the last letters of the key as they are shown, and as they are."""
    return world.config.integration("int_1").key_masked[-4:], world.secrets.keys["int_1"][-4:]


def test_a_key_is_put_back_where_the_integration_cannot_be_saved(world):
    once_a_key_is_stored(world, break_the_table(world, StorageUnavailableError("busy")))
    with pytest.raises(StorageUnavailableError):
        roll(world)
    world.table.calls.before = None
    assert world.secrets.keys == {"int_1": KEY}
    assert world.config.integration("int_1").key_masked == an_integration().key_masked
    assert roll(world).key_masked.endswith("fedc")


def test_who_was_killed_between_key_and_integration_asks_again(world):
    once_a_key_is_stored(world, break_the_table(world, KilledError()))
    with pytest.raises(KilledError):
        roll(world)
    world.table.calls.before = None
    world.clock.move(hours=1)
    assert roll(world).key_set_at == world.clock.now()
    assert shown_and_stored(world) == ("fedc", "fedc")


def test_what_others_change_meanwhile_is_not_lost(world):
    once_a_key_is_stored(world, lambda: rename(world))
    assert roll(world).name == "Renamed"
    assert shown_and_stored(world) == ("fedc", "fedc")


@pytest.mark.parametrize("expected", [None, 1])
def test_of_two_keys_at_once_the_one_that_is_shown_is_the_one_that_is_stored(world, expected):
    once_a_key_is_stored(world, lambda: roll(world, OTHER_KEY))
    roll(world, expected=expected)
    assert shown_and_stored(world) == ("fedc", "fedc")


def test_of_two_who_have_read_the_same_only_one_stores_a_key(world):
    def late() -> None:
        with pytest.raises(VersionConflictError):
            roll(world, OTHER_KEY, expected=1)

    once_a_key_is_stored(world, late)
    roll(world, expected=1)
    assert shown_and_stored(world) == ("fedc", "fedc")


def test_no_key_stays_of_an_integration_that_is_disconnected_meanwhile(world):
    once_a_key_is_stored(world, lambda: disconnect(world))
    with pytest.raises(ConflictError):
        roll(world)
    assert world.secrets.keys == {}


def test_no_key_stays_of_an_integration_that_is_removed_meanwhile(world):
    def remove() -> None:
        disconnect(world)
        world.services.remove_integration("int_1")

    once_a_key_is_stored(world, remove)
    with pytest.raises(NotFoundError):
        roll(world)
    assert world.secrets.keys == {}


def test_a_reconnection_that_fails_leaves_no_key(world):
    disconnect(world)
    once_a_key_is_stored(world, break_the_table(world, StorageUnavailableError("busy")))
    with pytest.raises(StorageUnavailableError):
        reconnect(world)
    world.table.calls.before = None
    assert world.secrets.keys == {}
    assert not world.config.integration("int_1").is_connected
    assert reconnect(world).is_connected


def test_a_reconnection_that_was_killed_can_be_asked_for_again_or_undone(world):
    disconnect(world)
    once_a_key_is_stored(world, break_the_table(world, KilledError()))
    with pytest.raises(KilledError):
        reconnect(world)
    world.table.calls.before = None
    disconnect(world)
    assert world.secrets.keys == {}
    reconnect(world)
    assert shown_and_stored(world) == ("fedc", "fedc")


def test_of_two_reconnections_at_once_the_key_that_is_shown_is_stored(world):
    disconnect(world)
    once_a_key_is_stored(world, lambda: reconnect(world, OTHER_KEY))
    assert reconnect(world).is_connected
    assert shown_and_stored(world) == ("fedc", "fedc")


def test_a_disconnection_that_was_killed_before_its_key_went_is_asked_for_again(world):
    delete = world.secrets.delete

    def die(_):
        raise KilledError

    world.secrets.delete = die
    with pytest.raises(KilledError):
        disconnect(world)
    world.secrets.delete = delete
    disconnect(world)
    assert world.secrets.keys == {}


def test_a_key_is_exchanged_where_the_old_one_is_gone(world):
    world.secrets.keys.clear()
    roll(world)
    assert shown_and_stored(world) == ("fedc", "fedc")


def test_nothing_is_lost_when_the_sync_cannot_be_queued(world):
    def fail(_):
        raise StorageUnavailableError("busy")

    world.queue.send = fail
    assert roll(world).key_masked.endswith("fedc")
    disconnect(world)
    assert reconnect(world).is_connected
