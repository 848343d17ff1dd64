"""What holds for every account, whatever is in it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics import Arr, Mrr, SubscriptionCount, compute, query_from_dict
from shared.domain.metrics.assessments import assess_all
from shared.domain.metrics.scope import select_scope
from shared.domain.subscriptions import STATUSES
from tests.builders import (
    NOW,
    Json,
    a_discount,
    a_price,
    a_subscription,
    an_account,
    an_item,
    terms,
)

RATES = {"eur": "1.1", "jpy": "0.0067", "kwd": "3.25"}

prices = st.builds(
    a_price,
    st.integers(0, 100_000),
    every=st.sampled_from(["day", "week", "month", "year"]),
    interval_count=st.integers(1, 6),
    usage_type=st.sampled_from(["licensed", "licensed", "licensed", "metered"]),
)
discounts = st.lists(
    st.one_of(
        st.builds(a_discount, percent_off=st.integers(1, 100)),
        st.builds(a_discount, amount_off=st.integers(1, 20_000)),
        st.builds(a_discount, percent_off=st.just(50), duration=st.just("once")),
    ),
    max_size=2,
)


@st.composite
def subscriptions(draw: Callable[[Any], Any], *, currencies: bool = True) -> Json:
    items = [
        an_item(price, draw(st.integers(0, 50)), discounts=draw(discounts))
        for price in draw(st.lists(prices, min_size=1, max_size=3))
    ]
    status = draw(st.sampled_from(["active", "active", *STATUSES]))
    subscription = a_subscription(*items, status=status, discounts=draw(discounts))
    currency = draw(st.sampled_from(["usd", "usd", *RATES])) if currencies else "usd"
    _bill_in(subscription, currency)
    return subscription


def _bill_in(subscription: Json, currency: str) -> None:
    subscription["currency"] = currency
    for item in subscription["items"]["data"]:
        item["price"]["currency"] = currency
        for discount in item["discounts"]:
            _take_off_in(discount, currency)
    for discount in subscription["discounts"]:
        _take_off_in(discount, currency)


def _take_off_in(discount: Json, currency: str) -> None:
    coupon = discount["source"]["coupon"]
    coupon["currency"] = currency if coupon["amount_off"] else None


accounts = st.lists(subscriptions(), max_size=6).map(lambda subs: an_account(*subs))
queries = st.sampled_from([Mrr(), Mrr(include_trials=True), Arr(), SubscriptionCount("all")])


def exact_mrr(account: Account) -> Fraction:
    assessed, _ = assess_all(select_scope(account, NOW).alike, Definitions(), include_trials=False)
    return sum((it.sum_minor for it in assessed if it.reason is None), Fraction(0))


@given(accounts, queries, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_the_order_of_subscriptions_does_not_matter(
    account: Account, query: Any, random: Any
) -> None:
    shuffled = list(account.timelines)
    random.shuffle(shuffled)
    turned = replace(account, timelines=tuple(shuffled))
    given_terms = terms(Definitions(), **RATES)
    one, other = (compute(query, it, NOW, given_terms) for it in (account, turned))
    assert (one.value, one.explanation.parts) == (other.value, other.explanation.parts)


@given(accounts, queries, st.sampled_from(["default", "match_stripe"]))
@settings(max_examples=40)
def test_every_list_of_the_explanation_adds_up_to_the_value(
    account: Account, query: Any, preset: str
) -> None:
    definitions = Definitions.from_dict({"preset": preset})
    measured = compute(query, account, NOW, terms(definitions, **RATES))
    explanation = measured.explanation
    zero = Decimal(0)
    assert sum((it.value for it in explanation.parts), zero) == measured.value
    assert sum((it.amount for it in explanation.contributions), zero) == measured.value
    if measured.unit == "currency":
        rows = explanation.breakdown
        assert sum((it.value for it in rows.by_price), zero) == measured.value
        assert sum((it.value for it in rows.by_product), zero) == measured.value
        assert sum((it.converted or zero for it in rows.by_currency), zero) == measured.value


@given(st.lists(subscriptions(currencies=False), max_size=6), st.integers(0, 6))
@settings(max_examples=25)
def test_mrr_is_additive_over_customers(subs: list[Json], cut: int) -> None:
    whole, first, rest = (an_account(*part) for part in (subs, subs[:cut], subs[cut:]))
    assert exact_mrr(whole) == exact_mrr(first) + exact_mrr(rest)


@given(subscriptions(currencies=False), st.integers(2, 9))
@settings(max_examples=25)
def test_scaling_all_amounts_scales_mrr(subscription: Json, factor: int) -> None:
    before = exact_mrr(an_account(subscription))
    holders = [subscription, *subscription["items"]["data"]]
    for item in subscription["items"]["data"]:
        item["price"]["unit_amount"] *= factor
    for discount in (discount for holder in holders for discount in holder["discounts"]):
        coupon = discount["source"]["coupon"]
        coupon["amount_off"] = coupon["amount_off"] and coupon["amount_off"] * factor
    assert exact_mrr(an_account(subscription)) == before * factor


@given(accounts)
@settings(max_examples=20)
def test_the_counts_of_all_statuses_add_up_to_all(account: Account) -> None:
    def count(status: str) -> Decimal:
        query = query_from_dict({"type": "subscription_count", "status": status})
        return compute(query, account, NOW, terms()).value or Decimal(0)

    assert sum(count(status) for status in STATUSES) == count("all")


@given(accounts)
@settings(max_examples=20)
def test_no_subscription_is_ever_worth_less_than_nothing(account: Account) -> None:
    alike = select_scope(account, NOW).alike
    assessed, unreadable = assess_all(alike, Definitions(discounts="all"), include_trials=True)
    assert all(it.minor >= 0 for it in assessed)
    assert unreadable == []


@pytest.mark.parametrize("query", [Mrr(), Arr(), SubscriptionCount()])
def test_an_empty_account_is_zero_and_not_missing(query: Any) -> None:
    assert compute(query, Account("live"), NOW, terms()).value == 0
