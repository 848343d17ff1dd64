"""What the sandbox bills once: one-time items, manual invoices, invoices paid out of band."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import Business, Item
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.errors import StripeError
from local.stripe_sandbox.periods import DAY

NOW = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())

Json = dict[str, Any]


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW, bills=True)


def invoices(business: Business, query: str = "") -> list[Json]:
    """Return invoices oldest first."""
    data: list[Json] = get(business.state, f"/v1/invoices?limit=100{query}")["data"]
    return data[::-1]


def test_a_setup_fee_stands_on_the_first_invoice(business: Business) -> None:
    customer = business.add_customer(created=NOW)
    fee = business.add_price(50_000, interval=None)
    waiting = business.add_invoice_item(customer, fee)
    shown = get(business.state, "/v1/invoiceitems?pending=true")["data"][0]
    assert (shown["id"], shown["proration"], shown["parent"]) == (waiting.id, False, None)
    sub = business.add_subscription(business.add_price(2_000), customer=customer, created=NOW)
    (invoice,) = invoices(business)
    assert (invoice["billing_reason"], invoice["total"]) == ("subscription_create", 52_000)
    period, once = invoice["lines"]["data"]
    assert period["parent"]["subscription_item_details"]["subscription_item"] == sub.items[0].id
    assert once["parent"] == {
        "invoice_item_details": {
            "invoice_item": waiting.id,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": None,
        },
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }
    assert (once["amount"], once["subscription"]) == (50_000, None)
    assert once["pricing"]["price_details"]["price"] == fee.id
    assert once["period"] == {"start": NOW, "end": NOW}
    assert get(business.state, "/v1/invoiceitems?pending=true")["data"] == []


def test_a_fee_of_a_subscription_waits_for_its_next_invoice(business: Business) -> None:
    price = business.add_price(2_000)
    sub = business.add_subscription(price, created=NOW)
    other = business.add_subscription(
        price, created=NOW - DAY, customer=business.state.customers[sub.customer]
    )
    business.add_invoice_item(sub, 50_000, quantity=2)
    assert get(business.state, "/v1/invoiceitems?pending=true")["data"][0]["parent"] == {
        "subscription_details": {"subscription": sub.id},
        "type": "subscription_details",
    }
    business.advance(days=31)
    assert [each["total"] for each in invoices(business, f"&subscription={other.id}")] == [
        2_000, 2_000,
    ]  # fmt: skip
    newest = invoices(business, f"&subscription={sub.id}")[-1]
    assert [line["amount"] for line in newest["lines"]["data"]] == [2_000, 100_000]
    assert newest["lines"]["data"][1]["subscription"] == sub.id


def test_both_kinds_of_items_wait_side_by_side(business: Business) -> None:
    sub = business.add_subscription(business.add_price(3_000), created=NOW)
    business.advance(days=15)
    business.change_item(sub.items[0], quantity=2)
    business.add_invoice_item(sub, 500)
    waiting = get(business.state, "/v1/invoiceitems?pending=true")["data"]
    assert sorted((each["amount"], each["proration"]) for each in waiting) == [
        (-1_500, True), (500, False), (3_000, True),
    ]  # fmt: skip
    of_customer = get(business.state, f"/v1/invoiceitems?customer={sub.customer}")["data"]
    assert len(of_customer) == 3
    assert get(business.state, "/v1/invoiceitems?pending=false")["data"] == []
    for query in ("customer=cus_0", "invoice=in_0"):
        with pytest.raises(StripeError):
            get(business.state, f"/v1/invoiceitems?{query}")


def test_coupons_take_from_one_time_items_unless_they_may_not(business: Business) -> None:
    customer = business.add_customer(created=NOW)
    business.add_invoice_item(customer, 1_000)
    business.add_invoice_item(customer, 500, discountable=False)
    half = business.add_coupon(percent_off=50.0)
    business.add_subscription(
        business.add_price(2_000), customer=customer, created=NOW, discounts=[half]
    )
    (invoice,) = invoices(business)
    assert [sum(part["amount"] for part in line["discount_amounts"])
            for line in invoice["lines"]["data"]] == [1_000, 500, 0]  # fmt: skip
    assert invoice["total"] == 2_000


def test_a_customer_without_a_subscription_is_billed_by_hand(business: Business) -> None:
    customer = business.add_customer(created=NOW, discount=business.add_coupon(percent_off=10.0))
    business.add_invoice_item(customer, 20_000)
    made = business.invoice(customer)
    drafted = get(business.state, f"/v1/invoices/{made.id}")
    assert (drafted["billing_reason"], drafted["status"]) == ("manual", "draft")
    assert (drafted["parent"], drafted["total"]) == (None, 18_000)
    business.advance(days=1)
    (paid,) = invoices(business, f"&customer={customer.id}")
    assert (paid["status"], paid["amount_paid"]) == ("paid", 18_000)
    assert get(business.state, f"/v1/charges?customer={customer.id}")["data"][0]["paid"]
    with pytest.raises(ValueError, match="nothing waits"):
        business.invoice(customer)


def test_an_invoice_paid_out_of_band_moves_no_money(business: Business) -> None:
    customer = business.add_customer(created=NOW)
    business.add_invoice_item(customer, 20_000)
    made = business.invoice(customer, collection_method="send_invoice")
    business.advance(days=3)
    assert invoices(business)[0]["due_date"] == NOW + 3_600 + 30 * DAY
    business.pay_out_of_band(made)
    business.advance(days=40)
    (paid,) = invoices(business)
    assert (paid["status"], paid["amount_paid_off_stripe"]) == ("paid", 20_000)
    assert (paid["amount_paid"], paid["amount_remaining"]) == (20_000, 0)
    assert paid["status_transitions"]["paid_at"] == NOW + 3 * DAY
    assert get(business.state, "/v1/charges")["data"] == []
    assert get(business.state, "/v1/balance_transactions")["data"] == []
    payment = get(business.state, f"/v1/invoice_payments?invoice={made.id}")["data"][0]
    assert payment["status"] == "canceled"


def test_a_draft_can_be_paid_out_of_band(business: Business) -> None:
    customer = business.add_customer(created=NOW)
    business.add_invoice_item(customer, 700)
    made = business.invoice(customer)
    business.pay_out_of_band(made)
    business.advance(days=1)
    assert (made.status, made.finalized_at, made.paid_at) == ("paid", NOW, NOW)


@pytest.mark.parametrize("status", ["past_due", "unpaid"])
def test_who_pays_out_of_band_is_active_again(business: Business, status: str) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.decline_payments(sub)
    business.advance(days=31)
    if status == "unpaid":
        business.set_status(sub, "unpaid")
    business.pay_out_of_band(business.state.invoices[sub.latest_invoice or ""])
    assert sub.status == "active"
    assert not business.state.customers[sub.customer].delinquent
    kinds = [each["type"] for each in get(business.state, "/v1/events?limit=4")["data"]]
    assert kinds[::-1] == [
        "invoice.updated", "invoice.paid", "customer.subscription.updated", "customer.updated",
    ]  # fmt: skip


def test_changes_without_proration_cost_nothing_until_the_next_period(business: Business) -> None:
    cheap, dear = business.add_price(3_000), business.add_price(6_000)
    sub = business.add_subscription(cheap, created=NOW, prorates="none")
    business.advance(days=15)
    business.change_item(sub.items[0], dear)
    business.add_item(sub, Item(business.add_price(100)))
    business.remove_item(sub.items[1])
    assert get(business.state, "/v1/invoiceitems")["data"] == []
    business.advance(days=16)
    assert [each["total"] for each in invoices(business)] == [3_000, 6_000]


def test_another_interval_without_proration_is_paid_whole(business: Business) -> None:
    sub = business.add_subscription(business.add_price(3_000), created=NOW, prorates="none")
    business.advance(days=15)
    business.change_item(sub.items[0], business.add_price(30_000, interval="year"))
    assert [each["total"] for each in invoices(business)] == [3_000, 30_000]
