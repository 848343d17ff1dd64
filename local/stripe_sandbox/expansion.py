"""`expand[]`: which paths exist, how deep they may go, and the tree that rendering follows."""

from collections.abc import Iterable

from local.stripe_sandbox.errors import StripeError, invalid

MAX_DEPTH = 4

Expand = dict[str, "Expand"]
"""What to expand, by field; what is expanded within it, by field; and so on."""

NOTHING: Expand = {}

# Field by field, the kind of object that stands behind it; "" is a leaf, "*" any field name.
# A kind may be a part of an object (a hash) that only leads to an expandable field.
_FIELDS: dict[str, dict[str, str]] = {
    "account": {},
    "balance": {},
    "event": {},
    "product": {"default_price": "price", "tax_code": ""},
    "price": {"product": "product", "tiers": "", "currency_options": "currency_options"},
    "currency_options": {"*": "currency_option"},
    "currency_option": {"tiers": ""},
    "coupon": {"applies_to": "", "currency_options": ""},
    "tax_rate": {},
    "discount": {"customer": "customer", "promotion_code": "", "source": "discount_source"},
    "discount_source": {"coupon": "coupon"},
    "customer": {
        "default_source": "",
        "discount": "discount",
        "sources": "",
        "subscriptions": "list of subscription",
        "tax_ids": "",
        "test_clock": "",
    },
    "subscription": {
        "application": "",
        "customer": "customer",
        "default_payment_method": "",
        "default_source": "",
        "default_tax_rates": "tax_rate",
        "discounts": "discount",
        "items": "list of subscription_item",
        "latest_invoice": "invoice",
        "on_behalf_of": "",
        "pending_setup_intent": "",
        "schedule": "",
        "test_clock": "",
    },
    "invoice": {
        "customer": "customer",
        "discounts": "discount",
        "lines": "list of line_item",
        "parent": "invoice_parent",
        "payments": "list of invoice_payment",
        "test_clock": "",
    },
    "invoice_parent": {"subscription_details": "invoice_subscription"},
    "invoice_subscription": {"subscription": "subscription"},
    "line_item": {"discounts": "discount", "pricing": "pricing"},
    "pricing": {"price_details": "price_details"},
    "price_details": {"price": "price"},
    "invoice_item": {
        "customer": "customer",
        "discounts": "discount",
        "invoice": "invoice",
        "pricing": "pricing",
        "test_clock": "",
    },
    "invoice_payment": {"invoice": "invoice"},
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "refunds": "list of refund",
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
    },
    "dispute": {"charge": "charge"},
    "balance_transaction": {"source": "source"},
    # What stands behind a movement may be of any of these kinds.
    "source": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "customer": "customer",
        "refunds": "list of refund",
    },
    "payout": {"balance_transaction": "balance_transaction"},
    "topup": {"balance_transaction": "balance_transaction"},
    "transfer": {"balance_transaction": "balance_transaction"},
    "subscription_item": {"discounts": "discount", "price": "price", "tax_rates": "tax_rate"},
}


def parse_expansions(kind: str, paths: Iterable[str]) -> Expand:
    """Return the tree of the *paths* that a request for an object of *kind* asks to expand.

    Raises:
        StripeError: a path is deeper than Stripe allows or leads nowhere.
    """
    tree: Expand = {}
    for path in paths:
        fields = path.split(".")
        if len(fields) > MAX_DEPTH:
            raise StripeError(
                400,
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}",
                "property_expansion_max_depth",
                "expand",
            )
        _check_path(kind, path, fields)
        branch = tree
        for field in fields:
            branch = branch.setdefault(field, {})
    return tree


def _check_path(kind: str, path: str, fields: list[str]) -> None:
    if _leads_somewhere(kind, fields):
        return
    hint = ""
    if kind.startswith("list of ") and _leads_somewhere(kind, ["data", *fields]):
        hint = f" You may want to try expanding 'data.{path}' instead."
    raise invalid("expand", f"This property cannot be expanded ({path}).{hint}")


def _leads_somewhere(kind: str, fields: list[str]) -> bool:
    for field in fields:
        within = _fields_of(kind)
        next_kind = within.get(field, within.get("*"))
        if next_kind is None:
            return False
        kind = next_kind
    return True


def _fields_of(kind: str) -> dict[str, str]:
    if kind.startswith("list of "):
        return {"data": kind.removeprefix("list of ")}
    return _FIELDS.get(kind, {})
