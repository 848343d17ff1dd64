"""What churn and NRR share: retained MRR at both ends of a window, and what lies between."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from operator import sub

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.contributions import rows_by_currency
from shared.domain.metrics.conversion import Converter, terms_at, warn_of_missing_rates
from shared.domain.metrics.exclusions import warn_of_unreadable
from shared.domain.metrics.measurement import (
    Breakdown,
    Contribution,
    Contributions,
    Coverage,
    LeftOut,
    MetricWarning,
    Terms,
)
from shared.domain.metrics.mrr_movements import (
    MrrMovement,
    currencies_without_rate,
    list_movements,
    sum_movements,
)
from shared.domain.metrics.retention import RangeSums, Retention, compare_retained
from shared.domain.metrics.scope import Scope, count_nouns, select_scope
from shared.domain.metrics.weights import NOBODY
from shared.domain.money import (
    Amount,
    exact_sum,
    format_money,
    round_half_up,
    round_money,
    round_shares,
)
from shared.domain.windows import LongTimeRange, Window, window_ending

_FEW_CUSTOMERS = 50


@dataclass(frozen=True)
class RetainedRevenue:
    """Retained MRR of a range, in major units of the reporting currency.

    Attributes:
        sums: over the cohort; of its money nothing where an amount has no rate.

        missing: the currencies without a rate.

        converter_then: converts at the rates of the window's start.

        definitions: under which it was measured.
    """

    time_range: LongTimeRange
    window: Window
    scope: Scope
    retention: Retention
    converter: Converter
    sums: RangeSums
    missing: frozenset[str]
    converter_then: Converter
    definitions: Definitions

    @property
    def is_unknown(self) -> bool:
        """Whether nothing can be told of anyone who might have paid at the start."""
        return bool(self.retention.unreadable) and not self.sums.customers

    @property
    def is_withheld(self) -> bool:
        """Whether no amount is told."""
        return bool(self.missing) or self.is_unknown

    @cached_property
    def movements(self) -> Sequence[MrrMovement]:
        """Those of every customer, exact; none of them where an amount has no rate."""
        return tuple(list_movements(self.retention, self.converter) or ())

    @cached_property
    def decrease(self) -> Fraction:
        """How much less the cohort's customers have who have less, those lost included."""
        values = self.retention.weights.values(self.converter)
        of, states = values.by_state().__getitem__, self.retention
        changes = map(sub, map(of, states.opening_states), map(of, states.closing_states))
        return Fraction(sum(it for it in changes if it > 0)) / values.scale

    @property
    def cohort(self) -> list[MrrMovement]:
        """The movements of those whose retained MRR was above 0 at the start."""
        return [it for it in self.movements if it.opening]

    def rounded(self, amount: Fraction) -> Decimal:
        """Return an amount in major units rounded to the currency's minor unit."""
        return round_money(amount, self.converter.currency)

    def shown(self, amount: Fraction) -> str:
        """Return an amount as text."""
        return format_money(self.rounded(amount), self.converter.currency)


def measure_retained_revenue(
    time_range: LongTimeRange, account: Account, at: datetime, terms: Terms
) -> RetainedRevenue:
    """Return the retained MRR at both ends of the range that ends at an instant."""
    window = window_ending(at, time_range)
    retention = compare_retained(account, window, terms.definitions)
    converter = Converter(terms)
    return RetainedRevenue(
        time_range=time_range,
        window=window,
        scope=select_scope(account, at),
        retention=retention,
        converter=converter,
        sums=retention.sums(converter),
        missing=frozenset(currencies_without_rate(retention, converter)),
        converter_then=Converter(terms_at(terms, account, window.start)),
        definitions=terms.definitions,
    )


def percent_of(part: Fraction | int, whole: Fraction | int) -> Decimal | None:
    """Return a share in percent, rounded half-up to two decimals; None of nothing.

    >>> percent_of(1, 3), percent_of(1, 0)
    (Decimal('33.33'), None)
    """
    return round_half_up(Fraction(part * 100) / Fraction(whole), 2) if whole else None


def companions_of(found: RetainedRevenue) -> dict[str, Decimal | None]:
    """Return the MRR movements of the range; they reconcile: opening to closing.

    The opening is what it was then, at the rates of then; `fx_impact` is what it would be more at
    the rates of now, at which all else is told. Opening and closing hold what is past due, which
    MRR does not by default, and what is in a free month: the closing less `at_risk_mrr` and
    `in_trial_mrr` is the MRR.
    """
    if found.is_withheld:
        return {}
    opening_then = found.retention.opening_sum(found.converter_then)
    sums = sum_movements(found.movements, opening_then, found.converter.digits)
    named: dict[str, Decimal | None] = {}
    for name, value in sums.items():
        named[name if name == "fx_impact" else f"{name}_mrr"] = value
    retention = found.retention
    for when, states, converter in (
        ("opening_", retention.opening_states, found.converter_then),
        ("", retention.closing_states, found.converter),
    ):
        customers = [
            (retention.weights.customer(state) or NOBODY, count)
            for state, count in Counter(states).items()
        ]
        for name in ("at_risk", "in_trial"):
            named[f"{when}{name}_mrr"] = converter.sum_rounded(
                (minor * count, code)
                for it, count in customers
                for code, minor in getattr(it, name).items()
            )
    return named


