"""What Stripe's lists show of a business in the fields that are read, and what events announce.

Who follows an account reads again only those whom an event names. So every difference that a list
shows in a field that is read must have been announced.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from local.stripe_sandbox import Business
from local.stripe_sandbox import parameters as sandbox_parameters
from local.stripe_sandbox.endpoints import find_endpoint
from local.stripe_sandbox.objects.view import View
from local.stripe_sandbox.records import Event
from shared.adapters.stripe_changes import EVENT_TYPES
from shared.adapters.stripe_history_objects import (
    InvoiceItemObject,
    InvoiceObject,
    ListedCustomerObject,
)
from shared.adapters.stripe_history_reading import INVOICE_PARTS
from shared.adapters.stripe_lists import Parameters, expanding
from shared.adapters.stripe_objects import (
    CouponObject,
    ItemObject,
    Page,
    PriceObject,
    SubscriptionObject,
)
from shared.adapters.stripe_reading import SUBSCRIPTION_LIST

_PRICE_PARTS = expanding(["tiers", "currency_options"], "data.")
# The lists as they are read: path, parameters, fields.
_LISTS: tuple[tuple[str, Parameters, type], ...] = (
    ("/v1/subscriptions", SUBSCRIPTION_LIST, SubscriptionObject),
    ("/v1/customers", (), ListedCustomerObject),
    ("/v1/invoices", INVOICE_PARTS, InvoiceObject),
    ("/v1/invoiceitems", (("pending", "true"),), InvoiceItemObject),
    ("/v1/prices", (("active", "true"), *_PRICE_PARTS), PriceObject),
    ("/v1/prices", (("active", "false"), *_PRICE_PARTS), PriceObject),
    ("/v1/coupons", expanding(["applies_to", "currency_options"], "data."), CouponObject),
)
_CATALOG = frozenset({"price", "coupon"})


class Shown(NamedTuple):
    """An object as a list shows it, and whom an event must name when that changes."""

    kind: str
    owner: str
    body: Any


def shown(business: Business) -> dict[str, Shown]:
    """Return what the lists show, by id, in the fields that are read and no others."""
    found: dict[str, Shown] = {}
    for path, parameters, kind in _LISTS:
        decoder = msgspec.json.Decoder(Page[kind])  # type: ignore[valid-type]
        for page in _pages(business, path, parameters):
            read = decoder.decode(msgspec.json.encode(page)).data
            for body, fields in zip(page["data"], read, strict=True):
                found[body["id"]] = Shown(
                    body["object"],
                    body["id"] if body["object"] in _CATALOG else customer_of(body),
                    _without_catalog(msgspec.to_builtins(fields)),
                )
    for page in _pages(business, "/v1/subscriptions", (("status", "all"),)):
        for body in page["data"]:
            if body["items"]["has_more"]:
                found.update(_items(business, body))
    return found


def _items(business: Business, sub: Mapping[str, Any]) -> Iterator[tuple[str, Shown]]:
    """Yield each item of a subscription that has more than it shows embedded."""
    parameters = (("subscription", sub["id"]), *expanding(["discounts"], "data."))
    decoder = msgspec.json.Decoder(Page[ItemObject])
    for page in _pages(business, "/v1/subscription_items", parameters):
        for item in decoder.decode(msgspec.json.encode(page)).data:
            body = _without_catalog(msgspec.to_builtins(item))
            yield item.id, Shown("subscription_item", customer_of(sub), body)


def customer_of(body: Mapping[str, Any]) -> str:
    """Return the id of the customer whom an object is of."""
    customer = body.get("customer", body["id"])
    return str(customer["id"] if isinstance(customer, dict) else customer)


def unannounced(
    before: Mapping[str, Shown], after: Mapping[str, Shown], events: Iterable[Event]
) -> Iterator[str]:
    """Yield a line for each difference that no event of the types that are read announces.

    A price or a coupon that is new is met where it is used, and one that is gone goes on working.
    """
    announced = set()
    for event in events:
        if event.type in EVENT_TYPES:
            body = msgspec.json.decode(event.snapshot)
            announced.add(body["id"] if body["object"] in _CATALOG else customer_of(body))
    for object_id in before.keys() | after.keys():
        then, now = before.get(object_id), after.get(object_id)
        either = then or now
        if then == now or either is None or either.owner in announced:
            continue
        if either.kind not in _CATALOG or (then and now):
            yield f"{either.kind} {object_id} of {either.owner}: {then} became {now}"


def _pages(business: Business, path: str, given: Parameters) -> Iterator[dict[str, Any]]:
    endpoint, _ = find_endpoint("GET", path) or (None, "")
    assert endpoint is not None
    cursor: list[tuple[str, str]] = []
    while True:
        parameters = sandbox_parameters.Parameters([*given, ("limit", "100"), *cursor])
        page = endpoint.answer(View(business.state), parameters, "")
        yield page
        if not page["has_more"]:
            return
        cursor = [("starting_after", page["data"][-1]["id"])]


def _without_catalog(body: Any) -> Any:
    """Name prices and coupons by their ids: their own lists show the rest."""
    if isinstance(body, list):
        return [_without_catalog(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {
        key: value["id"] if key in _CATALOG and isinstance(value, dict) else _without_catalog(value)
        for key, value in body.items()
    }
