"""Prorations: the unused time that a change gives back, and the remaining time that it costs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from local.stripe_sandbox.amounts import price_amount, round_half_up, take_discounts
from local.stripe_sandbox.journal import emit
from local.stripe_sandbox.money import InvoiceItem
from local.stripe_sandbox.records import Subscription, SubscriptionItem
from local.stripe_sandbox.state import State

_PRORATED = frozenset({"active", "past_due"})


@dataclass(frozen=True, slots=True)
class Share:
    """An item as it is at one instant: what it costs for its running period, discounts off."""

    item: SubscriptionItem
    price: str
    quantity: int
    cost: int
    start: int
    end: int


def share_of(
    state: State, sub: Subscription, item: SubscriptionItem, at: int, *, paid: bool = True
) -> Share | None:
    """Return what could be prorated of an item, *paid* already or not; None where nothing can."""
    if not state.bills or sub.status not in _PRORATED or sub.prorates == "none":
        return None
    if state.prices[item.price].meter:
        return None
    if not item.period_start <= at < item.period_end:
        return None
    amounts = [
        price_amount(state.prices[each.price], sub.currency, each.quantity or 0)
        for each in sub.items
    ]
    taken = take_discounts(state, sub, sub.items, amounts, at, used_too=paid)
    index = sub.items.index(item)
    cost = amounts[index] - sum(amount for _, amount in taken[index])
    return Share(item, item.price, item.quantity or 0, cost, item.period_start, item.period_end)


def give_back(state: State, sub: Subscription, share: Share | None, at: int) -> None:
    """Let the credit for the unused time of an item wait for the next invoice."""
    if share is not None:
        _wait(state, sub, share, at, sign=-1)


def ask_for(state: State, sub: Subscription, share: Share | None, at: int) -> None:
    """Let the cost of the remaining time of an item wait for the next invoice."""
    if share is not None:
        _wait(state, sub, share, at, sign=1)


def _wait(state: State, sub: Subscription, share: Share, at: int, *, sign: int) -> None:
    left = Fraction(share.end - at, share.end - share.start)
    name = state.products[state.prices[share.price].product].name
    day = datetime.fromtimestamp(at, UTC).strftime("%d %b %Y")
    kind = "Unused" if sign < 0 else "Remaining"
    waiting = state.invoice_items.add(
        InvoiceItem(
            id=state.ids.new("ii"),
            created=at,
            customer=sub.customer,
            subscription=sub.id,
            item=share.item.id,
            currency=sub.currency,
            amount=sign * round_half_up(share.cost * left),
            price=share.price,
            quantity=share.quantity,
            start=at,
            end=share.end,
            description=f"{kind} time on {share.quantity} x {name} after {day}",
            credited=_find_credited(state, sub, share.item) if sign < 0 else None,
            test_clock=sub.test_clock,
        )
    )
    emit(state, waiting, "created", at)


def _find_credited(
    state: State, sub: Subscription, item: SubscriptionItem
) -> tuple[str, str] | None:
    """Return the newest line that billed the item's period: (invoice id, line id)."""
    for invoice in reversed(state.invoices.owned_by(sub.id)):
        for line in invoice.lines:
            if line.item == item.id and line.amount >= 0:
                return invoice.id, line.id
    return None
