"""MRR movements: how retained MRR came from what it was at a window's start to what it is.

opening + new + reactivation + expansion - contraction - churned = closing, for every customer and
in sum. Terms as in docs/metrics.md; both ends are converted at the same rates, so that exchange
rates move nothing. What they did move is told apart, as fx_impact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.retention import Retention
from shared.domain.metrics.weights import NOBODY, RetainedCustomer
from shared.domain.money import exact_sum, round_shares

MovementKind = Literal["new", "reactivation", "expansion", "contraction", "churned", "unchanged"]
GAINS = ("new", "reactivation", "expansion")
LOSSES = ("contraction", "churned")


@dataclass(frozen=True, slots=True)
class MrrMovement:
    """What became of one customer's retained MRR, exact, in major units.

    Attributes:
        by_discount: whether only discounts changed, not what is subscribed to.
    """

    customer_id: str
    kind: MovementKind
    opening: Fraction
    closing: Fraction
    by_discount: bool

    @property
    def change(self) -> Fraction:
        """How much more it is."""
        return self.closing - self.opening


def list_movements(retention: Retention, converter: Converter) -> list[MrrMovement] | None:
    """Return every customer's movement in the order of their ids; None without a rate.

    What became of customers who were alike at both ends is found once.
    """
    weigh = retention.weights.customer
    states = {*retention.opening_states, *retention.closing_states}
    totals: dict[int, Fraction] = {}
    for state in states:
        total = _in_total(weigh(state) or NOBODY, converter)
        if total is None:
            return None
        totals[state] = total
    movements = []
    alike: dict[tuple[int, int], tuple[MovementKind, Fraction, Fraction, bool]] = {}
    for customer_id, before, after in sorted(retention.both_ends()):
        if (before, after) not in alike:
            opening, closing = totals[before], totals[after]
            kind = _kind_of(opening, closing, is_retained=weigh(after) is not None)
            by_discount = opening != closing and _listed(weigh(before)) == _listed(weigh(after))
            alike[before, after] = kind, opening, closing, by_discount
        kind, opening, closing, by_discount = alike[before, after]
        if kind == "new" and customer_id in retention.paid_before:
            kind = "reactivation"
        movements.append(MrrMovement(customer_id, kind, opening, closing, by_discount))
    return movements


def currencies_without_rate(retention: Retention, converter: Converter) -> set[str]:
    """Return the currencies of amounts at either end that cannot be converted."""
    billed = {kind.currency for kind in retention.states.kinds} - {""}
    if all(converter.rate_of(currency) is not None for currency in billed):
        return set()
    return {
        currency
        for state in {*retention.opening_states, *retention.closing_states}
        for currency, minor in (retention.weights.customer(state) or NOBODY).amounts.items()
        if converter.convert(minor, currency) is None
    }


def sum_movements(
    movements: Sequence[MrrMovement], opening_then: Fraction, digits: int
) -> dict[str, Decimal]:
    """Return opening and closing MRR and what lies between, rounded so that they reconcile.

    The opening is *opening_then*, at the rates that held then; `fx_impact` leads from it to what it
    is at those of the movements. Contraction and churned are given as positive amounts.
    `expansion_by_discount` is the part of the expansion, and `contraction_by_discount` of the
    contraction, in which only discounts changed.
    """
    by_kind = {kind: [it for it in movements if it.kind == kind] for kind in (*GAINS, *LOSSES)}
    sums = {kind: _sum_of_changes(group) for kind, group in by_kind.items()}
    opening = exact_sum(it.opening for it in movements)
    # Shares of the closing MRR, so that the rounded ones add up to it.
    shares = round_shares([opening_then, opening - opening_then, *sums.values()], digits)
    rounded = dict(zip(("opening", "fx_impact", *sums), shares, strict=True))
    found = {kind: -value if kind in LOSSES else value for kind, value in rounded.items()}
    found["closing"] = sum(shares, Decimal(0))
    for kind in ("expansion", "contraction"):
        by_discount = _sum_of_changes(it for it in by_kind[kind] if it.by_discount)
        (share,) = round_shares([abs(by_discount)], digits)
        found[f"{kind}_by_discount"] = share
    return found


def _sum_of_changes(movements: Iterable[MrrMovement]) -> Fraction:
    every = list(movements)
    return exact_sum(it.closing for it in every) - exact_sum(it.opening for it in every)


def _in_total(customer: RetainedCustomer, converter: Converter) -> Fraction | None:
    """Return all that a customer is worth in the reporting currency; None without a rate."""
    sums = converter.sum_by(("", minor, code) for code, minor in customer.amounts.items())
    return None if sums is None else sums.get("", Fraction(0))


def _listed(customer: RetainedCustomer | None) -> dict[str, Fraction]:
    return dict((customer or NOBODY).listed)


def _kind_of(opening: Fraction, closing: Fraction, *, is_retained: bool) -> MovementKind:
    """Return what it is of a customer who had not paid before the window."""
    if opening == closing:
        return "unchanged"
    if not opening:
        return "new"
    if not closing:
        # Who stays without paying, such as behind a coupon of 100 %, has not left.
        return "contraction" if is_retained else "churned"
    return "expansion" if closing > opening else "contraction"
