"""Removing an integration leaves nothing of it behind, wherever it is cut short."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from shared.adapters.dynamodb_keys import integration_key, notices_key
from shared.domain.alerts import AlertState
from shared.domain.configuration import SyncStatus
from shared.domain.ledger import NO_FORM, CustomerRecord, Place
from shared.errors import StorageUnavailableError
from shared.ports import SyncRequest
from tests.api_world import KEY, ApiWorld
from tests.fakes import NOON
from tests.memory_table import KilledError
from tests.stories import a_channel, a_metric, a_value, an_alert, an_integration

ONE = "/v1/integrations/int_1"
SLOT = SyncRequest("int_1", slot="s1")


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    """An account with all that can hang on it, disconnected; and another beside it."""
    world = ApiWorld.behind_the_handler(monkeypatch)
    world.ledger_table.calls = world.table.calls
    world.config.add_metric(a_metric(id="met_2", refresh_interval="weekly"))
    world.store(*(a_value(version=version) for version in range(1, 60)))
    world.store(a_value(metric_id="met_2"))
    world.alerts.add_alert(an_alert(), AlertState())
    goal = world.ok("POST", "/v1/goals", {"name": "More", "target": 200, "start": 0})
    world.ok("PUT", f"/v1/goals/{goal['id']}/metrics/met_1")
    for key in (
        notices_key("alt_1", "EVENT#1"),
        notices_key("alt_1", "OUTBOX#1"),
        notices_key("int_1", "NOTICE#1"),
        integration_key("int_1", "WATCH"),
    ):
        world.table.put({**key})
    world.config.save_sync_status("int_1", SyncStatus("ok", 1, NOON, NOON, NOON))
    keep_an_account(world, "int_1")
    world.config.add_integration(an_integration(id="int_2"))
    world.config.add_metric(a_metric(id="met_3", integration_id="int_2"))
    keep_an_account(world, "int_2")
    world.secrets.keys["int_2"] = KEY
    world.ok("POST", f"{ONE}/disconnect")
    return world


def keep_an_account(world: ApiWorld, integration_id: str) -> None:
    request = SyncRequest(integration_id, slot="s0")
    lease = world.ledger.take_lease(request, now=NOON, until=NOON)
    assert lease is not None
    world.ledger.save_place(lease, Place(phase="following", as_of=NOON))
    world.ledger.release_lease(lease, done=request)
    records = [CustomerRecord(f"cus_{n}", b"facts", (), ()) for n in range(40)]
    world.ledger.book(integration_id).put(records)


def left(world: ApiWorld) -> list[Any]:
    """What there still is of the account: keys of both tables that name something of it."""
    names = ("int_1", "met_1", "met_2", "alt_1")
    keys = [*world.table.items, *world.ledger_table.items]
    return [key for key in keys if any(name in part for part in key for name in names)]


def kept(world: ApiWorld) -> tuple[Any, ...]:
    """What has nothing to do with it."""
    keys = {*world.table.items, *world.ledger_table.items}
    return sorted(keys.difference(left(world))), world.secrets.keys.get("int_2")


def test_nothing_is_left_of_a_removed_integration_and_everything_of_others(world):
    before = kept(world)
    assert len(left(world)) > 70
    assert world.ask("DELETE", ONE) == (204, None)
    assert left(world) == []
    assert kept(world) == before
    assert world.secrets.keys == {"int_2": KEY}
    assert world.ok("GET", "/v1/channels")["data"][0]["id"] == a_channel().id


def test_a_removed_integration_is_not_found(world):
    world.ok("DELETE", ONE)
    for method, target in (
        ("GET", ONE),
        ("DELETE", ONE),
        ("POST", f"{ONE}/disconnect"),
        ("POST", f"{ONE}/sync"),
        ("GET", "/v1/metrics/met_1"),
        ("GET", "/v1/alerts/alt_1"),
    ):
        assert world.ask(method, target)[0] == 404
    assert left(world) == []
    assert [it["id"] for it in world.ok("GET", "/v1/integrations")["data"]] == ["int_2"]


def test_a_sync_that_is_about_to_end_is_waited_for(world):
    # The pause of the removal takes longer than the sync.
    world.ledger.take_lease(SLOT, now=NOON, until=NOON + timedelta(seconds=5))
    assert world.ask("DELETE", ONE)[0] == 204
    assert left(world) == []


def test_a_sync_that_takes_longer_is_said_to_be_under_way(world):
    world.ledger.take_lease(SLOT, now=NOON, until=NOON + timedelta(seconds=930))
    before = left(world)
    status, problem = world.ask("DELETE", ONE)
    assert (status, problem["code"], problem["retryable"]) == (409, "conflict", True)
    assert left(world) == before
    world.clock.move(seconds=931)
    world.ok("DELETE", ONE)


def test_a_sync_whose_lease_has_run_out_brings_nothing_back(world):
    until = NOON + timedelta(seconds=930)
    lease = world.ledger.take_lease(SLOT, now=NOON, until=until)
    world.clock.move(seconds=931)
    world.ok("DELETE", ONE)
    world.config.save_sync_status("int_1", SyncStatus("ok", 9, NOON, NOON, NOON))
    world.ledger.release_lease(lease, done=SLOT)
    assert left(world) == []


def test_what_takes_too_long_for_one_request_goes_on_with_the_next(world):
    world.table.calls.after = lambda _: world.clock.move(seconds=0.7)
    answers: list[Any] = []
    while not answers or answers[-1][0] != 204:
        answers.append(world.ask("DELETE", ONE))
        assert len(answers) < 30
    assert len(answers) > 2
    for status, problem in answers[:-1]:
        assert (status, problem["retryable"]) == (503, True)
        assert "is being removed; ask again" in problem["detail"]
    assert left(world) == []


def test_who_reconnects_what_is_half_removed_has_the_account_read_anew(world):
    def stop_at_the_ledger(_):
        if not any(pk.startswith("METRIC#met_1") for pk, _ in world.table.items):
            world.clock.move(seconds=2)

    world.table.calls.after = stop_at_the_ledger
    assert world.ask("DELETE", ONE)[0] == 503
    world.table.calls.after = None
    world.ok("POST", f"{ONE}/reconnect", {"secret_key": KEY})
    assert world.ledger.place("int_1").form == NO_FORM


def test_what_fails_lets_go_of_the_account(world):
    def fail(_):
        world.table.calls.before = None
        raise StorageUnavailableError("busy")

    remove = world.services.remove_integration.ledger.remove

    def fail_once(lease, is_time_up):
        world.table.calls.before = fail
        return remove(lease, is_time_up)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.ledger), "remove", lambda _, *rest: fail_once(*rest))
        assert world.ask("DELETE", ONE)[0] == 503
    world.ok("DELETE", ONE)
    assert left(world) == []


def killed_everywhere(world: ApiWorld, act: Callable[[], object]) -> Iterator[int]:
    """Do something, killed at its first call, then at its second, and so on, until it is done."""
    tables, calls = (world.table, world.ledger_table), world.table.calls
    before, secrets = [dict(table.items) for table in tables], dict(world.secrets.keys)
    for number in count(1):
        for table, items in zip(tables, before, strict=True):
            table.restore(items)
        world.secrets.keys = dict(secrets)
        calls.names.clear()
        calls.before = partial(kill_from, number)
        try:
            act()
        except KilledError:
            calls.before = None
            yield number
        else:
            return


def kill_from(number: int, made: int) -> None:
    if made >= number:
        raise KilledError


def test_killed_at_any_call_it_can_be_asked_for_again(world):
    others, kills = None, 0
    for _ in killed_everywhere(world, lambda: world.services.remove_integration("int_1")):
        kills += 1
        if world.ask("GET", ONE)[0] == 200:
            world.clock.move(seconds=61)  # the killed one's lease
            world.ok("DELETE", ONE)
        assert left(world) == []
        assert world.secrets.keys == {"int_2": KEY}
        assert world.ok("GET", "/v1/goals")["data"][0]["metrics"] == []
        others = others or kept(world)
        assert kept(world) == others
    assert kills > 40


@pytest.mark.parametrize("target", ["/v1/metrics/met_1", ONE])
def test_a_metric_whose_removal_was_killed_is_removed_by_whoever_asks_next(world, target):
    metric, kills = world.config.metric("met_1"), 0
    for _ in killed_everywhere(world, lambda: world.services.remove_metric(metric)):
        kills += 1
        world.ok("DELETE", target)
        assert not [key for key in left(world) if "met_1" in "".join(key)]
        assert not [key for key in left(world) if "alt_1" in "".join(key)]
    assert kills > 10


@pytest.mark.parametrize("target", ["/v1/alerts/alt_1", ONE])
def test_an_alert_whose_removal_was_killed_is_removed_by_whoever_asks_next(world, target):
    alert, kills = world.alerts.alert("alt_1"), 0
    for _ in killed_everywhere(world, lambda: world.alerts.remove_alert(alert)):
        kills += 1
        # Once the alert is gone, only its metric's pointer to it may be left, which nobody shows.
        status, _ = world.ask("DELETE", target)
        alone = [key for key in left(world) if "alt_1" in "".join(key)]
        assert status == 204 or alone == [("METRIC#met_1", "ALERT#alt_1")]
        assert status == 404 or not alone
    assert kills > 4
