"""The worked cases of ARPU: who paid what, and the average that must come out.

Amounts in the objects are Stripe's, in the smallest unit: 10000 is 100.00 dollars. Unless a case
says otherwise everything happened three days ago and the range is the last month, 30 days.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.metrics import Arpu, Measurement, compute, query_from_dict
from shared.domain.settings import InvalidSettingError
from tests.balance_builders import (
    a_balance,
    a_charge,
    a_charge_failure_row,
    a_charge_row,
    a_dispute_row,
    a_partial_capture_row,
    a_refund_row,
    a_row,
)
from tests.builders import NOW, Json, days_ago, terms


def measure(
    *rows: Json, time_range: Any = "last_month", charges: tuple[Json, ...] = (), at: datetime = NOW
) -> Measurement:
    return compute(Arpu(time_range), a_balance(*rows, charges=charges), at, terms())


def three_payers() -> list[Json]:
    return [
        a_charge_row(100_000, "cus_a"),
        a_charge_row(15_000, "cus_b"),
        a_charge_row(10_000, "cus_c"),
    ]


def a_quarter() -> list[Json]:
    monthly = [
        a_charge_row(10_000, customer, at=days_ago(days))
        for customer in ("cus_a", "cus_b", "cus_c")
        for days in (5, 35, 65)
    ]
    return [*monthly, a_charge_row(30_000, "cus_d", at=days_ago(50))]


def refunded() -> list[Json]:
    charge = a_charge_row(10_000)
    return [charge, a_refund_row(10_000, charge)]


def disputed() -> list[Json]:
    charge = a_charge_row(10_000)
    return [charge, a_dispute_row(10_000, charge)]


def bounced() -> list[Json]:
    charge = a_charge_row(5_000, "cus_a")
    return [charge, a_charge_failure_row(charge), a_charge_row(8_000, "cus_b")]


def partly_captured() -> list[Json]:
    charge = a_charge_row(10_000, "cus_a")
    return [charge, a_partial_capture_row(4_000, charge)]


CASES: list[tuple[str, Callable[[], list[Json]], str | None]] = [
    ("U01 payments of 1,000, 150 and 100", three_payers, "416.67"),
    ("U05 nobody paid", list, None),
    ("U06 a payer who was refunded stays one", refunded, "100.00"),
    ("a payer whose bank took it back stays one", disputed, "100.00"),
    (
        "two payments of one customer",
        lambda: [a_charge_row(10_000), a_charge_row(5_000)],
        "150.00",
    ),
    ("a payment that failed later makes no payer", bounced, "80.00"),
    ("what was not captured was not paid", partly_captured, "60.00"),
    (
        "guests are in neither",
        lambda: [a_charge_row(10_000), a_charge_row(99_900, None)],
        "100.00",
    ),
    ("only guests", lambda: [a_charge_row(99_900, None)], None),
    (
        "payouts and Stripe's product fees are nobody's payments",
        lambda: [a_charge_row(10_000), a_row("payout", -9_000), a_row("fee", -2_500)],
        "100.00",
    ),
    (
        "the customer of a charge given as an object",
        lambda: [a_charge_row(10_000, source=a_charge() | {"customer": {"id": "cus_a"}})],
        "100.00",
    ),
    (
        "a payment before the range",
        lambda: [a_charge_row(10_000, "cus_a", at=days_ago(31)), a_charge_row(5_000, "cus_b")],
        "50.00",
    ),
]


@pytest.mark.parametrize(
    ("rows", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_arpu(rows: Callable[[], list[Json]], expected: str | None) -> None:
    value = measure(*rows()).value
    assert (None if value is None else str(value)) == expected


def test_u03_a_quarters_arpu_is_for_the_whole_quarter_and_shown_per_month() -> None:
    measured = measure(*a_quarter(), time_range="last_quarter")
    assert measured.value == Decimal("300.00")
    assert measured.explanation.companions["per_month"] == Decimal("100.00")


@pytest.mark.parametrize(("time_range", "months"), [("last_month", 1), ("last_year", 12)])
def test_a_range_has_that_many_months(time_range: str, months: int) -> None:
    measured = measure(a_charge_row(120_000), time_range=time_range)
    assert measured.explanation.companions["per_month"] == Decimal(1200) / months


@pytest.mark.parametrize("time_range", ["last_day", "last_week"])
def test_u08_a_day_or_a_week_is_refused_with_the_reason(time_range: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        query_from_dict({"type": "arpu", "time_range": time_range})
    assert caught.value.pointer == "/time_range"
    assert "monthly periods" in str(caught.value)


def test_u05_no_value_says_why() -> None:
    measured = measure(a_charge_row(99_900, None))
    (warning,) = measured.warnings
    assert warning.code == "no_payers"
    assert "no customer paid in the last 30 days" in warning.message
    assert "1 payment without a known customer" in warning.message
    assert measured.explanation.companions["per_month"] is None


def test_guests_are_told_with_what_they_paid() -> None:
    guests = [a_charge_row(10_000, None), a_charge_row(5_000, None)]
    (left_out,) = measure(a_charge_row(10_000), *guests).explanation.left_out
    assert (left_out.reason, left_out.count, left_out.amount) == ("guest", 2, Decimal(150))


def test_a_reversal_belongs_to_its_charges_customer_long_after_the_charge() -> None:
    old, paid = a_charge("cus_a"), a_charge_row(10_000, "cus_a")
    reversal = a_partial_capture_row(4_000, {"source": old})
    assert measure(paid, reversal, charges=(old,)).value == Decimal("60.00")


def test_a_reversal_of_a_charge_that_is_gone_is_nobodys() -> None:
    measured = measure(a_charge_row(10_000), a_partial_capture_row(4_000))
    assert measured.value == Decimal("100.00")
    assert [(it.reason, it.count) for it in measured.explanation.left_out] == [("guest", 1)]


def test_a_payment_that_fails_after_the_range_was_a_payment_in_it() -> None:
    charge = a_charge_row(5_000, at=days_ago(10))
    rows = [charge, a_charge_failure_row(charge, at=days_ago(2))]
    assert measure(*rows, at=days_ago(5)).value == Decimal("50.00")
    assert measure(*rows).value is None


def test_it_is_divided_before_it_is_rounded() -> None:
    rows = [a_charge_row(1, f"cus_{number}") for number in range(3)]
    measured = compute(Arpu(), a_balance(*rows), NOW, terms(currency="eur", usd="0.5"))
    assert measured.value == Decimal("0.01")


def test_without_a_rate_it_is_withheld_with_each_currency_shown() -> None:
    measured = measure(a_charge_row(10_000), a_charge_row(8_000, "cus_b", currency="eur"))
    rows = measured.explanation.breakdown.by_currency
    assert measured.value is None
    assert {row.currency: row.value for row in rows} == {"usd": 100, "eur": 80}
    assert [warning.code for warning in measured.warnings] == ["currency_rate_missing"]


def test_a_guest_needs_no_rate() -> None:
    measured = measure(a_charge_row(10_000), a_charge_row(8_000, None, currency="eur"))
    assert measured.value == Decimal("100.00")
    (left_out,) = measured.explanation.left_out
    assert left_out.amount is None


def test_an_unknown_category_is_named() -> None:
    measured = measure(a_charge_row(10_000), a_row("brand_new", 500))
    assert [warning.code for warning in measured.warnings] == ["unreadable"]
    assert measured.value == Decimal("100.00")


def test_its_parts_are_numerator_and_denominator_and_each_customer_shows() -> None:
    explanation = measure(*three_payers(), a_charge_row(5_000, "cus_c")).explanation
    assert [(part.value, part.count) for part in explanation.parts] == [
        (Decimal(1300), 4),
        (Decimal(3), 3),
    ]
    assert [(it.object, it.id, it.amount) for it in explanation.contributions] == [
        ("customer", "cus_a", Decimal(1000)),
        ("customer", "cus_b", Decimal(150)),
        ("customer", "cus_c", Decimal(150)),
    ]
    assert explanation.formula == (
        "ARPU of the last 30 days = $1,300.00 collected from customers / 3 paying customers"
        " = $433.33"
    )


def test_a_value_of_test_mode_says_so() -> None:
    account = a_balance(a_charge_row(100), mode="test")
    measured = compute(Arpu(), account, NOW, terms())
    assert [warning.code for warning in measured.warnings] == ["test_mode"]
