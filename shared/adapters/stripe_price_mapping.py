"""From Stripe's prices, coupons and tax rates to the domain's, every amount exact."""

from decimal import Decimal
from fractions import Fraction

from shared.adapters.stripe_objects import (
    CouponObject,
    CurrencyOptionObject,
    CustomerObject,
    PriceObject,
    RecurringObject,
    Reference,
    TaxRateObject,
    TierObject,
    TransformObject,
)
from shared.domain.discounts import Coupon
from shared.domain.prices import CurrencyAmounts, Price, QuantityTransform, Recurrence, Tier
from shared.domain.tax import TaxRate
from shared.domain.unreadable import UnreadableError

# Stripe's decimals have at most 12 places; an exponent far beyond that is no amount, and turning
# it into an integer would take all memory.
_LARGEST_EXPONENT = 64


def to_price(price: PriceObject, currency: str) -> Price:
    """Return the price with every amount exact, in minor units.

    Of other currencies than its own only *currency* is kept: a price is the same whether it was
    read with all of them or shown with none.

    Raises:
        UnreadableError: a decimal is not a finite number.
    """
    return Price(
        id=price.id,
        product_id=id_of(price.product),
        currency=price.currency.lower(),
        billing_scheme=price.billing_scheme,
        base=_to_amounts(price),
        recurrence=_to_recurrence(price.recurring),
        tiers_mode=price.tiers_mode,
        transform=_to_transform(price.transform_quantity),
        options={
            code.lower(): _to_amounts(option)
            for code, option in (price.currency_options or {}).items()
            if code.lower() == currency != price.currency.lower()
        },
    )


def to_coupon(coupon: CouponObject) -> Coupon:
    """Return the coupon; it must have been read with applies_to and currency_options expanded."""
    amounts_off = {
        currency.lower(): option.amount_off
        for currency, option in (coupon.currency_options or {}).items()
    }
    if coupon.amount_off is not None and coupon.currency is not None:
        amounts_off[coupon.currency.lower()] = coupon.amount_off
    return Coupon(
        id=coupon.id,
        duration=coupon.duration,
        percent_off=_to_optional_fraction(coupon.percent_off),
        amounts_off=amounts_off,
        duration_in_months=coupon.duration_in_months,
        product_ids=frozenset(coupon.applies_to.products) if coupon.applies_to else None,
    )


def _to_amounts(amounts: PriceObject | CurrencyOptionObject) -> CurrencyAmounts:
    return CurrencyAmounts(
        unit_amount=_to_amount(amounts.unit_amount, amounts.unit_amount_decimal),
        tiers=None if amounts.tiers is None else tuple(_to_tier(tier) for tier in amounts.tiers),
        tax_behavior=amounts.tax_behavior,
    )


def _to_tier(tier: TierObject) -> Tier:
    return Tier(
        up_to=tier.up_to,
        unit_amount=_to_amount(tier.unit_amount, tier.unit_amount_decimal),
        flat_amount=_to_amount(tier.flat_amount, tier.flat_amount_decimal),
    )


def _to_recurrence(recurring: RecurringObject | None) -> Recurrence | None:
    if recurring is None:
        return None
    return Recurrence(recurring.interval, recurring.interval_count, recurring.usage_type)


def _to_transform(transform: TransformObject | None) -> QuantityTransform | None:
    if transform is None:
        return None
    return QuantityTransform(transform.divide_by, transform.round)


def to_tax_rates(rates: list[TaxRateObject] | None) -> tuple[TaxRate, ...]:
    """Return the tax rates; one that is not a percentage is known to be there, not how high."""
    return tuple(
        TaxRate(
            _to_optional_fraction(rate.percentage)
            if rate.rate_type in {None, "percentage"}
            else None,
            rate.inclusive,
        )
        for rate in rates or ()
    )


def _to_amount(whole: int | None, decimal: Decimal | None) -> Fraction | None:
    """Return the exact amount: the integer is null wherever the price has a fraction of it."""
    return Fraction(whole) if whole is not None else _to_optional_fraction(decimal)


def _to_optional_fraction(value: Decimal | None) -> Fraction | None:
    if value is None:
        return None
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise UnreadableError("an amount that is not a number")
    return Fraction(value)


def id_of(reference: str | Reference | CustomerObject | CouponObject) -> str:
    """Return the id of a reference, expanded or not."""
    return reference if isinstance(reference, str) else reference.id
