"""Coupons and discounts: which are in force, and in what order they lower the amounts.

The stacking order is in one function, `apply_discounts`, because Stripe's documents do not confirm
it (docs/decisions/0011).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction

from shared.domain.definitions import DiscountsOption
from shared.domain.intervals import add_months
from shared.domain.unreadable import UnreadableError

DURATIONS = frozenset({"forever", "once", "repeating"})
_COUNTED: Mapping[DiscountsOption, frozenset[str]] = {
    "recurring": frozenset({"forever", "repeating"}),
    "forever_only": frozenset({"forever"}),
    "all": DURATIONS,
    "none": frozenset(),
}
_EVER = datetime.min.replace(tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Coupon:
    """What a discount takes off.

    Attributes:
        percent_off: in percent (25 = 25 %), or None.

        amounts_off: by currency, in its minor units; empty for a coupon in percent.

        product_ids: the products it applies to; None for all.
    """

    id: str
    duration: str
    percent_off: Fraction | None = None
    amounts_off: Mapping[str, int] = field(default_factory=dict)
    duration_in_months: int | None = None
    product_ids: frozenset[str] | None = None

    def __hash__(self) -> int:
        """Return a hash that costs little: hardly ever do two coupons share their id."""
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon at work on a subscription, an item or a customer; coupon None: it was not readable.

    In force from `start` (included) to `end` (not included).
    """

    id: str
    coupon: Coupon | None
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class DiscountedLine:
    """One item on its way through the discounts.

    Attributes:
        running: what is left of the amount of one billing period, in minor units.

        product_id: decides whether a coupon for certain products applies.

        discounts: the item's own discounts, in Stripe's order.
    """

    running: Fraction
    product_id: str
    discounts: tuple[Discount, ...] = ()


def discounts_in_force(discounts: Sequence[Discount], at: datetime) -> tuple[Discount, ...]:
    """Return the discounts in force at an instant, in the order given, without their times.

    In force means start <= at < end; a repeating discount that carries no end lasts its calendar
    months from its start, and one that repeats for an unknown time has no end here either. The ids
    stay only where the coupon is not there, so that discounts alike are equal.
    """
    if not discounts:
        return ()
    return tuple(_without_times(it) for it in discounts if _is_in_force(it, at))


def turning_points_of(discount: Discount) -> Iterator[datetime]:
    """Yield when a discount begins and, where it has one, its end."""
    yield discount.start
    end = _end_of(discount)
    if end is not None:
        yield end


def discounts_counted(
    in_force: Sequence[Discount], option: DiscountsOption
) -> tuple[Discount, ...]:
    """Return those of the discounts in force that lower recurring amounts, in the order given.

    *option* says which durations count.

    Raises:
        UnreadableError: a coupon could not be read, or its duration is unknown.
    """
    if option == "none":
        return ()
    return tuple(it for it in in_force if _counts(it, option))


def displaces_customer_discount(in_force: Sequence[Discount]) -> bool:
    """Return whether a subscription's own discounts keep its customer's discount from applying.

    They do while one that recurs is in force, whatever the definitions count: it is Stripe that
    leaves the customer's discount out. `once` coupons do not displace it.
    """
    return bool(discounts_counted(in_force, "recurring"))


def apply_discounts(
    lines: Sequence[DiscountedLine], shared: Sequence[Discount], currency: str
) -> list[Fraction]:
    """Return what is left of each line: first its own discounts, then those shared by all lines.

    Each discount works on the running amount, and nothing falls below 0. A shared amount off is
    spread over the lines that it applies to, in proportion to their running amounts. In minor
    units per billing period, exact, in the order of *lines*; no lines give an empty list.

    Args:
        lines: the items; their `discounts` must be those in force.

        shared: the discounts in force of the subscription or of its customer, in Stripe's order.

        currency: of the lines; an amount off must have an amount in it.
    """
    running = [_apply_own(line, currency) for line in lines]
    for discount in shared:
        coupon = _readable_coupon(discount)
        chosen = [line for line in running if _applies_to(coupon, line)]
        left = iter(_apply_one(coupon, [line.running for line in chosen], currency))
        running = [
            replace(line, running=next(left)) if _applies_to(coupon, line) else line
            for line in running
        ]
    return [line.running for line in running]


def _apply_own(line: DiscountedLine, currency: str) -> DiscountedLine:
    for discount in line.discounts:
        coupon = _readable_coupon(discount)
        if _applies_to(coupon, line):
            (left,) = _apply_one(coupon, [line.running], currency)
            line = replace(line, running=left)
    return line


def _apply_one(coupon: Coupon, amounts: list[Fraction], currency: str) -> list[Fraction]:
    if coupon.percent_off is not None:
        kept = max(1 - coupon.percent_off / 100, Fraction(0))
        return [amount * kept for amount in amounts]
    amount_off = _amount_off(coupon, currency)
    whole = sum(amounts, Fraction(0))
    if whole <= amount_off:
        return [Fraction(0)] * len(amounts)
    return [amount - amount_off * amount / whole for amount in amounts]


def _amount_off(coupon: Coupon, currency: str) -> int:
    amount = coupon.amounts_off.get(currency)
    if amount is None:
        raise UnreadableError(f"coupon {coupon.id} takes off no amount in {currency.upper()}")
    return amount


def _applies_to(coupon: Coupon, line: DiscountedLine) -> bool:
    return coupon.product_ids is None or line.product_id in coupon.product_ids


def _readable_coupon(discount: Discount) -> Coupon:
    coupon = discount.coupon
    if coupon is None:
        raise UnreadableError(f"the coupon of discount {discount.id} cannot be read")
    if coupon.duration not in DURATIONS:
        raise UnreadableError(f"coupon {coupon.id} has unknown duration {coupon.duration}")
    return coupon


def _counts(in_force: Discount, option: DiscountsOption) -> bool:
    coupon = _readable_coupon(in_force)
    if coupon.duration not in _COUNTED[option]:
        return False
    if coupon.duration == "repeating" and in_force.end is None:
        raise UnreadableError(f"coupon {coupon.id} repeats for an unknown time")
    return True


def _is_in_force(discount: Discount, at: datetime) -> bool:
    """Return whether its times allow it; nobody need know the coupon of one that is over."""
    end = _end_of(discount)
    return discount.start <= at and (end is None or at < end)


def _without_times(discount: Discount) -> Discount:
    end = None if _end_of(discount) is None else _FOREVER
    return Discount("" if discount.coupon else discount.id, discount.coupon, _EVER, end)


def _end_of(discount: Discount) -> datetime | None:
    coupon = discount.coupon
    if discount.end is not None or coupon is None or coupon.duration != "repeating":
        return discount.end
    months = coupon.duration_in_months
    return None if months is None else add_months(discount.start, months)
