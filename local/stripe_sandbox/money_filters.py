"""What the lists of invoices, payments and the balance filter on."""

from collections.abc import Callable, Sequence
from typing import Any

from local.stripe_sandbox.collection import Collection
from local.stripe_sandbox.errors import no_such
from local.stripe_sandbox.lists import accepts_all
from local.stripe_sandbox.money import (
    BalanceTransaction,
    Charge,
    Dispute,
    Invoice,
    InvoiceItem,
    InvoicePayment,
    Movement,
    Refund,
)
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import Record
from local.stripe_sandbox.state import State

INVOICE_PARAMETERS = (
    "collection_method",
    "created",
    "customer",
    "customer_account",
    "due_date",
    "status",
    "subscription",
)
INVOICE_ITEM_PARAMETERS = ("created", "customer", "customer_account", "invoice", "pending")
INVOICE_PAYMENT_PARAMETERS = ("created", "invoice", "payment", "status")
CHARGE_PARAMETERS = ("created", "customer", "payment_intent", "transfer_group")
TAKEN_BACK_PARAMETERS = ("charge", "created", "payment_intent")
BALANCE_PARAMETERS = ("created", "currency", "payout", "source", "type")
PAYOUT_PARAMETERS = ("arrival_date", "created", "destination", "status")
MOVEMENT_PARAMETERS = ("amount", "created", "destination", "status", "transfer_group")

_INVOICE_STATUSES = ("draft", "open", "paid", "uncollectible", "void")


def select_invoices(state: State, parameters: Parameters) -> Sequence[Invoice]:
    """Return invoices, those of test clocks only where their owner is named."""
    customer, sub = parameters.text("customer"), parameters.text("subscription")
    _check(state.customers, customer, "customer")
    _check(state.subscriptions, sub, "subscription")
    status = parameters.choice("status", _INVOICE_STATUSES)
    due = parameters.range("due_date")
    tests: list[Callable[[Invoice], bool]] = []
    if customer is None and sub is None:
        tests.append(lambda each: each.test_clock is None)
    if status is not None:
        tests.append(lambda each: each.status == status)
    if any(bound is not None for bound in due):
        tests.append(lambda each: each.due_at is not None and due.holds(each.due_at))
    method = parameters.text("collection_method")
    if method is not None:
        tests.append(lambda each: each.collection_method == method)
    if customer is not None:
        tests.append(lambda each: sub in {None, each.subscription})
        return [each for each in state.invoices_of(customer) if accepts_all(tests)(each)]
    if sub is not None:
        return [each for each in state.invoices.owned_by(sub) if accepts_all(tests)(each)]
    key = parameters.key(INVOICE_PARAMETERS)
    return state.invoices.matching(key, accepts_all(tests))


def select_invoice_items(state: State, parameters: Parameters) -> Sequence[InvoiceItem]:
    """Return invoice items: those that wait, those that do not, or both."""
    pending, invoice = parameters.boolean("pending"), parameters.text("invoice")
    customer = parameters.text("customer")
    _check(state.customers, customer, "customer")
    _check(state.invoices, invoice, "invoice")
    tests: list[Callable[[InvoiceItem], bool]] = []
    if customer is None:
        tests.append(lambda each: each.test_clock is None)
    if pending is not None:
        tests.append(lambda each: (each.invoice is None) == pending)
    if invoice is not None:
        tests.append(lambda each: each.invoice == invoice)
    if customer is not None:
        return [each for each in state.invoice_items_of(customer) if accepts_all(tests)(each)]
    key = parameters.key(INVOICE_ITEM_PARAMETERS)
    return state.invoice_items.matching(key, accepts_all(tests))


def select_invoice_payments(state: State, parameters: Parameters) -> Sequence[InvoicePayment]:
    """Return the links between invoices and payments, by either side."""
    invoice, status = parameters.text("invoice"), parameters.text("status")
    payment = parameters.hash("payment", ("payment_intent", "type")).get("payment_intent")
    if invoice is not None:
        _check(state.invoices, invoice, "invoice")
    records = state.invoice_payments
    return _by_fields(records, {"invoice": invoice, "status": status, "payment_intent": payment})


def select_charges(state: State, parameters: Parameters) -> Sequence[Charge]:
    """Return charges, also those that failed."""
    customer, intent = parameters.text("customer"), parameters.text("payment_intent")
    _check(state.customers, customer, "customer")
    if intent is not None:
        return [
            each for each in state.charges.owned_by(intent) if customer in {None, each.customer}
        ]
    return _by_fields(state.charges, {"customer": customer})


def select_refunds(state: State, parameters: Parameters) -> Sequence[Refund]:
    """Return refunds by what they give back."""
    return _taken_back(state, state.refunds, parameters)


def select_disputes(state: State, parameters: Parameters) -> Sequence[Dispute]:
    """Return disputes by what they are about."""
    return _taken_back(state, state.disputes, parameters)


def _taken_back(state: State, records: Collection[Any], parameters: Parameters) -> Sequence[Any]:
    charge, intent = parameters.text("charge"), parameters.text("payment_intent")
    _check(state.charges, charge, "charge")
    return _by_fields(records, {"charge": charge, "payment_intent": intent})


def select_balance(state: State, parameters: Parameters) -> Sequence[BalanceTransaction]:
    """Return movements of the balance."""
    fields = {
        "kind": parameters.text("type"),
        "currency": parameters.text("currency"),
        "payout": parameters.text("payout"),
    }
    source = parameters.text("source")
    if source is not None:
        return [
            each
            for each in state.balance_transactions.owned_by(source)
            if all(wanted in {None, getattr(each, name)} for name, wanted in fields.items())
        ]
    return _by_fields(state.balance_transactions, fields)


def select_payouts(state: State, parameters: Parameters) -> Sequence[Movement]:
    """Return payouts."""
    return _by_fields(state.payouts, {"status": parameters.text("status")})


def select_topups(state: State, parameters: Parameters) -> Sequence[Movement]:
    """Return top-ups."""
    return _by_fields(state.topups, {"status": parameters.text("status")})


def select_transfers(state: State, _: Parameters) -> Sequence[Movement]:
    """Return transfers to other accounts."""
    return _by_fields(state.transfers, {})


def _by_fields(records: Collection[Any], fields: dict[str, str | None]) -> Sequence[Any]:
    wanted = [(name, value) for name, value in fields.items() if value is not None]
    return records.matching(
        repr(wanted), lambda each: all(getattr(each, name) == value for name, value in wanted)
    )


def _check(records: Collection[Any], record_id: str | None, kind: str) -> Record | None:
    """Refuse an id that no record has."""
    if record_id is not None and record_id not in records:
        raise no_such(kind, record_id, param=kind, status=400)
    return None
