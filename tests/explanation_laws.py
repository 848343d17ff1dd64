"""What holds for the explanation of every number, of whatever account."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Arpu,
    Arr,
    Churn,
    CustomerCount,
    Explanation,
    Measurement,
    MetricQuery,
    Mrr,
    Nrr,
    Revenue,
    Terms,
    compare,
    compute,
)
from shared.domain.metrics.mrr_movements import GAINS, LOSSES
from shared.domain.windows import window_ending

ZERO = Decimal(0)
CENT = Decimal("0.01")
BESIDE = ["at_risk_mrr", "in_trial_mrr"]


def hold_to_the_laws(query: MetricQuery, account: Account, at: datetime, terms: Terms) -> None:
    """Compute, explain and compare; `AssertionError` where a law does not hold."""
    measured = compute(query, account, at, terms)
    explanation = measured.explanation
    _nothing_is_lost(query, account, at, explanation)
    if measured.value is not None:
        _all_adds_up(query, measured)
    _movements_reconcile(query, explanation, account, at, terms)
    for preset in ("default", "match_stripe"):
        other = Definitions.from_dict({"preset": preset})
        _causes_add_up(query, account, at, terms, other)


def _nothing_is_lost(
    query: MetricQuery, account: Account, at: datetime, explanation: Explanation
) -> None:
    coverage = explanation.coverage
    assert coverage is not None
    assert all(row.count > 0 for row in explanation.left_out), explanation.left_out
    left_out = [row.count for row in explanation.left_out if row.object == coverage.object]
    assert coverage.counted + sum(left_out) == coverage.read == read(query, account, at), (
        coverage,
        explanation.left_out,
    )


def read(query: MetricQuery, account: Account, at: datetime) -> int:
    """How many objects there are that a number is computed from, found without its code."""
    mine = [it for it in account.timelines if _is_mine(account, it)]
    odd = {it.customer_id for it in account.unreadable if _is_mine(account, it)}
    match query:
        case CustomerCount(customer_type="all" | "new"):
            return len(account.customers)
        case CustomerCount(customer_type="active"):
            return len({it.customer_id for it in mine if it.stretches[0].since <= at} | odd)
        case CustomerCount() | Churn() | Nrr():
            return len({it.customer_id for it in mine} | odd)
        case Revenue() | Arpu():
            window = window_ending(at, query.time_range)
            return sum(1 for row in account.balance if row.created_at in window)
        case _:
            begun = [it for it in account.timelines if it.stretches[0].since <= at]
            return len(begun) + len(account.unreadable)


def _is_mine(account: Account, it: object) -> bool:
    is_live, in_clock = getattr(it, "livemode"), getattr(it, "in_test_clock")  # noqa: B009
    return is_live == (account.mode == "live") and not in_clock


def _all_adds_up(query: MetricQuery, measured: Measurement) -> None:
    explanation = measured.explanation
    parts = [part.value for part in explanation.parts]
    is_ratio = isinstance(query, Arpu | Nrr) or measured.unit == "percent"
    whole = parts[0] if is_ratio else measured.value
    assert whole is not None
    assert is_ratio or sum(parts, ZERO) == whole
    if isinstance(query, Mrr | Arr):
        coverage = explanation.coverage
        assert coverage is not None
        assert sum(part.count for part in explanation.parts) == coverage.counted
    assert sum((it.amount for it in explanation.contributions), ZERO) == whole
    by_price = explanation.breakdown.by_price
    by_product = explanation.breakdown.by_product
    if isinstance(query, Revenue | Arpu) or getattr(query, "customer_type", "") in {"all", "new"}:
        assert (by_price, by_product) == ((), ())
        return
    assert sum((row.value for row in by_price), ZERO) == whole
    assert sum((row.value for row in by_product), ZERO) == whole
    assert len({row.id for row in by_price}) == len(by_price)


def _movements_reconcile(
    query: MetricQuery, explanation: Explanation, account: Account, at: datetime, terms: Terms
) -> None:
    sums = {name: value or ZERO for name, value in explanation.companions.items()}
    if "opening_mrr" not in sums:
        return
    gained = sum(sums[f"{kind}_mrr"] for kind in GAINS)
    lost = sum(sums[f"{kind}_mrr"] for kind in LOSSES)
    assert sums["opening_mrr"] + sums["fx_impact"] + gained - lost == sums["closing_mrr"]
    nrr = compute(Nrr(getattr(query, "time_range", "last_month")), account, at, terms).explanation
    if any(row.reason == "unreadable" for row in nrr.left_out):
        return  # who cannot be read whole is in the MRR with the rest, and in no movement
    # Both ends are the MRR of their instant, with what is retained and in no MRR beside it.
    beside = ["in_trial_mrr"] if terms.definitions.past_due == "include" else BESIDE
    start = window_ending(at, getattr(query, "time_range", "last_month")).start
    for when, opening, instant in (("", "closing_mrr", at), ("opening_", "opening_mrr", start)):
        mrr = compute(Mrr(), account, instant, terms).value
        if mrr is not None:
            retained = mrr + sum(sums[f"{when}{name}"] for name in beside)
            assert abs(sums[opening] - retained) <= len(beside) * CENT, (when, mrr, sums)


def _causes_add_up(
    query: MetricQuery, account: Account, at: datetime, terms: Terms, other: Definitions
) -> None:
    measured = compute(query, account, at, terms)
    found = compare(query, account, at, terms, measured=measured, other=other)
    there = compute(query, account, at, replace(terms, definitions=other)).value
    assert found.value == there
    if measured.value is None or there is None:
        assert found.difference is None
        return
    assert found.difference == there - measured.value
    differences = [it.difference for it in found.causes]
    if None not in differences:
        assert sum((it or ZERO for it in differences), ZERO) == found.difference
