"""What becomes of an invoice: finalized, paid, tried again, voided or given up."""

from local.stripe_sandbox.invoicing import make_invoice
from local.stripe_sandbox.journal import changing, emit
from local.stripe_sandbox.money import Invoice, InvoicePayment
from local.stripe_sandbox.paying import charge
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Subscription, SubscriptionItem
from local.stripe_sandbox.state import State

DRAFT_SECONDS = 3_600
RETRIES = (3 * DAY, 5 * DAY, 7 * DAY)
"""How long after a failed attempt the next one follows; after the last there is none."""

_PAID_BEFORE_DUE = 5 * DAY
_DAYS_UNTIL_DUE = 30
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


def proceed(state: State, sub: Subscription | None, invoice: Invoice | None) -> None:
    """Collect an invoice now, or an hour later as Stripe does with those of a new period."""
    if invoice is None or (sub is not None and sub.status == "unpaid"):
        return  # what an unpaid subscription gets stays a draft
    due = invoice.created + (0 if invoice.reason in _AT_ONCE else DRAFT_SECONDS)
    # What began in the past has lived through this already; the rest is yet to come.
    if due <= max(state.now, invoice.created):
        finalize(state, invoice.id, due)
    else:
        state.plan(due, "finalize", invoice.id)


def finalize(state: State, invoice_id: str, at: int) -> None:
    """Send out a draft and try to collect it, or let it rest where collection is paused."""
    invoice = state.invoices.get(invoice_id)  # a draft may have been deleted
    if invoice is None or invoice.status != "draft" or _is_of_nobody(state, invoice):
        return
    sub = state.subscription_of(invoice)
    if sub is not None and invoice.held:
        _let_rest(state, sub, invoice, at)
        return
    open_invoice(state, invoice, at)
    if invoice.due <= 0:
        _mark_paid(state, invoice, at)
        _recover(state, sub, at)
        return
    if invoice.due_at is None:
        _attempt(state, invoice, at)
    else:
        _expect(state, invoice, max(at + DAY, invoice.due_at - _PAID_BEFORE_DUE))


def _expect(state: State, invoice: Invoice, at: int) -> None:
    """See whether a sent invoice is paid at an instant, which may have been in the past."""
    if at <= state.now:
        _see_whether_paid(state, invoice, at)
    else:
        state.plan(at, "collect", invoice.id)


def _see_whether_paid(state: State, invoice: Invoice, at: int) -> None:
    """Let a sent invoice be paid, or its subscription fall behind once it is due."""
    sub, due_at = state.subscription_of(invoice), invoice.due_at or at
    if _can_pay(sub):
        _attempt(state, invoice, at)
    elif at < due_at:
        _expect(state, invoice, due_at)
    else:
        emit(state, invoice, "overdue", at)
        _fall_behind(state, sub, at)


def open_invoice(state: State, invoice: Invoice, at: int) -> None:
    """Finalize a draft, with what the customer's balance covers of it."""
    customer, sub = state.customers[invoice.customer], state.subscription_of(invoice)
    sent = invoice.collection_method == "send_invoice"
    with changing(state, invoice, at, then=("finalized", "sent") if sent else ("finalized",)):
        invoice.status, invoice.finalized_at = "open", at
        invoice.balance_before = customer.balance
        invoice.balance_after = min(0, customer.balance + invoice.total)
        if sent:
            days = sub.days_until_due if sub is not None else None
            invoice.due_at = at + (days or _DAYS_UNTIL_DUE) * DAY
        invoice.number = f"SBX{customer.number:05}-{customer.invoices + 1:04}"
    customer.invoices += 1
    if customer.balance != invoice.balance_after:
        with changing(state, customer, at):
            customer.balance = invoice.balance_after
    if invoice.due > 0:
        state.invoice_payments.add(
            InvoicePayment(
                id=state.ids.new("inpay"),
                created=at,
                invoice=invoice.id,
                payment_intent=state.ids.new("pi"),
                amount=invoice.due,
                currency=invoice.currency,
            )
        )


def _let_rest(state: State, sub: Subscription, invoice: Invoice, at: int) -> None:
    if sub.ended_at is not None:
        return
    behavior = (sub.pause_collection or {"behavior": "keep_as_draft"})["behavior"]
    if behavior == "void":
        with changing(state, invoice, at, then=("voided",)):
            invoice.status, invoice.finalized_at, invoice.voided_at = "void", at, at
    elif behavior == "mark_uncollectible":
        with changing(state, invoice, at, then=("marked_uncollectible",)):
            invoice.status, invoice.finalized_at = "uncollectible", at
            invoice.uncollectible_at = at


