"""From the discounts on Stripe's invoices and in its events to their traces in the past."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from shared.adapters.stripe_history_mapping import (
    details_of,
    subscription_of,
    to_past,
)
from shared.adapters.stripe_history_objects import (
    InvoiceObject,
    LineObject,
    PastDiscountObject,
    PastEventObject,
)
from shared.adapters.stripe_mapping import Catalog, coupon_id_of
from shared.adapters.stripe_objects import LINES, DiscountObject, HolderPath, Page
from shared.adapters.stripe_price_mapping import id_of
from shared.domain.discounts import Discount
from shared.domain.timelines import DiscountUse, Holder


def past_coupons(
    invoices: Iterable[InvoiceObject], events: Iterable[PastEventObject]
) -> dict[str, HolderPath | None]:
    """Return the ids of all coupons of the past, each with an invoice that shows it if one does."""
    found: dict[str, HolderPath | None] = {}
    for past, _ in _discounts_in_events(events):
        if coupon := _coupon_of(past):
            found.setdefault(coupon, None)
    for invoice in invoices:
        for discount in (d for line in invoice.lines.data for d in line.discounts or ()):
            if coupon := _coupon_of(discount):
                found[coupon] = found.get(coupon) or (f"/v1/invoices/{invoice.id}/lines", LINES)
        for discount in invoice.discounts or ():
            if coupon := _coupon_of(discount):
                found[coupon] = (f"/v1/invoices/{invoice.id}", "discounts")
    return found


def uses_on_invoices(invoices: Iterable[InvoiceObject], catalog: Catalog) -> Iterator[DiscountUse]:
    """Yield that discounts lowered what subscriptions paid for their periods."""
    for invoice in map(_without_gifts, invoices):
        subscription = subscription_of(invoice)
        if subscription is None:
            continue
        for line in invoice.lines.data:
            details = details_of(line)
            if details is None:
                yield from _uses_on_single_item(line, catalog)
            if details is None or details.proration:
                continue
            item_holder = Holder("item", details.subscription_item or "")
            for discount in line.discounts or ():
                is_shared = _id_of(discount) in {_id_of(d) for d in invoice.discounts or ()}
                holder = Holder("subscription", subscription) if is_shared else item_holder
                yield _to_use(discount, holder, line, catalog)
            for discount in invoice.discounts or ():
                yield _to_use(discount, Holder("subscription", subscription), line, catalog)


def _without_gifts(invoice: InvoiceObject) -> InvoiceObject:
    """Return the invoice without what was taken off this one by hand, and off no other."""
    gifts = {
        discount.id
        for held in (invoice.discounts, *(line.discounts for line in invoice.lines.data))
        for discount in held or ()
        if isinstance(discount, DiscountObject) and (discount.invoice or discount.invoice_item)
    }
    if not gifts:
        return invoice
    lines = [
        msgspec.structs.replace(line, discounts=_others(line.discounts, gifts))
        for line in invoice.lines.data
    ]
    return msgspec.structs.replace(
        invoice, discounts=_others(invoice.discounts, gifts), lines=Page(data=lines)
    )


def _others(
    discounts: list[str | DiscountObject] | None, gifts: set[str]
) -> list[str | DiscountObject]:
    return [discount for discount in discounts or () if _id_of(discount) not in gifts]


def _uses_on_single_item(line: LineObject, catalog: Catalog) -> Iterator[DiscountUse]:
    """Yield the discounts of customers that lowered what was sold once."""
    for discount in line.discounts or ():
        holder = _holder_of(discount) if isinstance(discount, DiscountObject) else None
        if holder is not None and holder.kind == "customer":
            yield _to_use(discount, holder, line, catalog)


def billed_holders(invoices: Iterable[InvoiceObject]) -> dict[Holder, list[datetime]]:
    """Return when each subscription and item was billed for a period that costs something."""
    billed: defaultdict[Holder, list[datetime]] = defaultdict(list)
    for invoice in invoices:
        subscription = subscription_of(invoice)
        # Where a subscription has no discount of its own, its customer's would show.
        has_discount = invoice.discounts or any(line.discounts for line in invoice.lines.data)
        customer = id_of(invoice.customer) if invoice.customer and not has_discount else None
        for line in invoice.lines.data:
            details = details_of(line)
            if subscription and details and not details.proration and line.amount > 0:
                at = to_past(line.period.start)
                billed[Holder("subscription", subscription)].append(at)
                billed[Holder("item", details.subscription_item or "")].append(at)
                if customer:
                    billed[Holder("customer", customer)].append(at)
    return billed


def uses_in_events(events: Iterable[PastEventObject], catalog: Catalog) -> Iterator[DiscountUse]:
    """Yield the discounts that events say were taken away, and when."""
    for discount, at in _discounts_in_events(events):
        holder = _holder_of(discount)
        if holder is not None:
            start = to_past(discount.start)
            yield DiscountUse(_to_discount(discount, start, catalog), holder, start, at, at)


def _to_use(
    discount: str | DiscountObject, otherwise: Holder, line: LineObject, catalog: Catalog
) -> DiscountUse:
    since, until = to_past(line.period.start), to_past(line.period.end)
    holder = _holder_of(discount) if isinstance(discount, DiscountObject) else None
    return DiscountUse(_to_discount(discount, since, catalog), holder or otherwise, since, until)


def _to_discount(discount: str | DiscountObject, since: datetime, catalog: Catalog) -> Discount:
    """Return the discount; one that came as an id only is known from its use on."""
    if isinstance(discount, str):
        return Discount(discount, None, since)
    return Discount(
        id=discount.id,
        coupon=catalog.coupon(_coupon_of(discount)),
        start=to_past(discount.start),
        end=None if discount.end is None else to_past(discount.end),
    )


def _holder_of(discount: DiscountObject) -> Holder | None:
    if discount.subscription_item:
        return Holder("item", discount.subscription_item)
    if discount.subscription:
        return Holder("subscription", discount.subscription)
    return Holder("customer", id_of(discount.customer)) if discount.customer else None


def _coupon_of(discount: str | DiscountObject) -> str | None:
    if isinstance(discount, PastDiscountObject) and discount.coupon is not None:
        return discount.coupon.id
    return coupon_id_of(discount)


def _id_of(discount: str | DiscountObject) -> str:
    return discount if isinstance(discount, str) else discount.id


def _discounts_in_events(
    events: Iterable[PastEventObject],
) -> Iterator[tuple[PastDiscountObject, datetime]]:
    for event in events:
        if event.discount is not None:
            yield event.discount, to_past(event.created)
        elif event.customer is not None and event.customer.discount is not None:
            # A deleted customer takes their discount along.
            yield event.customer.discount, to_past(event.created)
