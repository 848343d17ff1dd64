"""ARPU: what a paying customer brought on average over a range."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from shared.domain.account import Account
from shared.domain.balance import CHARGE, COLLECTED, BalanceTransaction
from shared.domain.metrics.balance_days import Sums, days_of
from shared.domain.metrics.balance_movements import (
    NOUN,
    OBJECT,
    Movements,
    list_adding_nothing,
    list_other_movements,
    payments,
    select_movements,
    warn_of_unknown_movements,
)
from shared.domain.metrics.contributions import round_each, rows_by_currency
from shared.domain.metrics.conversion import Converter, warn_of_missing_rates
from shared.domain.metrics.measurement import (
    Breakdown,
    Contribution,
    Coverage,
    Explanation,
    LeftOut,
    Measurement,
    MetricWarning,
    Part,
    Terms,
)
from shared.domain.metrics.queries import Arpu
from shared.domain.metrics.scope import count_nouns, warn_of_test_mode
from shared.domain.money import format_money, format_value, round_money
from shared.domain.windows import Window, range_in_words, window_ending

_MONTHS = {"last_month": 1, "last_quarter": 3, "last_year": 12}


@dataclass(frozen=True, slots=True)
class _Collected:
    """Money collected in a range, by who paid.

    Attributes:
        sums: for each customer and currency, minor units; guests are customer None.

        payments: how many payments each made; who made none is not there.
    """

    sums: Mapping[tuple[str | None, str], int]
    payments: Mapping[str | None, int]

    @property
    def amounts(self) -> list[tuple[int, str]]:
        """What customers paid, as (minor units, currency); without guests."""
        return [(minor, currency) for (who, currency), minor in self.sums.items() if who]

    @property
    def payers(self) -> int:
        """How many customers paid."""
        return sum(1 for who in self.payments if who)


def compute_arpu(query: Arpu, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return the average revenue per paying customer over the range that ends at an instant.

    Total revenue (see `compute_revenue`) of customers in the range / distinct customers with at
    least one payment in it that did not fail again within it. For the whole range; the companion
    `per_month` divides by its months. Payments without a known customer are in neither; refunds
    change nothing, for a payer stays one. Payers and amounts go by the time of the balance
    transaction. In major units of the reporting currency, rounded half-up once at the end. None
    where nobody paid; withheld where an amount has no rate.

    >>> from datetime import UTC
    >>> from shared.domain.definitions import Definitions
    >>> terms = Terms(Definitions(), currency="usd")
    >>> compute_arpu(Arpu(), Account("live"), datetime(2026, 11, 22, tzinfo=UTC), terms).value
    """
    window, converter = window_ending(at, query.time_range), Converter(terms)
    found = days_of(account).sums(window)
    payers = days_of(account).count_payers(window)
    missing = _find_missing(account, window, found, converter)
    exact = None if missing else _exact_sum(found, converter)
    value = _divide(exact, payers, converter)
    guests = sum(its.rows for key, its in found.items() if key.is_guest and key.category == CHARGE)
    warnings = [
        *warn_of_test_mode(account),
        *([warn_of_missing_rates(missing, converter.currency)] if missing else []),
        *warn_of_unknown_movements("ARPU", found),
    ]
    if not payers:
        warnings.append(_warn_of_no_payers(query, account, window, has_guests=bool(guests)))

    def explain() -> Explanation:
        movements = select_movements(account, window)
        collected = _collect(movements.counted)
        revenue = None if exact is None else round_money(exact, converter.currency)
        amounts = [(minor, currency, 1) for minor, currency in collected.amounts]
        is_withheld = bool(missing)
        months = payers * _MONTHS[query.time_range]
        return Explanation(
            formula=_formula(query, payers, revenue, value, converter.currency),
            parts=_list_parts(collected, revenue),
            breakdown=Breakdown(
                by_currency=rows_by_currency(amounts, converter, is_withheld=is_withheld)
            ),
            contributions=_list_contributions(collected, converter, is_withheld=is_withheld),
            left_out=_list_left_out(movements, converter),
            coverage=Coverage(OBJECT, movements.read, len(_of_customers(movements))),
            companions={
                "per_month": _divide(exact, months, converter),
                "payments": Decimal(sum(collected.payments.values())),
            },
        )

    return Measurement(value, "currency", converter.currency, tuple(warnings), explain)


