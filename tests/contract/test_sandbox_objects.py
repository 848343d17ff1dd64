"""The sandbox's objects against Stripe's published schemas."""

from collections import Counter
from typing import Any

import pytest

from local.stripe_sandbox import Business, Item, SeedOptions, Tier, seeded_business
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.records import ABSENT
from tests.stripe_spec import problems_of, problems_of_list

NOW = 1_800_000_000
OF_EACH_TYPE = 8

STATUSES = (
    "active",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
)


@pytest.fixture(name="grown", scope="module")
def _grown() -> Business:
    business = seeded_business(NOW, SeedOptions(customers=150, foreign_share=0.2))
    business.advance(days=10)
    return business


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("subscription", "/v1/subscriptions?status=all"),
        (
            "subscription",
            (
                "/v1/subscriptions?expand[]=data.discounts.source.coupon&expand[]=data.customer"
                "&expand[]=data.items.data.discounts&expand[]=data.latest_invoice"
            ),
        ),
        ("subscription", "/v1/subscriptions?status=ended"),
        ("customer", "/v1/customers?"),
        ("customer", "/v1/customers?expand[]=data.subscriptions&expand[]=data.sources"),
        ("product", "/v1/products?expand[]=data.default_price"),
        ("price", "/v1/prices?"),
        ("price", "/v1/prices?active=false"),
        (
            "price",
            "/v1/prices?expand[]=data.tiers&expand[]=data.currency_options&expand[]=data.product",
        ),
        ("coupon", "/v1/coupons?"),
        ("coupon", "/v1/coupons?expand[]=data.applies_to&expand[]=data.currency_options"),
        ("tax_rate", "/v1/tax_rates?"),
        ("event", "/v1/events?"),
        ("invoice", "/v1/invoices?"),
        ("invoice", "/v1/invoices?expand[]=data.payments&expand[]=data.customer"),
        ("invoice", "/v1/invoices?expand[]=data.lines.data.discounts"),
        ("invoice", "/v1/invoices?expand[]=data.discounts.source.coupon"),
        ("invoiceitem", "/v1/invoiceitems?"),
        ("invoiceitem", "/v1/invoiceitems?pending=true&expand[]=data.customer"),
        ("invoice_payment", "/v1/invoice_payments?expand[]=data.invoice"),
        ("charge", "/v1/charges?expand[]=data.balance_transaction&expand[]=data.refunds"),
        ("balance_transaction", "/v1/balance_transactions?expand[]=data.source"),
        ("refund", "/v1/refunds?expand[]=data.charge&expand[]=data.balance_transaction"),
        ("dispute", "/v1/disputes?expand[]=data.charge"),
        ("payout", "/v1/payouts?expand[]=data.balance_transaction"),
        ("topup", "/v1/topups?"),
        ("transfer", "/v1/transfers?"),
    ],
)
def test_lists_of_a_seeded_business_are_as_published(
    grown: Business, kind: str, target: str
) -> None:
    body = get(grown.state, f"{target}&limit=40")
    assert body["data"]
    assert problems_of_list(kind, body) == []


def read_all(business: Business, target: str) -> list[dict[str, Any]]:
    """Return all objects of a list."""
    page = get(business.state, f"{target}&limit=100")
    data: list[dict[str, Any]] = page["data"]
    while page["has_more"]:
        page = get(business.state, f"{target}&limit=100&starting_after={data[-1]['id']}")
        data += page["data"]
    return data


def test_account_and_balance_are_as_published(grown: Business) -> None:
    assert problems_of("account", get(grown.state, "/v1/account")) == []
    for livemode in (False, True):
        balance = get(grown.state, "/v1/balance", livemode=livemode)
        assert problems_of("balance", balance) == []
        assert balance["livemode"] is livemode


def test_the_objects_within_events_are_as_published(grown: Business) -> None:
    seen: set[str] = set()
    shown: Counter[str] = Counter()
    for event in read_all(grown, "/v1/events?"):
        body, kind = event["data"]["object"], event["type"]
        shown[kind] += 1
        if shown[kind] <= OF_EACH_TYPE:
            assert problems_of(body["object"], body) == []
        seen.add(kind)
    assert {
        "customer.created",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
    } <= seen


@pytest.mark.parametrize("status", STATUSES)
def test_a_subscription_in_any_status_is_as_published(status: str) -> None:
    business = Business.empty(now=NOW)
    sub = business.add_subscription(business.add_price(100), status=status)
    assert problems_of("subscription", get(business.state, f"/v1/subscriptions/{sub.id}")) == []
    item = get(business.state, f"/v1/subscription_items/{sub.items[0].id}")
    assert problems_of("subscription_item", item) == []


def prices(business: Business) -> dict[str, Any]:
    tiers = (Tier(5, 1_000, flat_amount=200), Tier(None, "0.5"))
    return {
        "per unit": business.add_price(100),
        "decimal": business.add_price("1.25"),
        "free": business.add_price(0),
        "graduated": business.add_price(tiers=tiers),
        "volume": business.add_price(tiers=tiers, tiers_mode="volume"),
        "package": business.add_price(1_500, transform=(10, "up")),
        "package down": business.add_price(1_500, transform=(10, "down")),
        "metered": business.add_price("0.01", meter="mtr_sandbox"),
        "currencies": business.add_price(900, currency_options={"eur": 800, "jpy": "1000"}),
        "tiers by currency": business.add_price(tiers=tiers, currency_options={"eur": tiers}),
        "archived": business.add_price(100, active=False),
        "inline": business.add_price(100, inline=True),
        "one-time": business.add_price(100, interval=None),
        "daily": business.add_price(1, interval="day"),
        "weekly": business.add_price(1, interval="week", interval_count=2),
        "quarterly": business.add_price(1, interval_count=3),
        "yearly": business.add_price(1, interval="year", tax_behavior="inclusive"),
    }


