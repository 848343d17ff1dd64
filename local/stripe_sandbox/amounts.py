"""What an item of a subscription costs for one period: its price, discounts and taxes.

All amounts are whole minor units; halves are rounded away from zero.
"""

import zlib
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Protocol

from local.stripe_sandbox.records import Coupon, Discount, Price, SubscriptionItem, Tier
from local.stripe_sandbox.state import State

Taken = tuple[tuple[str, int], ...]
"""What each discount takes off, by its id."""

_MOST_USAGE = 20_000


class Payer(Protocol):
    """Who is billed: a subscription, or a customer for a manual invoice."""

    @property
    def customer(self) -> str:
        """Id of the customer."""

    @property
    def currency(self) -> str:
        """What is billed in."""

    @property
    def discounts(self) -> Sequence[str]:
        """Ids of discounts on all that is billed."""


class Billed(Protocol):
    """What is billed: an item of a subscription, or a one-time item."""

    @property
    def price(self) -> str:
        """Id of the price."""

    @property
    def discounts(self) -> Sequence[str]:
        """Ids of its own discounts."""


def round_half_up(amount: Fraction) -> int:
    """Return the nearest whole number."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


def quantity_of(price: Price, item: SubscriptionItem, start: int) -> int:
    """Return how much of an item is billed; what a meter counts follows from item and period."""
    if price.meter is None:
        return item.quantity if item.quantity is not None else 1
    return zlib.crc32(f"{item.id}/{start}".encode()) % _MOST_USAGE


def price_amount(price: Price, currency: str, quantity: int) -> int:
    """Return what a quantity costs, in a currency that the price has."""
    unit, tiers = price.unit_amount, price.tiers
    if currency != price.currency and currency in price.currency_options:
        option = price.currency_options[currency]
        unit, tiers = option.unit_amount, option.tiers
    if price.transform is not None:
        divide_by, direction = price.transform
        quantity = -(-quantity // divide_by) if direction == "up" else quantity // divide_by
    if not tiers:
        return _times(unit or "0", quantity)
    return _volume(tiers, quantity) if price.tiers_mode == "volume" else _graduated(tiers, quantity)


def _times(unit: str, quantity: int) -> int:
    if unit.isdigit():
        return int(unit) * quantity
    return int((Decimal(unit) * quantity).quantize(Decimal(1), ROUND_HALF_UP))


def _tier_amount(tier: Tier, quantity: int) -> Decimal:
    return Decimal(tier.unit_amount or 0) * quantity + Decimal(tier.flat_amount or 0)


def _volume(tiers: Sequence[Tier], quantity: int) -> int:
    for tier in tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            return int(_tier_amount(tier, quantity).quantize(Decimal(1), ROUND_HALF_UP))
    return 0


def _graduated(tiers: Sequence[Tier], quantity: int) -> int:
    total, below = Decimal(0), 0
    for tier in tiers:
        if quantity <= below:
            break
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        total += _tier_amount(tier, top - below)
        below = top
    return int(total.quantize(Decimal(1), ROUND_HALF_UP))


def take_discounts(
    state: State,
    payer: Payer,
    items: Sequence[Billed],
    amounts: Sequence[int],
    at: int,
    *,
    used_too: bool = False,
) -> list[Taken]:
    """Return what discounts take off each item's amount at an instant, in their order.

    An item's own discounts come first, then the payer's, each from what is left. *used_too* also
    counts those for one invoice that the running period has had already.
    """
    if not (payer.discounts or state.customers[payer.customer].discount) and not any(
        item.discounts for item in items
    ):
        return [()] * len(items)
    running = list(amounts)
    taken: list[list[tuple[str, int]]] = [[] for _ in items]
    for index, item in enumerate(items):
        for discount in _in_force(state, item.discounts, at, used_too=used_too):
            _take(state, payer, discount, items, running, taken, [index])
    everywhere = range(len(items))
    for discount in discounts_on_all(state, payer, at, used_too=used_too):
        _take(state, payer, discount, items, running, taken, everywhere)
    return [tuple(each) for each in taken]


def discounts_on_all(
    state: State, payer: Payer, at: int, *, used_too: bool = False
) -> list[Discount]:
    """Return the discounts on everything that is billed: the payer's own, then the customer's.

    The customer's counts only where the payer has none of its own that recurs.
    """
    own = list(payer.discounts)
    recurring = any(_coupon(state, each).duration != "once" for each in _in_force(state, own, at))
    customers = state.customers[payer.customer].discount
    held = own if recurring or customers is None else [*own, customers]
    return _in_force(state, held, at, used_too=used_too)


def _in_force(
    state: State, ids: Sequence[str], at: int, *, used_too: bool = False
) -> list[Discount]:
    found = (state.discounts[each] for each in ids)
    return [
        each
        for each in found
        if each.start <= at
        and (each.end is None or at < each.end)
        and (used_too or not each.used_up)
    ]


def _coupon(state: State, discount: Discount) -> Coupon:
    return state.coupons[discount.coupon]


def _take(  # noqa: PLR0917 - one step over the same lists
    state: State,
    payer: Payer,
    discount: Discount,
    items: Sequence[Billed],
    running: list[int],
    taken: list[list[tuple[str, int]]],
    among: Sequence[int],
) -> None:
    coupon = _coupon(state, discount)
    fitting = [
        index
        for index in among
        if not coupon.applies_to or state.prices[items[index].price].product in coupon.applies_to
    ]
    for index, amount in zip(
        fitting, _shares(coupon, payer.currency, [running[index] for index in fitting]), strict=True
    ):
        if amount:
            taken[index].append((discount.id, amount))
            running[index] -= amount


def _shares(coupon: Coupon, currency: str, amounts: Sequence[int]) -> list[int]:
    """Return how much a coupon takes off each amount."""
    if coupon.percent_off is not None:
        share = Fraction(str(coupon.percent_off)) / 100
        return [round_half_up(amount * share) for amount in amounts]
    off = coupon.amount_off or 0
    if currency != coupon.currency:
        off = coupon.currency_options.get(currency, 0)
    whole = sum(amounts)
    off = min(off, whole)
    # Rounded as a running sum, so that the parts add up to the whole.
    parts, before, gone = [], 0, 0
    for amount in amounts:
        before += amount
        upto = off * before // whole if whole else 0
        parts.append(upto - gone)
        gone = upto
    return parts


def taxes_on(state: State, rates: Sequence[str], taxable: int) -> tuple[tuple[str, int, bool], ...]:
    """Return the taxes on an amount after discounts: rate, amount, whether it lies within."""
    taxes = []
    for rate_id in rates:
        rate = state.tax_rates[rate_id]
        percent = Fraction(str(rate.percentage))
        share = percent / (100 + percent) if rate.inclusive else percent / 100
        taxes.append((rate_id, round_half_up(taxable * share), rate.inclusive))
    return tuple(taxes)
