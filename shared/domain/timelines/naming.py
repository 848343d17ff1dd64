"""Which item a proration belongs to, where its line does not say.

A line that was made from an invoice item names its subscription but no item of it. Its price tells,
or the line that it takes back, or the line that it comes with.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.domain.subscriptions import Subscription
from shared.domain.timelines.facts import InvoiceLine


def name_items(current: Subscription, lines: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """Return the lines, each with an item; of what cannot be told, by price, as items that went."""
    if all(line.item_id for line in lines):
        return list(lines)
    by_line = {line.id: line.item_id for line in lines if line.item_id}
    by_price = _items_by_price(current, lines)
    named = [
        line if line.item_id else replace(line, item_id=_find(line, by_line, by_price))
        for line in lines
    ]
    return [
        line if line.item_id else replace(line, item_id=_find_partner(line, named, current))
        for line in named
    ]


def _items_by_price(current: Subscription, lines: Iterable[InvoiceLine]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for item in current.items:
        found[item.price.id].add(item.id)
    for line in lines:
        if line.item_id:
            found[line.held.price_id].add(line.item_id)
    return found


def _find(line: InvoiceLine, by_line: dict[str, str], by_price: dict[str, set[str]]) -> str:
    for credited in line.credited_lines:
        if credited in by_line:
            return by_line[credited]
    candidates = by_price.get(line.held.price_id, set())
    return min(candidates) if len(candidates) == 1 else ""


def _find_partner(line: InvoiceLine, named: Iterable[InvoiceLine], current: Subscription) -> str:
    """Return the item of the one line that bills from the moment that this one gives back."""
    partners = {
        it.item_id
        for it in named
        if it.item_id and it.start == line.start and it.is_credit != line.is_credit
    }
    if len(partners) == 1:
        return partners.pop()
    if len(current.items) == 1:
        return current.items[0].id
    return f"{line.held.price_id} (no item named)"
