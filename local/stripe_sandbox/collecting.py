"""What becomes of an invoice: finalized, paid, tried again, voided or given up."""

from local.stripe_sandbox.invoicing import make_invoice
from local.stripe_sandbox.journal import changing, emit
from local.stripe_sandbox.money import Invoice, InvoicePayment
from local.stripe_sandbox.paying import charge
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Subscription, SubscriptionItem
from local.stripe_sandbox.state import State

DRAFT_SECONDS = 3_600
_RETRY_AFTER = 3 * DAY
_PAID_BEFORE_DUE = 5 * DAY
_OWING = frozenset({"open", "uncollectible"})
_AT_ONCE = frozenset({"subscription_create", "subscription_update"})


def bill(
    state: State, sub: Subscription, items: list[SubscriptionItem], at: int, reason: str
) -> None:
    """Invoice the periods that begin and what waits, and see to its collection."""
    proceed(state, sub, draft(state, sub, items, at, reason))


def draft(
    state: State, sub: Subscription, items: list[SubscriptionItem], at: int, reason: str
) -> Invoice | None:
    """Make the invoice alone, within a change of the subscription that it then belongs to."""
    if not state.bills or sub.raw is not None:
        return None
    return make_invoice(state, sub, items, at, reason)


def proceed(state: State, sub: Subscription, invoice: Invoice | None) -> None:
    """Collect an invoice now, or an hour later as Stripe does with those of a new period."""
    if invoice is None or sub.status == "unpaid":
        return  # what an unpaid subscription gets stays a draft
    due = invoice.created + (0 if invoice.reason in _AT_ONCE else DRAFT_SECONDS)
    # What began in the past has lived through this already; the rest is yet to come.
    if due <= max(state.now, invoice.created):
        finalize(state, invoice.id, due)
    else:
        state.plan(due, "finalize", invoice.id)


def finalize(state: State, invoice_id: str, at: int) -> None:
    """Send out a draft and try to collect it, or let it rest where collection is paused."""
    invoice = state.invoices[invoice_id]
    sub = state.subscriptions[invoice.subscription]
    if invoice.status != "draft" or (sub.ended_at is not None and invoice.held):
        return
    if invoice.held:
        _let_rest(state, sub, invoice, at)
        return
    _open(state, sub, invoice, at)
    if invoice.due <= 0:
        _mark_paid(state, invoice, at)
        return
    payment = InvoicePayment(
        id=state.ids.new("inpay"),
        created=at,
        invoice=invoice.id,
        payment_intent=state.ids.new("pi"),
        amount=invoice.due,
        currency=invoice.currency,
    )
    state.invoice_payments.add(payment)
    if invoice.due_at is None:
        _attempt(state, invoice, at)
        return
    paid_at = max(at + DAY, invoice.due_at - _PAID_BEFORE_DUE)
    if paid_at <= state.now:
        _attempt(state, invoice, paid_at)
    else:
        state.plan(paid_at, "collect", invoice.id)


def _open(state: State, sub: Subscription, invoice: Invoice, at: int) -> None:
    customer = state.customers[invoice.customer]
    with changing(state, invoice, at, then=("finalized",)):
        invoice.status, invoice.finalized_at = "open", at
        invoice.balance_before = customer.balance
        invoice.balance_after = min(0, customer.balance + invoice.total)
        if invoice.collection_method == "send_invoice":
            invoice.due_at = at + (sub.days_until_due or 30) * DAY
        invoice.number = f"SBX{customer.number:05}-{customer.invoices + 1:04}"
    customer.invoices += 1
    if customer.balance != invoice.balance_after:
        with changing(state, customer, at):
            customer.balance = invoice.balance_after


