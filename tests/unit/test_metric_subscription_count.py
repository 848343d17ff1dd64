"""Subscription Count: by Stripe's own status, whatever a subscription is worth."""

from decimal import Decimal

import pytest

from shared.domain.metrics import Measurement, compute, query_from_dict
from tests.builders import NOW, Json, a_discount, an_account, monthly, terms

K02 = {
    "active": 3,
    "trialing": 2,
    "past_due": 1,
    "canceled": 4,
    "incomplete": 1,
    "unpaid": 1,
    "paused": 1,
    "incomplete_expired": 1,
}


def count(status: str, *subscriptions: Json) -> Measurement:
    query = query_from_dict({"type": "subscription_count", "status": status})
    return compute(query, an_account(*subscriptions), NOW, terms())


def one_of_each_in_k02() -> list[Json]:
    return [monthly(1000, status=status) for status, many in K02.items() for _ in range(many)]


@pytest.mark.parametrize(("status", "expected"), [("all", 14), *K02.items()])
def test_k02_each_status_is_counted_by_itself_and_all_counts_every_one(
    status: str, expected: int
) -> None:
    measured = count(status, *one_of_each_in_k02())
    assert measured.value == expected
    assert measured.unit == "count"
    assert measured.currency is None


def test_the_counts_of_all_statuses_are_parts_that_add_up() -> None:
    parts = count("all", *one_of_each_in_k02()).explanation.parts
    assert {part.label: part.value for part in parts} == K02


def test_the_counts_of_the_other_statuses_stand_beside_one() -> None:
    companions = count("active", *one_of_each_in_k02()).explanation.companions
    assert companions == {k: Decimal(v) for k, v in K02.items() if k != "active"}


@pytest.mark.parametrize(
    "subscription",
    [monthly(3000, discounts=[a_discount(percent_off=100)]), monthly(0)],
    ids=["M27 a coupon of 100 %", "M38 a plan that costs nothing"],
)
def test_a_subscription_worth_nothing_counts(subscription: Json) -> None:
    assert count("active", subscription).value == 1


def test_no_subscriptions_are_zero() -> None:
    assert count("active").value == 0


def test_an_unknown_status_is_in_the_count_of_all_and_named() -> None:
    measured = count("all", monthly(1000), monthly(1000, status="hibernating"))
    assert measured.value == 2
    assert measured.explanation.companions["hibernating"] == 1
    assert "unreadable" in {warning.code for warning in measured.warnings}


def test_a_subscription_whose_amount_cannot_be_told_still_counts() -> None:
    endless = monthly(1000, start_date=10**18)
    assert count("active", endless).value == 1


def test_past_due_beside_active_is_pointed_out_because_stripe_adds_them() -> None:
    codes = {it.code for it in count("active", *one_of_each_in_k02()).warnings}
    assert codes == {"status_counts_differ"}


def test_subscriptions_of_test_clocks_are_left_out_and_named() -> None:
    measured = count("all", monthly(1000), monthly(1000, test_clock="clock_1"))
    assert measured.value == 1
    assert [(row.reason, row.count) for row in measured.explanation.left_out] == [("test_clock", 1)]
    assert {warning.code for warning in measured.warnings} == {"test_clock"}


def test_each_subscription_is_a_contribution_of_one() -> None:
    contributions = count("trialing", *one_of_each_in_k02()).explanation.contributions
    assert [(it.object, it.detail) for it in contributions] == [("subscription", "trialing")] * 2
    assert [it.amount for it in contributions] == [1, 1]
