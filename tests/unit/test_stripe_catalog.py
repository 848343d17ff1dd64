"""What the catalog lacks for facts to be told, what it remembers, and how it is kept."""

import json
from datetime import timedelta
from typing import Any

from shared.adapters.stripe_catalog import (
    Lacking,
    decode_catalog,
    drop,
    encode_catalog,
    note_asked,
)
from shared.adapters.stripe_documents import CustomerFacts, by_customer
from shared.adapters.stripe_history_objects import EventObject, InvoiceObject
from shared.adapters.stripe_mapping import Catalog
from shared.adapters.stripe_objects import (
    CouponObject,
    CurrencyOptionObject,
    PriceObject,
    SubscriptionObject,
    TierObject,
    decode,
)
from shared.adapters.stripe_telling import lacking
from tests.builders import (
    NOW,
    Json,
    a_customer,
    a_discount,
    a_price,
    a_subscription,
    a_tiered_price,
    as_listed,
    days_ago,
    monthly,
    seconds,
)
from tests.history_builders import a_line, an_event, an_invoice, ended, with_item

KINDS: dict[str, Any] = {
    "event": EventObject,
    "invoice": InvoiceObject,
    "price": PriceObject,
    "coupon": CouponObject,
    "subscription": SubscriptionObject,
}
OPEN_TIER = [TierObject(up_to=None, unit_amount=100)]


def read(body: Json) -> Any:
    if body["object"] == "subscription":
        body = as_listed(body)
    return decode(json.dumps(body).encode(), KINDS[body["object"]])


def lacks(*bodies: Json, catalog: Catalog | None = None) -> Lacking:
    facts: dict[str, CustomerFacts] = by_customer(map(read, bodies), seconds(NOW))
    history = timedelta(days=395)
    return lacking(facts, catalog or Catalog(), as_of=NOW, history=history)


def test_nothing_lacks_for_what_subscriptions_show_themselves() -> None:
    assert not lacks(monthly(1000))


def test_tiers_and_other_currencies_lack() -> None:
    tiered, foreign = a_tiered_price("volume", (None, 100)), a_price(100)
    found = lacks(a_subscription(tiered), a_subscription(foreign, currency="eur"))
    assert found == Lacking(prices={tiered["id"], foreign["id"]})


def test_tiers_in_another_currency_are_asked_for_by_it() -> None:
    tiered = a_tiered_price("volume", (None, 100))
    found = lacks(a_subscription(tiered, currency="EUR"))
    assert found == Lacking(prices={tiered["id"]}, tiers={(tiered["id"], "eur")})


def test_what_ended_long_ago_lacks_nothing() -> None:
    old = ended(a_subscription(a_tiered_price("volume", (None, 100))), 400)
    assert not lacks(old)


def test_coupons_lack_with_what_shows_them() -> None:
    discount = a_discount(percent_off=10)
    coupon = discount["source"]["coupon"]["id"]
    customer = a_customer(discount=discount)
    found = lacks(monthly(1000, customer=customer))
    place = (f"/v1/customers/{customer['id']}", "discount")
    assert found == Lacking(coupons={coupon}, holders={coupon: place})


def test_prices_and_coupons_of_the_past_lack() -> None:
    subscription, item = with_item("price_new")
    discount = a_discount(percent_off=10)
    coupon = discount["source"]["coupon"] = discount["source"]["coupon"]["id"]
    line = a_line(item, at=days_ago(40), price=a_price(1, id="price_old"))
    invoice = an_invoice(subscription, line, at=days_ago(40), discounts=[discount])
    found = lacks(subscription, invoice)
    place = (f"/v1/invoices/{invoice['id']}", "discounts")
    assert found == Lacking(prices={"price_old"}, coupons={coupon}, holders={coupon: place})


def test_tiers_of_a_price_of_the_past_lack_once_it_is_known_to_have_some() -> None:
    subscription, item = with_item("price_new")
    subscription |= {"currency": "eur"}
    line = a_line(item, at=days_ago(40), price=a_price(1, id="price_old"))
    facts = subscription, an_invoice(subscription, line, at=days_ago(40))
    catalog = Catalog()
    step = lacks(*facts, catalog=catalog)
    assert step.prices == {"price_old", "price_new"}
    tiered = read(a_tiered_price("volume", (None, 100), id="price_old"))
    catalog.prices = {"price_old": tiered}
    note_asked(catalog, step)
    assert lacks(*facts, catalog=catalog).tiers == {("price_old", "eur")}


