"""What a subscription is worth a month, written from the definitions and not from the product.

Amounts are exact fractions of minor units. Prices, coupons and tax rates are the business's own
records; what a subscription held and when is its history.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from local.stripe_sandbox.history import Change
from local.stripe_sandbox.records import Coupon, Discount, Price, Tier
from local.stripe_sandbox.state import State

PAYMENTS_A_MONTH = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "year": Fraction(1, 12),
}
COUNTED_DURATIONS = {
    "recurring": {"forever", "repeating"},
    "forever_only": {"forever"},
    "all": {"forever", "repeating", "once"},
    "none": set[str](),
}


@dataclass
class _Share:
    """What is left of one item's amount for one of its periods."""

    item: str
    product: str
    left: Fraction
    payments_a_month: Fraction


def monthly_amount(
    state: State, change: Change, customer_discount: str | None, at: int, discounts: str
) -> Fraction:
    """Return the monthly amount of a subscription as *change* says it was.

    Args:
        state: the business.
        change: what the subscription was.
        customer_discount: id of the discount that its customer had.
        at: decides which discounts are in force.
        discounts: which of them count; a key of `COUNTED_DURATIONS`.
    """
    currency = state.subscriptions[change.subscription].currency
    shares = [
        _Share(
            held.id,
            price.product,
            _period_amount(price, currency, held.quantity or 0),
            PAYMENTS_A_MONTH[price.interval or "month"] / price.interval_count,
        )
        for held in change.items
        if not (price := state.prices[held.price]).meter
    ]
    for discount, item in _in_order(state, change, customer_discount, at):
        coupon = state.coupons[discount.coupon]
        if coupon.duration in COUNTED_DURATIONS[discounts]:
            _take_off(coupon, currency, [each for each in shares if item in {None, each.item}])
    return sum(
        (
            each.left * each.payments_a_month / _tax_within(state, change.subscription, each.item)
            for each in shares
        ),
        Fraction(0),
    )


def _period_amount(price: Price, currency: str, quantity: int) -> Fraction:
    unit, tiers = price.unit_amount, price.tiers
    if currency != price.currency:
        unit = price.currency_options[currency].unit_amount
        tiers = price.currency_options[currency].tiers
    if price.transform is not None:
        size, direction = price.transform
        packs = Fraction(quantity, size)
        quantity = packs.__ceil__() if direction == "up" else packs.__floor__()
    if not tiers:
        return Fraction(str(unit)) * quantity
    if price.tiers_mode == "volume":
        return _volume(tiers, quantity)
    return _graduated(tiers, quantity)


def _volume(tiers: Sequence[Tier], quantity: int) -> Fraction:
    """All units cost what the tier of the whole quantity says."""
    (tier, *_) = (each for each in tiers if each.up_to is None or quantity <= each.up_to)
    return Fraction(tier.unit_amount or 0) * quantity + Fraction(tier.flat_amount or 0)


def _graduated(tiers: Sequence[Tier], quantity: int) -> Fraction:
    """Each unit costs what the tier that it falls into says."""
    total, reached = Fraction(0), 0
    for tier in tiers:
        if quantity > reached:
            upto = quantity if tier.up_to is None else min(quantity, tier.up_to)
            total += Fraction(tier.unit_amount or 0) * (upto - reached)
            total += Fraction(tier.flat_amount or 0)
            reached = upto
    return total


def _in_order(
    state: State, change: Change, customer_discount: str | None, at: int
) -> Iterator[tuple[Discount, str | None]]:
    """Yield the discounts in force as they stack, each with the item that it is for, or None.

    The customer's applies only where the subscription has none in force that recurs, whichever
    of them a definition counts: that is what is charged.
    """
    for held in change.items:
        for discount in _in_force(state, held.discounts, at):
            yield discount, held.id
    own = _in_force(state, change.discounts, at)
    for discount in own:
        yield discount, None
    if customer_discount and all(state.coupons[each.coupon].duration == "once" for each in own):
        for discount in _in_force(state, [customer_discount], at):
            yield discount, None


def _in_force(state: State, ids: Sequence[str], at: int) -> list[Discount]:
    found = [state.discounts[each] for each in ids]
    return [each for each in found if each.start <= at and (each.end is None or at < each.end)]


def _take_off(coupon: Coupon, currency: str, shares: Sequence[_Share]) -> None:
    fitting = [
        each for each in shares if not coupon.applies_to or each.product in coupon.applies_to
    ]
    if coupon.percent_off is not None:
        for each in fitting:
            each.left *= 1 - Fraction(str(coupon.percent_off)) / 100
        return
    whole = sum((each.left for each in fitting), Fraction(0))
    off = coupon.amount_off if currency == coupon.currency else coupon.currency_options[currency]
    kept = max(Fraction(0), 1 - Fraction(off or 0) / whole) if whole else 1
    for each in fitting:
        each.left *= kept


def _tax_within(state: State, subscription: str, item: str) -> Fraction:
    """Return what an amount is to be divided by to be without the tax that lies within it."""
    sub = state.subscriptions[subscription]
    own = state.items[item].tax_rates if item in state.items else []
    rates = [state.tax_rates[each] for each in own or sub.default_tax_rates]
    within = (Fraction(str(each.percentage)) for each in rates if each.inclusive)
    return 1 + sum(within, Fraction(0)) / 100
