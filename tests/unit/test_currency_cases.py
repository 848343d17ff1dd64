"""Several currencies in one number: the rate that holds, where it is from, and what is without one.

100 dollars and 100 euros are billed a month, or were paid. A rate is configured, or told by what
the account's own money was exchanged at (implied), or there is none.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics import Measurement, Terms, compute, query_from_dict
from shared.domain.rates import ImpliedRate
from tests.balance_builders import a_balance, a_charge_row, a_refund_row
from tests.builders import NOW, Json, a_price, a_subscription, days_ago, monthly
from tests.history_builders import a_past_account, began, ended

LOSSES = ("contraction_mrr", "churned_mrr")
GAINS = ("new_mrr", "reactivation_mrr", "expansion_mrr")
MONTHLY_RATES = {"eur": "1.10", "jpy": "0.01"}


def in_euros(unit_amount: int, **fields: Any) -> Json:
    """A monthly subscription in euros that began 200 days ago."""
    return began(a_subscription(a_price(unit_amount, currency="eur"), **fields), 200)


def in_dollars(unit_amount: int, **fields: Any) -> Json:
    """A monthly subscription in dollars that began 200 days ago."""
    return began(monthly(unit_amount, **fields), 200)


def euro(rate: str, days: float, into: str = "usd") -> ImpliedRate:
    """What a euro was exchanged at, so many days ago."""
    return ImpliedRate("eur", into, Fraction(rate), days_ago(days))


def told(account: Account, *rates: ImpliedRate) -> Account:
    """The account with rates that its money told."""
    return replace(account, rates=rates)


def ask(
    account: Account,
    query: Json,
    at: datetime = NOW,
    currency: str = "usd",
    fx: Mapping[str, str] = MappingProxyType({}),
) -> Measurement:
    """The answer, with the rates that are configured."""
    rates = {code: Fraction(rate) for code, rate in fx.items()}
    return compute(query_from_dict(query), account, at, Terms(Definitions(), currency, rates))


def companions(
    account: Account, fx: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Decimal]:
    """The movements beside NRR."""
    found = ask(account, {"type": "nrr"}, fx=fx).explanation.companions
    return {name: value for name, value in found.items() if value is not None}


def ends(sums: Mapping[str, Decimal]) -> list[Decimal]:
    """MRR at the start, what the rates did to it, and MRR at the end."""
    return [sums["opening_mrr"], sums["fx_impact"], sums["closing_mrr"]]


def reconciles(sums: Mapping[str, Decimal]) -> bool:
    """Whether the movements lead from the opening to the closing."""
    gained = sum((sums[name] for name in GAINS), Decimal(0))
    lost = sum((sums[name] for name in LOSSES), Decimal(0))
    return sums["opening_mrr"] + sums["fx_impact"] + gained - lost == sums["closing_mrr"]


def both() -> Account:
    """100 of each: billed a month, and paid by a customer of each three days ago."""
    account = a_past_account([in_dollars(10_000), in_euros(10_000)])
    paid = a_balance(a_charge_row(10_000, "cus_a"), a_charge_row(10_000, "cus_b", currency="eur"))
    return replace(account, balance=paid.balance)


SUMS: list[tuple[str, Json, int]] = [
    ("M19 MRR", {"type": "mrr"}, 1),
    ("M19 ARR", {"type": "arr"}, 12),
    ("total revenue", {"type": "revenue", "revenue_metric": "total"}, 1),
    ("net revenue", {"type": "revenue", "revenue_metric": "net"}, 1),
]
sums = pytest.mark.parametrize(
    ("query", "times"), [row[1:] for row in SUMS], ids=[row[0] for row in SUMS]
)


@sums
def test_a_configured_rate(query: Json, times: int) -> None:
    measured = ask(both(), query, fx={"eur": "1.10"})
    rows = {row.currency: row for row in measured.explanation.breakdown.by_currency}
    assert measured.value == 210 * times
    assert [rows["eur"].value, rows["eur"].converted] == [100 * times, 110 * times]
    assert (rows["eur"].rate_source, rows["eur"].rate_at) == ("configured", None)
    assert (rows["usd"].rate_source, rows["usd"].rate_at) == (None, None)


@sums
def test_an_implied_rate_where_none_is_configured_with_its_date(query: Json, times: int) -> None:
    measured = ask(told(both(), euro("1.10", 9), euro("1.20", 2)), query)
    rows = {row.currency: row for row in measured.explanation.breakdown.by_currency}
    assert measured.value == 220 * times
    assert rows["eur"].rate == Decimal("1.2")
    assert (rows["eur"].rate_source, rows["eur"].rate_at) == ("implied", days_ago(2))
    assert not [it for it in measured.warnings if it.code == "currency_rate_missing"]


@sums
def test_a_configured_rate_wins_over_an_implied_one(query: Json, times: int) -> None:
    measured = ask(told(both(), euro("1.20", 2)), query, fx={"eur": "1.10"})
    rows = {row.currency: row for row in measured.explanation.breakdown.by_currency}
    assert measured.value == 210 * times
    assert (rows["eur"].rate_source, rows["eur"].rate_at) == ("configured", None)


@sums
def test_without_a_rate_each_currency_shows_in_its_own_units(query: Json, times: int) -> None:
    measured = ask(both(), query)
    rows = measured.explanation.breakdown.by_currency
    assert measured.value is None
    assert [it.code for it in measured.warnings if "EUR" in it.message] == ["currency_rate_missing"]
    assert {(it.currency, it.value, it.converted) for it in rows} == {
        ("usd", Decimal(100 * times), None),
        ("eur", Decimal(100 * times), None),
    }
    assert measured.explanation.parts == ()


@sums
def test_the_past_goes_by_the_rates_of_then(query: Json, times: int) -> None:
    account = told(both(), euro("1.10", 9), euro("1.20", 2))
    assert ask(account, query, days_ago(2.5)).value == 210 * times
    assert ask(account, query, NOW).value == 220 * times


@pytest.mark.parametrize("query", [row[1] for row in SUMS], ids=[row[0] for row in SUMS])
def test_a_rate_into_another_currency_leads_to_none(query: Json) -> None:
    account = told(both(), euro("0.85", 2, into="gbp"))
    assert ask(account, query).value is None


ARPU = {"type": "arpu"}


@pytest.mark.parametrize(
    ("rates", "configured", "expected"),
    [((), {"eur": "1.10"}, 105), ((euro("1.20", 2),), {}, 110), ((), {}, None)],
    ids=["configured", "implied", "none"],
)
def test_the_average_of_two_payers_in_two_currencies(
    rates: tuple[ImpliedRate, ...], configured: dict[str, str], expected: int | None
) -> None:
    measured = ask(told(both(), *rates), ARPU, fx=configured)
    rows = measured.explanation.breakdown.by_currency
    assert measured.value == expected
    assert {it.currency: it.value for it in rows} == {"usd": 100, "eur": 100}


SETTLED = {"total": "330.00", "refunds": "32.00", "net": "298.00", "fees": "8.60"}


@pytest.mark.parametrize("metric", SETTLED)
def test_revenue_settled_in_three_currencies(metric: str) -> None:
    dollars = a_charge_row(10_000, fee=300)
    euros = a_charge_row(10_000, currency="eur", fee=400)
    yen = a_charge_row(12_000, currency="jpy", fee=120)
    refunds = [a_refund_row(1_000, dollars), a_refund_row(2_000, euros, currency="eur")]
    account = a_balance(dollars, euros, yen, *refunds)
    query = {"type": "revenue", "revenue_metric": metric}
    assert ask(account, query, fx=MONTHLY_RATES).value == Decimal(SETTLED[metric])
    assert ask(account, query).value is None
    # Nothing was refunded in yen.
    without_yen = Decimal(SETTLED[metric]) if metric == "refunds" else None
    assert ask(account, query, fx={"eur": "1.10"}).value == without_yen


def test_reported_in_euros_the_same_rates_are_turned_round() -> None:
    account = told(both(), euro("1.25", 2))
    assert ask(account, {"type": "mrr"}, currency="eur").value == 180


def test_counts_need_no_rates() -> None:
    account = a_past_account([in_dollars(10_000), ended(in_euros(10_000), 10)])
    churned = {"type": "customer_count", "customer_type": "churned"}
    assert ask(account, churned).value == 1
    assert ask(account, {"type": "subscription_count", "status": "all"}).value == 2
    rate = ask(account, {"type": "churn", "churn_metric": "customer_churn_rate"})
    assert rate.value == 50


RATIOS: list[tuple[str, Json, str]] = [
    ("NRR", {"type": "nrr"}, "54.55"),
    ("revenue churn", {"type": "churn", "churn_metric": "revenue_churn_rate"}, "45.45"),
    ("churned MRR", {"type": "churn", "churn_metric": "churned_mrr"}, "100.00"),
]
ratios = pytest.mark.parametrize(
    ("query", "expected"), [row[1:] for row in RATIOS], ids=[row[0] for row in RATIOS]
)


def one_gone() -> Account:
    """100 dollars that ended ten days ago, and 100 euros that stay."""
    return a_past_account([ended(in_dollars(10_000), 10), in_euros(10_000)])


@ratios
def test_churn_and_nrr_take_both_ends_at_the_rate_of_the_end(query: Json, expected: str) -> None:
    moved = told(one_gone(), euro("2", 40), euro("1.20", 1))
    still = told(one_gone(), euro("1.20", 1))
    assert ask(moved, query).value == ask(still, query).value == Decimal(expected)


@pytest.mark.parametrize("query", [row[1] for row in RATIOS], ids=[row[0] for row in RATIOS])
def test_churn_and_nrr_are_withheld_without_a_rate(query: Json) -> None:
    measured = ask(one_gone(), query)
    rows = measured.explanation.breakdown.by_currency
    assert measured.value is None
    assert "currency_rate_missing" in {it.code for it in measured.warnings}
    assert {it.currency: it.value for it in rows} == {"usd": 100, "eur": 100}


def test_where_only_the_rate_moved_its_effect_is_all_that_moved() -> None:
    account = told(a_past_account([in_euros(10_000)]), euro("1.10", 40), euro("1.25", 1))
    found = companions(account)
    assert ends(found) == [110, 15, 125]
    assert all(found[name] == 0 for name in (*GAINS, *LOSSES))
    assert ask(account, {"type": "nrr"}).value == 100


def test_a_rate_that_fell_has_a_negative_effect_on_what_was_there_at_the_start() -> None:
    account = told(one_gone(), euro("1.25", 40), euro("1.10", 1))
    found = companions(account)
    assert [*ends(found), found["churned_mrr"]] == [225, -15, 110, 100]
    assert reconciles(found)


def test_a_configured_rate_is_one_for_all_times_and_has_no_effect() -> None:
    account = told(one_gone(), euro("1.25", 40), euro("1.10", 1))
    found = companions(account, fx={"eur": "1.50"})
    assert ends(found) == [250, 0, 150]


def test_what_came_since_is_told_at_the_rate_of_the_end_only() -> None:
    newcomer = began(a_subscription(a_price(10_000, currency="eur")), 10)
    account = told(a_past_account([in_dollars(10_000), newcomer]), euro("2", 40), euro("1.10", 1))
    found = companions(account)
    assert [*ends(found), found["new_mrr"]] == [100, 0, 210, 110]
    assert reconciles(found)


def test_a_newcomer_without_a_rate_is_named_where_it_withholds_nrr() -> None:
    newcomer = began(a_subscription(a_price(10_000, currency="eur")), 10)
    measured = ask(a_past_account([in_dollars(10_000), newcomer]), {"type": "nrr"})
    assert measured.value is None
    rows = measured.explanation.breakdown.by_currency
    assert {it.currency for it in rows} == {"usd", "eur"}