def breakdown_of(found: RetainedRevenue) -> Breakdown:
    """Return the cohort's MRR at the start by currency.

    A currency without a rate that nobody paid in then is there with what is paid in it at the end.
    """
    amounts = _by_currency(found, found.retention.opening_states)
    since = found.missing - {currency for _, currency, _ in amounts}
    at_the_end = _by_currency(found, found.retention.closing_states) if since else []
    amounts += [row for row in at_the_end if row[1] in since]
    is_withheld = bool(found.missing)
    return Breakdown(
        by_currency=rows_by_currency(amounts, found.converter, is_withheld=is_withheld)
    )


def _by_currency(found: RetainedRevenue, states: Sequence[int]) -> list[tuple[Amount, str, int]]:
    """Return (minor units, currency, customers) of those who have an amount."""
    return [
        (minor * count, currency, count)
        for state, count in Counter(states).items()
        for currency, minor in (found.retention.weights.customer(state) or NOBODY).amounts.items()
        if minor
    ]


def coverage_of(found: RetainedRevenue, came: Sequence[int] = ()) -> Coverage:
    """Return how many customers of subscriptions were read, and how many of them are counted.

    These are the cohort, and where the definitions say so those who *came* since, by number.
    """
    read = len(found.retention.opening_states) + found.retention.unreadable.total()
    return Coverage("customer", read, found.sums.customers + len(came))


def left_out_of(found: RetainedRevenue, came: Sequence[int] = ()) -> tuple[LeftOut, ...]:
    """Return who is not counted (see `coverage_of`): who came since, never paid, is not known."""
    rows = []
    retention = found.retention
    unknown_came = sum(1 for it in came if not retention.is_readable(it))
    others = len(retention.opening_states) - found.sums.customers - len(came) + unknown_came
    kinds = (("new", "new in the range"), ("reactivation", "back in the range"))
    for kind, said in () if came else kinds:
        group = [it for it in found.movements if it.kind == kind]
        words = f"{count_nouns(len(group), 'customer')} {said}"
        amount = found.rounded(exact_sum(it.closing for it in group))
        rows.append(LeftOut(kind, words, len(group), amount, "customer"))
        others -= len(group)
    words = f"{count_nouns(others, 'customer')} who paid nothing at the start"
    rows.append(LeftOut("not_paying", words, others, None, "customer"))
    unknown = retention.unreadable.total() - unknown_came
    words = f"{count_nouns(unknown, 'customer')} of unknown amount"
    rows.append(LeftOut("unreadable", words, unknown, None, "customer"))
    return (*(row for row in rows if row.count), *found.scope.left_out)


def warnings_of(name: str, found: RetainedRevenue, *, needs_rates: bool) -> list[MetricWarning]:
    """Return what to know before relying on a number of a range."""
    warnings = [*found.scope.warnings]
    if needs_rates and found.missing:
        warnings.append(warn_of_missing_rates(found.missing, found.converter.currency))
    reasons = found.retention.unreadable
    if reasons:
        warnings.append(warn_of_unreadable(name, "customer", reasons))
    cohort = found.sums.customers
    if not cohort and not reasons:
        message = (
            f"{name} has no value: nobody paid for a subscription at the start of the range,"
            f" {found.window.start:%d %B %Y}. A shorter range may have one."
        )
        warnings.append(MetricWarning("no_cohort", message))
    return [*warnings, *_warn_of_short_range(name, found, cohort)]


def contributions_of(
    found: RetainedRevenue, chosen: Mapping[str, Fraction]
) -> Sequence[Contribution]:
    """Return what each of the chosen customers adds, largest first; they add up exactly."""
    by_id = {it.customer_id: it for it in found.movements}
    ids = [customer_id for customer_id, amount in chosen.items() if amount]
    shares = round_shares([chosen[it] for it in ids], found.converter.digits)

    def tell(row: tuple[str, Decimal]) -> Contribution:
        customer_id, share = row
        return Contribution(
            object="customer",
            id=customer_id,
            customer=customer_id,
            amount=share,
            currency=found.converter.currency,
            detail=describe(by_id[customer_id], found),
        )

    return Contributions(
        sorted(zip(ids, shares, strict=True), key=lambda row: (-row[1], row[0])), tell
    )


def describe(movement: MrrMovement, found: RetainedRevenue) -> str:
    """Return what became of a customer's MRR, in words."""
    change = f"{found.shown(movement.opening)} -> {found.shown(movement.closing)}"
    if movement.by_discount:
        way = "ended" if movement.change > 0 else "began"
        return f"{movement.kind}: {change}; discount_{way}"
    return f"{movement.kind}: {change}"


def _warn_of_short_range(name: str, found: RetainedRevenue, cohort: int) -> list[MetricWarning]:
    if found.time_range != "last_month" or not 0 < cohort < _FEW_CUSTOMERS:
        return []
    message = (
        f"{name} of 30 days rests on {count_nouns(cohort, 'customer')} who paid at the start, so"
        f" that a single one who leaves is {percent_of(1, cohort)}% of them. It easily looks"
        f" {'low' if name == 'NRR' else 'high'} that way: last_quarter or last_year say more of how"
        " it usually is."
    )
    return [MetricWarning("short_range", message)]