def test_prices_of_every_scheme_are_as_published() -> None:
    business = Business.empty(now=NOW)
    for scheme, price in prices(business).items():
        path = f"/v1/prices/{price.id}"
        plain = get(business.state, path)
        expanded = get(
            business.state,
            f"{path}?expand[]=tiers&expand[]=currency_options.eur.tiers&expand[]=product",
        )
        assert problems_of("price", plain) + problems_of("price", expanded) == [], scheme
        if price.interval is not None:
            sub = business.add_subscription(price)
            body = get(business.state, f"/v1/subscriptions/{sub.id}")
            assert problems_of("subscription", body) == [], scheme


@pytest.mark.parametrize(
    "fields",
    [
        {"percent_off": 12.5, "duration": "forever"},
        {"percent_off": 50.0, "duration": "once"},
        {"percent_off": 25.0, "duration": "repeating", "duration_in_months": 3},
        {"amount_off": 500, "currency_options": {"eur": 400}},
        {"amount_off": 500, "redeem_by": NOW - 1, "name": "Autumn"},
    ],
)
def test_coupons_and_their_discounts_are_as_published(fields: dict[str, Any]) -> None:
    business = Business.empty(now=NOW)
    coupon = business.add_coupon(**fields, applies_to=[business.add_product("Desk")])
    customer = business.add_customer(discount=coupon)
    sub = business.add_subscription(
        Item(business.add_price(1), discounts=[coupon]), discounts=[coupon, coupon],
        customer=customer,
    )  # fmt: skip
    target = f"/v1/coupons/{coupon.id}?expand[]=applies_to&expand[]=currency_options"
    assert problems_of("coupon", get(business.state, target)) == []
    assert problems_of("customer", get(business.state, f"/v1/customers/{customer.id}")) == []
    for path in (f"subscriptions/{sub.id}", f"subscription_items/{sub.items[0].id}"):
        for depth in ("discounts", "discounts.source.coupon", "discounts.customer"):
            body = get(business.state, f"/v1/{path}?expand[]={depth}")
            assert problems_of(body["object"], body) == []
            for discount in body["discounts"]:
                assert problems_of("discount", discount) == []


def test_taxes_pauses_trials_and_many_items_are_as_published() -> None:
    business = Business.empty(now=NOW)
    rate = business.add_tax_rate(inclusive=True, country="DE")
    price = business.add_price(100)
    subs = [
        business.add_subscription(
            Item(price, tax_rates=[rate]), default_tax_rates=[business.add_tax_rate()]
        ),
        business.add_subscription(price, pause_collection={"behavior": "void", "resumes_at": None}),
        business.add_subscription(Item(price, trial_end=NOW + 100), billing_mode="flexible"),
        business.add_subscription([price] * 12),
        business.add_subscription(price, collection_method="send_invoice", days_until_due=30),
        business.add_subscription(price, customer=business.add_customer(test_clock="clock_1")),
    ]
    for sub in subs:
        body = get(business.state, f"/v1/subscriptions/{sub.id}?expand[]=test_clock")
        assert problems_of("subscription", body) == []


def test_what_is_billed_once_and_paid_out_of_band_is_as_published() -> None:
    business = Business.empty(now=NOW, bills=True)
    customer = business.add_customer(created=NOW)
    sub = business.add_subscription(business.add_price(100), customer=customer, created=NOW)
    for holder in (customer, sub):
        business.add_invoice_item(holder, business.add_price(500, interval=None))
        business.add_invoice_item(holder, 700, discountable=False)
    waiting = get(business.state, "/v1/invoiceitems?pending=true")
    assert len(waiting["data"]) == 4
    business.pay_out_of_band(business.invoice(customer))
    business.give_trial(sub, NOW + 30 * 86_400)
    shown = get(business.state, "/v1/invoices?expand[]=data.payments")
    assert {each["billing_reason"] for each in shown["data"]} == {
        "manual", "subscription_create", "subscription_update",
    }  # fmt: skip
    assert problems_of_list("invoiceitem", waiting) + problems_of_list("invoice", shown) == []
    assert problems_of("subscription", get(business.state, f"/v1/subscriptions/{sub.id}")) == []


def test_a_deleted_customer_is_as_published() -> None:
    business = Business.empty(now=NOW)
    customer = business.add_customer()
    business.delete(customer)
    body = get(business.state, f"/v1/customers/{customer.id}")
    assert problems_of("deleted_customer", body) == []


def test_the_check_itself_finds_what_is_wrong() -> None:
    business = Business.empty(now=NOW)
    price = business.add_price(100)
    for patch, words in (
        ({"status": "dormant"}, "'dormant' is not one of"),
        ({"created": "today"}, "'today' is not of type 'integer'"),
        ({"items": ABSENT}, "'items' is a required property"),
        ({"colour": "red"}, "subscription has no field colour"),
        ({"pause_collection": {"reason": 1}}, "subscriptions_resource_pause_collection has no"),
    ):
        sub = business.add_subscription(price, patch=patch)
        found = problems_of("subscription", get(business.state, f"/v1/subscriptions/{sub.id}"))
        assert any(words in problem for problem in found), found
