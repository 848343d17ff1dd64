"""What holds for every past: of one subscription, and of the numbers over a window."""

import random
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Churn,
    CustomerCount,
    MetricQuery,
    Mrr,
    Nrr,
    Terms,
    compute,
    query_from_dict,
)
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.mrr_movements import GAINS, LOSSES, list_movements
from shared.domain.metrics.retention import compare_retained
from shared.domain.metrics.weights import retained_amount
from shared.domain.subscriptions import STATUSES
from shared.domain.timelines import PAYING
from shared.domain.windows import Window, window_ending
from tests.builders import NOW, Json, a_price, a_subscription, an_item, days_ago, seconds, terms
from tests.history_builders import (
    a_credit,
    a_debit,
    a_line,
    a_past_account,
    a_waiting_item,
    an_invoice,
    an_update,
)

CUSTOMERS = [f"cus_{letter}" for letter in "abcdef"]
PRICES = [
    a_price(1000, id="price_ten"),
    a_price(2500, id="price_more"),
    a_price(0, id="price_free"),
    a_price(1999, id="price_euro", currency="eur"),
    a_price(99900, id="price_year", every="year"),
]
RATES = {"eur": "1.10"}

past_days = st.integers(1, 300)
quantities = st.integers(1, 9)


@st.composite
def changes(draw: st.DrawFn, item: Json) -> list[tuple[int, Json]]:
    """Changes of one item at some days, oldest first: what it was before each of them."""
    days = sorted(draw(st.lists(past_days, max_size=3, unique=True)), reverse=True)
    return [
        (day, item | {"price": draw(st.sampled_from(PRICES[:3])), "quantity": draw(quantities)})
        for day in days
    ]


@st.composite
def pasts(draw: st.DrawFn) -> dict[str, Any]:
    """A subscription and the traces of its past, each kind of trace by chance."""
    item = an_item(draw(st.sampled_from(PRICES)), draw(quantities))
    began = draw(st.integers(5, 400))
    status = draw(st.sampled_from(["active", "active", "past_due", "unpaid", "paused", "canceled"]))
    instant = seconds(days_ago(began))
    subscription = a_subscription(
        item,
        status=status,
        customer=draw(st.sampled_from(CUSTOMERS)),
        created=instant,
        start_date=instant,
    )
    if status == "canceled":
        end = seconds(days_ago(draw(st.integers(0, began))))
        subscription |= {"ended_at": end, "canceled_at": end}
    facts: dict[str, list[Json]] = {"invoices": [], "waiting": [], "events": []}
    known = draw(changes(item)) if item["price"]["currency"] == "usd" else []
    states = [*(before for _, before in known), item]
    for (day, before), after in zip(known, states[1:], strict=True):
        at = days_ago(day)
        lines = [
            a_credit(item, before["price"], at=at, quantity=before["quantity"]),
            a_debit(item, at=at, price=after["price"], quantity=after["quantity"]),
        ]
        kind = draw(st.sampled_from(["invoices", "waiting", "events", "all"]))
        if kind in {"invoices", "all"}:
            facts["invoices"].append(an_invoice(subscription, *lines, at=at))
        if kind in {"waiting", "all"}:
            facts["waiting"] += [a_waiting_item(subscription, line) for line in lines]
        if kind in {"events", "all"}:
            became = subscription | {"items": {"data": [after]}}
            facts["events"].append(an_update(became, at=at, items={"data": [before]}))
    for day in draw(st.lists(past_days, max_size=2)):
        line = a_line(item, at=days_ago(day), quantity=draw(quantities))
        facts["invoices"].append(an_invoice(subscription, line, at=days_ago(day)))
    return {"subscription": subscription, **facts}


many = st.lists(pasts(), min_size=0, max_size=6)


def account_of(every: list[dict[str, Any]], shuffler: random.Random | None = None) -> Account:
    """The account of some pasts; with a shuffler every fact comes twice and in any order."""
    facts = {
        name: [fact for past in every for fact in past[name]]
        for name in ("invoices", "waiting", "events")
    }
    subscriptions = [past["subscription"] for past in every]
    if shuffler is not None:
        for name, found in facts.items():
            facts[name] = [*found, *found]
            shuffler.shuffle(facts[name])
        shuffler.shuffle(subscriptions)
    return a_past_account(
        subscriptions,
        invoices=facts["invoices"],
        waiting=facts["waiting"],
        events=facts["events"],
        prices=PRICES,
    )


def in_dollars(definitions: Definitions | None = None) -> Terms:
    return terms(definitions, **RATES)


def retained_mrr(account: Account, instant: datetime) -> Fraction:
    """The retained MRR in dollars, subscription by subscription."""
    rates = {"usd": Fraction(1), "eur": Fraction(11, 10)}
    total = Fraction(0)
    for timeline in account.timelines:
        stretch = timeline.at(instant)
        if stretch is not None and stretch.status in PAYING:
            amount = retained_amount(stretch, Definitions())
            assert not isinstance(amount, str)
            total += amount / 100 * rates[timeline.currency]
    return total


KINDS = (*GAINS, *LOSSES)
QUERIES: list[MetricQuery] = [
    Mrr(),
    CustomerCount("active"),
    CustomerCount("churned"),
    Churn("customer_churn_rate"),
    Churn("revenue_churn_rate"),
    Churn("churned_mrr"),
    Nrr(),
    Nrr("last_year"),
]


