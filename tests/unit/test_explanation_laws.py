"""Nothing is lost on the way to a number, and everything adds up, whatever an account holds."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.account import Account
from shared.domain.customers import Customer
from shared.domain.definitions import CHOICES, NET_DEDUCTS, Definitions
from shared.domain.metrics import Terms, query_from_dict
from shared.domain.rates import ImpliedRate
from tests.balance_builders import a_balance
from tests.builders import NOW, a_price, a_subscription, an_account, days_ago
from tests.explanation_laws import hold_to_the_laws
from tests.unit.test_balance_properties import rows
from tests.unit.test_metric_properties import subscriptions
from tests.unit.test_movement_properties import CUSTOMERS, account_of, pasts
from tests.whole_business import QUERIES

DAYS = st.integers(0, 400)
ALL_BUT_EURO = {"jpy": Fraction(1, 150), "kwd": Fraction(13, 4)}
EVERY_RATE = {**ALL_BUT_EURO, "eur": Fraction(3, 2)}
ODD: list[dict[str, Any]] = [
    a_subscription(a_price(None)),
    a_subscription(a_price(1000), status="hibernating"),
    a_subscription(a_price(1, usage_type="metered")),
    a_subscription(a_price(1000), livemode=False),
    a_subscription(a_price(1000), test_clock={"id": "clock_1"}),
    a_subscription(a_price(None), livemode=False),
    a_subscription(a_price(1000), start_date=10**18),
]


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    created = draw(DAYS)
    deleted = draw(st.none() | st.integers(0, created))
    return Customer(
        id=f"cus_{draw(st.integers(0, 10**6))}",
        created_at=days_ago(created),
        livemode=draw(st.sampled_from([True, True, False])),
        in_test_clock=draw(st.sampled_from([False, False, True])),
        deleted_at=None if deleted is None else days_ago(deleted),
    )


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Histories, subscriptions of all kinds, odd ones, customers, money of three days, rates."""
    past = account_of(draw(st.lists(pasts(), max_size=6)))
    today = an_account(*draw(st.lists(subscriptions(), max_size=3)))
    odd = an_account(*draw(st.lists(st.sampled_from(ODD), unique_by=lambda it: it["id"])))
    # Some of what is odd belongs to customers of whom the rest can be read.
    owners = st.sampled_from([*CUSTOMERS, "cus_odd"])
    timelines = [*past.timelines, *today.timelines]
    timelines += [replace(it, customer_id=draw(owners)) for it in odd.timelines]
    balance = a_balance(*draw(st.lists(rows(), max_size=8))).balance
    rates = draw(st.lists(st.builds(rate, DAYS, st.integers(1, 300)), max_size=4))
    return Account(
        "live",
        timelines=tuple(timelines),
        unreadable=tuple(replace(it, customer_id=draw(owners)) for it in odd.unreadable),
        customers=tuple(draw(st.lists(customers(), max_size=5, unique_by=lambda it: it.id))),
        balance=balance,
        rates=tuple(rates),
        history_since=days_ago(800),
    )


def rate(days: int, percent: int) -> ImpliedRate:
    return ImpliedRate("eur", "usd", Fraction(percent, 100), days_ago(days))


definitions = st.builds(
    lambda options, deducts: Definitions.from_dict({**options, "net_deducts": deducts}),
    st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in CHOICES.items()}),
    st.lists(st.sampled_from(NET_DEDUCTS), unique=True),
)
all_terms = st.builds(
    Terms,
    definitions,
    st.just("usd"),
    # With a rate of every currency more often than not, for without one little is told.
    st.sampled_from([EVERY_RATE, EVERY_RATE, ALL_BUT_EURO, ALL_BUT_EURO, {}]),
)
instants = st.sampled_from([0, 0, 1, 2, 10, 200]).map(lambda days: NOW - timedelta(days=days))


@given(accounts(), instants, st.lists(all_terms, min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_whatever_is_asked_of_whatever_account(account, at, several_terms):
    for terms in several_terms:
        for query in QUERIES:
            hold_to_the_laws(query_from_dict(query), account, at, terms)
