"""The stories that a seeded business can tell, and its own history of them."""

from collections import Counter
from itertools import pairwise

import pytest

from local.stripe_sandbox import STORIES, Business, SeedOptions, seeded_business
from local.stripe_sandbox.periods import DAY

NOW = 1_800_000_000
SIZE = 500


@pytest.fixture(name="told", scope="module")
def _told() -> dict[str, Business]:
    return {name: seeded_business(NOW, SeedOptions(customers=SIZE, story=name)) for name in STORIES}


def ended_lately(business: Business) -> int:
    """Return how many asked to leave or left within the last forty days."""
    return sum((sub.canceled_at or 0) > NOW - 40 * DAY for sub in business.state.subscriptions)


def turned_yearly(business: Business) -> int:
    """Return how many went from a monthly to a yearly price within the last 45 days."""
    state, count = business.state, 0
    for sub in state.subscriptions:
        changes = state.history.of(sub.id)
        for before, after in pairwise(changes):
            if after.at > NOW - 45 * DAY and before.items and after.items:
                prices = [state.prices[each.items[0].price].interval for each in (before, after)]
                count += prices == ["month", "year"]
    return count


def declined_lately(business: Business) -> int:
    """Return how many charges of the last 35 days failed."""
    recent = business.state.charges.within(NOW - 35 * DAY, NOW)
    return sum(charge.failure_code == "card_declined" for charge in recent)


def test_growth_brings_most_customers_late(told: dict[str, Business]) -> None:
    late = {
        name: sum(each.created > NOW - 180 * DAY for each in told[name].state.customers)
        for name in told
    }
    assert late["growth"] > 1.3 * late["steady"]


def test_a_churn_wave_takes_many_at_once(told: dict[str, Business]) -> None:
    assert ended_lately(told["churn_wave"]) > 2 * ended_lately(told["steady"])


def test_annual_upgrades_turn_months_into_years(told: dict[str, Business]) -> None:
    assert turned_yearly(told["annual_upgrades"]) > 3 * max(5, turned_yearly(told["steady"]))


def test_failed_cards_decline(told: dict[str, Business]) -> None:
    assert declined_lately(told["failed_cards"]) > 2 * declined_lately(told["steady"])
    statuses = Counter(sub.status for sub in told["failed_cards"].state.subscriptions)
    assert statuses["past_due"] > 5


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_story_goes_on(told: dict[str, Business], name: str) -> None:
    counts = told[name].advance(days=10).counts
    assert counts["invoices paid"] > 20


def test_the_history_knows_what_was_at_any_instant() -> None:
    business = Business.empty(now=NOW, bills=True)
    cheap, dear = business.add_price(100), business.add_price(900)
    sub = business.add_subscription(cheap, created=NOW, status="trialing", trial_end=NOW + DAY)
    business.advance(days=2)
    business.change_item(sub.items[0], dear, quantity=3)
    business.advance(days=1)
    coupon = business.add_coupon(percent_off=10.0)
    business.discount(sub, coupon)
    business.discount(business.state.customers[sub.customer], coupon)
    business.cancel(sub)
    history = business.state.history
    told = [
        (each.status, each.items[0].price, each.items[0].quantity) for each in history.of(sub.id)
    ]
    assert told == [
        ("trialing", cheap.id, 1),
        ("active", cheap.id, 1),
        ("active", dear.id, 3),
        ("active", dear.id, 3),
        ("canceled", dear.id, 3),
    ]
    assert [each.status for each in history.at(NOW)] == ["trialing"]
    assert [each.status for each in history.at(NOW + DAY)] == ["active"]
    assert list(history.at(NOW - 1)) == []
    assert len(history.of(sub.id)[-1].discounts) == 1
    assert [each.customer for each in history.customer_discounts] == [sub.customer]


def test_the_history_and_the_invoices_agree(told: dict[str, Business]) -> None:
    state = told["steady"].state
    checked = 0
    for invoice in state.invoices:
        if invoice.reason != "subscription_cycle" or invoice.created < NOW - 300 * DAY:
            continue
        changes = state.history.of(invoice.subscription or "")
        change = [each for each in changes if each.at <= invoice.created][-1]
        held = {(item.id, item.price): item.quantity for item in change.items}
        for line in invoice.lines:
            if line.item is not None and not line.proration and not state.prices[line.price].meter:
                assert held[line.item, line.price] == line.quantity
                checked += 1
    assert checked > 500


def test_some_customers_have_several_subscriptions(told: dict[str, Business]) -> None:
    state = told["steady"].state
    living: Counter[str] = Counter(
        sub.customer for sub in state.subscriptions if sub.ended_at is None
    )
    assert sum(count > 1 for count in living.values()) > 3


def test_every_reason_and_status_of_an_invoice_is_there(told: dict[str, Business]) -> None:
    state = told["failed_cards"].state
    assert {each.reason for each in state.invoices} == {
        "manual", "subscription_create", "subscription_cycle", "subscription_update",
    }  # fmt: skip
    assert {each.status for each in state.invoices} == {
        "draft", "open", "paid", "uncollectible", "void",
    }  # fmt: skip
    waiting = [each for each in state.invoice_items if each.invoice is None]
    assert 0 < len(waiting) < len(state.invoice_items)


def test_some_are_billed_once_by_hand_or_past_stripe(told: dict[str, Business]) -> None:
    state = told["steady"].state
    once = [each for each in state.invoice_items if each.item is None]
    assert {each.subscription is None for each in once} == {True, False}
    manual = [each for each in state.invoices if each.reason == "manual"]
    assert 0 < len(manual) < len(state.invoices) / 50
    assert any(each.paid_outside for each in manual)


def test_failed_payments_are_tried_again_and_end_in_every_way(told: dict[str, Business]) -> None:
    state = told["failed_cards"].state
    assert {each.attempts for each in state.invoices} == {0, 1, 2, 3, 4}
    ways = {
        (before.status, after.status)
        for sub in state.subscriptions
        for before, after in pairwise(state.history.of(sub.id))
    }
    assert {
        ("active", "past_due"),
        ("past_due", "active"),
        ("past_due", "canceled"),
        ("past_due", "unpaid"),
        ("unpaid", "active"),
        ("unpaid", "canceled"),
    } <= ways


def test_what_is_unpaid_was_given_up_at_that_instant(told: dict[str, Business]) -> None:
    state, checked = told["failed_cards"].state, 0
    for sub in state.subscriptions:
        for change in state.history.of(sub.id):
            if change.status == "unpaid" and change.at < NOW - 60 * DAY:
                given_up = {each.uncollectible_at for each in state.invoices.owned_by(sub.id)}
                assert change.at in given_up
                checked += 1
    assert checked > 3


def test_the_history_knows_every_customer_and_discount(told: dict[str, Business]) -> None:
    state = told["churn_wave"].state
    for customer in state.customers:
        since, until = state.history.customers[customer.id][1:]
        assert (since, until) == (customer.created, customer.deleted_at)
    assert set(state.history.discounts) == set(state.discounts)
    for sub in state.subscriptions:
        for discount_id in sub.discounts:
            ends = state.history.discounts[discount_id].until
            assert ends is None or ends > NOW or sub.ended_at is not None
