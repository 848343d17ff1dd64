"""Prices: what a quantity costs in one billing period and in a month.

Covers what Stripe sells by quantity: per unit, tiers (graduated and volume), packages, several
currencies. Usage-based prices have no amount before their usage is known, and are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from shared.domain.intervals import payments_per_month
from shared.domain.unreadable import UnreadableError


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a tiered price; amounts in minor units.

    Attributes:
        up_to: the last unit of the step; None for all further units.

        unit_amount: for each unit in the step.

        flat_amount: for reaching the step at all.
    """

    up_to: int | None
    unit_amount: Fraction | None
    flat_amount: Fraction | None = None


@dataclass(frozen=True, slots=True)
class QuantityTransform:
    """A package: the quantity is divided before it is multiplied by the unit amount."""

    divide_by: int
    round: str


@dataclass(frozen=True, slots=True)
class CurrencyAmounts:
    """What a price costs in one currency, in its minor units; tiers None means not read."""

    unit_amount: Fraction | None
    tiers: tuple[Tier, ...] | None = None
    tax_behavior: str | None = None


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often a price is paid, and for what: "licensed" quantity or "metered" usage."""

    interval: str
    interval_count: int
    usage_type: str


@dataclass(frozen=True, slots=True)
class Price:
    """A price of the account.

    Attributes:
        base: the amounts in `currency`, the price's own.

        options: the amounts in the other currencies that the price has; empty if none was read.

        recurrence: None for a price that is paid once.
    """

    id: str
    product_id: str
    currency: str
    billing_scheme: str
    base: CurrencyAmounts
    recurrence: Recurrence | None
    tiers_mode: str | None = None
    transform: QuantityTransform | None = None
    options: Mapping[str, CurrencyAmounts] | None = None

    def __hash__(self) -> int:
        """Return a hash that costs little: hardly ever do two prices share their id."""
        return hash(self.id)

    @property
    def is_licensed(self) -> bool:
        """Whether it is paid again and again for a quantity."""
        return self.recurrence is not None and self.recurrence.usage_type == "licensed"

    def amounts_in(self, currency: str) -> CurrencyAmounts:
        """Return what the price costs in *currency*, which the subscription decides."""
        if currency == self.currency:
            return self.base
        amounts = (self.options or {}).get(currency)
        if amounts is None:
            raise UnreadableError(f"price {self.id} has no amount in {currency.upper()}")
        return amounts


def period_amount(price: Price, quantity: int, currency: str) -> Fraction:
    """Return what *quantity* costs in one billing period, before discounts.

    Per unit: quantity (divided and rounded for a package) times the unit amount. Graduated: each
    unit at its own tier. Volume: all units at the tier that the quantity reaches. Exact, in minor
    units of *currency*.

    Raises:
        UnreadableError: the price has no amount for this quantity and currency.
    """
    amounts = price.amounts_in(currency)
    if price.billing_scheme == "per_unit":
        if amounts.unit_amount is None:
            raise UnreadableError(f"price {price.id} has no amount")
        return amounts.unit_amount * _billed_units(price, quantity)
    if price.billing_scheme != "tiered":
        raise UnreadableError(f"price {price.id} has unknown billing scheme {price.billing_scheme}")
    tiers = _ordered(amounts.tiers)
    if price.tiers_mode == "graduated":
        return graduated_amount(tiers, quantity)
    if price.tiers_mode == "volume":
        return volume_amount(tiers, quantity)
    raise UnreadableError(f"price {price.id} has unknown tiers mode {price.tiers_mode}")


def monthly_factor(price: Price) -> Fraction:
    """Return what one billing period's amount is multiplied by to give a month's.

    Raises:
        UnreadableError: the price is not recurring, or its interval is unknown.
    """
    if price.recurrence is None:
        raise UnreadableError(f"price {price.id} is not recurring")
    return payments_per_month(price.recurrence.interval, price.recurrence.interval_count)


def graduated_amount(tiers: tuple[Tier, ...], quantity: int) -> Fraction:
    """Return the sum over units, each at its own tier, and the flat amounts of the tiers reached.

    The first tier counts as reached even by a quantity of 0, as Stripe bills it.

    >>> tiers = (Tier(5, Fraction(1000)), Tier(None, Fraction(800)))
    >>> graduated_amount(tiers, 7)
    Fraction(6600, 1)
    """
    total, start = Fraction(0), 0
    for tier in tiers:
        end = quantity if tier.up_to is None else min(quantity, tier.up_to)
        total += _tier_amount(tier, end - start)
        if tier.up_to is None or quantity <= tier.up_to:
            return total
        start = tier.up_to
    raise UnreadableError(f"the tiers end before a quantity of {quantity}")


def volume_amount(tiers: tuple[Tier, ...], quantity: int) -> Fraction:
    """Return all units at the one tier that the quantity falls into, plus its flat amount.

    >>> tiers = (Tier(5, Fraction(1000)), Tier(None, Fraction(800)))
    >>> volume_amount(tiers, 7)
    Fraction(5600, 1)
    """
    for tier in tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            return _tier_amount(tier, quantity)
    raise UnreadableError(f"the tiers end before a quantity of {quantity}")


def _tier_amount(tier: Tier, units: int) -> Fraction:
    if tier.unit_amount is None and tier.flat_amount is None:
        raise UnreadableError("a tier without an amount")
    return (tier.unit_amount or Fraction(0)) * units + (tier.flat_amount or Fraction(0))


def _ordered(tiers: tuple[Tier, ...] | None) -> tuple[Tier, ...]:
    if not tiers:
        raise UnreadableError("a tiered price whose tiers were not given")
    last = max(tier.up_to or 0 for tier in tiers) + 1
    return tuple(sorted(tiers, key=lambda tier: tier.up_to or last))


def _billed_units(price: Price, quantity: int) -> int:
    transform = price.transform
    if transform is None:
        return quantity
    if transform.divide_by < 1 or transform.round not in {"up", "down"}:
        raise UnreadableError(f"price {price.id} has an unknown package")
    packages = Fraction(quantity, transform.divide_by)
    return ceil(packages) if transform.round == "up" else floor(packages)
