"""Prices: tiers, packages, intervals, currencies, and what has no amount."""

from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.intervals import add_months, payments_per_month
from shared.domain.prices import (
    CurrencyAmounts,
    Price,
    QuantityTransform,
    Recurrence,
    Tier,
    graduated_amount,
    monthly_factor,
    period_amount,
    volume_amount,
)
from shared.domain.unreadable import UnreadableError
from tests.builders import NOW

steps = st.lists(
    st.tuples(st.integers(1, 30), st.integers(0, 500), st.integers(0, 900)), min_size=1, max_size=5
)


def tiers_of(widths: list[tuple[int, int, int]]) -> tuple[Tier, ...]:
    """Tiers of (how many units, unit amount, flat amount); the last one is open."""
    last, tiers = 0, []
    for width, unit_amount, flat_amount in widths:
        last += width
        tiers.append(Tier(last, Fraction(unit_amount), Fraction(flat_amount)))
    return (*tiers[:-1], Tier(None, tiers[-1].unit_amount, tiers[-1].flat_amount))


def a_domain_price(**fields: Any) -> Price:
    given_fields: dict[str, Any] = {
        "id": "price_1",
        "product_id": "prod_1",
        "currency": "usd",
        "billing_scheme": "per_unit",
        "base": CurrencyAmounts(Fraction(1000)),
        "recurrence": Recurrence("month", 1, "licensed"),
    }
    return Price(**(given_fields | fields))


@given(steps, st.integers(0, 120))
@settings(max_examples=80)
def test_graduated_tiers_are_the_sum_over_units(
    widths: list[tuple[int, int, int]], quantity: int
) -> None:
    tiers = tiers_of(widths)

    def tier_of(unit: int) -> Tier:
        return next(tier for tier in tiers if tier.up_to is None or unit <= tier.up_to)

    units = sum((tier_of(unit).unit_amount or 0 for unit in range(1, quantity + 1)), Fraction(0))
    reached = {id(tier_of(unit)): tier_of(unit) for unit in range(1, max(quantity, 1) + 1)}
    flats = sum((tier.flat_amount or 0 for tier in reached.values()), Fraction(0))
    assert graduated_amount(tiers, quantity) == units + flats


@given(steps, st.integers(0, 120))
@settings(max_examples=40)
def test_volume_tiers_price_all_units_at_the_tier_reached(
    widths: list[tuple[int, int, int]], quantity: int
) -> None:
    tiers = tiers_of(widths)
    tier = next(it for it in tiers if it.up_to is None or quantity <= it.up_to)
    expected = (tier.unit_amount or 0) * quantity + (tier.flat_amount or 0)
    assert volume_amount(tiers, quantity) == expected


@given(st.integers(0, 500), st.integers(1, 20))
@settings(max_examples=40)
def test_a_package_rounds_the_quantity_up(quantity: int, size: int) -> None:
    price = a_domain_price(transform=QuantityTransform(size, "up"))
    assert period_amount(price, quantity, "usd") == 1000 * ceil(Fraction(quantity, size))


def test_tiers_in_any_order_are_read_by_their_ends() -> None:
    turned = (Tier(None, Fraction(600)), Tier(20, Fraction(800)), Tier(5, Fraction(1000)))
    price = a_domain_price(
        billing_scheme="tiered", tiers_mode="graduated", base=CurrencyAmounts(None, turned)
    )
    assert period_amount(price, 12, "usd") == 10600


@pytest.mark.parametrize(
    ("interval", "count", "payments"),
    [
        ("day", 1, Fraction(365, 12)),
        ("week", 1, Fraction(52, 12)),
        ("week", 2, Fraction(26, 12)),
        ("month", 1, Fraction(1)),
        ("month", 6, Fraction(1, 6)),
        ("year", 1, Fraction(1, 12)),
        ("year", 2, Fraction(1, 24)),
    ],
)
def test_payments_a_month(interval: str, count: int, payments: Fraction) -> None:
    assert payments_per_month(interval, count) == payments


def test_a_subscription_in_another_currency_pays_that_currencys_amount() -> None:
    price = a_domain_price(options={"eur": CurrencyAmounts(Fraction(900))})
    assert period_amount(price, 2, "eur") == 1800
    assert period_amount(price, 2, "usd") == 2000


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"base": CurrencyAmounts(None)}, "has no amount"),
        ({"currency": "eur"}, "no amount in USD"),
        ({"billing_scheme": "barter"}, "unknown billing scheme barter"),
        ({"billing_scheme": "tiered", "tiers_mode": "volume"}, "tiers were not given"),
        (
            {
                "billing_scheme": "tiered",
                "tiers_mode": "stairs",
                "base": CurrencyAmounts(None, (Tier(None, Fraction(1)),)),
            },
            "unknown tiers mode stairs",
        ),
        ({"transform": QuantityTransform(0, "up")}, "unknown package"),
        ({"transform": QuantityTransform(10, "sideways")}, "unknown package"),
    ],
)
def test_a_price_that_says_no_amount_is_unreadable(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        period_amount(a_domain_price(**fields), 1, "usd")


@pytest.mark.parametrize("amount_of", [graduated_amount, volume_amount])
def test_tiers_that_end_before_the_quantity_are_unreadable(amount_of: Any) -> None:
    with pytest.raises(UnreadableError, match="end before a quantity of 6"):
        amount_of((Tier(5, Fraction(100)),), 6)


@pytest.mark.parametrize("amount_of", [graduated_amount, volume_amount])
def test_a_tier_without_an_amount_is_unreadable(amount_of: Any) -> None:
    with pytest.raises(UnreadableError, match="tier without an amount"):
        amount_of((Tier(None, None),), 6)


@pytest.mark.parametrize(
    ("recurrence", "reason"),
    [
        (None, "is not recurring"),
        (Recurrence("moon", 1, "licensed"), "unknown billing interval moon"),
        (Recurrence("month", 0, "licensed"), "without a length"),
    ],
)
def test_a_price_without_a_known_interval_is_unreadable(
    recurrence: Recurrence | None, reason: str
) -> None:
    with pytest.raises(UnreadableError, match=reason):
        monthly_factor(a_domain_price(recurrence=recurrence))


def test_calendar_months_end_on_the_last_day_where_they_must() -> None:
    last_of_january = NOW.replace(year=2027, month=1, day=31)
    assert add_months(last_of_january, 1) == NOW.replace(year=2027, month=2, day=28)
    assert add_months(last_of_january, 13) == NOW.replace(year=2028, month=2, day=29)
    assert add_months(NOW, 2) == NOW.replace(year=2027, month=1)
