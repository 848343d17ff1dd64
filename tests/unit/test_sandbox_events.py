"""Which events each action of the sandbox writes, in which order, and what they tell."""

from collections.abc import Callable
from typing import Any

import pytest

from local.stripe_sandbox import Business, Item, Subscription
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import CurrencyOption
from local.stripe_sandbox.treasury import RULES, open_treasury

NOW = 1_800_000_000

Json = dict[str, Any]


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW, bills=True)


def events(business: Business) -> list[Json]:
    """Return all events, oldest first."""
    data: list[Json] = get(business.state, "/v1/events?limit=100")["data"]
    return data[::-1]


def kinds_of(business: Business, act: Callable[[], object]) -> list[str]:
    """Return the types of the events that an action writes, and check what they say."""
    before = {each["id"] for each in events(business)}
    act()
    told = [each for each in events(business) if each["id"] not in before]
    for each in told:
        assert ("previous_attributes" in each["data"]) == each["type"].endswith(".updated")
    return [each["type"] for each in told]


def subscribed(business: Business, **fields: Any) -> Subscription:
    return business.add_subscription(business.add_price(3_000), created=NOW, **fields)


def test_a_subscription_begins(business: Business) -> None:
    customer, price = business.add_customer(created=NOW), business.add_price(3_000)
    coupon = business.add_coupon(percent_off=10.0)
    assert kinds_of(
        business,
        lambda: business.add_subscription(
            price, customer=customer, created=NOW, discounts=[coupon]
        ),
    ) == [
        "customer.updated",
        "invoice.created",
        "customer.subscription.created",
        "customer.discount.created",
        "invoice.updated",
        "invoice.finalized",
        "charge.succeeded",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_a_customer_comes_with_a_discount_changes_it_and_goes(business: Business) -> None:
    first, second = business.add_coupon(percent_off=5.0), business.add_coupon(percent_off=9.0)
    assert kinds_of(business, lambda: business.add_customer(created=NOW, discount=first)) == [
        "customer.created",
        "customer.discount.created",
    ]
    (customer,) = business.state.customers
    assert kinds_of(business, lambda: business.discount(customer, second)) == [
        "customer.updated",
        "customer.discount.updated",
    ]
    switched = events(business)[-1]["data"]
    assert switched["object"]["source"]["coupon"] == second.id
    assert switched["previous_attributes"]["source"] == {"coupon": first.id}
    assert kinds_of(business, lambda: business.remove_discounts(customer)) == [
        "customer.updated",
        "customer.discount.deleted",
    ]
    assert kinds_of(business, lambda: business.delete(customer)) == ["customer.deleted"]


def test_a_subscription_is_changed_paused_resumed_and_ended(business: Business) -> None:
    sub = subscribed(business)
    business.advance(days=3)
    assert kinds_of(business, lambda: business.change_item(sub.items[0], quantity=2)) == [
        "invoiceitem.created",
        "invoiceitem.created",
        "customer.subscription.updated",
    ]
    assert kinds_of(business, lambda: business.cancel(sub, at_period_end=True)) == [
        "customer.subscription.updated",
    ]
    assert kinds_of(business, lambda: business.keep(sub)) == ["customer.subscription.updated"]
    assert kinds_of(business, lambda: business.set_status(sub, "paused")) == [
        "customer.subscription.updated",
        "customer.subscription.paused",
    ]
    resumed = kinds_of(business, lambda: business.set_status(sub, "active"))
    assert resumed[-1] == "customer.subscription.resumed"
    assert resumed.count("customer.subscription.updated") == 1
    assert kinds_of(business, lambda: business.cancel(sub)) == ["customer.subscription.deleted"]


def test_a_deleted_customer_loses_the_subscriptions_first(business: Business) -> None:
    sub = subscribed(business)
    customer = business.state.customers[sub.customer]
    assert kinds_of(business, lambda: business.delete(customer)) == [
        "customer.subscription.deleted",
        "customer.deleted",
    ]


def test_a_period_ends_with_an_invoice_of_the_next(business: Business) -> None:
    sub = subscribed(business)
    business.change_item(sub.items[0], quantity=2)
    end = sub.items[0].period_end
    assert kinds_of(business, lambda: business.advance_to(end)) == [
        "invoice.created",
        "customer.subscription.updated",
    ]


def test_an_invoice_that_is_sent_says_so(business: Business) -> None:
    subscribed(business, collection_method="send_invoice", days_until_due=10)
    assert "invoice.sent" in [each["type"] for each in events(business)]


def test_a_part_is_captured_after_the_whole_was_authorized(business: Business) -> None:
    assert kinds_of(business, lambda: business.charge(10_000, captured=6_000)) == [
        "charge.succeeded",
        "refund.created",
        "charge.captured",
    ]
    authorized, _, captured = (each["data"]["object"] for each in events(business))
    assert (authorized["captured"], authorized["amount_captured"]) == (False, 0)
    assert (captured["captured"], captured["amount_captured"]) == (True, 6_000)
    assert captured["amount_refunded"] == 4_000


def test_a_refund_is_given_and_fails(business: Business) -> None:
    charge = business.charge(10_000)
    assert kinds_of(business, lambda: business.refund(charge, 3_000)) == [
        "refund.created",
        "charge.refunded",
    ]
    (refund,) = business.state.refunds
    assert kinds_of(business, lambda: business.fail_refund(refund)) == [
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
        "charge.updated",
    ]
    again = events(business)[-3]["data"]
    assert again["object"]["object"] == "refund"
    assert again["previous_attributes"]["status"] == "succeeded"


def test_a_dispute_is_opened_and_won(business: Business) -> None:
    charge = business.charge(10_000)
    assert kinds_of(business, lambda: business.dispute(charge)) == [
        "charge.updated",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    (dispute,) = business.state.disputes
    assert kinds_of(business, lambda: business.decide(dispute, won=True)) == [
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_a_payment_that_bounces_has_failed(business: Business) -> None:
    charge = business.charge(10_000)
    assert kinds_of(business, lambda: business.bounce(charge)) == ["charge.failed"]


def test_a_payout_is_made_and_arrives_two_days_later(business: Business) -> None:
    business.rules.update(RULES)
    open_treasury(business.state, NOW)
    business.charge(10_000)
    assert kinds_of(business, lambda: business.advance(days=7)) == ["payout.created"]
    made = events(business)[-1]
    assert made["data"]["object"]["status"] == "in_transit"
    assert kinds_of(business, lambda: business.advance(days=2)) == ["payout.updated", "payout.paid"]
    paid = events(business)[-1]
    assert paid["created"] == made["created"] + 2 * DAY == made["data"]["object"]["arrival_date"]
    assert (
        get(business.state, "/v1/payouts?status=paid")["data"][0]["id"]
        == (made["data"]["object"]["id"])
    )


def test_what_a_catalogue_does_is_told(business: Business) -> None:
    assert kinds_of(business, lambda: business.add_price(1, created=NOW)) == [
        "product.created",
        "price.created",
    ]
    (price,) = business.state.prices
    assert kinds_of(business, lambda: business.archive(price)) == ["price.updated"]
    coupon = business.add_coupon(percent_off=1.0)
    assert kinds_of(business, lambda: business.delete(coupon)) == ["coupon.deleted"]


def test_an_item_joins_and_goes_at_once_with_its_invoice(business: Business) -> None:
    sub = subscribed(business, prorates="always_invoice")
    business.advance(days=3)
    extra = Item(business.add_price(100, created=NOW))
    assert kinds_of(business, lambda: business.add_item(sub, extra))[:3] == [
        "invoiceitem.created",
        "invoice.created",
        "customer.subscription.updated",
    ]
    told = kinds_of(business, lambda: business.remove_item(sub.items[1]))
    assert told[0] == "invoiceitem.created"
    assert told.count("customer.subscription.updated") == 1


def test_a_discount_of_an_item_that_joins_is_told(business: Business) -> None:
    sub = subscribed(business)
    coupon = business.add_coupon(percent_off=10.0)
    extra = Item(business.add_price(100, created=NOW), discounts=[coupon])
    told = kinds_of(business, lambda: business.add_item(sub, extra))
    assert told[-1] == "customer.discount.created"


def test_a_draft_is_deleted_and_its_items_wait_again(business: Business) -> None:
    customer = business.add_customer(created=NOW)
    item = business.add_invoice_item(customer, 4_000)
    draft = business.invoice(customer)
    assert kinds_of(business, lambda: business.delete(draft)) == ["invoice.deleted"]
    assert item.invoice is None
    assert get(business.state, f"/v1/invoices?customer={customer.id}")["data"] == []
    business.advance(days=1)
    assert kinds_of(business, lambda: business.delete(item)) == ["invoiceitem.deleted"]
    assert get(business.state, f"/v1/invoiceitems?customer={customer.id}")["data"] == []


def test_only_a_manual_draft_and_a_waiting_item_can_be_deleted(business: Business) -> None:
    sub = subscribed(business)
    item = business.add_invoice_item(sub, 4_000)
    business.advance(days=31)
    (*_, newest) = business.state.invoices.owned_by(sub.id)
    with pytest.raises(ValueError, match="only the draft of a manual invoice"):
        business.delete(newest)
    with pytest.raises(ValueError, match="an invoice has the item already"):
        business.delete(item)


def test_a_sent_invoice_that_nobody_pays_is_overdue_at_its_due_date(business: Business) -> None:
    sub = subscribed(
        business,
        collection_method="send_invoice",
        days_until_due=10,
        has_payment_method=False,
    )
    (invoice,) = business.state.invoices
    assert invoice.due_at == NOW + 10 * DAY
    assert kinds_of(business, lambda: business.advance_to(NOW + 10 * DAY - 1)) == []
    assert kinds_of(business, lambda: business.advance(seconds=1)) == [
        "invoice.overdue",
        "customer.subscription.updated",
        "customer.updated",
    ]
    assert (sub.status, invoice.attempts) == ("past_due", 0)


def test_what_a_price_costs_in_another_currency_is_told(business: Business) -> None:
    price = business.add_price(1_000, created=NOW)
    changed = {"eur": CurrencyOption("900")}
    act = lambda: business.update(price, currency_options=changed)  # noqa: E731 - done twice
    assert kinds_of(business, act) == ["price.updated"]
    assert events(business)[-1]["data"]["previous_attributes"] == {}
    assert kinds_of(business, act) == []


def test_a_coupon_is_renamed(business: Business) -> None:
    coupon = business.add_coupon(percent_off=10.0, name="Spring")
    assert kinds_of(business, lambda: business.update(coupon, name="May")) == ["coupon.updated"]
    assert events(business)[-1]["data"]["previous_attributes"] == {"name": "Spring"}


@pytest.mark.parametrize(("kept", "read"), [(30, False), (90, True), (None, True)])
def test_events_are_kept_as_long_as_is_said(kept: int | None, *, read: bool) -> None:
    business = Business.empty(now=NOW, events_days=kept)
    business.add_customer(created=NOW)
    business.advance(days=40, hours=1)
    assert bool(events(business)) is read
