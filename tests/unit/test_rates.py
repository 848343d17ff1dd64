"""Which rate holds at an instant, of those that an account's own money was exchanged at."""

from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.rates import ImpliedRate, newest_of_each_day, rates_at
from tests.builders import NOW, days_ago

Told = tuple[str, str, str, float]

# Told: a currency, the one it was exchanged into, the rate, and how many days ago.
# Then how many days ago is asked, and what one unit is worth in dollars, with the day of the rate.
CASES: list[tuple[str, list[Told], float, tuple[str, float] | None]] = [
    ("nothing was exchanged", [], 0, None),
    ("one rate", [("eur", "usd", "1.1", 3)], 0, ("1.1", 3)),
    (
        "the newest of several",
        [("eur", "usd", "1.1", 3), ("eur", "usd", "1.2", 1), ("eur", "usd", "1.3", 2)],
        0,
        ("1.2", 1),
    ),
    (
        "the newest up to then, not one of later",
        [("eur", "usd", "1.1", 9), ("eur", "usd", "1.2", 6), ("eur", "usd", "1.3", 2)],
        5,
        ("1.2", 6),
    ),
    (
        "one of that very instant",
        [("eur", "usd", "1.1", 9), ("eur", "usd", "1.2", 5)],
        5,
        ("1.2", 5),
    ),
    (
        "where none is so old, the oldest",
        [("eur", "usd", "1.2", 2), ("eur", "usd", "1.1", 4)],
        30,
        ("1.1", 4),
    ),
    ("exchanged the other way only", [("usd", "eur", "0.8", 3)], 0, ("1.25", 3)),
    (
        "exchanged both ways, each goes by its own",
        [("usd", "eur", "0.8", 1), ("eur", "usd", "1.2", 3)],
        0,
        ("1.2", 3),
    ),
    (
        "by way of a third currency, as old as the older of the two",
        [("eur", "gbp", "0.8", 7), ("gbp", "usd", "1.5", 2)],
        0,
        ("1.2", 7),
    ),
    (
        "by way of a third, of which the second step is turned round",
        [("eur", "gbp", "0.8", 2), ("usd", "gbp", "0.5", 7)],
        0,
        ("1.6", 7),
    ),
    (
        "straight rather than by way of a third, though that is newer",
        [("eur", "usd", "1.1", 9), ("eur", "gbp", "0.8", 1), ("gbp", "usd", "1.5", 1)],
        0,
        ("1.1", 9),
    ),
    (
        "never by way of two others",
        [("eur", "gbp", "0.8", 1), ("gbp", "chf", "1.2", 1), ("chf", "usd", "1.1", 1)],
        0,
        None,
    ),
    ("into a currency that leads nowhere", [("eur", "gbp", "0.8", 1)], 0, None),
]


def rate(currency: str, into: str, units: str, days: float) -> ImpliedRate:
    return ImpliedRate(currency, into, Fraction(units), days_ago(days))


@pytest.mark.parametrize(
    ("told", "asked", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_what_a_euro_is_worth(
    told: list[Told], asked: float, expected: tuple[str, float] | None
) -> None:
    found = rates_at([rate(*it) for it in told], "usd", days_ago(asked)).get("eur")
    assert found == (None if expected is None else rate("eur", "usd", *expected))


def test_the_reporting_currency_has_no_rate_to_itself() -> None:
    told = [rate("usd", "eur", "0.8", 1), rate("eur", "usd", "1.3", 1), rate("usd", "gbp", "2", 1)]
    assert set(rates_at(told, "usd", NOW)) == {"eur", "gbp"}


def test_of_each_pair_and_day_the_newest_is_kept() -> None:
    morning, evening = days_ago(4.5), days_ago(4.1)
    assert morning.date() == evening.date()
    early, late = (ImpliedRate("eur", "usd", Fraction(1), at) for at in (morning, evening))
    other_pair = ImpliedRate("gbp", "usd", Fraction(2), morning)
    other_day = ImpliedRate("eur", "usd", Fraction(3), days_ago(2))
    assert newest_of_each_day([other_day, late, other_pair, early]) == [
        other_pair,
        late,
        other_day,
    ]


CODES = st.sampled_from(["usd", "eur", "gbp", "jpy"])
INSTANTS = st.integers(0, 6 * 24).map(lambda hours: NOW - timedelta(hours=hours))
RATES = st.builds(ImpliedRate, CODES, CODES, st.fractions("1/100", 100), INSTANTS).filter(
    lambda it: it.currency != it.into
)
MANY = st.lists(RATES, max_size=12)


@given(MANY, CODES, INSTANTS, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_in_which_rates_come_does_not_matter(
    rates: list[ImpliedRate], into: str, at: datetime, shuffler: Random
) -> None:
    turned = [*rates, *rates]
    shuffler.shuffle(turned)
    assert rates_at(turned, into, at) == rates_at(rates, into, at)
    assert newest_of_each_day(turned) == newest_of_each_day(rates)


@given(MANY, CODES)
@settings(max_examples=40)
def test_at_the_end_of_time_the_newest_of_each_day_say_all(
    rates: list[ImpliedRate], into: str
) -> None:
    assert rates_at(newest_of_each_day(rates), into, NOW) == rates_at(rates, into, NOW)


@given(MANY, CODES, INSTANTS)
@settings(max_examples=40)
def test_a_rate_is_one_that_was_told_or_made_of_two_and_never_made_up(
    rates: list[ImpliedRate], into: str, at: datetime
) -> None:
    pairs = {(it.currency, it.into): set[Fraction]() for it in rates}
    for it in rates:
        pairs[it.currency, it.into].add(it.rate)
        pairs.setdefault((it.into, it.currency), set()).add(1 / it.rate)
    for code, found in rates_at(rates, into, at).items():
        straight = pairs.get((code, into), set())
        by_two = {
            first * second
            for (one, third), firsts in pairs.items()
            for second in pairs.get((third, into), ())
            for first in firsts
            if one == code
        }
        assert found.rate in (straight or by_two)
        assert found.at in {it.at for it in rates}
