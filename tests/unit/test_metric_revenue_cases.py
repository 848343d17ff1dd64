"""The worked cases of revenue: what moved the balance, and the number that must come out.

Amounts in the objects are Stripe's, in the smallest unit: 10000 is 100.00 dollars. Unless a case
says otherwise everything happened three days ago and the range is the last month, 30 days.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.definitions import Definitions
from shared.domain.metrics import Measurement, Revenue, compute
from tests.balance_builders import (
    a_balance,
    a_charge_failure_row,
    a_charge_row,
    a_dispute_reversal_row,
    a_dispute_row,
    a_fee,
    a_partial_capture_row,
    a_refund_failure_row,
    a_refund_row,
    a_row,
)
from tests.builders import MATCH_STRIPE, NOW, Json, days_ago, terms

METRICS: tuple[Any, ...] = ("total", "refunds", "net", "fees")


def measure(
    *rows: Json,
    metric: Any = "total",
    definitions: Definitions | None = None,
    time_range: Any = "last_month",
    at: datetime = NOW,
) -> Measurement:
    query = Revenue(metric, time_range)
    return compute(query, a_balance(*rows), at, terms(definitions))


def numbers(*rows: Json, definitions: Definitions | None = None) -> list[str]:
    """Total, refunds, net and fees, as text."""
    measured = [measure(*rows, metric=metric, definitions=definitions) for metric in METRICS]
    return [str(it.value) for it in measured]


def refunded() -> list[Json]:
    charge = a_charge_row(10000, fee=320)
    return [charge, a_refund_row(3000, charge)]


def disputed() -> list[Json]:
    charge = a_charge_row(10000, fee=320)
    return [charge, a_dispute_row(10000, charge)]


def won() -> list[Json]:
    charge, dispute = disputed()
    return [charge, dispute, a_dispute_reversal_row(dispute)]


def bounced() -> list[Json]:
    charge = a_charge_row(5000)
    return [charge, a_charge_failure_row(charge)]


def partly_captured() -> list[Json]:
    charge = a_charge_row(10000, fee=204)
    return [charge, a_partial_capture_row(4000, charge)]


def refund_failed() -> list[Json]:
    charge, refund = refunded()
    return [charge, refund, a_refund_failure_row(refund)]


# What happened; total, refunds, net, fees; net as Stripe's dashboard counts it.
CASES: list[tuple[str, Callable[[], list[Json]], str, str]] = [
    ("R01 a charge of 100 and a refund of 30", refunded, "100.00 30.00 70.00 3.20", "66.80"),
    (
        "R02 a charge of 40 days ago refunded today",
        lambda: [a_charge_row(10000, fee=320, at=days_ago(40)), a_refund_row(3000, at=NOW)],
        "0.00 30.00 -30.00 0.00",
        "-30.00",
    ),
    ("R03 a dispute that was lost", disputed, "100.00 0.00 0.00 18.20", "-18.20"),
    ("R03 a dispute that was won", won, "100.00 0.00 100.00 3.20", "96.80"),
    ("R05 a charge that failed at once moves nothing", list, "0.00 0.00 0.00 0.00", "0.00"),
    ("R05 a charge that failed later comes off again", bounced, "0.00 0.00 0.00 0.00", "0.00"),
    (
        "R08 a payout, a transfer and a top-up",
        lambda: [a_row("payout", -50000), a_row("transfer", -20000), a_row("topup", 30000)],
        "0.00 0.00 0.00 0.00",
        "0.00",
    ),
    (
        "R09 1,000 yen settled as 6.50 dollars",
        lambda: [a_charge_row(650, exchange_rate=0.0065)],
        "6.50 0.00 6.50 0.00",
        "6.50",
    ),
    ("R10 an invoice paid outside Stripe moves nothing", list, "0.00 0.00 0.00 0.00", "0.00"),
    (
        "R11 a charge of 120 of which 20 are tax",
        lambda: [a_charge_row(12000)],
        "120.00 0.00 120.00 0.00",
        "120.00",
    ),
    ("R12 an invoice of nothing moves nothing", list, "0.00 0.00 0.00 0.00", "0.00"),
    (
        "R13 Stripe's fee for a product of its own",
        lambda: [a_row("fee", -2500, type="stripe_fee")],
        "0.00 0.00 0.00 0.00",
        "0.00",
    ),
    (
        "R15 230 balance transactions of 1",
        lambda: [a_charge_row(100) for _ in range(230)],
        "230.00 0.00 230.00 0.00",
        "230.00",
    ),
    ("a partial capture", partly_captured, "60.00 0.00 60.00 2.04", "57.96"),
    ("a refund that failed", refund_failed, "100.00 0.00 100.00 3.20", "96.80"),
    (
        "bank debits and the like are reported as charges too",
        lambda: [a_charge_row(5000, type="payment")],
        "50.00 0.00 50.00 0.00",
        "50.00",
    ),
]


@pytest.mark.parametrize(
    ("rows", "expected", "as_stripe_counts"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_total_refunds_net_and_fees(
    rows: Callable[[], list[Json]], expected: str, as_stripe_counts: str
) -> None:
    moved = rows()
    assert numbers(*moved) == expected.split()
    measured = measure(*moved, metric="net", definitions=MATCH_STRIPE)
    assert str(measured.value) == as_stripe_counts


def test_r16_the_same_question_twice_has_the_same_answer() -> None:
    account = a_balance(*refunded())
    first, second = (compute(Revenue("net"), account, NOW, terms()) for _ in range(2))
    assert first == second


DEDUCTS = [
    ((), "100.00"),
    (("refunds",), "70.00"),
    (("disputes",), "80.00"),
    (("fees",), "81.80"),
    (("refunds", "disputes"), "50.00"),
    (("refunds", "fees"), "51.80"),
    (("disputes", "fees"), "61.80"),
    (("refunds", "disputes", "fees"), "31.80"),
]


@pytest.mark.parametrize(("deducts", "expected"), DEDUCTS, ids=[str(row[0]) for row in DEDUCTS])
def test_net_deducts_what_the_definitions_say(deducts: tuple[str, ...], expected: str) -> None:
    charge, refund = refunded()
    rows = [charge, refund, a_dispute_row(2000, charge)]
    measured = measure(*rows, metric="net", definitions=Definitions(net_deducts=deducts))
    assert measured.value == Decimal(expected)


FEES = [
    ("the tax on Stripe's fee is part of it", [a_fee(320), a_fee(61, "tax")], 381, "3.81"),
    (
        "an application's fee is not Stripe's",
        [a_fee(320), a_fee(500, "application_fee")],
        820,
        "3.20",
    ),
    (
        "nor is what is passed through to a payment method",
        [a_fee(320), a_fee(70, "payment_method_passthrough_fee")],
        390,
        "3.20",
    ),
    ("nor is withheld tax", [a_fee(320), a_fee(70, "withheld_tax")], 390, "3.20"),
    ("without details the column counts", [], 320, "3.20"),
    ("without a list of details it does too", None, 320, "3.20"),
]


@pytest.mark.parametrize(
    ("details", "column", "expected"), [row[1:] for row in FEES], ids=[row[0] for row in FEES]
)
def test_fees_are_stripes_own(details: list[Json] | None, column: int, expected: str) -> None:
    charge = a_charge_row(10000, fee=column, fee_details=details)
    assert measure(charge, metric="fees").value == Decimal(expected)


def test_fees_on_payouts_are_no_fees_on_payments() -> None:
    assert measure(a_row("payout", -10000, fee=100), metric="fees").value == 0


RANGES = [("last_day", 1), ("last_week", 7), ("last_month", 30), ("last_quarter", 90)]


@pytest.mark.parametrize(("time_range", "days"), [*RANGES, ("last_year", 365)])
def test_a_range_ends_with_its_instant_and_begins_just_after_its_start(
    time_range: str, days: int
) -> None:
    start, second = days_ago(days), timedelta(seconds=1)
    at_start, just_after = a_charge_row(100, at=start), a_charge_row(200, at=start + second)
    at_end, after = a_charge_row(400, at=NOW), a_charge_row(800, at=NOW + second)
    measured = measure(at_start, just_after, at_end, after, time_range=time_range)
    assert measured.value == Decimal("6.00")


def test_revenue_of_a_past_instant_knows_nothing_of_what_came_later() -> None:
    charge = a_charge_row(10000, at=days_ago(10))
    rows = [charge, a_refund_row(10000, charge, at=days_ago(2))]
    assert measure(*rows, metric="net", at=days_ago(5)).value == 100
    assert measure(*rows, metric="net").value == 0


@pytest.mark.parametrize("category", [None, ""])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [("payment", "total"), ("charge", "total"), ("payment_refund", "refunds")],
)
def test_the_type_tells_only_where_there_is_no_category(
    category: str | None, kind: str, expected: str
) -> None:
    sign = 1 if expected == "total" else -1
    row = a_charge_row(sign * 10000, reporting_category=category, type=kind)
    assert measure(row, metric=expected).value == 100


def test_an_unknown_category_is_named_and_in_no_number() -> None:
    measured = measure(a_charge_row(10000), a_row("brand_new", 700), metric="net")
    (warning,) = measured.warnings
    assert measured.value == 100
    assert warning.code == "unreadable"
    assert '"brand_new"' in warning.message
    assert [(row.reason, row.count) for row in measured.explanation.left_out] == [("unreadable", 1)]


def test_where_nothing_can_be_read_there_is_no_value() -> None:
    measured = measure(a_row("adjustment", -700, reporting_category=None))
    assert measured.value is None
    assert measured.explanation.companions["net"] is None
    assert [warning.code for warning in measured.warnings] == ["unreadable"]


def test_two_currencies_are_added_at_the_rate_given() -> None:
    account = a_balance(a_charge_row(10000), a_charge_row(10000, currency="eur"))
    assert compute(Revenue(), account, NOW, terms(eur="1.10")).value == Decimal("210.00")


def test_without_a_rate_the_value_is_withheld_and_each_currency_shown() -> None:
    account = a_balance(a_charge_row(10000), a_charge_row(8000, currency="eur"))
    measured = compute(Revenue(), account, NOW, terms())
    explanation = measured.explanation
    assert measured.value is None
    assert {row.currency: row.value for row in explanation.breakdown.by_currency} == {
        "usd": 100,
        "eur": 80,
    }
    assert {(it.amount, it.currency) for it in explanation.contributions} == {
        (Decimal(100), "usd"),
        (Decimal(80), "eur"),
    }
    (warning,) = measured.warnings
    assert warning.code == "currency_rate_missing"
    assert "EUR" in warning.message


def test_a_currency_that_only_payouts_have_needs_no_rate() -> None:
    account = a_balance(a_charge_row(10000), a_row("payout", -5000, currency="eur"))
    assert compute(Revenue(), account, NOW, terms()).value == 100


def test_amounts_of_three_decimals_and_of_none_are_exact() -> None:
    account = a_balance(a_charge_row(10000, currency="kwd"), a_charge_row(1000, currency="jpy"))
    given = terms(currency="kwd", jpy="0.002")
    assert compute(Revenue(), account, NOW, given).value == Decimal("12.000")


def test_a_value_of_test_mode_says_so() -> None:
    measured = compute(Revenue(), a_balance(a_charge_row(100), mode="test"), NOW, terms())
    assert [warning.code for warning in measured.warnings] == ["test_mode"]


@pytest.mark.parametrize("metric", ["total", "net"])
def test_r10_a_revenue_of_nothing_says_why(metric: str) -> None:
    (warning,) = measure(metric=metric).warnings
    assert warning.code == "zero_revenue"
    assert "nothing was paid in the last 30 days" in warning.message
    assert "outside Stripe" in warning.message


@pytest.mark.parametrize("metric", ["refunds", "fees"])
def test_no_refunds_and_no_fees_need_no_explanation(metric: str) -> None:
    assert measure(metric=metric).warnings == ()
