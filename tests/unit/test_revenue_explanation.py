"""The explanation of revenue: each movement, what was left out, and the numbers beside it."""

from decimal import Decimal
from typing import Any

import pytest

from shared.domain.definitions import Definitions
from shared.domain.metrics import Explanation, Revenue, compute
from tests.balance_builders import (
    a_balance,
    a_charge_failure_row,
    a_charge_row,
    a_dispute_reversal_row,
    a_dispute_row,
    a_partial_capture_row,
    a_refund_failure_row,
    a_refund_row,
    a_row,
)
from tests.builders import MATCH_STRIPE, NOW, Json, terms


def a_month() -> list[Json]:
    """A month in which everything happens that can happen to a payment."""
    kept = a_charge_row(20000, "cus_a", fee=610)
    partial = a_charge_row(10000, "cus_b", fee=204)
    bounced = a_charge_row(5000, "cus_c")
    refund = a_refund_row(3000, kept)
    failed = a_refund_row(1000, kept)
    disputes = [a_dispute_row(6000, partial), a_dispute_row(2000, kept)]
    return [
        kept,
        partial,
        bounced,
        a_partial_capture_row(4000, partial),
        a_charge_failure_row(bounced),
        refund,
        failed,
        a_refund_failure_row(failed),
        *disputes,
        a_dispute_reversal_row(disputes[1]),
        a_row("payout", -9000),
        a_row("payout", -1000),
        a_row("fee", -2500),
    ]


def explain(
    *rows: Json, metric: Any = "total", definitions: Definitions | None = None, **fx_rates: str
) -> Explanation:
    account = a_balance(*rows)
    return compute(Revenue(metric), account, NOW, terms(definitions, **fx_rates)).explanation


PARTS: list[tuple[str, dict[str, tuple[str, int]]]] = [
    (
        "total",
        {
            "Charges": ("350.00", 3),
            "Partial captures reversed": ("-40.00", 1),
            "Failed charges": ("-50.00", 1),
        },
    ),
    (
        "net",
        {
            "Charges": ("350.00", 3),
            "Partial captures reversed": ("-40.00", 1),
            "Failed charges": ("-50.00", 1),
            "Refunds": ("-40.00", 2),
            "Failed refunds": ("10.00", 1),
            "Disputes": ("-80.00", 2),
            "Disputes reversed": ("20.00", 1),
        },
    ),
    ("refunds", {"Refunds": ("40.00", 2), "Failed refunds": ("-10.00", 1)}),
    (
        "fees",
        {
            "Fees on charges": ("8.14", 2),
            "Fees on disputes": ("30.00", 2),
            "Fees on disputes reversed": ("-15.00", 1),
        },
    ),
]


@pytest.mark.parametrize(("metric", "expected"), PARTS, ids=[row[0] for row in PARTS])
def test_its_parts_are_what_moved_the_balance(
    metric: str, expected: dict[str, tuple[str, int]]
) -> None:
    parts = explain(*a_month(), metric=metric).parts
    assert {part.label: (str(part.value), part.count) for part in parts} == expected
    assert [part.label for part in parts] == list(expected)


def test_fees_are_one_part_of_a_net_that_deducts_them() -> None:
    parts = explain(*a_month(), metric="net", definitions=MATCH_STRIPE).parts
    assert (parts[-1].label, parts[-1].value, parts[-1].count) == ("Fees", Decimal("-23.14"), 5)


def test_the_other_numbers_of_the_range_stand_beside_it() -> None:
    assert explain(*a_month(), metric="net").companions == {
        "total": 260,
        "refunds": 30,
        "fees": Decimal("23.14"),
        "disputes": 60,
        "payments": 2,
    }
    assert explain(*a_month(), metric="fees").companions["net"] == 170


def test_what_is_no_revenue_is_left_out_by_category() -> None:
    rows = explain(*a_month(), metric="net").left_out
    assert [(row.reason, row.count, row.amount) for row in rows] == [
        ("fee", 1, Decimal(-25)),
        ("payout", 2, Decimal(-100)),
    ]
    assert rows[1].detail == "2 balance transactions of category payout"


def test_what_is_another_number_of_revenue_is_left_out_too() -> None:
    rows = explain(*a_month(), metric="total").left_out
    assert [(row.reason, row.count, row.amount) for row in rows[:-2]] == [
        ("dispute", 2, Decimal(-80)),
        ("dispute_reversal", 1, Decimal(20)),
        ("refund", 2, Decimal(-40)),
        ("refund_failure", 1, Decimal(10)),
    ]


def test_each_movement_shows_with_what_caused_it_and_who_paid() -> None:
    charge = a_charge_row(10000, "cus_a")
    refund, dispute = a_refund_row(3000, charge), a_dispute_row(2000, charge)
    rows = explain(charge, refund, dispute, metric="net").contributions
    assert [(it.object, it.id, it.customer, it.amount) for it in rows] == [
        ("charge", charge["source"]["id"], "cus_a", Decimal(100)),
        ("refund", refund["source"]["id"], "cus_a", Decimal(-30)),
        ("dispute", dispute["source"]["id"], "cus_a", Decimal(-20)),
    ]
    assert rows[0].detail == "Charges; 2026-11-19; USD"


def test_a_movement_holds_its_fee_where_fees_are_deducted() -> None:
    (row,) = explain(
        a_charge_row(10000, fee=320), metric="net", definitions=MATCH_STRIPE
    ).contributions
    assert row.amount == Decimal("96.80")


def test_a_movement_without_a_known_cause_shows_itself() -> None:
    bare = a_row("charge", 10000)
    named = a_row("charge", 5000, source="ch_1")
    rows = explain(bare, named).contributions
    assert [(it.object, it.id, it.customer) for it in rows] == [
        ("balance_transaction", bare["id"], ""),
        ("balance_transaction", named["id"], ""),
    ]


def test_the_formula_is_in_words_and_numbers() -> None:
    assert explain(*a_month()).formula == (
        "Total revenue of the last 30 days = charges $350.00 - partial captures reversed $40.00"
        " - failed charges $50.00 = $260.00"
    )
    assert explain(*a_month(), metric="refunds").formula == (
        "Refunds of the last 30 days = refunds $40.00 - failed refunds $10.00 = $30.00"
    )


def test_the_formula_of_nothing_and_of_a_value_withheld() -> None:
    nothing = "Total revenue of the last 30 days = 0 balance transactions = $0.00"
    assert explain().formula == nothing
    withheld = "Total revenue of the last 30 days = 1 balance transaction = withheld"
    assert explain(a_charge_row(100, currency="eur")).formula == withheld


def test_by_currency_it_is_in_each_currencys_own_units_and_converted() -> None:
    rows = [
        a_charge_row(10000),
        a_charge_row(5000, currency="eur"),
        a_charge_row(1, currency="eur"),
    ]
    shown = explain(*rows, eur="1.10").breakdown.by_currency
    assert [(it.currency, str(it.value), it.count, str(it.converted)) for it in shown] == [
        ("usd", "100.00", 1, "100.00"),
        ("eur", "50.01", 2, "55.01"),
    ]
