"""What Stripe's lists show of a business in the fields that are read, and what events announce.

Who follows an account reads again only those whom an event names. So every difference that a list
shows in a field that is read must have been announced.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from local.stripe_sandbox import Business
from local.stripe_sandbox.endpoints import find_endpoint
from local.stripe_sandbox.objects.view import View
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import Event
from shared.adapters.stripe_history_objects import (
    InvoiceItemObject,
    InvoiceObject,
    ListedCustomerObject,
)
from shared.adapters.stripe_objects import CouponObject, Page, PriceObject, SubscriptionObject

ANNOUNCING = frozenset(
    {
        *("customer.created", "customer.deleted"),
        *(f"customer.discount.{verb}" for verb in ("created", "updated", "deleted")),
        *(
            f"customer.subscription.{verb}"
            for verb in ("created", "updated", "deleted", "paused", "resumed")
        ),
        *(
            f"invoice.{verb}"
            for verb in (
                *("created", "finalized", "paid", "payment_failed"),
                *("marked_uncollectible", "voided", "deleted"),
            )
        ),
        *("invoiceitem.created", "price.updated", "coupon.updated"),
    }
)
"""The types of events that are read; Stripe takes at most 20 in one request."""

# The lists as they are read: path, filter, what is expanded, fields.
_LISTS: tuple[tuple[str, str, tuple[str, ...], type], ...] = (
    (
        "/v1/subscriptions",
        "status=all",
        ("discounts.source.coupon", "items.data.discounts", "customer.discount"),
        SubscriptionObject,
    ),
    ("/v1/customers", "", (), ListedCustomerObject),
    ("/v1/invoices", "", ("discounts", "lines.data.discounts"), InvoiceObject),
    ("/v1/invoiceitems", "pending=true", (), InvoiceItemObject),
    ("/v1/prices", "active=true", ("tiers", "currency_options"), PriceObject),
    ("/v1/prices", "active=false", ("tiers", "currency_options"), PriceObject),
    ("/v1/coupons", "", ("applies_to", "currency_options"), CouponObject),
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
    for path, filtered, parts, kind in _LISTS:
        decoder = msgspec.json.Decoder(Page[kind])  # type: ignore[valid-type]
        query = [*parse_qsl(filtered), *(("expand[]", f"data.{part}") for part in parts)]
        for page in _pages(business, path, query):
            read = decoder.decode(msgspec.json.encode(page)).data
            for body, fields in zip(page["data"], read, strict=True):
                found[body["id"]] = Shown(
                    body["object"],
                    body["id"] if body["object"] in _CATALOG else customer_of(body),
                    _without_catalog(msgspec.to_builtins(fields)),
                )
    return found


def customer_of(body: Mapping[str, Any]) -> str:
    """Return the id of the customer whom an object is of."""
    customer = body.get("customer", body["id"])
    return str(customer["id"] if isinstance(customer, dict) else customer)


def unannounced(
    before: Mapping[str, Shown], after: Mapping[str, Shown], events: Iterable[Event]
) -> Iterator[str]:
    """Yield a line for each difference that no event of those types announces.

    A price or a coupon that is new is met where it is used, and one that is gone goes on working.
    """
    announced = set()
    for event in events:
        if event.type in ANNOUNCING:
            body = msgspec.json.decode(event.snapshot)
            announced.add(body["id"] if body["object"] in _CATALOG else customer_of(body))
    for object_id in before.keys() | after.keys():
        then, now = before.get(object_id), after.get(object_id)
        either = then or now
        if then == now or either is None or either.owner in announced:
            continue
        if either.kind not in _CATALOG or (then and now):
            yield f"{either.kind} {object_id} of {either.owner}: {then} became {now}"


def _pages(business: Business, path: str, query: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    endpoint, _ = find_endpoint("GET", path) or (None, "")
    assert endpoint is not None
    cursor: list[tuple[str, str]] = []
    while True:
        parameters = Parameters([*query, ("limit", "100"), *cursor])
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
