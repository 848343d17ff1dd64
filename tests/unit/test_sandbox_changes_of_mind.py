"""Cancellations taken back, free months, and the times that the business remembers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import Business, Item, Subscription
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.history import CustomerTime, DiscountTime
from local.stripe_sandbox.periods import DAY, add_months

NOW = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW, bills=True)


def shown(business: Business, sub: Subscription) -> dict[str, Any]:
    return get(business.state, f"/v1/subscriptions/{sub.id}")


def test_a_cancellation_can_be_taken_back(business: Business) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.advance(days=1)
    business.cancel(sub, at_period_end=True)
    asked = shown(business, sub)
    assert (asked["canceled_at"], asked["cancel_at"]) == (NOW + DAY, sub.items[0].period_end)
    business.advance(days=1)
    business.keep(sub)
    kept = shown(business, sub)
    assert [kept[field] for field in ("cancel_at", "cancel_at_period_end", "canceled_at")] == [
        None, False, None,
    ]  # fmt: skip
    assert kept["cancellation_details"]["reason"] is None
    event = get(business.state, "/v1/events?limit=1")["data"][0]
    assert event["data"]["previous_attributes"] == {
        "cancel_at": asked["cancel_at"],
        "cancel_at_period_end": True,
        "canceled_at": NOW + DAY,
        "cancellation_details": {"reason": "cancellation_requested"},
    }
    business.advance(days=40)
    assert sub.status == "active"
    assert [each.cancel_at is None for each in business.state.history.of(sub.id)] == [
        True, False, True,
    ]  # fmt: skip


def test_a_cancellation_can_be_asked_for_again(business: Business) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.cancel(sub, at_period_end=True)
    business.keep(sub)
    business.advance(days=1)
    business.cancel(sub, at_period_end=True)
    business.advance(days=30)
    ended = shown(business, sub)
    assert (ended["status"], ended["ended_at"], ended["canceled_at"]) == (
        "canceled", NOW + 30 * DAY, NOW + DAY,
    )  # fmt: skip


def test_an_end_that_a_subscription_is_added_with_was_asked_for_now(business: Business) -> None:
    sub = business.add_subscription(
        business.add_price(700), created=NOW - 20 * DAY, cancel_at_period_end=True
    )
    assert (sub.canceled_at, sub.cancel_at) == (NOW, sub.items[0].period_end)
    assert [each.at for each in business.state.history.of(sub.id)] == [NOW - 20 * DAY, NOW]


def test_a_free_month_is_a_trial_after_which_a_new_cycle_begins(business: Business) -> None:
    sub = business.add_subscription(business.add_price(3_000), created=NOW)
    business.advance(days=15)
    until = business.now + 30 * DAY
    business.give_trial(sub, until)
    free = shown(business, sub)
    assert (free["status"], free["trial_start"], free["trial_end"]) == (
        "trialing", NOW + 15 * DAY, until,
    )  # fmt: skip
    item = free["items"]["data"][0]
    assert (item["current_period_start"], item["current_period_end"]) == (NOW + 15 * DAY, until)
    invoice = get(business.state, "/v1/invoices?limit=1")["data"][0]
    assert (invoice["billing_reason"], invoice["total"]) == ("subscription_update", -1_500)
    business.advance(days=31)
    assert (sub.status, sub.billing_cycle_anchor) == ("active", until)
    assert sub.items[0].period_end == add_months(until, 1)
    cycle = get(business.state, "/v1/invoices?limit=1")["data"][0]
    assert (cycle["total"], cycle["amount_paid"]) == (3_000, 1_500)
    kinds = {each["type"] for each in get(business.state, "/v1/events?limit=100")["data"]}
    assert "customer.subscription.trial_will_end" in kinds


def test_an_item_that_is_added_later_says_so(business: Business) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.advance(days=3)
    business.add_item(sub, Item(business.add_price(100)))
    created = [each["created"] for each in shown(business, sub)["items"]["data"]]
    assert created == [NOW, NOW + 3 * DAY]


def test_the_history_tells_when_customers_existed(business: Business) -> None:
    stays, goes = business.add_customer(created=NOW - DAY), business.add_customer(created=NOW)
    business.advance(days=2)
    business.delete(goes)
    assert business.state.history.customers == {
        stays.id: CustomerTime(stays.id, NOW - DAY, None),
        goes.id: CustomerTime(goes.id, NOW, NOW + 2 * DAY),
    }


def test_the_history_tells_when_discounts_were_in_force(business: Business) -> None:
    forever = business.add_coupon(percent_off=10.0)
    passing = business.add_coupon(percent_off=5.0, duration="repeating", duration_in_months=2)
    once = business.add_coupon(percent_off=50.0, duration="once")
    customer = business.add_customer(created=NOW, discount=forever)
    sub = business.add_subscription(
        [Item(business.add_price(700), discounts=[passing]), business.add_price(100)],
        customer=customer,
        created=NOW,
        discounts=[once],
    )
    on_customer, on_item, on_sub = customer.discount or "", *sub.items[0].discounts, *sub.discounts
    known = business.state.history.discounts
    assert known[on_item] == DiscountTime(
        on_item, passing.id, customer.id, sub.id, sub.items[0].id, NOW, add_months(NOW, 2)
    )
    business.advance(days=20)
    business.discount(customer, passing)
    business.remove_item(sub.items[0])
    business.advance(days=20)
    assert known[on_customer] == DiscountTime(
        on_customer, forever.id, customer.id, None, None, NOW, NOW + 20 * DAY
    )
    assert known[on_item].until == NOW + 20 * DAY
    assert known[on_sub] == DiscountTime(
        on_sub, once.id, customer.id, sub.id, None, NOW, NOW + 30 * DAY
    )
    business.delete(customer)
    assert known[customer.discount or ""].until == NOW + 40 * DAY


def test_a_once_coupon_given_later_is_gone_after_the_invoice_that_it_was_for(
    business: Business,
) -> None:
    once = business.add_coupon(percent_off=50.0, duration="once")
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.advance(days=40)
    business.discount(sub, once)
    business.advance(days=40)
    totals = [each["total"] for each in get(business.state, "/v1/invoices")["data"]]
    assert (totals, sub.discounts) == ([350, 700, 700], [])
