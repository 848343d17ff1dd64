"""Discounts that are no longer there: from when until when they were in force.

The current objects show only the discounts of now. Those of the past stand on invoices, each with
its start; when they ended is told by an event, by their own end, by the first invoice without them,
or by the time that the last invoice with them paid for. What happened while events are kept has an
event: a discount that has gone without one had gone before.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from shared.domain.discounts import Discount
from shared.domain.timelines.horizon import Horizon


class Holder(NamedTuple):
    """What a discount hangs on."""

    kind: Literal["item", "subscription", "customer"]
    id: str


@dataclass(frozen=True, slots=True)
class DiscountUse:
    """That a discount took something off, for the time from *since* until *until*.

    Attributes:
        removed_at: when an event says that it was taken away; None without such an event.
    """

    discount: Discount
    holder: Holder
    since: datetime
    until: datetime
    removed_at: datetime | None = None


class PastDiscounts(NamedTuple):
    """The discounts of one holder that are no longer there.

    Attributes:
        discounts: oldest first, each with its end.

        holds_until: the first later instant at which they may be told otherwise; None if there is
            none.
    """

    discounts: tuple[Discount, ...] = ()
    holds_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """How far the traces of discounts reach.

    Attributes:
        as_of: the instant of the reading.

        there: what discounts can hang on now; an item that is not among it has gone.

        billed: when invoices billed each holder; a discount of a subscription or an item that one
            of them does not name had gone by then.

        events_since: since when every removal has an event; None where there are no events.
    """

    as_of: datetime
    there: Collection[Holder]
    billed: Mapping[Holder, Sequence[datetime]]
    events_since: datetime | None


def past_discounts(
    uses: Iterable[DiscountUse], current: Mapping[Holder, Sequence[Discount]], observed: Observed
) -> dict[Holder, PastDiscounts]:
    """Return the discounts that have gone, by what they hung on.

    Order and repetition of uses do not matter.

    Args:
        uses: every trace of any discount.

        current: the discounts that are there now.

        observed: how far the traces reach.
    """
    there = {discount.id for held in current.values() for discount in held}
    by_id: defaultdict[str, list[DiscountUse]] = defaultdict(list)
    for use in uses:
        if use.discount.id not in there:
            by_id[use.discount.id].append(use)
    # The same discount may come with its coupon here and without it there.
    best = {discount_id: min(every, key=_preference) for discount_id, every in by_id.items()}
    starts = _starts_of_customers(best.values(), current)
    found: defaultdict[Holder, list[Discount]] = defaultdict(list)
    horizons: defaultdict[Holder, Horizon] = defaultdict(lambda: Horizon(observed.as_of))
    for discount_id, use in best.items():
        every, horizon = by_id[discount_id], horizons[use.holder]
        if not _is_repeated(use, every, current.get(use.holder, ())):
            end = _end_of(use, every, starts.get(use.holder, ()), observed, horizon)
            found[use.holder].append(replace(use.discount, end=end))
    return {
        holder: PastDiscounts(
            tuple(sorted(discounts, key=lambda it: (it.start, it.id))), horizons[holder].until
        )
        for holder, discounts in found.items()
    }


def in_order_of_adding(
    past: Sequence[Discount], current: Sequence[Discount]
) -> tuple[Discount, ...]:
    """Return both as they were stacked: each past one before the first current one begun later."""
    stacked = list(current)
    for discount in reversed(past):
        later = (index for index, it in enumerate(stacked) if it.start > discount.start)
        stacked.insert(next(later, len(stacked)), discount)
    return tuple(stacked)


def _preference(use: DiscountUse) -> tuple[object, ...]:
    """Return what decides between two uses of a discount, whatever order they came in."""
    return use.discount.coupon is None, use.since, use.until, use.holder, use.discount.start


def _starts_of_customers(
    uses: Iterable[DiscountUse], current: Mapping[Holder, Sequence[Discount]]
) -> dict[Holder, list[datetime]]:
    """Return when each customer's discounts began: they have one at a time."""
    starts: defaultdict[Holder, list[datetime]] = defaultdict(list)
    for use in uses:
        if use.holder.kind == "customer":
            starts[use.holder].append(use.discount.start)
    for holder, discounts in current.items():
        if holder.kind == "customer":
            starts[holder] += [discount.start for discount in discounts]
    return starts


def _end_of(
    best: DiscountUse,
    uses: Sequence[DiscountUse],
    starts: Iterable[datetime],
    observed: Observed,
    as_of: Horizon,
) -> datetime:
    discount = best.discount
    replaced = [start for start in starts if start > discount.start]
    removals = [use.removed_at for use in uses if use.removed_at is not None]
    own_ends = [discount.end] if discount.end and as_of.has_come(discount.end) else []
    if removals:
        return min([*removals, *own_ends, *replaced])
    if discount.coupon is not None and discount.coupon.duration == "once":
        return min(use.since for use in uses)
    last = max(use.since for use in uses)
    ends = [*own_ends, *replaced]
    ends += [at for at in observed.billed.get(best.holder, ()) if at > last]
    if best.holder.kind == "item" and best.holder not in observed.there:
        return min([*ends, as_of.at])  # it went with its item, not before it
    if not ends:
        until = max(use.until for use in uses)
        # It was to last longer and has gone: the current object holds back to the last use.
        ends = [until if as_of.has_come(until) else last]
    if observed.events_since is not None and not (own_ends or replaced):
        ends.append(max(observed.events_since, last))
    return min(ends)


def _is_repeated(
    best: DiscountUse, uses: Iterable[DiscountUse], current: Iterable[Discount]
) -> bool:
    """Return whether it is a current discount that an invoice names by an id of its own."""
    coupon = best.discount.coupon
    first = min(use.since for use in uses)
    return coupon is not None and any(
        it.coupon is not None and it.coupon.id == coupon.id and it.start <= first for it in current
    )
