"""Writes down what happens as Stripe events, with the object of that moment and what it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

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
}
_UNCHANGED = object()


def emit(state: State, record: Record, verb: str, at: int, previous: Json | None = None) -> None:
    """Write an event such as `customer.subscription.deleted`; its verb is the last part."""
    if at < state.events_since:
        return
    state.events.add(
        Event(
            id=state.ids.new("evt"),
            created=at,
            type=f"{_TYPE_PREFIXES[type(record)]}.{verb}",
            snapshot=msgspec.json.encode(View(state).render(record)),
            previous=None if previous is None else msgspec.json.encode(previous),
            api_version=API_VERSION,
        )
    )


@contextmanager
def changing(state: State, record: Record, at: int) -> Iterator[None]:
    """Let the block change a record, and write the `updated` event with what it was before."""
    told = at >= state.events_since
    before = View(state).render(record) if told else {}
    yield
    touch(state, record)
    if told:
        previous = find_previous(before, View(state).render(record))
        if previous:
            emit(state, record, "updated", at, previous)


def touch(state: State, record: Record) -> None:
    """Tell the record's collection that a filter may see it differently now."""
    if isinstance(record, Subscription):
        state.subscriptions.touch()
    elif isinstance(record, Customer):
        state.customers.touch()
    elif isinstance(record, Price):
        state.prices.touch()
    elif isinstance(record, Coupon):
        state.coupons.touch()


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
