"""What Stripe said of one customer: kept, merged, and told from (`stripe_telling`).

    pieces = by_customer(objects, read_at)         # of any list, or of events
    facts = merge(decode(kept), pieces[customer_id])
    kept = encode(facts)

Everything is kept with the second at which it was read, so that `merge` depends neither on order
nor on repetition: a later reading of an object replaces an earlier one, events are a union. That
second is when the list was asked, not the bound of the list: objects change while they are listed.

What has gone is told in three ways. Deleted customers and draft invoices have an event. Waiting
items that an invoice took are named by its lines. And where a reading that began at second t
gave all objects of a kind, `CustomerFacts(complete={"waiting": t})` is merged in: what was read
before t and not again is gone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import UnsetType

from shared.adapters.stripe_changes import CREATED, INVOICE_DELETED, hint_of, to_created
from shared.adapters.stripe_history_mapping import (
    details_of,
    subscription_of,
    to_past_event,
    to_waiting,
)
from shared.adapters.stripe_history_objects import (
    EventObject,
    InvoiceItemObject,
    InvoiceObject,
    ListedCustomerObject,
    PastEventObject,
)
from shared.adapters.stripe_objects import Page, Reference, SubscriptionObject
from shared.adapters.stripe_price_mapping import id_of

# The customer of what names none.
NOBODY = ""
# What can be read whole: the subscriptions of every status, the waiting invoice items, the invoices
# that are drafts.
Kind = Literal["subscriptions", "waiting", "drafts"]
Document = (
    SubscriptionObject | ListedCustomerObject | InvoiceObject | InvoiceItemObject | EventObject
)
Kept = TypeVar("Kept")


class Seen(msgspec.Struct, Generic[Kept], frozen=True):
    """An object as it was read at a second; None: it had been deleted by then."""

    at: int
    value: Kept | None


class CustomerFacts(msgspec.Struct, omit_defaults=True):
    """What Stripe said of one customer; objects by their ids.

    Attributes:
        version: of this form; a form without it is 1.

        invoices: of every status; of those that were deleted, that they were.

        waiting: prorations that waited for an invoice when they were read.

        customer: as it was when it was last listed, or created.

        deleted_at: when the customer was last missing in a list of all; an event tells it better,
            and a customer that was listed since is there.

        complete: when each kind of object was last read whole; what was read before has gone.
    """

    version: int = 1
    subscriptions: dict[str, Seen[SubscriptionObject]] = {}
    invoices: dict[str, Seen[InvoiceObject]] = {}
    waiting: dict[str, Seen[InvoiceItemObject]] = {}
    events: dict[str, PastEventObject] = {}
    customer: Seen[ListedCustomerObject] | None = None
    deleted_at: int | None = None
    complete: dict[Kind, int] = {}


Found = defaultdict[str, CustomerFacts]
_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
_DECODER = msgspec.msgpack.Decoder(CustomerFacts)


def encode(facts: CustomerFacts) -> bytes:
    """Return the facts as bytes, the same for the same facts."""
    return _ENCODER.encode(facts)


def decode(body: bytes) -> CustomerFacts:
    """Return the facts; no bytes are none. Unknown fields are skipped, missing ones defaulted.

    Raises:
        msgspec.MsgspecError: the bytes are none of `encode`.
    """
    return _DECODER.decode(body) if body else CustomerFacts()


def merge(one: CustomerFacts, other: CustomerFacts) -> CustomerFacts:
    """Return what both say together: associative, commutative, and the same for the same twice."""
    deletions = [it.deleted_at for it in (one, other) if it.deleted_at is not None]
    customers = [it.customer for it in (one, other) if it.customer is not None]
    complete = {
        kind: max(one.complete.get(kind, 0), other.complete.get(kind, 0))
        for kind in (*one.complete, *other.complete)
    }
    return CustomerFacts(
        version=max(one.version, other.version),
        subscriptions=_later(
            one.subscriptions, other.subscriptions, complete.get("subscriptions", 0)
        ),
        invoices=_later(one.invoices, other.invoices),
        waiting=_later(one.waiting, other.waiting, complete.get("waiting", 0)),
        events=_united(one.events, other.events),
        customer=reduce(_newer, customers) if customers else None,
        deleted_at=max(deletions, default=None),
        complete=complete,
    )


def by_customer(objects: Iterable[Document], read_at: int) -> dict[str, CustomerFacts]:
    """Return what objects say of each customer.

    Events and objects that tell nothing of the past are left out, as are waiting items that are no
    prorations. An event that cannot be read is left out, too: it would only refine what the objects
    themselves say. An object that does tell something and names no customer is under `NOBODY`: no
    number can be told of it, and whoever reads should say so.

    Args:
        objects: of any lists, mixed or not.

        read_at: the second at which they were asked for; events have their own.
    """
    found: Found = defaultdict(CustomerFacts)
    for obj in objects:
        match obj:
            case SubscriptionObject():
                _add(found[id_of(obj.customer)].subscriptions, obj.id, Seen(read_at, obj))
            case ListedCustomerObject():
                _add_customer(found[obj.id], obj, read_at)
            case InvoiceObject():
                _add_invoice(found, obj, read_at)
            case InvoiceItemObject():
                if subscription_of(obj) and to_waiting(obj):
                    _add(found[_owner(obj.customer)].waiting, obj.id, Seen(read_at, obj))
            case EventObject():
                _add_event(found, obj)
    return dict(found)


def _add(there: dict[str, Seen[Kept]], object_id: str, seen: Seen[Kept]) -> None:
    before = there.get(object_id)
    there[object_id] = seen if before is None else _newer(before, seen)


def _add_customer(facts: CustomerFacts, obj: ListedCustomerObject, at: int) -> None:
    # Its discount is the subscriptions' too, and what was taken away has an event.
    seen = Seen(at, msgspec.structs.replace(obj, discount=None))
    facts.customer = seen if facts.customer is None else _newer(facts.customer, seen)


def _add_invoice(found: Found, obj: InvoiceObject, at: int) -> None:
    """Add an invoice; of one that is no subscription's, the lines that are."""
    if not subscription_of(obj):
        lines = [line for line in obj.lines.data if details_of(line)]
        if not (lines or obj.customer):
            return
        obj = msgspec.structs.replace(obj, lines=Page(data=lines))
    _add(found[_owner(obj.customer)].invoices, obj.id, Seen(at, obj))


