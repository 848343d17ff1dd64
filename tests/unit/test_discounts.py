"""Discounts: when they are in force, in what order they apply, and what they apply to."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.definitions import Definitions
from shared.domain.metrics import Mrr, compute
from tests.builders import (
    NOW,
    Json,
    a_coupon,
    a_customer,
    a_discount,
    a_price,
    a_subscription,
    an_account,
    an_item,
    monthly,
    terms,
)


def mrr(
    subscription: Json, *, at: datetime = NOW, currency: str = "usd", **options: Any
) -> Decimal | None:
    account = an_account(subscription)
    return compute(Mrr(), account, at, terms(Definitions(**options), currency)).value


def a_discounted_customer(**coupon_fields: Any) -> Json:
    return a_customer(discount=a_discount(**coupon_fields))


START = datetime(2026, 8, 31, tzinfo=UTC)
END = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START.replace(day=30), 100),
        (START, 90),
        (datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC), 90),
        (END, 100),
    ],
    ids=["before its start", "at its start", "a second before its end", "at its end"],
)
@pytest.mark.parametrize("end", [END, None], ids=["with an end", "by its months"])
def test_a_repeating_discount_is_in_force_from_its_start_until_before_its_end(
    at: datetime, expected: int, end: datetime | None
) -> None:
    discount = a_discount(start=START, end=end, percent_off=10, duration="repeating", months=3)
    assert mrr(monthly(10000, discounts=[discount]), at=at) == expected


@pytest.mark.parametrize(
    ("option", "expected"),
    [("recurring", 63), ("forever_only", 70), ("all", 56), ("none", 100)],
)
def test_the_definitions_say_which_durations_count(option: str, expected: int) -> None:
    discounts = [
        a_discount(percent_off=30, duration="forever"),
        a_discount(percent_off=10, duration="repeating", months=12),
    ]
    once = a_discount(amount_off=700, duration="once")
    subscription = monthly(10000, discounts=[*discounts, once])
    assert mrr(subscription, discounts=option) == expected


def test_the_order_of_subscription_discounts_is_stripes() -> None:
    ten_off, half = a_discount(amount_off=1000), a_discount(percent_off=50)
    assert mrr(monthly(10000, discounts=[ten_off, half])) == 45
    assert mrr(monthly(10000, discounts=[half, ten_off])) == 40


def test_an_amount_off_is_spread_in_proportion_to_the_running_amounts() -> None:
    product = "prod_of_one"
    subscription = a_subscription(
        an_item(a_price(4000, product=product), discounts=[a_discount(percent_off=50)]),
        an_item(a_price(6000)),
        discounts=[
            a_discount(amount_off=800),
            a_discount(a_coupon(percent_off=50, products=[product])),
        ],
    )
    # 20 and 60 bear 2 and 6 of the 8; then one of them, 18, is halved.
    assert mrr(subscription) == Decimal(9 + 54)


def test_an_amount_off_is_taken_for_each_billing_period_before_it_becomes_a_month() -> None:
    yearly = a_subscription(a_price(12000, every="year"), discounts=[a_discount(amount_off=1200)])
    assert mrr(yearly) == 9


def test_an_amount_off_over_items_of_different_periods_goes_by_their_period_amounts() -> None:
    both = a_subscription(
        a_price(9000), a_price(9000, every="year"), discounts=[a_discount(amount_off=1800)]
    )
    assert mrr(both) == Decimal(81) + Decimal(81) / 12


def test_a_coupon_for_products_leaves_the_others_alone() -> None:
    subscription = a_subscription(
        a_price(4000, product="prod_a"),
        a_price(6000, product="prod_b"),
        discounts=[a_discount(a_coupon(percent_off=50, products=["prod_a"]))],
    )
    assert mrr(subscription) == 80


def test_an_items_discount_for_another_product_does_nothing() -> None:
    item = an_item(a_price(4000), discounts=[a_discount(a_coupon(percent_off=50, products=["x"]))])
    assert mrr(a_subscription(item)) == 40


def test_an_amount_off_has_its_own_amount_in_each_currency() -> None:
    coupon = a_coupon(
        amount_off=1000,
        currency_options={"usd": {"amount_off": 1000}, "eur": {"amount_off": 900}},
    )
    in_euros = a_subscription(a_price(10000, currency="eur"), discounts=[a_discount(coupon)])
    assert mrr(in_euros, currency="eur") == 91


def test_a_customers_discount_applies_where_the_subscription_has_none() -> None:
    assert mrr(monthly(10000, customer=a_discounted_customer(percent_off=20))) == 80


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"percent_off": 10}, 90),
        ({"percent_off": 10, "duration": "repeating", "months": 12}, 90),
        ({"percent_off": 10, "duration": "once"}, 80),
        ({"percent_off": 10, "duration": "repeating", "months": 1}, 80),
    ],
    ids=["for ever", "repeating", "once", "repeating and over"],
)
def test_only_a_recurring_discount_in_force_displaces_the_customers(
    own: dict[str, Any], expected: int
) -> None:
    customer = a_discounted_customer(percent_off=20)
    assert mrr(monthly(10000, customer=customer, discounts=[a_discount(**own)])) == expected


def test_an_items_discount_does_not_displace_the_customers() -> None:
    item = an_item(a_price(10000), discounts=[a_discount(percent_off=50)])
    assert mrr(a_subscription(item, customer=a_discounted_customer(percent_off=20))) == 40


def test_a_repeating_discount_displaces_the_customers_even_where_it_is_not_counted() -> None:
    own = a_discount(percent_off=10, duration="repeating", months=12)
    customer = a_discounted_customer(percent_off=20)
    subscription = monthly(10000, customer=customer, discounts=[own])
    assert mrr(subscription, discounts="forever_only") == 100


@pytest.mark.parametrize(
    ("coupon", "reason"),
    [
        (a_coupon(percent_off=10, duration="fortnight"), "unknown duration fortnight"),
        (a_coupon(percent_off=10, duration="repeating"), "repeats for an unknown time"),
        (a_coupon(), "takes off no amount in USD"),
        (a_coupon(amount_off=100, currency="eur"), "takes off no amount in USD"),
    ],
)
def test_a_coupon_that_cannot_be_read_is_named_and_not_guessed(coupon: Json, reason: str) -> None:
    account = an_account(monthly(5000), monthly(10000, discounts=[a_discount(coupon)]))
    measured = compute(Mrr(), account, NOW, terms())
    (warning,) = [it for it in measured.warnings if it.code == "unreadable"]
    assert measured.value == 50
    assert reason in warning.message


def test_a_coupon_is_not_read_where_discounts_do_not_count() -> None:
    odd = a_discount(a_coupon(percent_off=10, duration="fortnight"))
    customer = a_discounted_customer(duration="fortnight")
    assert mrr(monthly(10000, discounts=[odd], customer=customer), discounts="none") == 100
