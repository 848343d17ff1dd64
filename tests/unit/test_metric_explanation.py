"""The explanation: what is in the value, what is not, and the answers to usual questions."""

from decimal import Decimal
from typing import Any

import pytest

from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Arr,
    Measurement,
    Mrr,
    compute,
)
from tests.builders import (
    NOW,
    Json,
    a_discount,
    a_price,
    a_subscription,
    a_tax_rate,
    a_tiered_price,
    an_account,
    an_item,
    monthly,
    seconds,
    terms,
)


def measure(*subscriptions: Json, include_trials: bool = False) -> Measurement:
    return compute(Mrr(include_trials), an_account(*subscriptions), NOW, terms())


def left_out(measured: Measurement) -> dict[str, Any]:
    return {row.reason: (row.count, row.amount) for row in measured.explanation.left_out}


def warnings(measured: Measurement) -> dict[str, str]:
    return {warning.code: warning.message for warning in measured.warnings}


def test_what_is_left_out_is_named_counted_and_valued() -> None:
    measured = measure(
        monthly(10000),
        monthly(5000, status="trialing"),
        monthly(5000, status="trialing"),
        monthly(8000, status="past_due"),
        monthly(1000, status="canceled"),
        monthly(0),
        monthly(3000, discounts=[a_discount(percent_off=100)]),
        a_subscription(a_price(1, usage_type="metered")),
        a_subscription(a_price(900, recurring=None, type="one_time")),
    )
    assert measured.value == 100
    assert left_out(measured) == {
        "trialing": (2, 100),
        "past_due": (1, 80),
        "canceled": (1, None),
        "free": (1, 0),
        "fully_discounted": (1, 0),
        "no_fixed_price": (2, None),
        "metered": (1, None),
        "one_time": (1, None),
    }


def test_an_item_in_a_trial_of_its_own_is_left_out_unless_trials_are_asked_for() -> None:
    trial = {"start_date": seconds(NOW) - 10, "end_date": seconds(NOW) + 10, "trial_offer": "x"}
    subscription = a_subscription(
        an_item(a_price(4000)), an_item(a_price(6000), current_trial=trial)
    )
    assert measure(subscription).value == 40
    assert left_out(measure(subscription)) == {"item_trial": (1, 60)}
    assert measure(subscription, include_trials=True).value == 100


@pytest.mark.parametrize("offset", [-1, 0])
def test_an_items_trial_that_is_over_leaves_nothing_out(offset: int) -> None:
    over = {"start_date": seconds(NOW) - 10, "end_date": seconds(NOW) + offset}
    assert measure(a_subscription(an_item(a_price(6000), current_trial=over))).value == 60


@pytest.mark.parametrize(
    ("subscription", "words"),
    [
        (monthly(5000, status="trialing"), "1 subscription in a trial"),
        (a_subscription(a_price(1, usage_type="metered")), "1 item billed by usage"),
        (monthly(5000, status="past_due"), "1 subscription with a failed payment"),
        (monthly(0), "1 subscription at no cost"),
    ],
)
def test_an_mrr_of_zero_says_why(subscription: Json, words: str) -> None:
    assert words in warnings(measure(subscription))["zero_mrr"]


def test_an_empty_account_is_worth_nothing_and_needs_no_explanation() -> None:
    measured = measure()
    assert measured.value == 0
    assert warnings(measured) == {}
    assert measured.explanation.parts == ()


def test_unreadable_subscriptions_are_counted_and_named_and_never_zero() -> None:
    measured = measure(
        monthly(10000),
        monthly(1000, status="hibernating"),
        a_subscription(a_price(None)),
        a_subscription(an_item(a_tiered_price("volume", (5, 100)), 6)),
        a_subscription(a_price(1000, every="moon")),
        a_subscription(a_price(1000, usage_type="guessed")),
        a_subscription(a_price(1000), currency="eur"),
        a_subscription(an_item(a_price(1000), quantity=None)),
    )
    assert measured.value == 100
    assert left_out(measured)["unreadable"] == (7, None)
    assert warnings(measured)["unreadable"].startswith("7 subscriptions cannot be read")
    assert "and 4 other reasons" in warnings(measured)["unreadable"]


@pytest.mark.parametrize("status", ["active", "hibernating"])
def test_where_all_that_could_count_is_unreadable_the_value_is_withheld(status: str) -> None:
    measured = measure(a_subscription(a_price(None), status=status), monthly(0))
    assert measured.value is None
    assert "unreadable" in warnings(measured)
    assert measured.explanation.contributions == ()


def test_what_could_not_count_anyway_withholds_nothing() -> None:
    assert measure(a_subscription(a_price(None), status="unpaid")).value == 0


def test_a_canceled_subscription_needs_no_amount_and_is_never_unreadable() -> None:
    assert warnings(measure(monthly(100), a_subscription(a_price(None), status="canceled"))) == {}


def test_tax_inside_a_price_at_an_unknown_rate_is_counted_with_a_warning() -> None:
    measured = measure(
        a_subscription(a_price(12000, tax_behavior="inclusive"), automatic_tax={"enabled": True})
    )
    assert measured.value == 120
    assert "inclusive_tax_unknown" in warnings(measured)


