"""Invoices and their lines."""

from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.money import Invoice, Line
from local.stripe_sandbox.objects.customer import EMBEDDED_LIMIT, email_of, render_test_clock
from local.stripe_sandbox.objects.discounting import render_discounts
from local.stripe_sandbox.objects.pricing import render_pricing
from local.stripe_sandbox.objects.view import View, list_object, renders
from local.stripe_sandbox.records import Json


@renders(Invoice)
def render_invoice(view: View, invoice: Invoice, expand: Expand) -> Json:
    """Return the invoice object: its subscription is within `parent`, its payments apart."""
    customer = view.state.customers[invoice.customer]
    body: Json = {
        "id": invoice.id,
        "object": "invoice",
        "account_country": view.state.account.country,
        "account_name": view.state.account.name,
        "account_tax_ids": None,
        **_amounts(invoice),
        "application": None,
        "attempt_count": invoice.attempts,
        "attempted": invoice.attempts > 0,
        "auto_advance": invoice.status == "open",
        "automatic_tax": {
            "disabled_reason": None, "enabled": False, "liability": None, "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": invoice.reason,
        "collection_method": invoice.collection_method,
        "created": invoice.created,
        "currency": invoice.currency,
        "custom_fields": None,
        "customer": view.reference(customer, "customer", expand),
        "customer_account": None,
        "customer_address": None,
        "customer_email": email_of(customer),
        "customer_name": f"Customer {customer.number:04}",
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": render_discounts(view, list(invoice.discounts), expand),
        "due_date": invoice.due_at,
        "effective_at": invoice.finalized_at,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": render_lines(view, invoice, expand.get("lines", NOTHING).get("data", NOTHING)),
        "livemode": view.livemode,
        "metadata": invoice.metadata,
        "next_payment_attempt": invoice.next_attempt,
        "number": invoice.number,
        "on_behalf_of": None,
        "parent": _parent(view, invoice, expand),
        "payment_settings": {
            "default_mandate": None, "payment_method_options": None, "payment_method_types": None,
        },
        "period_end": invoice.period_end,
        "period_start": invoice.period_start,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "statement_descriptor": None,
        "status": invoice.status,
        "status_transitions": {
            "finalized_at": invoice.finalized_at,
            "marked_uncollectible_at": invoice.uncollectible_at,
            "paid_at": invoice.paid_at,
            "voided_at": invoice.voided_at,
        },
        "test_clock": render_test_clock(view, invoice.test_clock, expand),
        "webhooks_delivered_at": invoice.created,
    }  # fmt: skip
    if "payments" in expand:
        body["payments"] = _payments(view, invoice, expand["payments"].get("data", NOTHING))
    return body


def _amounts(invoice: Invoice) -> Json:
    taken: dict[str, int] = {}
    for line in invoice.lines:
        for discount, amount in line.discounts:
            taken[discount] = taken.get(discount, 0) + amount
    taxes = [tax for line in invoice.lines for tax in line.taxes]
    subtotal = sum(line.amount for line in invoice.lines)
    on_top = sum(amount for _, amount, inclusive in taxes if not inclusive)
    within = sum(amount for _, amount, inclusive in taxes if inclusive)
    due = max(0, invoice.due)
    paid = due if invoice.status == "paid" else 0
    return {
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": paid,
        "amount_paid_off_stripe": invoice.paid_outside,
        "amount_remaining": due - paid,
        "amount_shipping": 0,
        "ending_balance": None if invoice.finalized_at is None else invoice.balance_after,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": invoice.balance_before,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - within,
        "total": invoice.total,
        "total_discount_amounts": _discount_amounts(tuple(taken.items())),
        "total_excluding_tax": invoice.total - on_top - within,
        "total_pretax_credit_amounts": [],
        "total_taxes": [_tax(tax, invoice.total) for tax in taxes],
    }


def _parent(view: View, invoice: Invoice, expand: Expand) -> Json | None:
    within = expand.get("parent", NOTHING).get("subscription_details", NOTHING)
    sub = view.state.subscription_of(invoice)
    if sub is None:
        return None
    details: Json = {
        "metadata": sub.metadata,
        "subscription": view.reference(sub, "subscription", within),
    }
    if invoice.proration_at is not None:
        details["subscription_proration_date"] = invoice.proration_at
    return {
        "quote_details": None,
        "subscription_details": details,
        "type": "subscription_details",
    }


def _payments(view: View, invoice: Invoice, expand: Expand) -> Json:
    payments = view.state.invoice_payments.owned_by(invoice.id)
    data = [view.render(each, expand) for each in payments]
    return list_object(data, f"/v1/invoice_payments?invoice={invoice.id}", has_more=False)


def render_lines(view: View, invoice: Invoice, expand: Expand) -> Json:
    """Return the embedded list of an invoice's first lines."""
    shown = invoice.lines[:EMBEDDED_LIMIT]
    return list_object(
        [render_line(view, invoice, line, expand) for line in shown],
        f"/v1/invoices/{invoice.id}/lines",
        has_more=len(invoice.lines) > EMBEDDED_LIMIT,
    )


def render_line(view: View, invoice: Invoice, line: Line, expand: Expand) -> Json:
    """Return one line; its price is an id within `pricing`."""
    net = line.amount - sum(amount for _, amount in line.discounts)
    return {
        "id": line.id,
        "object": "line_item",
        "amount": line.amount,
        "currency": invoice.currency,
        "description": line.description,
        "discount_amounts": _discount_amounts(line.discounts),
        "discountable": line.discountable,
        "discounts": render_discounts(view, [each for each, _ in line.discounts], expand),
        "invoice": invoice.id,
        "livemode": view.livemode,
        "metadata": {},
        "parent": _line_parent(line),
        "period": {"end": line.end, "start": line.start},
        "pretax_credit_amounts": [],
        "pricing": render_pricing(view, line.price, line.quantity, invoice.currency, expand),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": line.subscription,
        "subtotal": line.amount,
        "taxes": [_tax(tax, net) for tax in line.taxes],
    }


def _line_parent(line: Line) -> Json:
    details: Json = {
        "invoice_item": line.invoice_item,
        "proration": line.proration,
        "proration_details": {"credited_items": _credited(line)},
        "subscription": line.subscription,
    }
    once = line.item is None
    return {
        "invoice_item_details": details if once else None,
        "subscription_item_details": None if once else {**details, "subscription_item": line.item},
        "type": "invoice_item_details" if once else "subscription_item_details",
    }


def _credited(line: Line) -> Json | None:
    if line.credited is None:
        return None
    invoice, credited = line.credited
    return {"invoice": invoice, "invoice_line_items": [credited]}


def _discount_amounts(taken: tuple[tuple[str, int], ...]) -> list[Json]:
    return [{"amount": amount, "discount": discount} for discount, amount in taken]


def _tax(tax: tuple[str, int, bool], taxable: int) -> Json:
    rate, amount, inclusive = tax
    return {
        "amount": amount,
        "tax_behavior": "inclusive" if inclusive else "exclusive",
        "tax_rate_details": {"tax_rate": rate},
        "taxability_reason": "not_available",
        "taxable_amount": taxable - amount if inclusive else taxable,
        "type": "tax_rate_details",
    }
