"""Churn and NRR by price and by product: what was lost, or kept, of the MRR of a range's start."""

from collections import Counter
from collections.abc import Iterable, Iterator

from shared.domain.definitions import Definitions
from shared.domain.metrics.departures import Departure
from shared.domain.metrics.measurement import Breakdown
from shared.domain.metrics.price_rows import counts_by, items_of, money_by
from shared.domain.metrics.retained_revenue import RetainedRevenue, breakdown_of
from shared.domain.metrics.states import AccountStates
from shared.domain.worth import MonthlyItem

_Signed = Iterator[tuple[MonthlyItem, int, str]]


def break_down_lost(found: RetainedRevenue) -> Breakdown:
    """Return the start MRR of the customers lost."""
    return _break_down(found, _lost_items(found))


def break_down_decrease(found: RetainedRevenue) -> Breakdown:
    """Return what customers have less: all that they had is gone, all that they have was added."""
    return _break_down(found, _changed_items(found))


def break_down_kept(found: RetainedRevenue) -> Breakdown:
    """Return what those who paid at the start pay at the end."""
    return _break_down(found, _kept_items(found))


def break_down_lost_customers(found: RetainedRevenue) -> Breakdown:
    """Return the customers lost by what they had at the start; one row for each of them."""
    return Breakdown(
        *counts_by(
            ([item for item, _, _ in _items(found, before, 1)], count)
            for before, _, count in _lost(found)
        )
    )


def break_down_departed(
    states: AccountStates, departed: Iterable[Departure], definitions: Definitions
) -> Breakdown:
    """Return those who left by what each had last: the subscription that left."""
    kinds = Counter(it.kind for it in departed)
    return Breakdown(
        *counts_by(
            (items_of(states.kinds[kind], definitions), count) for kind, count in kinds.items()
        )
    )


def _break_down(found: RetainedRevenue, items: _Signed) -> Breakdown:
    by_currency = breakdown_of(found)
    if found.is_withheld:
        return by_currency
    return Breakdown(*money_by(items, found.converter), by_currency.by_currency)


def _lost(found: RetainedRevenue) -> Iterator[tuple[int, int, int]]:
    """Yield (state at the start, state at the end, how many customers) of the cohort's losses."""
    retention = found.retention
    pays, retained = retention.weights.pays(), retention.weights.retained()
    for (before, after), count in _pairs(found).items():
        if pays[before] and not retained[after]:
            yield before, after, count


def _pairs(found: RetainedRevenue) -> Counter[tuple[int, int]]:
    retention = found.retention
    return Counter(zip(retention.opening_states, retention.closing_states, strict=True))


def _lost_items(found: RetainedRevenue) -> _Signed:
    for before, _, count in _lost(found):
        yield from _items(found, before, count)


def _changed_items(found: RetainedRevenue) -> _Signed:
    of = found.retention.weights.values(found.converter).by_state()
    for (before, after), count in _pairs(found).items():
        if of[before] > of[after]:
            yield from _items(found, before, count)
            yield from _items(found, after, -count)


def _kept_items(found: RetainedRevenue) -> _Signed:
    pays = found.retention.weights.pays()
    for (before, after), count in _pairs(found).items():
        if pays[before]:
            yield from _items(found, after, count)


def _items(found: RetainedRevenue, state: int, count: int) -> _Signed:
    """Yield the items of what is retained in a state and worth something."""
    weights, states = found.retention.weights, found.retention.states
    for number in states.kinds_in(state):
        if weights.is_retained[number] and weights.amount(number):
            kind = states.kinds[number]
            for item in items_of(kind, found.definitions) or ():
                yield item, count, kind.currency
