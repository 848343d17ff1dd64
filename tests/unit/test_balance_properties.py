"""What holds for the money of every account, whatever moved it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.account import Account
from shared.domain.balance import REVENUE
from shared.domain.definitions import DEFAULT_NET_DEDUCTS, NET_DEDUCTS, Definitions
from shared.domain.metrics import Arpu, Measurement, Revenue, compute
from tests.balance_builders import a_balance, a_charge, a_row
from tests.builders import NOW, Json, terms

RATES = {"eur": "1.1", "jpy": "0.0067", "kwd": "3.25"}
METRICS = ("total", "net", "refunds", "fees")
DAY = timedelta(days=1)
ZERO = Decimal(0)


@st.composite
def rows(draw: Callable[[Any], Any], *, currencies: bool = True) -> Json:
    """A movement of any kind, of one of three customers or a guest, within the last 3 days."""
    kind = draw(st.sampled_from([*REVENUE, "charge", "payout", "fee"]))
    customer = draw(st.sampled_from(["cus_a", "cus_b", "cus_c", None]))
    number = draw(st.integers(1, 4))
    charge = a_charge(customer, id=f"ch_{customer}_{number}")
    return a_row(
        kind,
        draw(st.integers(-20_000, 100_000)),
        source=charge if kind in REVENUE else None,
        fee=draw(st.integers(-1_500, 3_000)),
        at=NOW - timedelta(hours=draw(st.integers(0, 71))),
        currency=draw(st.sampled_from(["usd", "usd", *RATES])) if currencies else "usd",
    )


many_rows = st.lists(rows(), max_size=12)
many_dollars = st.lists(rows(currencies=False), max_size=12)
deducts = st.lists(st.sampled_from(NET_DEDUCTS), unique=True).map(tuple)
queries = st.one_of(
    st.sampled_from(METRICS).map(lambda metric: Revenue(metric, "last_month")),  # type: ignore[arg-type]
    st.just(Arpu()),
)


def measure(
    query: Any, account: Account, net_deducts: Any = ("refunds", "disputes")
) -> Measurement:
    return compute(query, account, NOW, terms(Definitions(net_deducts=net_deducts), **RATES))


def revenue(metric: Any, account: Account, net_deducts: Any = DEFAULT_NET_DEDUCTS) -> Decimal:
    return measure(Revenue(metric), account, net_deducts).value or ZERO


@given(many_dollars)
@settings(max_examples=40)
def test_net_is_total_less_refunds_and_disputes(moved: list[Json]) -> None:
    account = a_balance(*moved)
    companions = measure(Revenue("net"), account).explanation.companions
    total, refunds, disputes, fees = (
        companions[name] or ZERO for name in ("total", "refunds", "disputes", "fees")
    )
    assert revenue("net", account) == total - refunds - disputes
    assert revenue("net", account, NET_DEDUCTS) == total - refunds - disputes - fees
    assert revenue("net", account, ()) == total == revenue("total", account)


@given(many_rows, queries, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_order_and_repetition_change_nothing(moved: list[Json], query: Any, random: Any) -> None:
    turned = [*moved, *moved[:3]]
    random.shuffle(turned)
    assert measure(query, a_balance(*turned)) == measure(query, a_balance(*moved))


@given(many_dollars, st.sampled_from(METRICS))
@settings(max_examples=30)
def test_windows_that_abut_add_up(moved: list[Json], metric: Any) -> None:
    account = a_balance(*moved)
    days = [
        compute(Revenue(metric, "last_day"), account, NOW - DAY * ago, terms()).value or ZERO
        for ago in range(3)
    ]
    assert sum(days) == revenue(metric, account)


@given(many_dollars, st.sampled_from(METRICS), st.integers(2, 9))
@settings(max_examples=30)
def test_scaling_all_amounts_scales_revenue(moved: list[Json], metric: Any, factor: int) -> None:
    account = a_balance(*moved)
    scaled = replace(
        account,
        balance=tuple(
            replace(it, amount_minor=it.amount_minor * factor, fee_minor=it.fee_minor * factor)
            for it in account.balance
        ),
    )
    assert revenue(metric, scaled) == revenue(metric, account) * factor


@given(many_rows, st.sampled_from(METRICS), deducts)
@settings(max_examples=60)
def test_every_list_of_the_explanation_adds_up_to_the_value(
    moved: list[Json], metric: Any, net_deducts: Any
) -> None:
    measured = measure(Revenue(metric), a_balance(*moved), net_deducts)
    explanation = measured.explanation
    assert sum((it.value for it in explanation.parts), ZERO) == measured.value
    assert sum((it.amount for it in explanation.contributions), ZERO) == measured.value
    rows_shown = explanation.breakdown.by_currency
    assert sum((it.converted or ZERO for it in rows_shown), ZERO) == measured.value
    sizes = [abs(it.amount) for it in explanation.contributions]
    assert sizes == sorted(sizes, reverse=True)


@given(many_rows)
@settings(max_examples=30)
def test_the_contributions_to_arpu_add_up_to_its_numerator(moved: list[Json]) -> None:
    explanation = measure(Arpu(), a_balance(*moved)).explanation
    collected, _ = explanation.parts
    assert sum((it.amount for it in explanation.contributions), ZERO) == collected.value


@given(many_dollars)
@settings(max_examples=30)
def test_customers_and_guests_together_paid_the_total(moved: list[Json]) -> None:
    account = a_balance(*moved)
    explanation = measure(Arpu(), account).explanation
    guests = [it.amount or ZERO for it in explanation.left_out if it.reason == "guest"]
    assert explanation.parts[0].value + sum(guests, ZERO) == revenue("total", account)
