"""Records of money: invoices, payments, what is taken back, and the balance that it all moves.

Instants are epoch seconds, amounts whole minor units; other records are named by id.
"""

from dataclasses import dataclass, field

from local.stripe_sandbox.records import Record


@dataclass(slots=True, kw_only=True)
class Line:
    """One line of an invoice; its amount is before discounts and before tax on top.

    Attributes:
        item: id of the subscription item that it is for; None for a one-time item.
        subscription: id of the one it belongs to, if any.
        invoice_item: id of the invoice item that it was made from, if any.
        discounts: (discount id, amount taken off) in the order in which they apply.
        taxes: (tax rate id, amount, whether it lies within the price).
        credited: (invoice id, line id) that a crediting proration takes back.
    """

    id: str
    amount: int
    price: str
    quantity: int
    start: int
    end: int
    item: str | None
    subscription: str | None
    description: str
    proration: bool = False
    discountable: bool = True
    invoice_item: str | None = None
    discounts: tuple[tuple[str, int], ...] = ()
    taxes: tuple[tuple[str, int, bool], ...] = ()
    credited: tuple[str, str] | None = None

    @property
    def net(self) -> int:
        """The amount after discounts and with tax on top."""
        on_top = sum(amount for _, amount, inclusive in self.taxes if not inclusive)
        return self.amount - sum(amount for _, amount in self.discounts) + on_top


@dataclass(slots=True, kw_only=True)
class Invoice(Record):
    """A demand for money.

    Attributes:
        subscription: None for a manual invoice.
        held: its collection is paused, so that nobody ever tries to collect it.
        paid_outside: what was paid out of band, past Stripe.
        balance_before: the customer's balance when it was made; below zero is their credit.
        proration_at: instant of the change that it was made for at once.
    """

    customer: str
    subscription: str | None
    currency: str
    reason: str
    lines: list[Line]
    total: int
    status: str = "draft"
    discounts: tuple[str, ...] = ()
    period_start: int
    period_end: int
    balance_before: int = 0
    balance_after: int = 0
    finalized_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    uncollectible_at: int | None = None
    due_at: int | None = None
    paid_outside: int = 0
    attempts: int = 0
    next_attempt: int | None = None
    held: bool = False
    collection_method: str = "charge_automatically"
    number: str | None = None
    proration_at: int | None = None
    test_clock: str | None = None

    @property
    def due(self) -> int:
        """What is to be paid, after the customer's credit."""
        return self.total + self.balance_before - self.balance_after


@dataclass(slots=True, kw_only=True)
class InvoiceItem(Record):
    """What waits for the next invoice, until `invoice` names it: a proration or a one-time item.

    Attributes:
        subscription: on whose next invoice it goes; None: on any of the customer's.
        item: id of the subscription item of a proration; None for a one-time item.
    """

    customer: str
    subscription: str | None
    item: str | None
    currency: str
    amount: int
    price: str
    quantity: int
    start: int
    end: int
    description: str
    discountable: bool = False
    discounts: list[str] = field(default_factory=list)
    tax_rates: list[str] = field(default_factory=list)
    invoice: str | None = None
    credited: tuple[str, str] | None = None
    test_clock: str | None = None


@dataclass(slots=True, kw_only=True)
class InvoicePayment(Record):
    """That a payment intent is for an invoice; the only link from a charge to it."""

    invoice: str
    payment_intent: str
    amount: int
    currency: str
    status: str = "open"
    paid_at: int | None = None
    canceled_at: int | None = None


@dataclass(slots=True, kw_only=True)
class Charge(Record):
    """One attempt to take money; without a customer it is a guest's."""

    customer: str | None
    amount: int
    currency: str
    payment_intent: str
    captured: int
    refunded: int = 0
    status: str = "succeeded"
    failure_code: str | None = None
    disputed: bool = False
    balance_transaction: str | None = None
    failure_transaction: str | None = None
    description: str | None = None


@dataclass(slots=True, kw_only=True)
class Refund(Record):
    """Money given back, or on its way."""

    charge: str
    payment_intent: str
    amount: int
    currency: str
    reason: str | None = None
    status: str = "succeeded"
    balance_transaction: str | None = None
    failure_reason: str | None = None
    failure_transaction: str | None = None


@dataclass(slots=True, kw_only=True)
class Dispute(Record):
    """A customer's bank takes money back, and may return it."""

    charge: str
    payment_intent: str
    amount: int
    currency: str
    reason: str = "fraudulent"
    status: str = "needs_response"
    transactions: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Movement(Record):
    """Money that comes or goes without a customer.

    Attributes:
        kind: payout, topup or transfer.
    """

    kind: str
    amount: int
    currency: str
    status: str
    arrives_at: int
    balance_transaction: str | None = None


@dataclass(slots=True, kw_only=True)
class BalanceTransaction(Record):
    """One movement of the balance, in the currency of settlement.

    Attributes:
        fees: (type, amount, description) of each part of the fee.
        payout: id of the payout that paid it out.
    """

    amount: int
    currency: str
    kind: str
    category: str
    source: str | None
    fees: tuple[tuple[str, int, str], ...] = ()
    exchange_rate: float | None = None
    available_on: int
    description: str | None = None
    payout: str | None = None

    @property
    def fee(self) -> int:
        """The whole fee."""
        return sum(amount for _, amount, _ in self.fees)
