"""Exact amounts, rounding at the end, and how they are written."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.money import (
    api_digits,
    display_digits,
    format_count,
    format_money,
    format_percent,
    format_value,
    round_half_up,
    round_money,
    round_shares,
    to_major,
)

shares = st.lists(st.fractions(min_value=-1000, max_value=1000, max_denominator=97), max_size=12)


@pytest.mark.parametrize(
    ("currency", "minor", "major"),
    [
        ("usd", 1050, "10.5"),
        ("jpy", 1050, "1050"),
        ("kwd", 1050, "1.05"),
        ("isk", 500, "5"),
        ("ugx", 500, "5"),
        ("huf", 500, "5"),
        ("twd", 500, "5"),
        ("mga", 500, "500"),
        ("USD", 1050, "10.5"),
    ],
)
def test_stripe_writes_each_currency_in_its_own_smallest_unit(
    currency: str, minor: int, major: str
) -> None:
    assert to_major(minor, currency) == Fraction(major)


def test_kronur_are_written_with_two_decimals_and_shown_with_none() -> None:
    assert (api_digits("isk"), display_digits("isk")) == (2, 0)
    assert format_money(Decimal(5), "isk") == "5 ISK"


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (Fraction(5, 1000), 2, "0.01"),
        (Fraction(-5, 1000), 2, "-0.01"),
        (Fraction(4999, 1000000), 2, "0.00"),
        (Fraction(130, 3), 2, "43.33"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(10**40 + 1), 2, f"{10**40 + 1}.00"),
    ],
)
def test_halves_are_rounded_away_from_zero_and_no_digit_is_lost(
    value: Fraction, digits: int, rounded: str
) -> None:
    assert str(round_half_up(value, digits)) == rounded


def test_money_is_rounded_to_the_unit_that_is_shown() -> None:
    assert round_money(Fraction(2500, 3), "jpy") == Decimal(833)
    assert round_money(Fraction(250, 3), "isk") == Decimal(83)
    assert str(round_money(Fraction(10), "kwd")) == "10.000"


@given(shares, st.sampled_from([0, 2, 3]))
@settings(max_examples=60)
def test_rounded_shares_add_up_to_the_rounded_whole(parts: list[Fraction], digits: int) -> None:
    whole = round_half_up(sum(parts, Fraction(0)), digits)
    assert sum(round_shares(parts, digits), Decimal(0)) == whole


@given(shares)
@settings(max_examples=60)
def test_a_rounded_share_is_less_than_one_unit_from_the_exact_one(parts: list[Fraction]) -> None:
    for exact, rounded in zip(parts, round_shares(parts, 2), strict=True):
        assert abs(Fraction(rounded) - exact) <= Fraction(1, 100)


def test_a_share_of_nothing_stays_nothing() -> None:
    assert round_shares([Fraction(0), Fraction(1, 3), Fraction(0), Fraction(2, 3)], 0)[::2] == [
        0,
        0,
    ]


def test_a_debt_of_half_a_unit_still_adds_up() -> None:
    assert round_shares([Fraction(-1, 2)], 0) == [Decimal(-1)]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1200", "usd", "$1,200.00"),
        ("1000", "jpy", "¥1,000"),
        ("10", "kwd", "10.000 KWD"),
        ("-30", "usd", "-$30.00"),
        ("-0.5", "chf", "-0.50 CHF"),
        ("1234567.891", "eur", "€1,234,567.89"),
        ("0", "usd", "$0.00"),
        ("123456789012345678901234567890.12", "usd", "$123,456,789,012,345,678,901,234,567,890.12"),
        ("-0.001", "usd", "$0.00"),
    ],
)
def test_money_is_written_with_its_symbol_or_code(amount: str, currency: str, text: str) -> None:
    assert format_money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("percent", "text"),
    [("5.25", "5.25%"), ("160.00", "160%"), ("37.50", "37.5%"), ("0", "0%"), ("-9.09", "-9.09%")],
)
def test_percent_is_written_without_useless_zeros(percent: str, text: str) -> None:
    assert format_percent(Decimal(percent)) == text


def test_counts_are_written_whole() -> None:
    assert format_count(12500) == "12,500"


def test_a_value_is_written_by_its_unit() -> None:
    assert format_value(Decimal(81), "currency", "usd") == "$81.00"
    assert format_value(Decimal("5.25"), "percent", None) == "5.25%"
    assert format_value(Decimal(14), "count", None) == "14"
    assert format_value(None, "percent", None) == "no value"
