"""What waits for an invoice, and what pays for one."""

from local.stripe_sandbox.expansion import Expand
from local.stripe_sandbox.money import InvoiceItem, InvoicePayment
from local.stripe_sandbox.objects.customer import render_test_clock
from local.stripe_sandbox.objects.discounting import render_discounts
from local.stripe_sandbox.objects.pricing import render_pricing
from local.stripe_sandbox.objects.view import View, renders
from local.stripe_sandbox.records import Json


@renders(InvoiceItem)
def render_invoice_item(view: View, waiting: InvoiceItem, expand: Expand) -> Json:
    """Return the invoice item; while its invoice is null, it is pending."""
    customer = view.state.customers[waiting.customer]
    invoice = view.state.invoices.get(waiting.invoice or "")
    body: Json = {
        "id": waiting.id,
        "object": "invoiceitem",
        "amount": waiting.amount,
        "currency": waiting.currency,
        "customer": view.reference(customer, "customer", expand),
        "customer_account": None,
        "date": waiting.created,
        "description": waiting.description,
        "discountable": waiting.discountable,
        "discounts": render_discounts(view, waiting.discounts, expand),
        "invoice": view.reference(invoice, "invoice", expand),
        "livemode": view.livemode,
        "metadata": waiting.metadata,
        "parent": _item_parent(waiting),
        "period": {"end": waiting.end, "start": waiting.start},
        "pricing": render_pricing(view, waiting.price, waiting.quantity, waiting.currency, expand),
        "proration": waiting.item is not None,
        "quantity": waiting.quantity,
        "quantity_decimal": str(waiting.quantity),
        "tax_rates": [],
        "test_clock": render_test_clock(view, waiting.test_clock, expand),
    }
    if not waiting.discountable:
        body["net_amount"] = waiting.amount
    if waiting.item is not None:
        body["proration_details"] = {"discount_amounts": []}
    return body


def _item_parent(waiting: InvoiceItem) -> Json | None:
    if waiting.subscription is None:
        return None
    details = {"subscription": waiting.subscription}
    if waiting.item is not None:
        details["subscription_item"] = waiting.item
    return {"subscription_details": details, "type": "subscription_details"}


@renders(InvoicePayment)
def render_invoice_payment(view: View, payment: InvoicePayment, expand: Expand) -> Json:
    """Return the link between an invoice and the payment intent that pays it."""
    invoice = view.state.invoices[payment.invoice]
    return {
        "id": payment.id,
        "object": "invoice_payment",
        "amount_paid": payment.amount if payment.status == "paid" else None,
        "amount_requested": payment.amount,
        "created": payment.created,
        "currency": payment.currency,
        "invoice": view.reference(invoice, "invoice", expand),
        "is_default": True,
        "livemode": view.livemode,
        "payment": {"payment_intent": payment.payment_intent, "type": "payment_intent"},
        "status": payment.status,
        "status_transitions": {
            "canceled_at": payment.canceled_at,
            "paid_at": payment.paid_at,
        },
    }
