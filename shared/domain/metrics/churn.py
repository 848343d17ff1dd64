"""Churn: what was lost over a range: customers or revenue, as a rate or an amount."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from shared.domain.account import Account
from shared.domain.metrics.departures import Departure, departed_customers
from shared.domain.metrics.measurement import (
    Contribution,
    Explanation,
    Measurement,
    Part,
    Terms,
)
from shared.domain.metrics.queries import Churn
from shared.domain.metrics.retained_prices import (
    break_down_decrease,
    break_down_departed,
    break_down_lost,
    break_down_lost_customers,
)
from shared.domain.metrics.retained_revenue import (
    RetainedRevenue,
    companions_of,
    contributions_of,
    coverage_of,
    describe,
    left_out_of,
    measure_retained_revenue,
    percent_of,
    warnings_of,
)
from shared.domain.metrics.retention import Retention, first_payments
from shared.domain.metrics.scope import count_nouns
from shared.domain.money import Unit, format_value


def compute_churn(query: Churn, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return what was lost over the range that ends at an instant.

    The cohort is the customers whose retained MRR was above 0 at the range's start. Customer churn
    rate: those of them without a retained subscription at its end / all of them x 100; as Stripe's
    dashboard has it, all who left in the range / (the cohort + those new in the range) x 100.
    Churned MRR: the start MRR of those lost. Revenue churn rate: churned MRR (with contraction, if
    the definitions say so) / the cohort's start MRR x 100.

    Rates in percent with two decimals, money in major units of the reporting currency, both rounded
    half-up once at the end. A rate without a cohort is None; what needs a rate of exchange that is
    missing is withheld.

    >>> from datetime import UTC
    >>> from shared.domain.definitions import Definitions
    >>> terms = Terms(Definitions(), currency="usd")
    >>> compute_churn(Churn(), Account("live"), datetime(2026, 11, 22, tzinfo=UTC), terms).value
    """
    found = measure_retained_revenue(query.time_range, account, at, terms)
    if query.churn_metric == "customer_churn_rate":
        return _customer_churn_rate(account, found, terms)
    return _revenue_churn(query, found, terms)


def _customer_churn_rate(account: Account, found: RetainedRevenue, terms: Terms) -> Measurement:
    lost, base = found.sums.lost, found.sums.customers
    departed: Mapping[str, Departure] | None = None
    came: Sequence[int] = ()
    if terms.definitions.customer_churn == "stripe":
        departed = departed_customers(account, found.window, terms.definitions).last
        came = _list_new(found.retention)
        lost, base = len(departed), base + len(came)
    value = None if found.is_unknown else percent_of(lost, base)

    def explain() -> Explanation:
        ids = set(found.retention.lost if departed is None else departed)
        details = {
            it.customer_id: describe(it, found) for it in found.movements if it.customer_id in ids
        }
        shown = "withheld" if found.is_unknown else format_value(value, "percent", None)
        return Explanation(
            formula=(
                f"Customer churn rate = {count_nouns(lost, 'customer')} lost"
                f" / {base:,d} {_base_label(terms)} x 100 = {shown}"
            ),
            parts=(
                Part("Customers lost", Decimal(lost), lost),
                Part(f"Customers {_base_label(terms)}", Decimal(base), base),
            ),
            contributions=tuple(
                Contribution("customer", it, it, Decimal(1), None, details.get(it, "lost"))
                for it in sorted(ids)
            ),
            breakdown=(
                break_down_lost_customers(found)
                if departed is None
                else break_down_departed(
                    found.retention.states, departed.values(), terms.definitions
                )
            ),
            left_out=left_out_of(found, came),
            companions=companions_of(found),
            coverage=coverage_of(found, came),
        )

    warnings = warnings_of("Customer churn rate", found, needs_rates=False)
    return Measurement(value, "percent", None, tuple(warnings), explain)


def _list_new(retention: Retention) -> Sequence[int]:
    """Return the customers who first paid within the window; who came and left in it, too."""
    came = (
        it
        for it in retention.retained_within()
        if not (retention.paid_at_start(it) and retention.is_readable(it))
    )
    since = first_payments(retention.states, retention.weights, came)
    return [it for it, at in since.items() if at in retention.window]


def _base_label(terms: Terms) -> str:
    if terms.definitions.customer_churn == "stripe":
        return "who paid at the start or came since"
    return "who paid at the start"


def _revenue_churn(query: Churn, found: RetainedRevenue, terms: Terms) -> Measurement:
    is_rate = query.churn_metric == "revenue_churn_rate"
    counts_less = is_rate and terms.definitions.revenue_churn == "with_contraction"
    lost = found.decrease if counts_less else found.sums.churned
    name = "Revenue churn rate" if is_rate else "Churned MRR"
    value: Decimal | None = None
    if not found.is_withheld:
        value = percent_of(lost, found.sums.opening) if is_rate else found.rounded(lost)

    def explain() -> Explanation:
        kinds = {"churned", "contraction"} if counts_less else {"churned"}
        losses = {it.customer_id: -it.change for it in found.cohort if it.kind in kinds}
        return Explanation(
            formula=_formula(name, lost, found, value, is_rate=is_rate),
            parts=_parts(losses, lost, found, is_rate=is_rate),
            breakdown=break_down_decrease(found) if counts_less else break_down_lost(found),
            contributions=() if found.is_withheld else contributions_of(found, losses),
            left_out=left_out_of(found),
            companions=companions_of(found),
            coverage=coverage_of(found),
        )

    warnings = warnings_of(name, found, needs_rates=True)
    if not is_rate:
        warnings = [it for it in warnings if it.code not in {"no_cohort", "short_range"}]
    unit: Unit = "percent" if is_rate else "currency"
    currency = None if is_rate else found.converter.currency
    return Measurement(value, unit, currency, tuple(warnings), explain)


def _parts(
    losses: dict[str, Fraction], lost: Fraction, found: RetainedRevenue, *, is_rate: bool
) -> tuple[Part, ...]:
    """Return the churned MRR, and for a rate what it is divided by."""
    if found.is_withheld:
        return ()
    numerator = Part("MRR lost", found.rounded(lost), len(losses))
    if not is_rate:
        return (numerator,)
    return (
        numerator,
        Part("MRR at the start", found.rounded(found.sums.opening), len(found.cohort)),
    )


def _formula(
    name: str, lost: Fraction, found: RetainedRevenue, value: Decimal | None, *, is_rate: bool
) -> str:
    if found.is_withheld:
        return f"{name} = withheld"
    if not is_rate:
        return f"{name} = start MRR of the customers lost = {found.shown(lost)}"
    shown = format_value(value, "percent", None)
    return (
        f"{name} = {found.shown(lost)} lost / {found.shown(found.sums.opening)} at the start"
        f" x 100 = {shown}"
    )
