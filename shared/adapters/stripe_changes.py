"""Events as hints: what changed, so that it is read again.

`changes_in` never says what an object has become: payloads are of the API version of their time,
and may be older than what the lists give. Objects of test clocks are told like all others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from shared.adapters.stripe_history_mapping import SUBSCRIPTION_EVENTS
from shared.adapters.stripe_history_objects import (
    EventObject,
    HintObject,
    ListedCustomerObject,
)
from shared.adapters.stripe_price_mapping import id_of

CREATED, DELETED, INVOICE_DELETED = "customer.created", "customer.deleted", "invoice.deleted"
_DISCOUNTS = tuple(f"customer.discount.{verb}" for verb in ("created", "updated", "deleted"))
_INVOICES = tuple(
    f"invoice.{verb}"
    for verb in (
        "created",
        "finalized",
        "paid",
        "payment_failed",
        "marked_uncollectible",
        "voided",
        "deleted",
    )
)
_WAITING = "invoiceitem.created"
_CATALOG = ("price.updated", "coupon.updated")
# Stripe lists the events of at most 20 types at once.
EVENT_TYPES = (
    CREATED,
    DELETED,
    *_DISCOUNTS,
    *SUBSCRIPTION_EVENTS,
    *_INVOICES,
    _WAITING,
    *_CATALOG,
)


@dataclass(frozen=True, slots=True)
class ChangedInvoice:
    """An invoice that something happened to.

    Attributes:
        created: in seconds.

        is_new: whether these events tell of its creation.
    """

    customer_id: str
    created: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What events say has changed; each thing once.

    Attributes:
        subscribers: customers of whom a subscription, or a discount, changed.

        created: new customers by id, as they were then.

        deleted: when customers were deleted, in seconds, by id.

        invoices: those that are there, by id.

        deleted_invoices: the customers of those that are not, by invoice id.

        waiting: the customers of prorations that wait for an invoice, by invoice item id. What is
            to be billed once is not among them: it is in no number before it is paid.

        prices, coupons: ids.

        unknown: ids of events that tell nothing sure: only reading everything again will do.
    """

    subscribers: set[str] = field(default_factory=set)
    created: dict[str, ListedCustomerObject] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    invoices: dict[str, ChangedInvoice] = field(default_factory=dict)
    deleted_invoices: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    prices: set[str] = field(default_factory=set)
    coupons: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)

    @property
    def customers(self) -> set[str]:
        """Everybody of whom anything changed."""
        invoiced = {invoice.customer_id for invoice in self.invoices.values()}
        told = (self.created, self.deleted, self.deleted_invoices.values(), self.waiting.values())
        return self.subscribers.union(invoiced, *told)


def changes_in(events: Iterable[EventObject]) -> Changes:
    """Return what events say has changed; their order does not matter, nor do other types."""
    changes = Changes()
    for event in events:
        if event.type in EVENT_TYPES:
            hint = hint_of(event)
            if hint is None or not _take_in(changes, event, hint):
                changes.unknown.append(event.id)
    for invoice_id in changes.deleted_invoices:
        changes.invoices.pop(invoice_id, None)
    return changes


def hint_of(event: EventObject) -> HintObject | None:
    """Return what the payload of any event has in common; None where it cannot be read."""
    try:
        return msgspec.json.decode(event.data.object, type=HintObject)
    except msgspec.MsgspecError:
        return None


def _take_in(changes: Changes, event: EventObject, hint: HintObject) -> bool:
    """Note what an event says; False where it does not say enough."""
    if event.type in {CREATED, DELETED}:
        return _take_in_customer(changes, event, hint)
    if event.type in _CATALOG:
        (changes.prices if event.type == "price.updated" else changes.coupons).add(hint.id or "")
        return hint.id is not None
    if event.type in (*SUBSCRIPTION_EVENTS, *_DISCOUNTS):
        if not hint.customer:
            return False
        changes.subscribers.add(id_of(hint.customer))
        return True
    return _take_in_billing(changes, event, hint)


def _take_in_customer(changes: Changes, event: EventObject, hint: HintObject) -> bool:
    if hint.id is None:
        return False
    if event.type == DELETED:
        changes.deleted[hint.id] = event.created
    else:
        changes.created[hint.id] = to_created(hint, event)
    return True


def to_created(hint: HintObject, event: EventObject) -> ListedCustomerObject:
    """Return the customer of whose creation an event tells."""
    return ListedCustomerObject(
        id=hint.id or "",
        created=hint.created or event.created,
        livemode=hint.livemode,
        test_clock=hint.test_clock,
    )


def _take_in_billing(changes: Changes, event: EventObject, hint: HintObject) -> bool:
    """Note what happened to an invoice or an invoice item; one that is nobody's is in no number."""
    if hint.id is None or hint.customer is msgspec.UNSET:
        return False
    if hint.customer is None:
        return True
    customer = id_of(hint.customer)
    if event.type == INVOICE_DELETED:
        changes.deleted_invoices[hint.id] = customer
    elif event.type == _WAITING:
        if hint.invoice is None and hint.proration:
            changes.waiting[hint.id] = customer
    else:
        before = changes.invoices.get(hint.id)
        is_new = event.type == "invoice.created" or (before is not None and before.is_new)
        created = hint.created or event.created
        changes.invoices[hint.id] = ChangedInvoice(customer, created, is_new)
    return True
