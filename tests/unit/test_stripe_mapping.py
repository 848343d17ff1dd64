"""Stripe's objects become the domain's: nothing lost, nothing guessed, nothing personal read."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from shared.adapters.stripe_mapping import (
    Catalog,
    missing_coupons,
    missing_prices,
    to_subscription,
)
from shared.adapters.stripe_objects import Page, SubscriptionObject, decode
from shared.domain.account import Account
from shared.domain.metrics import Mrr, compute
from shared.domain.prices import Tier
from shared.domain.subscriptions import Subscription
from shared.domain.timelines import build_timeline
from shared.domain.unreadable import Unreadable
from shared.errors import BadResponseError
from tests.builders import (
    NOW,
    Json,
    a_customer,
    a_discount,
    a_price,
    a_subscription,
    a_tax_rate,
    a_tier,
    a_tiered_price,
    an_account,
    an_item,
    as_listed,
    mapped_subscriptions,
    monthly,
    seconds,
    terms,
)


def mapped(subscription: Json) -> Subscription:
    (found,) = mapped_subscriptions(subscription)
    assert isinstance(found, Subscription)
    return found


def listed(subscription: Json) -> SubscriptionObject:
    body = json.dumps({"data": [as_listed(subscription)], "has_more": False})
    return decode(body.encode(), Page[SubscriptionObject]).data[0]


def test_a_subscription_keeps_its_identity_and_instants() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    found = mapped(
        monthly(
            1000,
            canceled_at=seconds(NOW),
            cancel_at=seconds(at),
            ended_at=seconds(at),
            trial_start=seconds(NOW),
            trial_end=seconds(at),
            start_date=0,
            schedule="sub_sched_1",
            status_details={"paused": {"transitioned_at": seconds(at), "type": "subscription"}},
        )
    )
    assert (found.canceled_at, found.cancel_at, found.ended_at) == (NOW, at, at)
    assert (found.trial_start, found.trial_end, found.paused_at) == (NOW, at, at)
    assert found.start_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert (found.schedule_id, found.livemode, found.in_test_clock) == ("sub_sched_1", True, False)


@pytest.mark.parametrize(
    ("customer", "customer_id"),
    [
        ("cus_1", "cus_1"),
        ({"id": "cus_2", "object": "customer", "deleted": True}, "cus_2"),
        (a_customer(id="cus_3"), "cus_3"),
    ],
    ids=["an id", "deleted", "expanded"],
)
def test_a_customer_comes_as_an_id_expanded_or_deleted(customer: Any, customer_id: str) -> None:
    assert mapped(monthly(1000, customer=customer)).customer_id == customer_id


@pytest.mark.parametrize("schedule", ["sub_sched_1", {"id": "sub_sched_1", "status": "active"}])
def test_a_reference_comes_as_an_id_or_expanded(schedule: Any) -> None:
    assert mapped(monthly(1000, schedule=schedule)).schedule_id == "sub_sched_1"


def test_amounts_with_decimals_are_exact() -> None:
    price = a_price(unit_amount_decimal="0.000000000001")
    assert mapped(a_subscription(price)).items[0].price.base.unit_amount == Fraction(1, 10**12)


def test_percentages_are_exact_as_they_are_written() -> None:
    found = mapped(
        monthly(
            1000,
            discounts=[a_discount(percent_off=33.3)],
            default_tax_rates=[a_tax_rate(8.875, inclusive=True)],
        )
    )
    coupon = found.discounts[0].coupon
    assert coupon is not None
    assert coupon.percent_off == Fraction(333, 10)
    assert found.default_tax_rates[0].percentage == Fraction(8875, 1000)


def test_tiers_and_other_currencies_are_joined_from_the_price_list() -> None:
    price = a_tiered_price(
        "graduated",
        (5, 1000),
        (None, 800),
        currency_options={"eur": {"tiers": [a_tier(None, 700, 50)], "tax_behavior": "inclusive"}},
    )
    subscription = a_subscription(price, currency="eur")
    (item,) = mapped(subscription).items
    (tier,) = item.price.amounts_in("eur").tiers or ()
    assert tier == Tier(None, Fraction(700), Fraction(50))
    assert item.price.amounts_in("eur").tax_behavior == "inclusive"


def test_what_the_list_lacks_is_named_and_only_that() -> None:
    tiered = a_tiered_price("volume", (None, 100), id="price_tiered")
    foreign = a_price(100, id="price_foreign", currency="usd")
    metered = a_price(100, id="price_metered", usage_type="metered", billing_scheme="tiered")
    subscription = a_subscription(
        tiered,
        a_price(100, id="price_plain", currency="eur"),
        foreign,
        metered,
        currency="eur",
    )
    subscription["items"]["data"][0]["price"]["currency"] = "eur"
    assert missing_prices(listed(subscription), Catalog()) == {"price_tiered", "price_foreign"}


def test_coupons_at_work_are_named_wherever_they_hang() -> None:
    discounts = [a_discount(percent_off=10) for _ in range(3)]
    subscription = a_subscription(
        an_item(a_price(100), discounts=[discounts[0]]),
        discounts=[discounts[1]],
        customer=a_customer(discount=discounts[2]),
    )
    expected = {discount["source"]["coupon"]["id"] for discount in discounts}
    assert missing_coupons(listed(subscription), Catalog()) == expected


def test_a_discount_that_came_as_an_id_has_no_coupon() -> None:
    obj = listed(monthly(1000) | {"discounts": []})
    found = to_subscription(msgspec.structs.replace(obj, discounts=["di_1"]), Catalog(), "live")
    assert isinstance(found, Subscription)
    assert (found.discounts[0].id, found.discounts[0].coupon) == ("di_1", None)


@pytest.mark.parametrize("source", [None, {"type": "script"}, {"type": "coupon", "coupon": "gone"}])
def test_a_discount_whose_coupon_is_not_there_makes_its_subscription_unreadable(
    source: Json | None,
) -> None:
    body = json.dumps(monthly(1000, discounts=[a_discount() | {"source": source}])).encode()
    found = to_subscription(decode(body, SubscriptionObject), Catalog(), "live")
    assert isinstance(found, Subscription)
    measured = compute(Mrr(), Account("live", (build_timeline(found, NOW),)), NOW, terms())
    (warning,) = measured.warnings
    assert measured.value is None
    assert warning.code == "unreadable"
    assert "the coupon of discount di_" in warning.message


def test_an_object_that_does_not_say_its_mode_is_of_the_keys() -> None:
    obj = msgspec.structs.replace(listed(monthly(1000)), livemode=None)
    modes = [to_subscription(obj, Catalog(), "live"), to_subscription(obj, Catalog(), "test")]
    assert [found.livemode for found in modes] == [True, False]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"items": {"data": [an_item(a_price(unit_amount_decimal="NaN"))]}}, "not a number"),
        ({"items": {"data": [an_item(a_price(unit_amount_decimal="1e999"))]}}, "not a number"),
        ({"start_date": 10**18}, "a time that does not exist"),
        ({"default_tax_rates": [{"inclusive": True, "percentage": "Infinity"}]}, "not a number"),
    ],
)
def test_values_that_mean_nothing_make_one_subscription_unreadable(
    fields: Json, reason: str
) -> None:
    account = an_account(monthly(1000), monthly(1000, customer="cus_1", **fields))
    (found,) = account.unreadable
    assert isinstance(found, Unreadable)
    assert reason in found.reason
    assert (found.customer_id, found.status, len(account.timelines)) == ("cus_1", "active", 1)


def test_new_statuses_and_fields_of_stripe_pass() -> None:
    found = mapped(monthly(1000, status="hibernating", something_new={"deep": [1, 2]}))
    assert found.status == "hibernating"


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", 7), ("status", None), ("created", "yesterday"), ("items", []), ("customer", 5)],
)
def test_an_answer_of_another_shape_is_refused_without_its_content(field: str, value: Any) -> None:
    subscription = monthly(1000) | {field: value}
    body = json.dumps({"data": [subscription]}).encode()
    with pytest.raises(BadResponseError) as caught:
        decode(body, Page[SubscriptionObject])
    assert "yesterday" not in str(caught.value)
    assert f"data[0].{field}" in str(caught.value)


def test_nothing_personal_is_read() -> None:
    obj = listed(monthly(1000, customer=a_customer()))
    assert "somebody@example.com" not in repr(obj)
    assert "Somebody" not in repr(obj)
