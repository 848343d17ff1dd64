"""Exchange rates that an account's own money tells: what Stripe exchanged it at, and when.

A rate is never made up: it is one of a balance transaction, or two of them one after the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from shared.domain.balance import CHARGE, REFUND, BalanceTransaction

# Stripe documents that both are exchanged at the rate of their own day.
_TELLING = frozenset({CHARGE, REFUND})


@dataclass(frozen=True, slots=True)
class ImpliedRate:
    """What one unit of a currency was worth when Stripe exchanged it.

    Attributes:
        currency, into: ISO codes in lower case.

        rate: major units of `into` for one major unit of `currency`; above 0.

        at: when it was exchanged.
    """

    currency: str
    into: str
    rate: Fraction
    at: datetime


def rate_of(row: BalanceTransaction) -> ImpliedRate | None:
    """Return the rate that a balance transaction was exchanged at; None where it was not.

    Only payments and refunds tell one: what undoes an earlier movement is booked at the rate of
    then, under the day of now.
    """
    if row.category not in _TELLING or not row.exchange_rate or not row.source_currency:
        return None
    return ImpliedRate(row.source_currency, row.currency, row.exchange_rate, row.created_at)


def rates_of(rows: Iterable[BalanceTransaction]) -> list[ImpliedRate]:
    """Return what balance transactions tell, of each pair of currencies and day the newest."""
    return newest_of_each_day(rate for rate in map(rate_of, rows) if rate is not None)


def newest_of_each_day(rates: Iterable[ImpliedRate]) -> list[ImpliedRate]:
    """Return the newest rate of each pair of currencies and each day (UTC), oldest first.

    Of two at the same instant the larger is taken, so that their order does not matter.
    """
    found: dict[tuple[str, str, int], ImpliedRate] = {}
    for it in rates:
        key = it.currency, it.into, it.at.toordinal()
        known = found.get(key)
        if known is None or (it.at, it.rate) > (known.at, known.rate):
            found[key] = it
    return sorted(found.values(), key=lambda it: (it.at, it.currency, it.into))


def rates_at(rates: Iterable[ImpliedRate], into: str, at: datetime) -> Mapping[str, ImpliedRate]:
    """Return, by currency, what one unit of each was worth in a currency at an instant.

    The newest up to the instant is taken; where there is none so old, the oldest after it. What was
    only ever exchanged the other way is turned round; what was exchanged into a third currency,
    such as another one that the account settles in, goes by two rates, and has the date of the
    older one.
    """
    nearest = _nearest(rates, at)
    found = {code: it for (code, target), it in nearest.items() if target == into}
    for code, third in sorted(nearest):
        onward = nearest.get((third, into))
        if code in (into, *found) or onward is None:
            continue
        first = nearest[code, third]
        rate, older = first.rate * onward.rate, min(first.at, onward.at)
        found[code] = ImpliedRate(code, into, rate, older)
    return found


def _nearest(rates: Iterable[ImpliedRate], at: datetime) -> Mapping[tuple[str, str], ImpliedRate]:
    """Return the rate of each pair that holds at an instant, those turned round included."""
    found: dict[tuple[str, str], ImpliedRate] = {}
    for it in sorted(rates, key=lambda it: (it.at, it.rate)):
        key = it.currency, it.into
        if key not in found or it.at <= at:
            found[key] = it
    for (code, into), it in list(found.items()):
        turned = ImpliedRate(into, code, 1 / it.rate, it.at)
        found.setdefault((into, code), turned)
    return found
