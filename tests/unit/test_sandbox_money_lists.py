"""The sandbox's lists of invoices, their lines, payments and the balance: filters and pages."""

from typing import Any

import pytest

from local.stripe_sandbox import Business, Item
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.errors import StripeError
from local.stripe_sandbox.periods import DAY

NOW = 1_800_000_000

Json = dict[str, Any]


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW, bills=True)


def ids(business: Business, target: str) -> list[str]:
    """Return the ids of a page, newest first."""
    return [each["id"] for each in get(business.state, target)["data"]]


def test_invoices_are_filtered_by_whose_they_are_when_and_what(business: Business) -> None:
    price = business.add_price(700)
    kept = business.add_subscription(price, created=NOW)
    failing = business.add_subscription(price, created=NOW)
    business.decline_payments(failing)
    business.advance(days=32)
    assert len(ids(business, "/v1/invoices")) == 4
    for query, count in (
        (f"subscription={kept.id}", 2),
        (f"customer={failing.customer}", 2),
        ("status=open", 1),
        ("status=paid", 3),
        ("status=draft", 0),
        (f"created[gt]={NOW}", 2),
        (f"created={NOW}", 2),
        (f"status=open&customer={kept.customer}", 0),
        (f"subscription={failing.id}&status=paid&created[lte]={NOW}", 1),
        ("collection_method=send_invoice", 0),
    ):
        assert len(ids(business, f"/v1/invoices?{query}")) == count, query


@pytest.mark.parametrize(
    "path", ["invoices", "charges", "balance_transactions", "invoice_payments", "events"]
)
def test_every_list_is_paged_in_both_directions(business: Business, path: str) -> None:
    business.add_subscription(business.add_price(700, created=NOW), created=NOW)
    business.advance(days=92)
    business.advance(days=1)
    whole = get(business.state, f"/v1/{path}?limit=100")
    assert not whole["has_more"]
    names = [each["id"] for each in whole["data"]]
    assert len(names) >= 4
    first = get(business.state, f"/v1/{path}?limit=2")
    assert ([each["id"] for each in first["data"]], first["has_more"]) == (names[:2], True)
    rest = get(business.state, f"/v1/{path}?limit=100&starting_after={names[1]}")
    assert ([each["id"] for each in rest["data"]], rest["has_more"]) == (names[2:], False)
    back = get(business.state, f"/v1/{path}?limit=1&ending_before={names[2]}")
    assert ([each["id"] for each in back["data"]], back["has_more"]) == (names[1:2], True)


def test_the_balance_is_filtered_by_kind_source_currency_and_time(business: Business) -> None:
    charge = business.charge(10_000)
    business.advance(days=2)
    refund = business.refund(charge, 4_000)
    for query, sources in (
        ("", [refund.id, charge.id]),
        ("type=charge", [charge.id]),
        ("type=refund", [refund.id]),
        (f"source={refund.id}", [refund.id]),
        ("currency=usd", [refund.id, charge.id]),
        ("currency=eur", []),
        (f"created[gte]={NOW + DAY}", [refund.id]),
        (f"created[lt]={NOW + DAY}&type=charge", [charge.id]),
    ):
        page = get(business.state, f"/v1/balance_transactions?{query}")
        assert [each["source"] for each in page["data"]] == sources, query
    assert get(business.state, f"/v1/charges/{charge.id}")["amount_refunded"] == 4_000


def test_customers_are_filtered_by_their_creation(business: Business) -> None:
    old, new = (business.add_customer(created=NOW - days * DAY) for days in (9, 1))
    assert ids(business, f"/v1/customers?created[gt]={NOW - 5 * DAY}") == [new.id]
    assert ids(business, f"/v1/customers?created[lte]={NOW - 5 * DAY}") == [old.id]


def test_events_are_filtered_by_their_time(business: Business) -> None:
    business.add_customer(created=NOW)
    business.advance(days=2)
    business.add_customer(created=NOW + 2 * DAY)
    late = get(business.state, f"/v1/events?created[gt]={NOW}&type=customer.*")["data"]
    assert [each["created"] for each in late] == [NOW + 2 * DAY]
    business.advance(days=29)
    assert len(get(business.state, "/v1/events?types[]=customer.created")["data"]) == 1


