"""What a sync does while an account is imported: phase by phase, carried on where it stopped."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.sync.sync_account import SyncAccount
from shared.domain.account import Account, Needs
from shared.domain.balance import BalanceTransaction
from shared.domain.ledger import FORM, Place
from shared.domain.metrics import Churn, Mrr, Revenue
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import SourceUnavailableError
from shared.ports import SyncRequest
from tests.fakes import NOON, FakeClock, FakeSource, InMemoryQueue, InMemorySecrets
from tests.memory_book import InMemoryLedger
from tests.memory_stores import InMemoryConfig, InMemoryMetrics
from tests.stories import a_metric, an_integration

PLENTY = 900.0


class World:
    """One integration that was connected a moment ago, with three metrics, all in memory."""

    def __init__(self) -> None:
        self.config, self.ledger = InMemoryConfig(), InMemoryLedger()
        self.metrics = InMemoryMetrics(self.ledger, self.config)
        self.queue, self.clock = InMemoryQueue(), FakeClock()
        self.source = FakeSource(account=Account("test", balance=(a_payment(),)))
        self.config.add_integration(an_integration())
        self.config.add_metric(a_metric(id="met_mrr", query=Mrr(), refresh_interval="daily"))
        self.config.add_metric(a_metric(id="met_rev", query=Revenue("total", "last_month")))
        self.config.add_metric(a_metric(id="met_churn", query=Churn()))
        key = parse_key("sk_test_abcdefghijklmnopqrstuvwx", allow_restricted=False)
        assert isinstance(key, StripeKey)
        secrets = InMemorySecrets()
        secrets.put("int_1", key)
        self.sync = SyncAccount(
            self.config,
            self.metrics,
            self.ledger,
            secrets,
            lambda key: self.source,
            self.queue,
            self.clock,
            lease_seconds=930,
        )
        self.phases_with_values: dict[str, set[str]] = {}
        commit = self.metrics.commit

        def noting(values, lease, **how):
            phase = self.ledger.place("int_1").phase if how.get("done") is None else "end"
            self.phases_with_values[phase] = {value.metric_id for value in values}
            commit(values, lease, **how)

        self.metrics.commit = noting  # type: ignore[method-assign] # to note what comes when

    @property
    def place(self) -> Place:
        return self.ledger.place("int_1")

    def past_of(self, metric_id: str) -> list:
        found = [v for v in self.metrics.past if v.metric_id == metric_id]
        return sorted((v for v in found if v.origin == "reconstructed"), key=lambda v: v.as_of)


def a_payment(days_ago: float = 20) -> BalanceTransaction:
    at = NOON - timedelta(days=days_ago)
    return BalanceTransaction("txn_1", at, "charge", 10_000, 300, "usd", customer_id="cus_1")


@pytest.fixture(name="world")
def _world() -> World:
    return World()


def asked(slot: str = "first") -> SyncRequest:
    return SyncRequest("int_1", slot=slot)


def test_each_value_comes_as_soon_as_its_inputs_are_complete(world):
    assert world.sync(asked()) == "ok"
    assert world.phases_with_values == {
        "balance": {"met_mrr"},
        "history": {"met_rev"},
        "following": {"met_churn"},
        "end": set(),
    }


def test_after_the_import_every_metric_has_its_past(world):
    world.sync(asked())
    past = world.past_of("met_rev")
    assert [v.as_of.hour for v in past] == [0] * len(past)
    # The account's first object is a payment of 20 days ago: before that there is nothing to show.
    assert past[0].as_of.date() == (NOON - timedelta(days=19)).date()
    assert {v.value for v in past} == {100}
    assert past[-1].as_of.date() == NOON.date()
    assert not world.place.owes_past


def test_a_metric_that_comes_later_gets_its_past_at_once(world):
    world.sync(asked())
    world.config.add_metric(a_metric(id="met_new", query=Revenue("net", "last_week")))
    world.sync(SyncRequest("int_1", slot="met_new", metric_id="met_new"))
    assert world.metrics.newest["met_new"].origin == "observed"
    assert len(world.past_of("met_new")) == len(world.past_of("met_rev"))


def test_a_metric_gets_its_past_also_where_the_account_is_just_being_checked(world):
    world.sync(asked())
    world.ledger.places["int_1"] = replace(world.place, phase="history", repair="recheck")
    world.config.add_metric(a_metric(id="met_new", query=Revenue("net", "last_week")))
    world.sync(SyncRequest("int_1", slot="met_new", metric_id="met_new"))
    assert len(world.past_of("met_new")) == len(world.past_of("met_rev"))


def test_the_past_is_written_once(world):
    world.sync(asked())
    before = list(world.metrics.past)
    world.clock.move(hours=1)
    world.sync(SyncRequest("int_1", slot="2026-11-22T13:00:00Z", interval="hourly"))
    new = [value for value in world.metrics.past if value not in before]
    assert {value.origin for value in new} == {"observed"}


def test_a_sync_that_runs_out_of_time_asks_to_be_carried_on(world):
    seconds = iter([PLENTY, PLENTY, 10.0])
    advance = world.source.advance

    def advance_until_the_time_is_up(book, place, *, is_time_up, report):
        return advance(book, place, is_time_up=is_time_up, report=report)

    world.source.advance = advance_until_the_time_is_up
    assert world.sync(asked(), lambda: next(seconds, 10.0)) == "continued"
    assert world.queue.requests == [replace(asked(), step=1)]
    assert world.place.phase == "history"
    status = world.config.sync_status("int_1")
    assert (status.state, status.error) == ("running", None)
    assert status.progress is not None
    assert world.sync(world.queue.requests[0]) == "ok"
    assert world.config.sync_status("int_1").progress is None
    assert world.sync(asked()) == "already_done"


def test_the_requests_of_all_steps_are_told_together(world):
    seconds = iter([PLENTY, 10.0])
    world.sync(asked(), lambda: next(seconds, 10.0))
    world.sync(world.queue.requests[0])
    whole = World()
    whole.sync(asked())
    told = world.config.sync_status("int_1").requests
    assert told == whole.config.sync_status("int_1").requests + 1  # the one that found no time


def test_an_import_that_fails_goes_on_from_its_phase(world):
    read_on = world.source._read_on
    failing = iter([False, True])

    def fail_in_the_second_phase(book, place):
        if next(failing, False):
            raise SourceUnavailableError("Stripe does not answer.")
        return read_on(book, place)

    world.source._read_on = fail_in_the_second_phase
    assert world.sync(asked()) == "error"
    assert set(world.metrics.newest) == {"met_mrr"}
    assert world.config.sync_status("int_1").error.code == "stripe_unavailable"
    assert world.place.phase == "balance"
    assert world.sync(asked("next")) == "ok"
    assert set(world.metrics.newest) == {"met_mrr", "met_rev", "met_churn"}


def test_a_sync_killed_before_the_past_was_written_writes_it_the_next_time(world):
    def die(*_):
        raise KeyboardInterrupt

    add_past, world.metrics.add_past = world.metrics.add_past, die
    with pytest.raises(KeyboardInterrupt):
        world.sync(asked())
    assert world.place.owes_past
    world.metrics.add_past = add_past
    world.clock.move(seconds=931)
    assert world.sync(asked()) == "ok"
    assert len(world.past_of("met_rev")) > 10


def test_reading_again_gives_no_value_before_it_is_whole(world):
    world.sync(asked())
    world.ledger.places["int_1"] = replace(world.place, phase="subscriptions", repair="reread")
    world.phases_with_values.clear()
    world.source._read_on = lambda book, place: (
        replace(place, phase="following", repair="none")
        if place.phase == "subscriptions"
        else place
    )
    assert world.sync(asked("again")) == "ok"
    assert set(world.phases_with_values) == {"end"}


def test_a_ledger_in_the_form_of_another_version_is_read_anew(world):
    world.sync(asked())
    world.ledger.book("int_1").put_catalog({"price/old": b"?"})
    world.ledger.places["int_1"] = replace(world.place, form=FORM - 1)
    assert not world.place.covers(Needs(subscriptions=True))
    world.phases_with_values.clear()
    assert world.sync(asked("again")) == "ok"
    assert world.ledger.book("int_1").catalog() == {}
    assert world.place.form == FORM
    (note,) = world.config.sync_status("int_1").notes
    assert "read anew" in note
    assert world.phases_with_values["end"] == {"met_mrr", "met_rev", "met_churn"}
