"""Makes invoices: a line for each period that begins, and one for each proration that waits."""

from collections.abc import Sequence

from local.stripe_sandbox.amounts import price_amount, quantity_of, take_discounts, taxes_on
from local.stripe_sandbox.journal import changing, emit
from local.stripe_sandbox.money import Invoice, InvoiceItem, Line
from local.stripe_sandbox.periods import period_at
from local.stripe_sandbox.records import Subscription, SubscriptionItem
from local.stripe_sandbox.state import State


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
    waiting = [each for each in state.invoice_items.owned_by(sub.id) if each.invoice is None]
    lines = _period_lines(state, sub, items, at, first=reason == "subscription_create")
    lines += [_line_of(state, each) for each in waiting]
    if not lines:
        return None
    invoice = state.invoices.add(
        Invoice(
            id=state.ids.new("in"),
            created=at,
            customer=sub.customer,
            subscription=sub.id,
            currency=sub.currency,
            reason=reason,
            lines=lines,
            total=sum(line.net for line in lines),
            discounts=tuple(sub.discounts),
            period_start=_window_start(state, sub, at),
            period_end=at,
            held=sub.pause_collection is not None,
            collection_method=sub.collection_method,
            proration_at=at if reason == "subscription_update" else None,
            test_clock=sub.test_clock,
        )
    )
    sub.latest_invoice = invoice.id
    for each in waiting:
        with changing(state, each, at):
            each.invoice = invoice.id
    _use_up(state, lines)
    emit(state, invoice, "created", at)
    return invoice


def _window_start(state: State, sub: Subscription, at: int) -> int:
    """Return the end of the previous invoice's window for pending items."""
    earlier = state.invoices.owned_by(sub.id)
    return earlier[-1].period_end if earlier else at


def _use_up(state: State, lines: Sequence[Line]) -> None:
    for line in lines:
        for discount_id, _ in line.discounts:
            discount = state.discounts[discount_id]
            if state.coupons[discount.coupon].duration == "once":
                discount.used_up = True


def _period_lines(
    state: State,
    sub: Subscription,
    items: Sequence[SubscriptionItem],
    at: int,
    *,
    first: bool,
) -> list[Line]:
    # A meter is read at the end of a period, so the first invoice has nothing of it.
    billed = [item for item in items if not (first and state.prices[item.price].meter)]
    shapes = [_period_and_quantity(state, sub, item) for item in billed]
    free = [sub.status == "trialing" or (item.trial_end or 0) > at for item in billed]
    amounts = [
        0 if is_free else price_amount(state.prices[item.price], sub.currency, quantity)
        for item, (_, _, quantity), is_free in zip(billed, shapes, free, strict=True)
    ]
    taken = take_discounts(state, sub, billed, amounts, at)
    lines = []
    for index, item in enumerate(billed):
        start, end, quantity = shapes[index]
        net = amounts[index] - sum(amount for _, amount in taken[index])
        name = state.products[state.prices[item.price].product].name
        lines.append(
            Line(
                id=state.ids.new("il"),
                amount=amounts[index],
                price=item.price,
                quantity=quantity,
                start=start,
                end=end,
                item=item.id,
                description=f"Trial period for {name}" if free[index] else f"{quantity} x {name}",
                discounts=taken[index],
                taxes=taxes_on(state, sub, item, net),
            )
        )
    return lines


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
        description=waiting.description,
        proration=True,
        invoice_item=waiting.id,
        credited=waiting.credited,
    )