def collect(state: State, invoice_id: str, at: int) -> None:
    """Try to take what an open invoice asks for, when it is due or to be tried again."""
    invoice = state.invoices[invoice_id]
    if invoice.status != "open" or _is_of_nobody(state, invoice):
        return
    if invoice.due_at is not None:
        _see_whether_paid(state, invoice, at)
    elif invoice.next_attempt == at:
        _attempt(state, invoice, at)


def _is_of_nobody(state: State, invoice: Invoice) -> bool:
    return state.customers[invoice.customer].deleted_at is not None


def _can_pay(sub: Subscription | None) -> bool:
    return sub is None or (not sub.card_declines and sub.has_payment_method)


def _attempt(state: State, invoice: Invoice, at: int) -> None:
    sub = state.subscription_of(invoice)
    if sub is None or _can_pay(sub):
        _pay(state, invoice, at, attempts=1)
        _recover(state, sub, at)
        return
    if sub.has_payment_method:
        _charge(state, invoice, at, failure_code="card_declined")
    wait = _wait_after(sub, invoice)
    with changing(state, invoice, at, then=("payment_failed",)):
        invoice.attempts += 1
        invoice.next_attempt = None if wait is None else at + wait
    _fall_behind(state, sub, at)
    _go_on(state, sub, invoice, at)


def _fall_behind(state: State, sub: Subscription | None, at: int) -> None:
    if sub is not None and sub.status == "active" and owes(state, sub):
        with changing(state, sub, at):
            sub.status = "past_due"
        mark_delinquency(state, sub, at)
        state.note("payments failed")


def _wait_after(sub: Subscription, invoice: Invoice) -> int | None:
    """Return how long Stripe waits before it tries again; None where it does not."""
    tries = sub.has_payment_method and sub.status in {"active", "past_due"}
    if not tries or invoice.attempts >= len(RETRIES):
        return None
    return RETRIES[invoice.attempts]


def _go_on(state: State, sub: Subscription, invoice: Invoice, at: int) -> None:
    """Try again some days later, or leave it to the account's setting."""
    if invoice.next_attempt is None:
        if sub.status == "past_due" and invoice.attempts > len(RETRIES):
            state.plan(at, "give_up", sub.id)
    elif invoice.next_attempt <= state.now:
        _attempt(state, invoice, invoice.next_attempt)  # a past that is lived through at once
    else:
        state.plan(invoice.next_attempt, "collect", invoice.id)


def _recover(state: State, sub: Subscription | None, at: int) -> None:
    """Let a subscription be active again that owes nothing any more."""
    if sub is not None and sub.status == "past_due" and not owes(state, sub):
        with changing(state, sub, at):
            sub.status = "active"
        mark_delinquency(state, sub, at)
        state.note("payments recovered")


def owes(state: State, sub: Subscription) -> bool:
    """Tell whether the latest invoice that a subscription was to pay is not paid.

    Stripe goes by the latest alone: older ones may be open still.
    """
    sent = (each for each in reversed(state.invoices.owned_by(sub.id)) if each.finalized_at)
    latest = next((each for each in sent if not each.held), None)
    return latest is not None and latest.status != "paid"


def _pay(state: State, invoice: Invoice, at: int, attempts: int) -> None:
    _charge(state, invoice, at)
    for payment in state.invoice_payments.owned_by(invoice.id):
        payment.status, payment.paid_at = "paid", at
        state.invoice_payments.touch()
        emit(state, payment, "paid", at)
    _mark_paid(state, invoice, at, attempts)
    state.note("invoices paid")


def pay_outside(state: State, invoice: Invoice, at: int) -> None:
    """Mark an invoice as paid by other means than Stripe's: no charge, nothing on the balance."""
    if invoice.status == "draft":
        open_invoice(state, invoice, at)
    for payment in state.invoice_payments.owned_by(invoice.id):
        payment.status, payment.canceled_at = "canceled", at
        state.invoice_payments.touch()
    with changing(state, invoice, at, then=("paid",)):
        invoice.status, invoice.paid_at, invoice.next_attempt = "paid", at, None
        invoice.paid_outside = max(0, invoice.due)
    state.note("invoices paid out of band")


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
            # Only the first try and Stripe's own are counted, not those of a person.
            _pay(state, invoice, at, attempts=0 if invoice.attempts else 1)


def give_up(state: State, sub: Subscription, at: int) -> None:
    """Mark what was tried in vain as uncollectible."""
    for invoice in list(state.invoices.owned_by(sub.id)):
        if invoice.status == "open" and invoice.attempts:
            with changing(state, invoice, at, then=("marked_uncollectible",)):
                invoice.status, invoice.uncollectible_at = "uncollectible", at
                invoice.next_attempt = None


def stop_collecting(state: State, sub: Subscription, at: int) -> None:
    """Try no more what is open, as Stripe does when a subscription ends."""
    for invoice in list(state.invoices.owned_by(sub.id)):
        if invoice.status == "open" and invoice.next_attempt is not None:
            with changing(state, invoice, at):
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