def test_what_was_asked_for_in_vain_does_not_lack_any_more() -> None:
    subscription = a_subscription(a_tiered_price("volume", (None, 100)), currency="eur")
    subscription["discounts"] = [a_discount(percent_off=10)]
    gone = an_event(
        "customer.discount.deleted", a_discount(percent_off=5, customer="cus"), at=days_ago(1)
    )
    gone["data"]["object"]["customer"] = subscription["customer"]
    catalog = Catalog()
    asked = lacks(subscription, gone, catalog=catalog)
    assert len(asked.coupons) == 2
    note_asked(catalog, asked)
    kept = decode_catalog(encode_catalog(catalog))
    assert not lacks(subscription, gone, catalog=kept)


def test_tiers_read_before_are_asked_for_again_with_those_of_one_more_currency() -> None:
    price = a_tiered_price("volume", (None, 100), id="price_a")
    catalog = Catalog(prices={"price_a": read(price)})
    note_asked(catalog, Lacking(prices={"price_a"}, tiers={("price_a", "eur")}))
    found = lacks(a_subscription(price, currency="gbp"), catalog=catalog)
    assert found.tiers == {("price_a", "eur"), ("price_a", "gbp")}


def test_tiers_that_are_there_do_not_lack() -> None:
    price = a_tiered_price("volume", (None, 100), id="price_a")
    whole = read(price | {"currency_options": {"gbp": {"tiers": [{"unit_amount": 90}]}}})
    catalog = Catalog(prices={"price_a": whole})
    assert not lacks(a_subscription(price, currency="gbp"), catalog=catalog)


def test_a_catalog_is_kept_as_it_is() -> None:
    catalog = Catalog(
        prices={
            "price_a": PriceObject(
                "price_a",
                "prod_a",
                "usd",
                tiers=OPEN_TIER,
                currency_options={"eur": CurrencyOptionObject(tiers=OPEN_TIER)},
            )
        },
        coupons={"a/b": CouponObject("a/b", "forever", amount_off=5, currency="usd")},
        asked={"price/price_b", "price/price_a/eur", "coupon/c/d"},
    )
    entries = encode_catalog(catalog)
    assert entries.keys() == {"price/price_a", "coupon/a/b", *catalog.asked}
    assert decode_catalog(entries) == catalog


def test_a_price_that_was_asked_for_in_vain_is_found_where_it_is_read_after_all() -> None:
    catalog = Catalog(asked={"price/price_a"})
    catalog.prices["price_a"] = PriceObject("price_a", "prod_a", "usd")
    assert decode_catalog(encode_catalog(catalog)).prices == catalog.prices


def test_what_has_changed_is_read_again_with_all_that_was_known_of_it() -> None:
    price = a_tiered_price("volume", (None, 100), id="price_a")
    other = "price_ab"
    catalog = Catalog(prices={"price_a": read(price)}, coupons={"ten": CouponObject("ten", "once")})
    asked = Lacking({"price_a", other}, {("price_a", "eur")}, {"ten"})
    note_asked(catalog, asked)
    drop(catalog, prices=["price_a"], coupons=["ten"])
    assert catalog == Catalog(asked={f"price/{other}"})
    found = lacks(a_subscription(price, currency="eur"), catalog=catalog)
    assert found == Lacking(prices={"price_a"}, tiers={("price_a", "eur")})


def test_a_price_read_anew_is_told_anew() -> None:
    catalog = Catalog()
    inline = PriceObject("price_a", "prod_a", "usd", unit_amount=100)
    assert catalog.price(inline, "usd").base.unit_amount == 100
    catalog.prices["price_a"] = PriceObject("price_a", "prod_a", "usd", unit_amount=200)
    assert catalog.price(inline, "usd").base.unit_amount == 200


def test_a_price_is_told_alike_whether_other_currencies_were_read_or_not() -> None:
    inline = PriceObject("price_a", "prod_a", "usd", unit_amount=100)
    options = {"usd": CurrencyOptionObject(100), "eur": CurrencyOptionObject(90)}
    whole = PriceObject("price_a", "prod_a", "usd", unit_amount=100, currency_options=options)
    assert Catalog(prices={"price_a": whole}).price(inline, "usd") == Catalog().price(inline, "usd")
