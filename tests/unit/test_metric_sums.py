"""What is added up fast is exactly what the same things give one by one."""

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import money
from shared.domain.account import Account
from shared.domain.balance import CHARGE, CHARGE_FAILURE
from shared.domain.definitions import Definitions
from shared.domain.metrics.balance_days import days_of
from shared.domain.metrics.balance_movements import payments
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.mrr_movements import list_movements
from shared.domain.metrics.retained_revenue import measure_retained_revenue
from shared.domain.metrics.states import AccountStates
from shared.domain.money import exact_sum
from shared.domain.timelines import Stretch, Timeline
from shared.domain.windows import Window
from shared.domain.worth import (
    CHOICES,
    NOTHING,
    MonthlyAmount,
    MonthlyItem,
    Worth,
    the_same_for_all,
)
from tests.balance_builders import a_balance
from tests.builders import NOW, days_ago, terms
from tests.unit.test_balance_properties import rows

RATES = {"eur": "1.10", "jpy": "0.0067"}
amounts = st.fractions(min_value=0, max_value=90_000, max_denominator=999)


@st.composite
def worths(draw: st.DrawFn) -> Worth:
    if draw(st.integers(0, 9)) == 0:
        return the_same_for_all("price p has no amount")
    every = [
        MonthlyAmount((MonthlyItem("p", "q", it),), (), it)
        for it in draw(st.lists(amounts, min_size=1, max_size=3))
    ]
    places = draw(st.lists(st.integers(0, len(every) - 1), min_size=8, max_size=8))
    assert len(places) == len(CHOICES)
    return Worth(tuple(every), tuple(places))


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    known = [*draw(st.lists(worths(), min_size=1, max_size=3)), NOTHING]
    since = sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=5)), reverse=True)
    statuses = st.sampled_from(
        ["active", "active", "trialing", "past_due", "unpaid", "canceled", "hibernating"]
    )
    stretches = tuple(
        Stretch(
            since=days_ago(day * 10),
            status=draw(statuses),
            worth=draw(st.sampled_from(known)),
            is_ending=draw(st.booleans()),
            collection_paused=draw(st.booleans()),
        )
        for day in since
    )
    paid = st.one_of(st.none(), st.integers(0, 400).map(days_ago))
    return Timeline(
        subscription_id=f"sub_{draw(st.uuids())}",
        customer_id=draw(st.sampled_from(["cus_a", "cus_b", "cus_c", "cus_d"])),
        currency=draw(st.sampled_from(["usd", *RATES])),
        livemode=True,
        in_test_clock=False,
        stretches=stretches,
        paying_since=draw(paid),
    )


many = st.lists(timelines(), max_size=6)
some_definitions = st.builds(
    Definitions,
    discounts=st.sampled_from(["recurring", "all", "none"]),
    paused_collection=st.sampled_from(["include", "exclude"]),
    churn_on=st.sampled_from(["ended", "cancel_requested"]),
)


@given(st.lists(st.one_of(st.fractions(), st.integers())))
def test_a_sum_by_denominators_is_the_sum(found: list[Fraction | int]) -> None:
    assert exact_sum(found) == sum(found, Fraction(0))


@given(many, st.lists(st.integers(-20, 420), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_whatever_instants_are_asked_for_before_each_subscription_is_what_it_was(
    every: list[Timeline], days: list[int]
) -> None:
    states = AccountStates(every)
    for day in days:
        instant = days_ago(day)
        snapshot = states.at(instant)
        for timeline, number in zip(states.subscriptions, snapshot.kinds, strict=True):
            stretch, kind = timeline.at(instant), states.kinds[number]
            if stretch is None:
                assert number == 0
                continue
            assert (kind.status, kind.worth) == (stretch.status, stretch.worth)
            paid = timeline.paying_since is not None and timeline.paying_since <= instant
            assert kind.has_paid == (paid and kind.status == "trialing")
        for customer, state in zip(states.customers, snapshot.states, strict=True):
            its = sorted(
                (timeline.subscription_id, number)
                for timeline, number in zip(states.subscriptions, snapshot.kinds, strict=True)
                if timeline.customer_id == customer and number
            )
            assert list(states.kinds_in(state)) == [number for _, number in its]


@pytest.mark.parametrize("longest", [1024, 0], ids=["integers", "fractions"])
@given(every=many, definitions=some_definitions)
@settings(max_examples=25, deadline=None)
def test_sums_over_a_cohort_are_those_of_its_customers(
    longest: int, every: list[Timeline], definitions: Definitions
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(money, "_LONGEST_SCALE", longest)
        given_terms = terms(definitions, **RATES)
        account = Account("live", tuple(every))
        found = measure_retained_revenue("last_year", account, NOW, given_terms)
        movements = list_movements(found.retention, Converter(given_terms)) or []
        cohort = [it for it in movements if it.opening]
        lost = [it for it in cohort if it.customer_id not in found.retention.closing]
        less = [it.opening - it.closing for it in cohort if it.change < 0]
        sums = found.retention.sums(found.converter)
    assert (sums.customers, sums.lost) == (len(cohort), len(lost))
    assert sums.opening == sum((it.opening for it in cohort), Fraction(0))
    assert sums.closing == sum((it.closing for it in cohort), Fraction(0))
    assert sums.churned == sum((it.opening for it in lost), Fraction(0))
    assert found.decrease == sum(less, Fraction(0))


@given(st.lists(rows(), max_size=14), st.lists(st.integers(-2, 80), min_size=2, max_size=5))
@settings(max_examples=30, deadline=None)
def test_the_days_of_a_window_add_up_to_its_movements(moved: Any, hours: list[int]) -> None:
    account = a_balance(*moved)
    days = days_of(account)
    for one, other in combinations_with_replacement(hours, 2):
        start, end = sorted((NOW - timedelta(hours=one), NOW - timedelta(hours=other)))
        window = Window(start, end)
        inside = [it for it in account.balance if it.created_at in window]
        sums: Counter[tuple[str, str, bool]] = Counter()
        for it in inside:
            sums[it.category, it.currency, not it.customer_id] += it.amount_minor
        assert {key: its.amount for key, its in days.sums(window).items()} == sums
        assert sum(its.fee for its in days.sums(window).values()) == sum(
            it.fee_minor for it in inside
        )
        assert sum(its.rows for its in days.sums(window).values()) == len(inside)


@given(st.lists(rows(), max_size=14), st.lists(st.integers(-30, 80), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_a_window_that_is_moved_has_the_payers_of_its_place(moved: Any, hours: list[int]) -> None:
    charged = [it for it in moved if it["reporting_category"] in {CHARGE, CHARGE_FAILURE}]
    account = a_balance(*charged)
    for hour in hours:
        end = NOW - timedelta(hours=hour)
        window = Window(end - timedelta(hours=30), end)
        inside = [it for it in account.balance if it.created_at in window]
        paying = {it.customer_id for it in payments(inside)} - {None}
        assert days_of(account).count_payers(window) == len(paying)
