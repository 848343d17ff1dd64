"""What is billed once: one-time items, manual invoices, and invoices paid past Stripe."""

from local.stripe_sandbox.actions import set_status
from local.stripe_sandbox.amounts import price_amount
from local.stripe_sandbox.collecting import owes, pay_outside, proceed
from local.stripe_sandbox.invoicing import make_manual_invoice
from local.stripe_sandbox.journal import emit, touch
from local.stripe_sandbox.money import Invoice, InvoiceItem
from local.stripe_sandbox.records import Customer, Price, Subscription
from local.stripe_sandbox.state import State

_RESTORED = frozenset({"past_due", "unpaid", "incomplete"})


def add_one_time_item(
    state: State,
    holder: Customer | Subscription,
    price: Price,
    at: int,
    quantity: int = 1,
    *,
    discountable: bool = True,
) -> InvoiceItem:
    """Let a one-time item wait for the next invoice of a subscription, or any of a customer."""
    sub = holder if isinstance(holder, Subscription) else None
    currency = holder.currency or price.currency
    made = state.invoice_items.add(
        InvoiceItem(
            id=state.ids.new("ii"),
            created=at,
            customer=holder.id if sub is None else sub.customer,
            subscription=None if sub is None else sub.id,
            item=None,
            currency=currency,
            amount=price_amount(price, currency, quantity),
            price=price.id,
            quantity=quantity,
            start=at,
            end=at,
            description=state.products[price.product].name,
            discountable=discountable,
            test_clock=holder.test_clock,
        )
    )
    emit(state, made, "created", at)
    return made


def invoice_manually(
    state: State, customer: Customer, at: int, collection_method: str = "charge_automatically"
) -> Invoice:
    """Invoice what waits for a customer outside of their subscriptions; paid an hour later.

    Raises:
        ValueError: nothing waits.
    """
    invoice = make_manual_invoice(state, customer, at, collection_method)
    proceed(state, None, invoice)
    return invoice


def delete_draft(state: State, invoice: Invoice, at: int) -> None:
    """Delete a draft; what it was made from waits again.

    Raises:
        ValueError: it is sent already, or a subscription's, which Stripe only voids.
    """
    if invoice.status != "draft" or invoice.subscription is not None:
        raise ValueError("only the draft of a manual invoice can be deleted")
    for each in state.invoice_items_of(invoice.customer):
        if each.invoice == invoice.id:
            each.invoice = None
            touch(state, each)
    emit(state, invoice, "deleted", at)
    state.invoices.remove(invoice)


def delete_item(state: State, item: InvoiceItem, at: int) -> None:
    """Delete what waits for an invoice.

    Raises:
        ValueError: an invoice has it already.
    """
    if item.invoice is not None:
        raise ValueError("an invoice has the item already")
    emit(state, item, "deleted", at)
    state.invoice_items.remove(item)


def pay_out_of_band(state: State, invoice: Invoice, at: int) -> None:
    """Mark an invoice as paid past Stripe, which may let its subscription be active again."""
    pay_outside(state, invoice, at)
    sub = state.subscription_of(invoice)
    if sub is not None and sub.status in _RESTORED and not owes(state, sub):
        set_status(state, sub, "active", at)