def test_a_price_that_would_include_tax_without_any_tax_is_no_reason_to_warn() -> None:
    measured = measure(a_subscription(a_price(12000, tax_behavior="inclusive")))
    assert measured.value == 120
    assert warnings(measured) == {}


def test_an_items_tax_rates_replace_the_subscriptions() -> None:
    item = an_item(a_price(12000), tax_rates=[a_tax_rate(20, inclusive=True)])
    rates = [a_tax_rate(50, inclusive=True)]
    assert measure(a_subscription(item, default_tax_rates=rates)).value == 100


def test_tax_is_taken_out_after_discounts() -> None:
    subscription = a_subscription(
        a_price(12000),
        discounts=[a_discount(percent_off=50)],
        default_tax_rates=[a_tax_rate(20, inclusive=True)],
    )
    assert measure(subscription).value == 50


def test_thirds_add_up_to_the_value_in_every_list() -> None:
    product = "prod_shared"
    prices = [a_price(1000, interval_count=3, product=product) for _ in range(3)]
    measured = measure(*(a_subscription(price) for price in prices), monthly(0))
    explanation = measured.explanation
    assert measured.value == Decimal("10.00")
    amounts = [it.amount for it in explanation.contributions]
    assert amounts == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert sum(row.value for row in explanation.breakdown.by_price) == measured.value
    by_product: Any = {row.id: (row.value, row.count) for row in explanation.breakdown.by_product}
    assert by_product[product] == (10, 3)


def test_contributions_are_largest_first_and_name_their_objects() -> None:
    small, large = monthly(1000), monthly(9000, cancel_at_period_end=True)
    first, second = measure(small, large).explanation.contributions
    assert (first.object, first.id, first.customer) == (
        "subscription",
        large["id"],
        large["customer"],
    )
    assert "scheduled to end" in first.detail
    assert second.id == small["id"]
    assert second.amount == 10


def test_the_formula_says_the_numbers_in_words() -> None:
    formula = measure(monthly(10000), monthly(5000)).explanation.formula
    assert formula.startswith("MRR = sum of the monthly amounts of 2 subscriptions (active)")
    assert formula.endswith("= $150.00")


def test_arr_is_explained_for_a_year_and_shows_the_mrr_beside() -> None:
    account = an_account(a_subscription(a_price(1000, every="week")), monthly(8, status="past_due"))
    measured = compute(Arr(), account, NOW, terms())
    assert measured.value == Decimal("520.00")
    assert measured.explanation.parts[0].value == 520
    assert measured.explanation.companions["mrr"] == Decimal("43.33")
    assert measured.explanation.companions["at_risk"] == Decimal("0.96")


def test_without_a_rate_what_is_known_is_shown_in_its_own_currency() -> None:
    account = an_account(
        monthly(10000),
        a_subscription(a_price(20000, currency="eur")),
        a_subscription(a_price(0, currency="gbp")),
        a_subscription(a_price(700, currency="chf"), status="past_due"),
    )
    measured = compute(Arr(), account, NOW, terms())
    explanation = measured.explanation
    assert measured.value is None
    assert explanation.formula.endswith("= withheld")
    assert explanation.companions["at_risk"] is None
    assert explanation.companions["mrr"] is None
    assert {it.currency: it.amount for it in explanation.contributions} == {
        "usd": 1200,
        "eur": 2400,
    }
    assert "GBP" not in warnings(measured)["currency_rate_missing"]


def test_an_amount_in_another_currency_shows_what_is_billed() -> None:
    account = an_account(a_subscription(a_price(10000, currency="eur")))
    (row,) = compute(Mrr(), account, NOW, terms(eur="1.1")).explanation.contributions
    assert row.amount == 110
    assert row.currency == "usd"
    assert "€100.00 a month" in row.detail


def test_rates_and_currencies_may_be_written_in_capitals() -> None:
    account = an_account(a_subscription(a_price(10000, currency="eur")))
    assert compute(Mrr(), account, NOW, terms(currency="USD", EUR="1.1")).value == 110


def test_what_the_definitions_leave_out_is_named() -> None:
    paused = monthly(4000, pause_collection={"behavior": "void"})
    ending = monthly(6000, cancel_at=seconds(NOW) + 86_400)
    strict = Definitions(paused_collection="exclude", churn_on="cancel_requested")
    measured = compute(Mrr(), an_account(paused, ending), NOW, terms(strict))
    assert left_out(measured) == {"collection_paused": (1, 40), "cancel_requested": (1, 60)}
    assert measured.explanation.companions["scheduled_to_end"] == 60


def test_subscriptions_of_test_clocks_are_in_no_value() -> None:
    measured = measure(monthly(10000), monthly(9000, test_clock={"id": "clock_1"}))
    assert measured.value == 100
    assert left_out(measured) == {"test_clock": (1, None)}


def test_a_cent_left_over_goes_to_the_same_subscription_in_whatever_order_they_came() -> None:
    price = a_price(5997, currency="eur")
    both = [a_subscription(price), a_subscription(price)]
    found = [
        compute(Mrr(), an_account(*them), NOW, terms(eur="1.10")).explanation.contributions
        for them in (both, both[::-1])
    ]
    assert [row.amount for row in found[0]] == [Decimal("65.97"), Decimal("65.96")]
    assert found[0] == found[1]
