"""Writes down what happens as Stripe events, with the object of that moment and what it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from local.stripe_sandbox.collection import Collection
from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.history import CustomerDiscount
from local.stripe_sandbox.money import (
    Charge,
    Dispute,
    Invoice,
    InvoiceItem,
    InvoicePayment,
    Movement,
    Refund,
)
from local.stripe_sandbox.objects.acacia import ACACIA, COUPONS, as_acacia
from local.stripe_sandbox.objects.customer import EMBEDDED_LIMIT
from local.stripe_sandbox.objects.view import View
from local.stripe_sandbox.records import (
    Coupon,
    Customer,
    Discount,
    Event,
    Json,
    Price,
    Product,
    Record,
    Subscription,
)
from local.stripe_sandbox.state import State

API_VERSION = "2026-10-28.endive"

_TYPE_PREFIXES: dict[type[Record], str] = {
    Coupon: "coupon",
    Customer: "customer",
    Discount: "customer.discount",
    Price: "price",
    Product: "product",
    Subscription: "customer.subscription",
    Charge: "charge",
    Dispute: "charge.dispute",
    Invoice: "invoice",
    InvoiceItem: "invoiceitem",
    InvoicePayment: "invoice_payment",
    Refund: "refund",
}
_UNCHANGED = object()


def emit(state: State, record: Record, verb: str, at: int, previous: Json | None = None) -> None:
    """Write an event such as `customer.subscription.deleted`; its verb is the last part."""
    if at >= state.events_since:
        snapshot = msgspec.json.encode(_show(state, record))
        _write(state, f"{_prefix(record)}.{verb}", at, snapshot, previous)


def emit_replacement(state: State, old: Record, new: Record, at: int) -> None:
    """Write the `updated` event of a record that takes the place of another."""
    emit(state, new, "updated", at, find_previous(_show(state, old), _show(state, new)))


def _write(state: State, kind: str, at: int, snapshot: bytes, previous: Json | None) -> None:
    state.events.add(
        Event(
            id=state.ids.new("evt"),
            created=at,
            type=kind,
            snapshot=snapshot,
            previous=None if previous is None else msgspec.json.encode(previous),
            api_version=ACACIA if state.old_events else API_VERSION,
        )
    )


def _prefix(record: Record) -> str:
    return record.kind if isinstance(record, Movement) else _TYPE_PREFIXES[type(record)]


@contextmanager
def changing(
    state: State, record: Record, at: int, verb: str = "updated", then: tuple[str, ...] = ()
) -> Iterator[None]:
    """Let the block change a record, and write the event (*verb*) with what it was before.

    Args:
        state: the business.
        record: what is changed.
        at: when.
        verb: last part of the event's type.
        then: those of the events that go with it, or their whole types.
    """
    told = at >= state.events_since
    before = _show(state, record, _whole(record)) if told else {}
    beyond = _beyond(record)
    yield
    touch(state, record)
    remember(state, record, at)
    if not told:
        return
    previous = find_previous(before, _show(state, record, _whole(record)))
    if previous or beyond != _beyond(record):
        then = (verb, *then)
    after = _show(state, record)
    previous = {key: value for key, value in previous.items() if key in after}
    snapshot = msgspec.json.encode(after)
    for each in then:
        kind = each if "." in each else f"{_prefix(record)}.{each}"
        # Only updates tell what was before.
        _write(state, kind, at, snapshot, previous if kind.endswith(".updated") else None)


def _show(state: State, record: Record, expand: Expand = NOTHING) -> Json:
    """Return a record as the events of the account show it."""
    if state.old_events and record.raw is None:
        return as_acacia(View(state).render(record, {**expand, **COUPONS}))
    return View(state).render(record, expand)


def _whole(record: Record) -> Expand:
    """Return what of a record is shown only where it is expanded; its changes are told as well."""
    match record:
        case Coupon():
            return {"applies_to": {}, "currency_options": {}}
        case Price():
            options: Expand = {currency: {"tiers": {}} for currency in record.currency_options}
            return {"currency_options": options, "tiers": {}}
        case _:
            return NOTHING


def _beyond(record: Record) -> list[tuple[object, ...]]:
    """Return the items of a subscription that stand beyond those that it shows embedded."""
    items = record.items[EMBEDDED_LIMIT:] if isinstance(record, Subscription) else []
    return [(item.id, item.price, item.quantity, *item.discounts) for item in items]


def remember(state: State, record: Record, at: int) -> None:
    """Write what a record is from now on into the business's own history."""
    if isinstance(record, Subscription):
        state.history.record(record, at)
    elif isinstance(record, Customer):
        state.history.record_customer(record)
        state.history.record_discount(CustomerDiscount(at, record.id, record.discount))


def touch(state: State, record: Record) -> None:
    """Tell the record's collection that a filter may see it differently now."""
    collections: dict[type[Record], Collection[Any]] = {
        Charge: state.charges,
        Coupon: state.coupons,
        Customer: state.customers,
        Dispute: state.disputes,
        Invoice: state.invoices,
        InvoiceItem: state.invoice_items,
        InvoicePayment: state.invoice_payments,
        Price: state.prices,
        Product: state.products,
        Refund: state.refunds,
        Subscription: state.subscriptions,
    }
    if isinstance(record, Movement):
        collections[Movement] = getattr(state, f"{record.kind}s")
    if type(record) in collections:
        collections[type(record)].touch()


def find_previous(before: Json, after: Json) -> Json:
    """Return the old values of what differs: within hashes only the changed keys, lists whole."""
    previous: Json = {}
    for key in before.keys() | after.keys():
        old = _difference(before.get(key), after.get(key))
        if old is not _UNCHANGED:
            previous[key] = old
    return dict(sorted(previous.items()))


def _difference(before: Any, after: Any) -> Any:
    if before == after:
        return _UNCHANGED
    if isinstance(before, dict) and isinstance(after, dict):
        return find_previous(before, after)
    return before
