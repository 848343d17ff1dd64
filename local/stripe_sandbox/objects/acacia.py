"""Objects as API version 2024-10-28.acacia showed them.

Events of an account that has not moved on show them so for ever, whatever version a request names.
"""

from local.stripe_sandbox.expansion import Expand
from local.stripe_sandbox.records import Json

ACACIA = "2024-10-28.acacia"

COUPONS: Expand = {"discount": {"source": {"coupon": {}}}, "source": {"coupon": {}}}
"""What has to be expanded: discounts used to hold their coupons whole."""


def as_acacia(body: Json) -> Json:
    """Return an object of today in its older shape; kinds that look the same stay as they are."""
    match body["object"]:
        case "subscription":
            return _subscription(body)
        case "discount":
            return _discount(body)
        case "invoice":
            return _invoice(body)
        case "invoiceitem":
            return _invoice_item(body)
        case "customer" if body.get("discount"):
            return {**body, "discount": _discount(body["discount"])}
        case _:
            return body


def _subscription(body: Json) -> Json:
    """Return it with the period and the plan, which stood on the whole, and no status details."""
    items = [
        _without(item, "billed_until", "current_period_end", "current_period_start")
        for item in body["items"]["data"]
    ]
    first, *others = body["items"]["data"]
    return {
        **_without(body, "billing_mode", "billing_schedules", "managed_payments", "status_details"),
        "current_period_end": first["current_period_end"],
        "current_period_start": first["current_period_start"],
        "discount": None,
        "items": {**body["items"], "data": items},
        "plan": None if others else first["plan"],
        "quantity": None if others else first.get("quantity"),
    }


def _discount(body: Json) -> Json:
    return {**_without(body, "source"), "coupon": body["source"]["coupon"]}


def _invoice(body: Json) -> Json:
    """Return it with its subscription beside the rest."""
    return {
        **_without(body, "amount_overpaid", "parent"),
        "lines": {**body["lines"], "data": [_line(line) for line in body["lines"]["data"]]},
        "paid": body["status"] == "paid",
        "subscription": _details(body, "subscription_details").get("subscription"),
    }


def _line(body: Json) -> Json:
    of_item = _details(body, "subscription_item_details")
    details = of_item or _details(body, "invoice_item_details")
    return {
        **_without(body, "parent", "pricing", "quantity_decimal", "subtotal"),
        "invoice_item": details["invoice_item"],
        "price": {"id": body["pricing"]["price_details"]["price"], "object": "price"},
        "proration": details["proration"],
        "proration_details": details["proration_details"],
        "subscription_item": of_item.get("subscription_item"),
        "type": "invoiceitem" if details["invoice_item"] else "subscription",
    }


def _invoice_item(body: Json) -> Json:
    details = _details(body, "subscription_details")
    return {
        **_without(body, "net_amount", "parent", "pricing", "quantity_decimal"),
        "price": {"id": body["pricing"]["price_details"]["price"], "object": "price"},
        "subscription": details.get("subscription"),
        "subscription_item": details.get("subscription_item"),
    }


def _details(body: Json, name: str) -> Json:
    parent = body["parent"] or {}
    details: Json | None = parent.get(name)
    return details or {}


def _without(body: Json, *names: str) -> Json:
    return {key: value for key, value in body.items() if key not in names}