@given(many, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_and_repetition_of_facts_change_nothing(every: Any, shuffler: Any) -> None:
    plain, shuffled = account_of(every), account_of(every, shuffler)
    by_id = {it.subscription_id: it for it in shuffled.timelines}
    assert all(by_id[it.subscription_id] == it for it in plain.timelines)
    for query in QUERIES:
        first, second = (compute(query, it, NOW, in_dollars()) for it in (plain, shuffled))
        assert (first, first.explanation) == (second, second.explanation)


@given(many)
@settings(max_examples=60, deadline=None)
def test_a_timeline_is_in_order_and_ends_with_what_is(every: Any) -> None:
    account = account_of(every)
    found = {it.subscription_id: it for it in account.timelines}
    for past in every:
        timeline = found[past["subscription"]["id"]]
        since = [stretch.since for stretch in timeline.stretches]
        assert since == sorted(set(since))
        assert since[0] == days_ago((NOW.timestamp() - past["subscription"]["created"]) / 86_400)
        now = timeline.at(NOW)
        assert now is not None
        assert now.status == past["subscription"]["status"]
        assert not now.reconstructed


@given(many, st.integers(0, 200), st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_opening_mrr_and_its_movements_make_the_closing_mrr(
    every: Any, end: int, length: int
) -> None:
    account, given_terms = account_of(every), in_dollars()
    window = Window(days_ago(end + length), days_ago(end))
    retention = compare_retained(account, window, given_terms.definitions)
    movements = list_movements(retention, Converter(given_terms))
    assert movements is not None
    for it in movements:
        signs = {it.kind in GAINS: it.change > 0, it.kind in LOSSES: it.change < 0}
        assert signs.get(True, it.change == 0)
    changes = {kind: sum(abs(it.change) for it in movements if it.kind == kind) for kind in KINDS}
    gained = sum(changes[kind] for kind in GAINS) - sum(changes[kind] for kind in LOSSES)
    closing = retained_mrr(account, window.end)
    assert retained_mrr(account, window.start) + gained == closing
    # What is past due counts as retained and not as MRR.
    measured = compute(Mrr(), account, window.end, given_terms)
    at_risk = measured.explanation.companions["at_risk"]
    assert measured.value is not None
    assert at_risk is not None
    assert abs(Fraction(measured.value + at_risk) - closing) <= Fraction(1, 100)


@given(many)
@settings(max_examples=40, deadline=None)
def test_the_movements_beside_nrr_reconcile_to_the_cent(every: Any) -> None:
    account = account_of(every)
    companions = compute(Nrr(), account, NOW, in_dollars()).explanation.companions
    measured = compute(Mrr(), account, NOW, in_dollars())
    assert companions["at_risk_mrr"] == measured.explanation.companions["at_risk"]
    sums = {name.removesuffix("_mrr"): value or Decimal(0) for name, value in companions.items()}
    gained = sum(sums[kind] for kind in GAINS) - sum(sums[kind] for kind in LOSSES)
    assert sums["opening"] + gained == sums["closing"]
    assert abs(Fraction(sums["closing"]) - retained_mrr(account, NOW)) <= Fraction(1, 200)


@given(many, many)
@settings(max_examples=40, deadline=None)
def test_customers_who_left_and_churned_mrr_add_up_over_customers(one: Any, other: Any) -> None:
    for past in other:
        past["subscription"]["customer"] += "_of_the_other"
    for query in (CustomerCount("churned"), CustomerCount("active")):
        parts = [compute(query, account_of(it), NOW, in_dollars()).value for it in (one, other)]
        whole = compute(query, account_of([*one, *other]), NOW, in_dollars()).value
        assert whole == sum(part or 0 for part in parts)
    window = window_ending(NOW, "last_quarter")
    kept = [
        compare_retained(account_of(it), window, Definitions()).opening
        for it in (one, other, [*one, *other])
    ]
    assert {**kept[0], **kept[1]} == kept[2]


@given(many, st.integers(2, 7))
@settings(max_examples=40, deadline=None)
def test_rates_do_not_depend_on_the_size_of_prices(every: Any, factor: int) -> None:
    account = account_of(every)
    plain = terms(currency="gbp", usd="1", eur="1.10")
    scaled = terms(currency="gbp", usd=f"{factor}", eur=f"{factor * 11}/10")
    for query in (Nrr(), Churn("revenue_churn_rate"), Nrr("last_year")):
        values = [compute(query, account, NOW, it).value for it in (plain, scaled)]
        assert values[0] == values[1]


@given(many, st.integers(0, 250))
@settings(max_examples=40, deadline=None)
def test_at_any_instant_the_counts_of_all_statuses_add_up_to_all(every: Any, day: int) -> None:
    account = account_of(every)

    def count(status: str) -> Decimal:
        query = query_from_dict({"type": "subscription_count", "status": status})
        return compute(query, account, days_ago(day), in_dollars()).value or Decimal(0)

    assert sum(count(status) for status in STATUSES) == count("all")


@given(many)
@settings(max_examples=40, deadline=None)
def test_parts_and_contributions_lead_to_the_value(every: Any) -> None:
    account = account_of(every)
    for query in QUERIES[3:]:
        measured = compute(query, account, NOW, in_dollars())
        parts, rows = measured.explanation.parts, measured.explanation.contributions
        assert sum(row.amount for row in rows) == parts[0].value
        if measured.value is not None and len(parts) == 2:
            assert abs(measured.value - 100 * parts[0].value / parts[1].value) < Decimal("0.2")
