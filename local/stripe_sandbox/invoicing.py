"""Makes invoices: a line for each period that begins, and one for each item that waits."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.stripe_sandbox.amounts import (
    Billed,
    Payer,
    discounts_on_all,
    price_amount,
    quantity_of,
    take_discounts,
    taxes_on,
)
from local.stripe_sandbox.journal import emit, touch
from local.stripe_sandbox.money import Invoice, InvoiceItem, Line
from local.stripe_sandbox.periods import period_at
from local.stripe_sandbox.records import Customer, Subscription, SubscriptionItem
from local.stripe_sandbox.state import State


@dataclass(frozen=True, slots=True)
class _Buyer:
    """A customer who is billed for no subscription."""

    customer: str
    currency: str
    discounts: tuple[str, ...] = ()


def make_invoice(
    state: State, sub: Subscription, items: Sequence[SubscriptionItem], at: int, reason: str
) -> Invoice | None:
    """Draft the invoice of a subscription, or nothing where there is nothing to say.

    Args:
        state: the business.
        sub: whose invoice it is.
        items: those whose period begins now.
        at: when.
        reason: Stripe's billing reason.
    """
    waiting = [*_waiting_for(state, sub.id), *waiting_for_any(state, sub.customer, sub.currency)]
    # A meter is read at the end of a period, so the first invoice has nothing of it.
    first = reason == "subscription_create"
    billed = [item for item in items if not (first and state.prices[item.price].meter)]
    lines = [_line_of_period(state, sub, item, at) for item in billed]
    lines += [_line_of(state, each) for each in waiting]
    if not lines:
        return None
    _price_lines(state, sub, [*billed, *waiting], lines, at, sub.default_tax_rates)
    invoice = Invoice(
        id=state.ids.new("in"),
        created=at,
        customer=sub.customer,
        subscription=sub.id,
        currency=sub.currency,
        reason=reason,
        lines=lines,
        total=sum(line.net for line in lines),
        discounts=_ids_of_discounts(state, sub, at),
        period_start=_window_start(state, sub, at),
        period_end=at,
        held=sub.pause_collection is not None,
        collection_method=sub.collection_method,
        proration_at=at if reason == "subscription_update" else None,
        test_clock=sub.test_clock,
    )
    sub.latest_invoice = invoice.id
    return _take_in(state, invoice, waiting)


def make_manual_invoice(
    state: State, customer: Customer, at: int, collection_method: str = "charge_automatically"
) -> Invoice:
    """Draft an invoice of what waits for a customer and for none of their subscriptions.

    Raises:
        ValueError: nothing waits.
    """
    everything = _waiting_for(state, customer.id)
    if not everything:
        raise ValueError("nothing waits to be invoiced")
    buyer = _Buyer(customer.id, everything[0].currency)
    waiting = waiting_for_any(state, customer.id, buyer.currency)
    lines = [_line_of(state, each) for each in waiting]
    _price_lines(state, buyer, waiting, lines, at, ())
    invoice = Invoice(
        id=state.ids.new("in"),
        created=at,
        customer=customer.id,
        subscription=None,
        currency=buyer.currency,
        reason="manual",
        lines=lines,
        total=sum(line.net for line in lines),
        discounts=_ids_of_discounts(state, buyer, at),
        period_start=at,
        period_end=at,
        collection_method=collection_method,
        test_clock=customer.test_clock,
    )
    return _take_in(state, invoice, waiting)


def waiting_for_any(state: State, customer: str, currency: str) -> list[InvoiceItem]:
    """Return what goes on any next invoice of a customer in that currency."""
    return [each for each in _waiting_for(state, customer) if each.currency == currency]


def _waiting_for(state: State, owner: str) -> list[InvoiceItem]:
    return [each for each in state.invoice_items.owned_by(owner) if each.invoice is None]


def _take_in(state: State, invoice: Invoice, waiting: Sequence[InvoiceItem]) -> Invoice:
    state.invoices.add(invoice)
    for each in waiting:
        each.invoice = invoice.id  # Stripe has no event for it
        touch(state, each)
    for line in invoice.lines:
        for discount_id, _ in line.discounts:
            discount = state.discounts[discount_id]
            if state.coupons[discount.coupon].duration == "once":
                discount.used_up = True
    emit(state, invoice, "created", invoice.created)
    return invoice


def _window_start(state: State, sub: Subscription, at: int) -> int:
    """Return the end of the previous invoice's window for pending items."""
    earlier = state.invoices.owned_by(sub.id)
    return earlier[-1].period_end if earlier else at


def _ids_of_discounts(state: State, payer: Payer, at: int) -> tuple[str, ...]:
    return tuple(each.id for each in discounts_on_all(state, payer, at))


def _price_lines(  # noqa: PLR0917 - all of it is of one invoice
    state: State,
    payer: Payer,
    sources: Sequence[SubscriptionItem | InvoiceItem],
    lines: Sequence[Line],
    at: int,
    tax_rates: Sequence[str],
) -> None:
    """Take the discounts off the lines, and put the taxes on them."""
    pairs = [pair for pair in zip(sources, lines, strict=True) if not pair[1].proration]
    on_all = [line for _, line in pairs if line.discountable]
    billed: list[Billed] = [source for source, line in pairs if line.discountable]
    taken = take_discounts(state, payer, billed, [line.amount for line in on_all], at)
    for line, parts in zip(on_all, taken, strict=True):
        line.discounts = parts
    for source, line in pairs:
        net = line.amount - sum(amount for _, amount in line.discounts)
        line.taxes = taxes_on(state, source.tax_rates or tax_rates, net)


def _line_of_period(state: State, sub: Subscription, item: SubscriptionItem, at: int) -> Line:
    price = state.prices[item.price]
    start, end, quantity = _period_and_quantity(state, sub, item)
    free = sub.status == "trialing" or (item.trial_end or 0) > at
    name = state.products[price.product].name
    return Line(
        id=state.ids.new("il"),
        amount=0 if free else price_amount(price, sub.currency, quantity),
        price=item.price,
        quantity=quantity,
        start=start,
        end=end,
        item=item.id,
        subscription=sub.id,
        description=f"Trial period for {name}" if free else f"{quantity} x {name}",
    )


def _period_and_quantity(
    state: State, sub: Subscription, item: SubscriptionItem
) -> tuple[int, int, int]:
    price = state.prices[item.price]
    start, end = item.period_start, item.period_end
    if price.meter is not None and sub.status != "trialing":
        start, end = period_at(
            sub.billing_cycle_anchor, price.interval or "month", price.interval_count, start - 1
        )
    return start, end, quantity_of(price, item, start)


def _line_of(state: State, waiting: InvoiceItem) -> Line:
    return Line(
        id=state.ids.new("il"),
        amount=waiting.amount,
        price=waiting.price,
        quantity=waiting.quantity,
        start=waiting.start,
        end=waiting.end,
        item=waiting.item,
        subscription=waiting.subscription,
        description=waiting.description,
        proration=waiting.item is not None,
        discountable=waiting.discountable,
        invoice_item=waiting.id,
        credited=waiting.credited,
    )
