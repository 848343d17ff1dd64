"""What MRR and ARR share: the sum of monthly amounts, and its explanation.

ARR is the same sum over twelve months, so both are measured here, from exact amounts, and rounded
once at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.domain.account import Account
from shared.domain.metrics.assessments import Assessment, Unknown, assess_all
from shared.domain.metrics.contributions import break_down, list_contributions, list_parts
from shared.domain.metrics.conversion import Converter, warn_of_missing_rates
from shared.domain.metrics.exclusions import list_left_out, warn_of_exclusions
from shared.domain.metrics.measurement import (
    Coverage,
    Explanation,
    Measurement,
    MetricWarning,
    Terms,
)
from shared.domain.metrics.retained_revenue import companions_of, measure_retained_revenue
from shared.domain.metrics.scope import count_nouns, select_scope
from shared.domain.money import format_value
from shared.domain.subscriptions import STATUSES, counted_statuses
from shared.domain.windows import window_ending


@dataclass(frozen=True, slots=True)
class RevenueKind:
    """Which of the two is measured: its name, and how many months it covers."""

    name: str
    months: int


MRR = RevenueKind("MRR", 1)
ARR = RevenueKind("ARR", 12)


def measure_recurring_revenue(
    kind: RevenueKind, account: Account, at: datetime, terms: Terms, *, include_trials: bool
) -> Measurement:
    """Return the sum of the monthly amounts of the subscriptions that count, times its months.

    In major units of the reporting currency, rounded half-up to its minor unit once, at the end.
    No subscriptions give 0. The value is withheld where a counted amount has no rate, and where
    all that could count cannot be read: what is not known is never zero.
    """
    scope = select_scope(account, at)
    definitions = terms.definitions
    assessed, unreadable = assess_all(scope.alike, definitions, include_trials=include_trials)
    unreadable += [Unknown(it.status, it.reason, 1) for it in scope.unreadable]
    counted = [it for it in assessed if it.reason is None]
    converter = Converter(terms, months=kind.months)
    sums = [(it.sum_minor, it.kind.currency) for it in counted]
    missing = {code for minor, code in sums if converter.convert(minor, code) is None}
    statuses = counted_statuses(definitions, include_trials=include_trials)
    is_withheld = bool(missing) or _is_all_unreadable(counted, unreadable, statuses)
    value = None if is_withheld else converter.sum_rounded(sums)
    left_out = (*list_left_out(assessed, unreadable, converter), *scope.left_out)
    warnings = [*scope.warnings]
    if missing:
        warnings.append(warn_of_missing_rates(missing, converter.currency))
    warnings += warn_of_exclusions(kind.name, value, counted, unreadable, left_out)
    warnings += _pause_warnings(kind, counted, converter)

    def explain() -> Explanation:
        # Those at no cost are left out, by that reason.
        paying = [it for it in counted if it.minor]
        return Explanation(
            formula=_formula(kind, paying, value, converter.currency),
            parts=() if is_withheld else list_parts(paying, converter),
            breakdown=break_down(paying, converter, is_withheld=is_withheld),
            contributions=list_contributions(scope, paying, converter, is_withheld=is_withheld),
            left_out=left_out,
            companions={
                **_companions(kind, assessed, value, converter),
                **_movements(account, at, terms),
            },
            coverage=Coverage("subscription", scope.read, sum(it.count for it in paying)),
        )

    return Measurement(value, "currency", converter.currency, tuple(warnings), explain)


def _is_all_unreadable(
    counted: Sequence[Assessment], unreadable: Sequence[Unknown], statuses: frozenset[str]
) -> bool:
    could_count = [it for it in unreadable if it.status in statuses or it.status not in STATUSES]
    return bool(could_count) and not any(it.minor for it in counted)


def _sum_rounded(assessed: Iterable[Assessment], converter: Converter) -> Decimal | None:
    return converter.sum_rounded((it.sum_minor, it.kind.currency) for it in assessed)


def _companions(
    kind: RevenueKind, assessed: Sequence[Assessment], value: Decimal | None, converter: Converter
) -> dict[str, Decimal | None]:
    """Return the sums to show beside the value; they cover the same number of months."""
    # A definition may leave these two out of the value; they are companions all the same.
    in_status = [
        it for it in assessed if it.reason in {None, "collection_paused", "cancel_requested"}
    ]
    chosen = {
        "at_risk": [it for it in assessed if it.kind.status == "past_due"],
        "scheduled_to_end": [it for it in in_status if it.kind.is_ending],
        "collection_paused": [it for it in in_status if it.kind.collection_paused],
    }
    sums = {name: _sum_rounded(group, converter) for name, group in chosen.items()}
    if kind is MRR:
        return sums
    monthly = Converter(converter.terms)
    counted = [it for it in assessed if it.reason is None]
    return {"mrr": None if value is None else _sum_rounded(counted, monthly), **sums}


def _movements(account: Account, at: datetime, terms: Terms) -> dict[str, Decimal | None]:
    """Return what MRR was 30 days before and what lies between, where that is known."""
    since = account.history_since
    if since is None or since > window_ending(at, "last_month").start:
        return {}
    return companions_of(measure_retained_revenue("last_month", account, at, terms))


def _pause_warnings(
    kind: RevenueKind, counted: Sequence[Assessment], converter: Converter
) -> list[MetricWarning]:
    paused = [it for it in counted if it.kind.collection_paused and it.minor]
    if not paused:
        return []
    amount = format_value(_sum_rounded(paused, converter), "currency", converter.currency)
    count = sum(it.count for it in paused)
    message = (
        f"{kind.name} contains {count_nouns(count, 'subscription')} with paused collection"
        f" ({amount}): their status stays as it was. The definition paused_collection can leave"
        " them out."
    )
    return [MetricWarning("collection_paused", message)]


def _formula(
    kind: RevenueKind, counted: Sequence[Assessment], value: Decimal | None, currency: str
) -> str:
    statuses = sorted({it.kind.status for it in counted}) or ["active"]
    count = sum(it.count for it in counted)
    text = (
        f"{kind.name} = sum of the monthly amounts of"
        f" {count_nouns(count, 'subscription')} ({', '.join(statuses)}), licensed items"
        " after the discounts counted, without tax"
    )
    times = "" if kind.months == 1 else f", x {kind.months}"
    shown = "withheld" if value is None else format_value(value, "currency", currency)
    return f"{text}{times} = {shown}"
