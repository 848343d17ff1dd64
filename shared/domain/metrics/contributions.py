"""Where a sum comes from: by status, price, product, currency and subscription.

Every list here adds up exactly to the rounded value: shares are rounded by largest remainder.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from shared.domain.metrics.assessments import Assessment
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.measurement import (
    Breakdown,
    Contribution,
    Contributions,
    CurrencyRow,
    Part,
)
from shared.domain.metrics.price_rows import money_by
from shared.domain.metrics.scope import Scope
from shared.domain.money import (
    Amount,
    exact_sum,
    format_money,
    round_half_up,
    round_money,
    round_shares,
    to_major,
)
from shared.domain.timelines import Timeline

_LABELS = {
    "active": "Active subscriptions",
    "trialing": "Subscriptions in trial",
    "past_due": "Past due subscriptions",
}


def list_parts(counted: Sequence[Assessment], converter: Converter) -> tuple[Part, ...]:
    """Return the value by status, in a fixed order; statuses that none has are left out."""
    counts: Counter[str] = Counter()
    for it in counted:
        counts[it.kind.status] += it.count
    amounts = ((it.kind.status, it.sum_minor, it.kind.currency) for it in counted)
    sums = converter.sum_by(amounts) or {}
    statuses = [status for status in _LABELS if status in sums]
    shares = round_shares([sums[status] for status in statuses], converter.digits)
    return tuple(
        Part(_LABELS[status], share, counts[status])
        for status, share in zip(statuses, shares, strict=True)
    )


def list_contributions(
    scope: Scope, counted: Sequence[Assessment], converter: Converter, *, is_withheld: bool
) -> Sequence[Contribution]:
    """Return what each subscription adds, largest first, equal amounts by id.

    Where the value is withheld, each amount is in its subscription's own currency.
    """
    weighed = {it.alike.number: it for it in counted}
    every = [(whose, weighed[kind]) for whose, kind in scope.subscriptions() if kind in weighed]
    amounts = [(it.minor, it.kind.currency) for _, it in every]
    rounded = round_each(amounts, converter, is_withheld=is_withheld)
    # They are in the order of the ids, which stays that of equal amounts.
    rows = sorted(zip(every, rounded, strict=True), key=lambda row: row[1][0], reverse=True)
    return Contributions(rows, lambda row: _contribution(*row[0], *row[1]))


def round_each(
    amounts: Sequence[tuple[Amount, str]], converter: Converter, *, is_withheld: bool
) -> list[tuple[Decimal, str]]:
    """Return each of (minor units, currency) rounded, with the currency that it is in then.

    That is the reporting currency, and they add up to their rounded sum; where the value is
    withheld, it is the currency of each.
    """
    if is_withheld:
        return [(_rounded_own(minor * converter.months, code), code) for minor, code in amounts]
    return [(amount, converter.currency) for amount in converter.round_each(amounts)]


def break_down(
    counted: Sequence[Assessment], converter: Converter, *, is_withheld: bool
) -> Breakdown:
    """Return the value by price, product and currency, largest first.

    Where the value is withheld, only the sums by currency, each in its own, can be told.
    """
    amounts = [(it.sum_minor, it.kind.currency, it.count) for it in counted]
    by_currency = rows_by_currency(amounts, converter, is_withheld=is_withheld)
    if is_withheld:
        return Breakdown(by_currency=by_currency)
    by_price, by_product = money_by(
        (
            (item, it.count, it.kind.currency)
            for it in counted
            for item in (it.monthly.items if it.monthly else ())
        ),
        converter,
    )
    return Breakdown(by_price, by_product, by_currency)


def rows_by_currency(
    amounts: Sequence[tuple[Amount, str, int]], converter: Converter, *, is_withheld: bool
) -> tuple[CurrencyRow, ...]:
    """Return the sums of (minor units, currency, how many) by currency, largest first."""
    own: defaultdict[str, list[Amount]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for minor, currency, count in amounts:
        own[currency].append(minor)
        counts[currency] += count
    sums = {currency: exact_sum(own[currency]) * converter.months for currency in sorted(own)}
    converted = _converted_by_currency(sums, converter, is_withheld=is_withheld)
    rows = [
        CurrencyRow(
            currency=currency,
            value=_rounded_own(minor, currency),
            count=counts[currency],
            rate=_shown_rate(converter.rate_of(currency)),
            converted=converted.get(currency),
            rate_source=converter.source_of(currency),
            rate_at=converter.date_of(currency),
        )
        for currency, minor in sums.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-(row.converted or 0), row.currency)))


def _converted_by_currency(
    sums: Mapping[str, Amount], converter: Converter, *, is_withheld: bool
) -> Mapping[str, Decimal]:
    if is_withheld:
        return {}
    # What they are of the value covers its months already.
    monthly = Converter(converter.terms)
    converted = monthly.sum_by((code, minor, code) for code, minor in sums.items()) or {}
    shares = round_shares(list(converted.values()), converter.digits)
    return dict(zip(converted, shares, strict=True))


def _contribution(whose: Timeline, it: Assessment, amount: Decimal, currency: str) -> Contribution:
    return Contribution(
        object="subscription",
        id=whose.subscription_id,
        customer=whose.customer_id,
        amount=amount,
        currency=currency,
        detail=_detail(it, currency),
    )


def _detail(it: Assessment, currency: str) -> str:
    """Return what a reader needs to recognise the amount: status, prices, own currency, notes."""
    kind = it.kind
    prices = ", ".join(item.price_id for item in (it.monthly.items if it.monthly else ()))
    notes = [kind.status, prices]
    if kind.currency != currency:
        own = format_money(_rounded_own(it.minor, kind.currency), kind.currency)
        notes.append(f"{own} a month")
    if kind.is_ending:
        notes.append("scheduled to end")
    if kind.collection_paused:
        notes.append("collection paused")
    return "; ".join(note for note in notes if note)


def _rounded_own(minor: Amount, currency: str) -> Decimal:
    return round_money(to_major(minor, currency), currency)


def _shown_rate(rate: Fraction | None) -> Decimal | None:
    return None if rate is None else round_half_up(rate, 10).normalize()