def _find_missing(account: Account, window: Window, found: Sums, converter: Converter) -> set[str]:
    """Return the currencies without a rate in which anybody paid something."""
    if all(converter.rate_of(key.currency) is not None for key in found):
        return set()
    amounts = _collect(select_movements(account, window).counted).amounts
    return {code for minor, code in amounts if converter.convert(minor, code) is None}


def _collect(movements: Sequence[BalanceTransaction]) -> _Collected:
    sums: Counter[tuple[str | None, str]] = Counter()
    for movement in movements:
        if movement.category in COLLECTED:
            sums[movement.customer_id, movement.currency] += movement.amount_minor
    return _Collected(sums, Counter(it.customer_id for it in payments(movements)))


def _exact_sum(found: Sums, converter: Converter) -> Fraction | None:
    counted = ((key, its) for key, its in found.items() if key.category in COLLECTED)
    sums = converter.sum_by(
        ("", its.amount, key.currency) for key, its in counted if not key.is_guest
    )
    return None if sums is None else sums.get("", Fraction(0))


def _divide(exact: Fraction | None, by: int, converter: Converter) -> Decimal | None:
    return None if exact is None or not by else round_money(exact / by, converter.currency)


def _list_parts(collected: _Collected, revenue: Decimal | None) -> tuple[Part, ...]:
    """Return the numerator and the denominator."""
    if revenue is None:
        return ()
    made = sum(count for who, count in collected.payments.items() if who)
    payers = collected.payers
    return (
        Part("Revenue collected from customers", revenue, made),
        Part("Paying customers", Decimal(payers), payers),
    )


def _list_contributions(
    collected: _Collected, converter: Converter, *, is_withheld: bool
) -> tuple[Contribution, ...]:
    """Return what each customer paid, one row for each currency, largest first.

    They add up to the revenue collected, which is the numerator.
    """
    paid = [(who, currency) for (who, currency), minor in collected.sums.items() if who and minor]
    amounts = [(collected.sums[key], key[1]) for key in paid]
    rounded = round_each(amounts, converter, is_withheld=is_withheld)
    rows = [
        Contribution(
            object="customer",
            id=who,
            customer=who,
            amount=amount,
            currency=shown,
            detail=f"{count_nouns(collected.payments.get(who, 0), 'payment')}; {currency.upper()}",
        )
        for (who, currency), (amount, shown) in zip(paid, rounded, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.amount, row.id)))


def _of_customers(movements: Movements) -> list[BalanceTransaction]:
    return [it for it in movements.counted if it.category in COLLECTED and it.customer_id]


def _list_left_out(movements: Movements, converter: Converter) -> tuple[LeftOut, ...]:
    guests = [it for it in movements.counted if it.category in COLLECTED and not it.customer_id]
    known = {it.id for it in (*guests, *_of_customers(movements))}
    others = (
        *list_adding_nothing(movements, known, converter),
        *list_other_movements(movements, converter),
    )
    if not guests:
        return others
    words = f"{count_nouns(len(guests), NOUN)} of payments without a known customer"
    amount = converter.sum_rounded((it.amount_minor, it.currency) for it in guests)
    return (LeftOut("guest", words, len(guests), amount, OBJECT), *others)


def _formula(
    query: Arpu, payers: int, revenue: Decimal | None, value: Decimal | None, currency: str
) -> str:
    collected = "revenue" if revenue is None else format_money(revenue, currency)
    shown = "withheld" if revenue is None else format_value(value, "currency", currency)
    return (
        f"ARPU of the {range_in_words(query.time_range)} = {collected} collected from customers"
        f" / {count_nouns(payers, 'paying customer')} = {shown}"
    )


def _warn_of_no_payers(
    query: Arpu, account: Account, window: Window, *, has_guests: bool
) -> MetricWarning:
    guests = 0
    if has_guests:
        made = _collect(select_movements(account, window).counted).payments
        guests = made.get(None, 0)
    but = f" Left out: {count_nouns(guests, 'payment')} without a known customer." if guests else ""
    message = (
        f"ARPU has no value: no customer paid in the {range_in_words(query.time_range)}, and"
        f" nothing can be divided by none.{but}"
    )
    return MetricWarning("no_payers", message)
