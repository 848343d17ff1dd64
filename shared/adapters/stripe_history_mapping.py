"""From Stripe's invoices, invoice items and events to the facts that timelines are told from."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw

from shared.adapters.stripe_history_objects import (
    BareCustomerObject,
    EventObject,
    InvoiceItemObject,
    InvoiceObject,
    LineDetailsObject,
    LineObject,
    ListedCustomerObject,
    PastDiscountObject,
    PastEventObject,
    PastItemsObject,
    PastSubscriptionObject,
    PricingObject,
    ProrationDetailsObject,
)
from shared.adapters.stripe_objects import StatusDetailsObject
from shared.adapters.stripe_price_mapping import id_of
from shared.domain.timelines import (
    Held,
    Invoice,
    InvoiceLine,
    Moment,
    SubscriptionEvent,
)

Decoded = TypeVar("Decoded")

SUBSCRIPTION_EVENTS = tuple(
    f"customer.subscription.{verb}"
    for verb in ("created", "updated", "deleted", "paused", "resumed")
)
_UPDATES = ("customer.subscription.updated",)
# Stripe's events can be listed for so long.
EVENTS_KEPT = timedelta(days=30)
CUSTOMER_EVENTS = ("customer.deleted",)
DISCOUNT_EVENTS = ("customer.discount.updated", "customer.discount.deleted")
# Beyond this a quantity is no number of seats, and would only fill the memory.
_MOST_SEATS = Decimal(10) ** 15
_EPOCH = datetime.fromtimestamp(0, UTC)


def subscription_of(obj: InvoiceObject | InvoiceItemObject) -> str | None:
    """Return the id of the subscription that an invoice or an invoice item belongs to."""
    details = obj.parent.subscription_details if obj.parent else None
    return id_of(details.subscription) if details and details.subscription else None


def to_invoice(obj: InvoiceObject) -> Invoice:
    """Return an invoice with those of its lines that subscription items made."""
    moved = obj.status_transitions
    return Invoice(
        id=obj.id,
        created_at=to_past(obj.created),
        status=obj.status or "draft",
        lines=tuple(line for _, line in to_lines(obj)),
        reason=obj.billing_reason,
        is_attempted=obj.attempted,
        attempts=obj.attempt_count,
        is_sent=obj.collection_method == "send_invoice",
        due_at=_to_optional(obj.due_date),
        finalized_at=_to_optional(moved.finalized_at),
        paid_at=_to_optional(moved.paid_at),
        uncollectible_at=_to_optional(moved.marked_uncollectible_at),
        voided_at=_to_optional(moved.voided_at),
    )


def to_waiting(obj: InvoiceItemObject) -> InvoiceLine | None:
    """Return a proration that waits for an invoice; None for anything else that waits."""
    details = obj.parent.subscription_details if obj.parent else None
    held = _to_held(obj.pricing, obj.quantity, obj.quantity_decimal)
    if not obj.proration or details is None or not held.price_id:
        return None
    return InvoiceLine(
        id=obj.id,
        item_id=details.subscription_item or "",
        held=held,
        start=to_past(obj.period.start),
        end=to_past(obj.period.end),
        amount_minor=obj.amount,
        is_proration=True,
        is_credit=_is_credit(obj.amount, obj.proration_details),
        credited_lines=_credited_lines(obj.proration_details),
    )


def to_past_event(obj: EventObject) -> PastEventObject | None:
    """Return what an event tells of the past, and nothing else of its payload.

    None where it tells nothing, or cannot be read: an event only refines what the objects say.
    """
    payload, kind = obj.data.object, obj.type
    is_update, previous = kind in _UPDATES, obj.data.previous_attributes
    told = PastEventObject(
        id=obj.id,
        type=kind,
        created=obj.created,
        subscription=_decode(payload, PastSubscriptionObject)
        if kind in SUBSCRIPTION_EVENTS
        else None,
        replaced=_decode(previous, PastSubscriptionObject) if is_update else None,
        discount=_gone_discount(obj) if kind in DISCOUNT_EVENTS else None,
        customer=to_listed(payload) if kind in CUSTOMER_EVENTS else None,
    )
    return told if told.subscription or told.discount or told.customer else None


def _gone_discount(obj: EventObject) -> PastDiscountObject | None:
    """Return the discount that was taken away, or gave way to another."""
    payload, previous = obj.data.object, obj.data.previous_attributes
    if obj.type.endswith(".deleted"):
        return _decode(payload, PastDiscountObject)
    now, before = _decode(payload, dict[str, Raw]), _decode(previous, dict[str, Raw])
    if not now or not before or "id" not in before:
        return None
    return _decode(Raw(msgspec.json.encode({**now, **before})), PastDiscountObject)


def to_listed(payload: Raw) -> ListedCustomerObject | None:
    """Return the customer of an event; without a discount that cannot be read."""
    if (listed := _decode(payload, ListedCustomerObject)) is not None:
        return listed
    bare = _decode(payload, BareCustomerObject)
    return None if bare is None else ListedCustomerObject(**msgspec.structs.asdict(bare))


def to_subscription_event(obj: PastEventObject) -> tuple[str, SubscriptionEvent] | None:
    """Return the id of a subscription and what an event tells of it; None if it is of none."""
    after = obj.subscription
    if after is None or not isinstance(after.id, str):
        return None
    moment = _to_moment(after)
    before = Moment()
    if obj.type in _UPDATES:
        before = Moment() if obj.replaced is None else _to_moment(_laid_over(after, obj.replaced))
    elif not obj.type.endswith(".created"):
        # The end and the pauses of a subscription change none of its items.
        before = Moment(items=moment.items)
    return after.id, SubscriptionEvent(obj.id, to_past(obj.created), before, moment)


def price_ids(facts: Iterable[Invoice | InvoiceLine | SubscriptionEvent]) -> set[str]:
    """Return the ids of all prices that facts name."""
    return {held.price_id for fact in facts for held in _held_in(fact)}


def to_past(timestamp: int) -> datetime:
    """Return an instant; one that does not exist is the farthest that does."""
    try:
        return _EPOCH + timedelta(seconds=timestamp)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if timestamp > 0 else _EPOCH


def details_of(line: LineObject) -> LineDetailsObject | None:
    """Return what made a line; None where it was no subscription item."""
    if line.parent is None:
        return None
    if line.parent.subscription_item_details is not None:
        return line.parent.subscription_item_details
    details = line.parent.invoice_item_details
    # What is sold once is an invoice item too; only a proration tells of a subscription.
    return details if details is not None and details.proration else None


def to_lines(obj: InvoiceObject) -> Iterator[tuple[str, InvoiceLine]]:
    """Yield the lines that subscription items made, each with the subscription that it names."""
    for line in obj.lines.data:
        details = details_of(line)
        held = _to_held(line.pricing, line.quantity, line.quantity_decimal)
        if details is None or not held.price_id:
            continue  # what names no price tells nothing of an item
        yield (
            details.subscription or "",
            InvoiceLine(
                id=line.id,
                invoice_id=obj.id,
                item_id=details.subscription_item or "",
                held=held,
                start=to_past(line.period.start),
                end=to_past(line.period.end),
                amount_minor=line.amount,
                is_proration=details.proration,
                is_credit=details.proration and _is_credit(line.amount, details.proration_details),
                credited_lines=_credited_lines(details.proration_details),
            ),
        )


def items_on(obj: InvoiceObject) -> Iterator[str]:
    """Yield the ids of the invoice items that an invoice took; they do not wait any more."""
    for line in obj.lines.data:
        if line.parent is None:
            continue
        for details in (line.parent.subscription_item_details, line.parent.invoice_item_details):
            if details is not None and details.invoice_item is not None:
                yield details.invoice_item


def _to_held(pricing: PricingObject | None, quantity: int | None, decimal: Decimal | None) -> Held:
    price = pricing.price_details.price if pricing and pricing.price_details else None
    if quantity is None and decimal is not None and decimal.is_finite():
        quantity = int(min(decimal, _MOST_SEATS))
    return Held(id_of(price) if price else "", quantity)


def _is_credit(amount: int, details: ProrationDetailsObject | None) -> bool:
    """Return whether a proration gives back; one of nothing says so by what it takes back."""
    return amount < 0 or bool(_credited_lines(details))


def _credited_lines(details: ProrationDetailsObject | None) -> tuple[str, ...]:
    credited = details.credited_items if details else None
    return tuple(credited.invoice_line_items or ()) if credited else ()


def _decode(raw: Raw, kind: type[Decoded]) -> Decoded | None:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError:
        return None


def _laid_over(
    after: PastSubscriptionObject, before: PastSubscriptionObject
) -> PastSubscriptionObject:
    """Return the object as it was: what was not replaced is as it is after."""
    replaced = {
        name: value for name, value in msgspec.structs.asdict(before).items() if value is not UNSET
    }
    items = before.items
    if isinstance(items, PastItemsObject):
        # Items that were many or are many now are not all there.
        cut = items.has_more or (isinstance(after.items, PastItemsObject) and after.items.has_more)
        unchanged = after.items.data if isinstance(after.items, PastItemsObject) else UNSET
        replaced["items"] = PastItemsObject(
            data=unchanged if items.data is UNSET else items.data, has_more=cut
        )
    return msgspec.structs.replace(after, **replaced)


def _to_moment(obj: PastSubscriptionObject) -> Moment:
    cancel_at_end, cancel_at = obj.cancel_at_period_end, obj.cancel_at
    is_ending = None
    if cancel_at_end is not UNSET or cancel_at is not UNSET:
        is_ending = cancel_at_end is True or isinstance(cancel_at, int)
    paused = obj.pause_collection
    details = obj.status_details
    pause = details.paused if isinstance(details, StatusDetailsObject) else None
    return Moment(
        paused_at=_to_optional(pause.transitioned_at if pause else None),
        status=None if obj.status is UNSET else obj.status,
        items=_to_items(obj.items) if isinstance(obj.items, PastItemsObject) else None,
        is_ending=is_ending,
        collection_paused=None if paused is UNSET else paused is not None,
    )


def _to_items(items: PastItemsObject) -> Mapping[str, Held] | None:
    if items.has_more or items.data is UNSET:
        return None
    found = {}
    for item in items.data:
        price = item.price or item.plan
        if price is None:
            return None
        found[item.id] = Held(price.id, item.quantity)
    return found


def _held_in(fact: Invoice | InvoiceLine | SubscriptionEvent) -> Iterator[Held]:
    match fact:
        case Invoice():
            yield from (line.held for line in fact.lines)
        case InvoiceLine():
            yield fact.held
        case SubscriptionEvent():
            for moment in (fact.before, fact.after):
                yield from (moment.items or {}).values()


def _to_optional(timestamp: int | None) -> datetime | None:
    return None if timestamp is None else to_past(timestamp)
