"""Discounts that are no longer there: from when until when they were in force.

The current objects show only the discounts of now. Those of the past stand on invoices, each with
its start; when they ended is told by an event, by their own end, or by the time that the last
invoice with them paid for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from shared.domain.discounts import Discount


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


def past_discounts(
    uses: Iterable[DiscountUse], current: Mapping[Holder, Sequence[Discount]], as_of: datetime
) -> dict[Holder, tuple[Discount, ...]]:
    """Return the discounts that have gone, by what they hung on, oldest first, each with its end.

    Order and repetition of uses do not matter.

    Args:
        uses: every trace of any discount.

        current: the discounts that are there at *as_of*.

        as_of: the instant of the reading.
    """
    there = {discount.id for held in current.values() for discount in held}
    by_id: defaultdict[str, list[DiscountUse]] = defaultdict(list)
    for use in uses:
        if use.discount.id not in there:
            by_id[use.discount.id].append(use)
    found: defaultdict[Holder, list[Discount]] = defaultdict(list)
    for every in by_id.values():
        # The same discount may come with its coupon here and without it there.
        best = min(every, key=lambda use: (use.discount.coupon is None, repr(use)))
        ended = _with_end(best.discount, every, as_of)
        if not _is_repeated(best, every, current.get(best.holder, ())):
            found[best.holder].append(ended)
    return {
        holder: _one_after_another(holder, discounts, current.get(holder, ()), as_of)
        for holder, discounts in found.items()
    }


def _with_end(discount: Discount, uses: Iterable[DiscountUse], as_of: datetime) -> Discount:
    removals = [use.removed_at for use in uses if use.removed_at is not None]
    if removals:
        end = min(removals)
    elif discount.coupon is not None and discount.coupon.duration == "once":
        end = min(use.since for use in uses)
    else:
        end = max(_paid_until(use, discount.end, as_of) for use in uses)
    return replace(discount, end=end if discount.end is None else min(end, discount.end))


def _paid_until(use: DiscountUse, own_end: datetime | None, as_of: datetime) -> datetime:
    """Return until when one use speaks for the discount.

    It has gone by now, though its time is not over: by its own end, or nobody knows when. Then the
    current object, which is without it, holds back to this use.
    """
    if use.until <= as_of:
        return use.until
    return own_end if own_end is not None and own_end <= as_of else use.since


def _is_repeated(
    best: DiscountUse, uses: Iterable[DiscountUse], current: Iterable[Discount]
) -> bool:
    """Return whether it is a current discount that an invoice names by an id of its own."""
    coupon = best.discount.coupon
    last = max(use.since for use in uses)
    return coupon is not None and any(
        it.coupon is not None and it.coupon.id == coupon.id and it.start <= last for it in current
    )


def _one_after_another(
    holder: Holder, past: Sequence[Discount], current: Sequence[Discount], as_of: datetime
) -> tuple[Discount, ...]:
    """Return them oldest first; a customer has one discount at a time, so the next ends it."""
    ordered = sorted(past, key=lambda discount: (discount.start, discount.id))
    if holder.kind != "customer":
        return tuple(ordered)
    starts = [it.start for it in (*ordered, *current)]
    return tuple(
        replace(it, end=min([it.end or as_of, *(start for start in starts if start > it.start)]))
        for it in ordered
    )
