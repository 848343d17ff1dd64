"""NRR: what is left of the revenue of those who paid at a range's start."""

from datetime import datetime
from decimal import Decimal

from shared.domain.account import Account
from shared.domain.metrics.measurement import Explanation, Measurement, Part, Terms
from shared.domain.metrics.queries import Nrr
from shared.domain.metrics.retained_prices import break_down_kept
from shared.domain.metrics.retained_revenue import (
    RetainedRevenue,
    companions_of,
    contributions_of,
    coverage_of,
    left_out_of,
    measure_retained_revenue,
    percent_of,
    warnings_of,
)
from shared.domain.money import format_value


def compute_nrr(query: Nrr, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return the net revenue retention over the range that ends at an instant.

    NRR = retained MRR at the range's end of the customers whose retained MRR was above 0 at its
    start / their retained MRR at the start x 100. Who came since is in neither; who left and came
    back within the range counts with what they have at its end. In percent with two decimals,
    rounded half-up once at the end. None without such customers; withheld where an amount has no
    rate of exchange.

    >>> from datetime import UTC
    >>> from shared.domain.definitions import Definitions
    >>> terms = Terms(Definitions(), currency="usd")
    >>> compute_nrr(Nrr(), Account("live"), datetime(2026, 11, 22, tzinfo=UTC), terms).value
    """
    found = measure_retained_revenue(query.time_range, account, at, terms)
    sums = found.sums
    value = None if found.is_withheld else percent_of(sums.closing, sums.opening)
    warnings = warnings_of("NRR", found, needs_rates=True)
    return Measurement(value, "percent", None, tuple(warnings), lambda: _explain(found, value))


def _explain(found: RetainedRevenue, value: Decimal | None) -> Explanation:
    kept = {it.customer_id: it.closing for it in found.cohort}
    opening, closing = found.sums.opening, found.sums.closing
    parts: tuple[Part, ...] = ()
    formula = "NRR = withheld"
    if not found.is_withheld:
        left = sum(1 for amount in kept.values() if amount)
        parts = (
            Part("MRR now of those who paid at the start", found.rounded(closing), left),
            Part("MRR at the start", found.rounded(opening), len(kept)),
        )
        formula = (
            f"NRR = {found.shown(closing)} now of those who paid at the start"
            f" / {found.shown(opening)} then x 100 = {format_value(value, 'percent', None)}"
        )
    return Explanation(
        formula=formula,
        parts=parts,
        breakdown=break_down_kept(found),
        contributions=() if found.is_withheld else contributions_of(found, kept),
        left_out=left_out_of(found),
        companions=companions_of(found),
        coverage=coverage_of(found),
    )