def _add_event(found: Found, obj: EventObject) -> None:
    if told := to_past_event(obj):
        found[_owner_of_event(told)].events[told.id] = told
    hint = hint_of(obj) if obj.type in {CREATED, INVOICE_DELETED} else None
    if hint is None or hint.id is None:
        return
    if obj.type == CREATED:
        _add_customer(found[hint.id], to_created(hint, obj), obj.created)
    elif hint.customer:
        _add(found[_owner(hint.customer)].invoices, hint.id, Seen(obj.created, None))


def _owner_of_event(obj: PastEventObject) -> str:
    if obj.customer is not None:
        return obj.customer.id
    held = obj.subscription or obj.discount
    return _owner(held.customer) if held else NOBODY


def _owner(customer: str | Reference | UnsetType | None) -> str:
    return id_of(customer) if customer else NOBODY


def _later(
    one: Mapping[str, Seen[Kept]], other: Mapping[str, Seen[Kept]], since: int = 0
) -> dict[str, Seen[Kept]]:
    """Return the later reading of each object, without those last read before *since*."""
    united = {**one, **other}
    united.update((key, _newer(one[key], other[key])) for key in one.keys() & other.keys())
    return {key: seen for key, seen in united.items() if seen.at >= since}


def _newer(one: Seen[Kept], other: Seen[Kept]) -> Seen[Kept]:
    if one.at != other.at:
        return one if one.at > other.at else other
    return one if one == other else max(one, other, key=_preference)


def _preference(seen: Seen[Kept]) -> tuple[bool, bool, bytes]:
    """Return what decides between two readings of the same second.

    What was deleted is not there; what was read with all its parts tells more; else any rule will
    do, as long as it is one.
    """
    is_cut = isinstance(seen.value, SubscriptionObject) and seen.value.items.has_more
    is_cut = is_cut or (isinstance(seen.value, InvoiceObject) and seen.value.lines.has_more)
    return seen.value is None, not is_cut, _ENCODER.encode(seen)


def _united(
    one: Mapping[str, PastEventObject], other: Mapping[str, PastEventObject]
) -> dict[str, PastEventObject]:
    both = {key: max(one[key], other[key], key=_ENCODER.encode) for key in one.keys() & other}
    return {**one, **other, **both}
