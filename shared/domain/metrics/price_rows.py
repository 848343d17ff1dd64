"""A number by price and by product: money item by item, counts by what each object has."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from shared.domain.definitions import Definitions
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.measurement import BreakdownRow
from shared.domain.metrics.states import Kind
from shared.domain.money import Amount, round_shares
from shared.domain.worth import MonthlyItem

# An item with how many there are of it, or how many are gone, and the currency of its amount.
Items = Iterable[tuple[MonthlyItem, int, str]]
Rows = tuple[BreakdownRow, ...]


def items_of(kind: Kind, definitions: Definitions) -> tuple[MonthlyItem, ...] | None:
    """Return the items of subscriptions of a kind; None where they cannot be told."""
    monthly = kind.worth.under(definitions.discounts, include_trials=kind.status == "trialing")
    return None if isinstance(monthly, str) else monthly.items


def money_by(items: Items, converter: Converter) -> tuple[Rows, Rows]:
    """Return money by price and by product, largest first; both add up to its rounded sum.

    An item counts as often as it says; what is gone counts below 0.
    """
    found = list(items)
    by_price = ((it.price_id, it.amount_minor, count, code) for it, count, code in found)
    by_product = ((it.product_id, it.amount_minor, count, code) for it, count, code in found)
    return _money_rows(by_price, converter), _money_rows(by_product, converter)


def _money_rows(items: Iterable[tuple[str, Amount, int, str]], converter: Converter) -> Rows:
    counts: Counter[str] = Counter()
    amounts = []
    for key, minor, count, currency in items:
        amounts.append((key, minor * count, currency))
        counts[key] += abs(count)
    sums = converter.sum_by(amounts) or {}
    keys = sorted(sums, key=lambda key: (-sums[key], key))
    shares = round_shares([sums[key] for key in keys], converter.digits)
    return tuple(
        BreakdownRow(key, share, counts[key]) for key, share in zip(keys, shares, strict=True)
    )


def counts_by(groups: Iterable[tuple[Sequence[MonthlyItem] | None, int]]) -> tuple[Rows, Rows]:
    """Return counts by price and by product, largest first; both add up to the whole count.

    Each group is what is counted has, and how many have it. What has several prices is in a row of
    their ids together; what has none that is known, in a row without an id.
    """
    by_price: Counter[str | None] = Counter()
    by_product: Counter[str | None] = Counter()
    for items, count in groups:
        by_price[_together(it.price_id for it in items or ())] += count
        by_product[_together(it.product_id for it in items or ())] += count
    return _count_rows(by_price), _count_rows(by_product)


def _together(ids: Iterable[str]) -> str | None:
    return " + ".join(sorted(set(ids))) or None


def _count_rows(counts: Counter[str | None]) -> Rows:
    rows = [BreakdownRow(key, Decimal(count), count) for key, count in counts.items() if count]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.id or "")))
