"""What `expand[]` may ask for, how it is parsed, and what is shown without it."""

from typing import Any

import pytest

from local.stripe_sandbox import Business, Item, Tier
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.errors import StripeError

NOW = 1_800_000_000


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW)


def refusal(business: Business, target: str) -> dict[str, Any]:
    with pytest.raises(StripeError) as caught:
        get(business.state, target)
    error: dict[str, Any] = caught.value.body()["error"]
    return error


@pytest.mark.parametrize(
    "path",
    [
        "data.discounts",
        "data.discounts.source.coupon",
        "data.items.data.discounts",
        "data.customer",
        "data.latest_invoice",
        "data.schedule",
    ],
)
def test_the_documented_paths_of_subscription_lists_are_accepted(
    business: Business, path: str
) -> None:
    assert get(business.state, f"/v1/subscriptions?expand[]={path}")["data"] == []


@pytest.mark.parametrize(
    "path",
    [
        "data.items.data.price.tiers",
        "data.items.data.price.product",
        "data.items.data.price.currency_options",
        "data.items.data.discounts.source.coupon",
        "data.discounts.source.coupon.applies_to",
    ],
)
def test_a_fifth_level_is_too_deep(business: Business, path: str) -> None:
    error = refusal(business, f"/v1/subscriptions?expand[]={path}")
    assert error["code"] == "property_expansion_max_depth"
    assert error["message"] == (
        f"You cannot expand more than 4 levels of a property. Property: {path}"
    )


def test_what_is_not_there_cannot_be_expanded(business: Business) -> None:
    error = refusal(business, "/v1/subscriptions?expand[]=data.colour")
    assert error["message"] == "This property cannot be expanded (data.colour)."
    assert "code" not in error
    error = refusal(business, "/v1/account?expand[]=metadata")
    assert error["message"] == "This property cannot be expanded (metadata)."


def test_a_list_path_without_data_gets_a_hint(business: Business) -> None:
    error = refusal(business, "/v1/prices?expand[]=product")
    assert error["message"] == (
        "This property cannot be expanded (product). You may want to try expanding "
        "'data.product' instead."
    )


def test_expand_must_be_a_list(business: Business) -> None:
    assert refusal(business, "/v1/prices?expand=data.product")["message"] == "Invalid array"


def test_both_notations_of_a_list_are_read(business: Business) -> None:
    product = business.add_product("Desk")
    business.add_price(100, product=product)
    for query in ("expand[]=data.product", "expand[0]=data.product&expand[1]=data.tiers"):
        shown = get(business.state, f"/v1/prices?{query}")["data"][0]
        assert shown["product"]["name"] == "Desk"


def test_references_are_ids_unless_expanded(business: Business) -> None:
    coupon = business.add_coupon(percent_off=10.0)
    price = business.add_price(100)
    sub = business.add_subscription(Item(price, discounts=[coupon]), discounts=[coupon])
    path = f"/v1/subscriptions/{sub.id}"

    plain = get(business.state, path)
    assert plain["customer"] == sub.customer
    assert plain["discounts"] == sub.discounts
    assert plain["items"]["data"][0]["discounts"] == sub.items[0].discounts
    assert plain["items"]["data"][0]["price"]["product"] == price.product

    one_level = get(business.state, f"{path}?expand[]=discounts&expand[]=customer")
    assert one_level["customer"]["object"] == "customer"
    assert one_level["discounts"][0]["source"] == {"coupon": coupon.id, "type": "coupon"}

    whole = get(business.state, f"{path}?expand[]=discounts.source.coupon")
    assert whole["discounts"][0]["source"]["coupon"]["percent_off"] == 10.0
    item = get(
        business.state,
        f"/v1/subscription_items/{sub.items[0].id}?expand[]=discounts.source.coupon",
    )
    assert item["discounts"][0]["source"]["coupon"]["id"] == coupon.id
    assert item["discounts"][0]["subscription_item"] == sub.items[0].id


def test_an_expanded_customer_who_was_deleted_is_a_remnant(business: Business) -> None:
    sub = business.add_subscription(business.add_price(100))
    business.delete(business.state.customers[sub.customer])
    shown = get(business.state, f"/v1/subscriptions/{sub.id}?expand[]=customer")
    assert shown["customer"] == {"id": sub.customer, "object": "customer", "deleted": True}


def test_tiers_and_currency_options_are_absent_unless_expanded(business: Business) -> None:
    tiers = (Tier(5, 1_000), Tier(None, "80.5", flat_amount=300))
    price = business.add_price(tiers=tiers, currency_options={"eur": tiers})
    path = f"/v1/prices/{price.id}"
    plain = get(business.state, path)
    assert not {"tiers", "currency_options"} & set(plain)
    assert (plain["billing_scheme"], plain["tiers_mode"]) == ("tiered", "graduated")
    assert plain["unit_amount"] is None
    assert plain["unit_amount_decimal"] is None

    shown = get(business.state, f"{path}?expand[]=tiers&expand[]=currency_options.eur.tiers")
    last = shown["tiers"][-1]
    assert last == {
        "flat_amount": 300,
        "flat_amount_decimal": "300",
        "unit_amount": None,
        "unit_amount_decimal": "80.5",
        "up_to": None,
    }
    assert shown["currency_options"]["eur"]["tiers"] == shown["tiers"]
    assert "tiers" not in shown["currency_options"]["usd"]


def test_a_coupons_products_and_currencies_are_absent_unless_expanded(business: Business) -> None:
    product = business.add_product("Desk")
    coupon = business.add_coupon(
        amount_off=500, applies_to=[product], currency_options={"eur": 450}
    )
    path = f"/v1/coupons/{coupon.id}"
    assert not {"applies_to", "currency_options"} & set(get(business.state, path))
    shown = get(business.state, f"{path}?expand[]=applies_to&expand[]=currency_options")
    assert shown["applies_to"] == {"products": [product.id]}
    assert shown["currency_options"] == {"eur": {"amount_off": 450}, "usd": {"amount_off": 500}}


def test_a_customer_shows_the_discount_whole_and_subscriptions_on_request(
    business: Business,
) -> None:
    coupon = business.add_coupon(percent_off=5.0)
    customer = business.add_customer(discount=coupon)
    price = business.add_price(100)
    for _ in range(11):
        business.add_subscription(price, customer=customer)
    path = f"/v1/customers/{customer.id}"
    plain = get(business.state, path)
    assert plain["discount"]["source"]["coupon"] == coupon.id
    assert "subscriptions" not in plain
    query = "expand[]=subscriptions&expand[]=discount.source.coupon&expand[]=sources"
    shown = get(business.state, f"{path}?{query}")
    assert shown["discount"]["source"]["coupon"]["percent_off"] == 5.0
    assert (len(shown["subscriptions"]["data"]), shown["subscriptions"]["has_more"]) == (10, True)
    assert shown["sources"]["data"] == []


def test_a_test_clock_can_be_expanded(business: Business) -> None:
    customer = business.add_customer(test_clock="clock_1")
    shown = get(business.state, f"/v1/customers/{customer.id}?expand[]=test_clock")
    assert shown["test_clock"]["object"] == "test_helpers.test_clock"
