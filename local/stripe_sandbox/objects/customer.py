"""Customers. Their e-mail addresses are made up: they prove that none is ever stored."""

from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.objects.view import View, list_object, renders
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Customer, Json

EMBEDDED_LIMIT = 10


@renders(Customer)
def render_customer(view: View, customer: Customer, expand: Expand) -> Json:
    """Return the customer object, or what remains of a deleted one."""
    if customer.deleted_at is not None:
        return {"id": customer.id, "object": "customer", "deleted": True}
    body: Json = {
        "id": customer.id,
        "object": "customer",
        "address": None,
        "balance": customer.balance,
        "created": customer.created,
        "currency": customer.currency,
        "customer_account": None,
        "default_source": None,
        "delinquent": customer.delinquent,
        "description": f"Customer {customer.number:04}",
        "discount": _discount(view, customer, expand),
        "email": email_of(customer),
        "invoice_prefix": f"SBX{customer.number:05}",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": view.livemode,
        "metadata": customer.metadata,
        "name": f"Customer {customer.number:04}",
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": render_test_clock(view, customer.test_clock, expand),
    }
    _add_expanded_lists(view, customer, expand, body)
    return body


def email_of(customer: Customer) -> str:
    """Return the made-up address of a customer."""
    return f"customer-{customer.number:04}@example.com"


def render_test_clock(view: View, clock: str | None, expand: Expand) -> Json | str | None:
    """Return the id of a test clock, or the object where it is to be expanded."""
    if clock is None or "test_clock" not in expand:
        return clock
    return {
        "id": clock,
        "object": "test_helpers.test_clock",
        "created": view.state.now,
        "deletes_after": view.state.now + 30 * DAY,
        "frozen_time": view.state.now,
        "livemode": False,
        "name": None,
        "status": "ready",
        "status_details": {},
    }


def _discount(view: View, customer: Customer, expand: Expand) -> Json | None:
    # The one discount that Stripe shows whole without being asked.
    discount = view.state.discounts.get(customer.discount or "")
    return view.render(discount, expand.get("discount", NOTHING)) if discount else None


def _add_expanded_lists(view: View, customer: Customer, expand: Expand, body: Json) -> None:
    url = f"/v1/customers/{customer.id}"
    if "subscriptions" in expand:
        owned = view.state.subscriptions.owned_by(customer.id)
        shown = [sub for sub in reversed(owned) if sub.status != "canceled"]
        within = expand["subscriptions"].get("data", NOTHING)
        body["subscriptions"] = list_object(
            [view.render(sub, within) for sub in shown[:EMBEDDED_LIMIT]],
            f"{url}/subscriptions",
            has_more=len(shown) > EMBEDDED_LIMIT,
        )
    for field in ("sources", "tax_ids"):
        if field in expand:
            body[field] = list_object([], f"{url}/{field}", has_more=False)
