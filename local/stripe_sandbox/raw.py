"""Raw Stripe objects as records: served as they stand, found by what lists filter on."""

from typing import Any

from local.stripe_sandbox.records import (
    Coupon,
    Customer,
    Json,
    Price,
    Product,
    Record,
    Subscription,
    SubscriptionItem,
)
from local.stripe_sandbox.state import State


def record_of(state: State, body: Json) -> Record:
    """Take in a raw customer, product, price, coupon or subscription.

    Raises:
        ValueError: objects of that kind cannot be taken in raw.
    """
    common: dict[str, Any] = {
        "id": body["id"],
        "created": body.get("created", state.now),
        "raw": body,
    }
    match body.get("object"):
        case "customer":
            return state.customers.add(Customer(number=len(state.customers) + 1, **common))
        case "product":
            return state.products.add(Product(name=body.get("name", ""), **common))
        case "coupon":
            return state.coupons.add(Coupon(**common))
        case "price":
            return state.prices.add(_price(body, common))
        case "subscription":
            return _subscription(state, body, common)
        case other:
            raise ValueError(f"a raw {other!r} cannot be served")


def _price(body: Json, common: dict[str, Any]) -> Price:
    return Price(
        product=str(body.get("product")),
        currency=body.get("currency", "usd"),
        active=body.get("active", True),
        lookup_key=body.get("lookup_key"),
        **common,
    )


def _subscription(state: State, body: Json, common: dict[str, Any]) -> Subscription:
    sub = Subscription(
        customer=str(body.get("customer")),
        currency=body.get("currency", "usd"),
        status=body.get("status", "active"),
        **common,
    )
    for item in body.get("items", {}).get("data", []):
        record = SubscriptionItem(
            id=item["id"],
            created=item.get("created", sub.created),
            subscription=sub.id,
            price=item.get("price", {}).get("id", ""),
            raw=item,
        )
        state.items[record.id] = record
        sub.items.append(record)
    return state.subscriptions.add(sub)