def _let_rest(state: State, sub: Subscription, invoice: Invoice, at: int) -> None:
    behavior = (sub.pause_collection or {"behavior": "keep_as_draft"})["behavior"]
    if behavior == "void":
        with changing(state, invoice, at, then=("voided",)):
            invoice.status, invoice.finalized_at, invoice.voided_at = "void", at, at
    elif behavior == "mark_uncollectible":
        with changing(state, invoice, at, then=("marked_uncollectible",)):
            invoice.status, invoice.finalized_at = "uncollectible", at
            invoice.uncollectible_at = at


def collect(state: State, invoice_id: str, at: int) -> None:
    """Try to take what an open invoice asks for."""
    invoice = state.invoices[invoice_id]
    if invoice.status == "open":
        _attempt(state, invoice, at)


def _attempt(state: State, invoice: Invoice, at: int) -> None:
    sub = state.subscriptions[invoice.subscription]
    if not sub.card_declines and sub.has_payment_method:
        _pay(state, invoice, at)
        return
    if sub.has_payment_method:
        _charge(state, invoice, at, failure_code="card_declined")
    with changing(state, invoice, at, then=("payment_failed",)):
        invoice.attempts += 1
        invoice.next_attempt = at + _RETRY_AFTER
    if sub.status == "active":
        with changing(state, sub, at):
            sub.status = "past_due"
        mark_delinquency(state, sub, at)
        state.note("payments failed")


def _pay(state: State, invoice: Invoice, at: int) -> None:
    _charge(state, invoice, at)
    for payment in state.invoice_payments.owned_by(invoice.id):
        payment.status, payment.paid_at = "paid", at
        state.invoice_payments.touch()
        emit(state, payment, "paid", at)
    _mark_paid(state, invoice, at, attempts=1)
    state.note("invoices paid")


def _charge(state: State, invoice: Invoice, at: int, failure_code: str | None = None) -> None:
    payment = state.invoice_payments.owned_by(invoice.id)[-1]
    first = invoice.reason == "subscription_create"
    charge(
        state,
        at,
        amount=invoice.due,
        currency=invoice.currency,
        customer=invoice.customer,
        payment_intent=payment.payment_intent,
        failure_code=failure_code,
        description="Subscription creation" if first else "Subscription update",
    )


def _mark_paid(state: State, invoice: Invoice, at: int, attempts: int = 0) -> None:
    with changing(state, invoice, at, then=("paid", "payment_succeeded")):
        invoice.status, invoice.paid_at, invoice.next_attempt = "paid", at, None
        invoice.attempts += attempts


def settle(state: State, sub: Subscription, at: int) -> None:
    """Pay all that a subscription owes, by a card that works again."""
    sub.card_declines, sub.has_payment_method = False, True
    for invoice in list(state.invoices.owned_by(sub.id)):
        if invoice.status in _OWING and not invoice.held:
            _pay(state, invoice, at)


def give_up(state: State, sub: Subscription, at: int) -> None:
    """Mark what was tried in vain as uncollectible."""
    for invoice in list(state.invoices.owned_by(sub.id)):
        if invoice.status == "open" and invoice.attempts:
            with changing(state, invoice, at, then=("marked_uncollectible",)):
                invoice.status, invoice.uncollectible_at = "uncollectible", at
                invoice.next_attempt = None


def void_open(state: State, sub: Subscription, at: int) -> None:
    """Void what is open, as happens when the first payment is never made."""
    for invoice in list(state.invoices.owned_by(sub.id)):
        if invoice.status == "open":
            with changing(state, invoice, at, then=("voided",)):
                invoice.status, invoice.voided_at, invoice.next_attempt = "void", at, None
            for payment in state.invoice_payments.owned_by(invoice.id):
                payment.status, payment.canceled_at = "canceled", at
                state.invoice_payments.touch()


def mark_delinquency(state: State, sub: Subscription, at: int) -> None:
    """Let the customer be delinquent while the newest change leaves something unpaid."""
    customer = state.customers[sub.customer]
    delinquent = sub.status in {"past_due", "unpaid"}
    if customer.delinquent != delinquent:
        with changing(state, customer, at):
            customer.delinquent = delinquent