def discounted(business: Business) -> tuple[dict[str, str], Json]:
    """Return the discounts of each kind of holder, and the expansion that an invoice list takes."""
    off = {
        name: business.add_coupon(percent_off=percent)
        for name, percent in (("item", 10.0), ("subscription", 20.0))
    }
    sub = business.add_subscription(
        [Item(business.add_price(1_000), discounts=[off["item"]]), business.add_price(500)],
        created=NOW,
        discounts=[off["subscription"]],
    )
    path = "/v1/invoices?expand[]=data.lines.data.discounts&expand[]=data.discounts.source.coupon"
    (invoice,) = get(business.state, path)["data"]
    return {"item": sub.items[0].discounts[0], "subscription": sub.discounts[0]}, invoice


def test_each_line_lists_the_discounts_that_lowered_it(business: Business) -> None:
    made, invoice = discounted(business)
    first, second = invoice["lines"]["data"]
    assert first["discount_amounts"] == [
        {"amount": 100, "discount": made["item"]},
        {"amount": 180, "discount": made["subscription"]},
    ]
    assert [each["id"] for each in first["discounts"]] == [made["item"], made["subscription"]]
    assert second["discount_amounts"] == [{"amount": 100, "discount": made["subscription"]}]
    assert [each["id"] for each in invoice["discounts"]] == [made["subscription"]]


def test_a_discount_says_who_holds_it_and_its_coupon_by_id_unless_expanded(
    business: Business,
) -> None:
    _, invoice = discounted(business)
    (sub,) = business.state.subscriptions
    on_item, on_sub = invoice["lines"]["data"][0]["discounts"]
    assert (on_item["subscription_item"], on_item["subscription"]) == (sub.items[0].id, None)
    assert (on_sub["subscription_item"], on_sub["subscription"]) == (None, sub.id)
    assert {on_item["customer"], on_sub["customer"]} == {sub.customer}
    assert on_sub["source"] == {"coupon": business.state.discounts[on_sub["id"]].coupon,
                                "type": "coupon"}  # fmt: skip
    assert invoice["discounts"][0]["source"]["coupon"]["percent_off"] == 20.0


def test_the_discount_of_a_customer_is_on_lines_where_the_subscription_has_none(
    business: Business,
) -> None:
    coupon = business.add_coupon(percent_off=10.0)
    customer = business.add_customer(created=NOW, discount=coupon)
    business.add_subscription(business.add_price(1_000), customer=customer, created=NOW)
    (invoice,) = get(business.state, "/v1/invoices?expand[]=data.lines.data.discounts")["data"]
    (held,) = invoice["lines"]["data"][0]["discounts"]
    assert (held["id"], held["customer"]) == (customer.discount, customer.id)
    assert (held["subscription"], held["subscription_item"]) == (None, None)
    assert invoice["discounts"] == [customer.discount]
    own = business.add_subscription(
        business.add_price(1_000), customer=customer, created=NOW, discounts=[coupon]
    )
    (invoice,) = get(business.state, f"/v1/invoices?subscription={own.id}")["data"]
    assert invoice["discounts"] == invoice["lines"]["data"][0]["discounts"] == own.discounts


def test_the_lines_of_an_invoice_show_their_discounts_too(business: Business) -> None:
    made, invoice = discounted(business)
    path = f"/v1/invoices/{invoice['id']}/lines?expand[]=data.discounts.source.coupon"
    first = get(business.state, path)["data"][0]
    assert [each["id"] for each in first["discounts"]] == [made["item"], made["subscription"]]
    assert first["discounts"][0]["source"]["coupon"]["percent_off"] == 10.0


def test_five_levels_are_too_deep_for_an_invoice_list(business: Business) -> None:
    with pytest.raises(StripeError, match="more than 4 levels"):
        get(business.state, "/v1/invoices?expand[]=data.lines.data.discounts.source.coupon")
