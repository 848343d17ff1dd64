"""A sync comes to an end, and asks for no more than it needs, whatever has just happened."""

from dataclasses import replace
from datetime import timedelta

import pytest

from local.stripe_sandbox import Business, Sandbox, start
from shared.adapters import stripe_following
from tests.stories import a_metric
from tests.syncing import Worker

NOW = 1_800_000_000


def a_business() -> Business:
    return Business.empty(NOW, bills=True)


def subscribe(business: Business, people: int) -> None:
    price = business.add_price(1_000)
    for _ in range(people):
        business.add_subscription(price, created=business.now)


def connected(sandbox: Sandbox) -> Worker:
    return Worker(sandbox).connect([a_metric()])


@pytest.mark.timeout(60)
def test_what_happened_just_before_the_import_is_no_reason_to_read_all_again() -> None:
    business = a_business()
    with start(business) as sandbox:
        subscribe(business, 30)
        sandbox.advance(seconds=5)
        worker = connected(sandbox)
        worker.sync("1")
    assert worker.status.state == "ok"
    assert worker.status.notes == ()


@pytest.mark.timeout(60)
def test_so_much_that_all_is_read_again_is_read_again_once() -> None:
    business = a_business()
    with start(business) as sandbox:
        subscribe(business, 1)
        worker = connected(sandbox)
        worker.sync("1")
        sandbox.advance(hours=1)
        subscribe(business, 30)
        sandbox.advance(seconds=5)
        worker.sync("2")
        assert [note.startswith("So much had changed") for note in worker.status.notes] == [True]
        sandbox.advance(hours=1)
        worker.sync("3")
    assert worker.status.notes == ()


@pytest.mark.timeout(60)
def test_an_event_that_cannot_be_read_has_all_read_again_once() -> None:
    business = a_business()
    with start(business) as sandbox:
        subscribe(business, 1)
        worker = connected(sandbox)
        worker.sync("1")
        sandbox.advance(hours=1)
        business.add_event("invoice.paid", {"object": "invoice", "id": "in_nobody_knows"})
        sandbox.advance(seconds=5)
        worker.sync("2")
    assert worker.status.state == "ok"
    assert [note.startswith("Some of Stripe's events") for note in worker.status.notes] == [True]


@pytest.mark.timeout(60)
def test_events_are_not_read_to_their_end_where_all_is_read_again_anyhow() -> None:
    business = a_business()
    with start(business) as sandbox:
        subscribe(business, 1)
        worker = connected(sandbox)
        worker.sync("1")
        sandbox.advance(hours=1)
        subscribe(business, 300)
        sandbox.advance(seconds=5)
        before = sandbox.requests.total
        worker.questions = 0
        worker.try_once("2")
        assert worker.place.repair == "reread"
        asked = sandbox.requests.total - before
    assert asked == 1


def test_an_import_asks_nothing_more_of_yearly_subscriptions_that_ended_long_ago() -> None:
    business = a_business()
    price = business.add_price(12_000, interval="year")
    for _ in range(30):
        business.cancel(business.add_subscription(price, created=NOW))
    business.advance(days=4 * 365)
    with start(business) as sandbox:
        connected(sandbox).sync("1")
        asked = sandbox.requests.total
    assert asked < 15


def test_more_events_than_a_process_can_hold_have_all_read_again(monkeypatch) -> None:
    monkeypatch.setattr(stripe_following, "_MOST_EVENTS", 150)
    business = a_business()
    with start(business) as sandbox:
        worker = connected(sandbox)
        worker.sync("1")
        sandbox.advance(hours=1)
        worker.sync("2")
        sandbox.advance(hours=1)
        subscribe(business, 100)
        worker.stores.ledger.places[worker.id] = replace(worker.place, requests=10_000)
        worker.sync("3")
    assert worker.status.state == "ok"
    assert [note.startswith("So much had changed") for note in worker.status.notes] == [True]


def test_the_weekly_check_misses_no_customers_of_test_clocks() -> None:
    business = a_business()
    with start(business) as sandbox:
        subscribe(business, 5)
        worker = connected(sandbox)
        worker.sync("1")
        sandbox.advance(hours=1)
        business.add_customer(created=business.now, test_clock="clock_1")
        worker.sync("2")
        assert worker.place.checked_at is not None
        week_ago = worker.place.checked_at - timedelta(days=7)
        worker.stores.ledger.places[worker.id] = replace(worker.place, checked_at=week_ago)
        sandbox.advance(hours=1)
        worker.sync("3")
        assert worker.place.checked_at == worker.place.as_of
    assert worker.status.notes == ()
