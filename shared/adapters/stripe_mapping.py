"""From Stripe's objects to the domain's: every amount exact, every missing piece named.

The list endpoints leave parts out (tiers, other currencies, the products of a coupon). They come
from a `Catalog`, which the source fills with what `missing_prices` and `missing_coupons` name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shared.adapters.stripe_objects import (
    CouponObject,
    CurrencyOptionObject,
    CustomerObject,
    DiscountObject,
    ItemObject,
    PriceObject,
    RecurringObject,
    Reference,
    SubscriptionObject,
    TaxRateObject,
    TierObject,
    TransformObject,
)
from shared.domain.discounts import Coupon, Discount
from shared.domain.prices import CurrencyAmounts, Price, QuantityTransform, Recurrence, Tier
from shared.domain.subscriptions import ENDED_STATUSES, Subscription, SubscriptionItem
from shared.domain.tax import TaxRate
from shared.domain.unreadable import Unreadable, UnreadableError

_EPOCH = datetime.fromtimestamp(0, UTC)
# Stripe's decimals have at most 12 places; an exponent far beyond that is no amount, and turning
# it into an integer would take all memory.
_LARGEST_EXPONENT = 64


@dataclass(slots=True)
class Catalog:
    """Prices and coupons read with their parts expanded, by id, and each of them mapped once."""

    prices: dict[str, PriceObject] = field(default_factory=dict)
    coupons: dict[str, CouponObject] = field(default_factory=dict)
    _mapped_prices: dict[str, Price] = field(default_factory=dict)
    _mapped_coupons: dict[str, Coupon] = field(default_factory=dict)

    def price(self, inline: PriceObject) -> Price:
        """Return the price of an item: as the catalog has it, else as the item gives it."""
        mapped = self._mapped_prices.get(inline.id)
        if mapped is None:
            mapped = to_price(self.prices.get(inline.id, inline))
            self._mapped_prices[inline.id] = mapped
        return mapped

    def coupon(self, coupon_id: str | None) -> Coupon | None:
        """Return a coupon; None if it was not read."""
        if coupon_id is None or coupon_id not in self.coupons:
            return None
        mapped = self._mapped_coupons.get(coupon_id)
        if mapped is None:
            mapped = self._mapped_coupons[coupon_id] = to_coupon(self.coupons[coupon_id])
        return mapped


def to_subscription(
    obj: SubscriptionObject, catalog: Catalog, mode: Literal["test", "live"]
) -> Subscription | Unreadable:
    """Return the subscription, or why no amount of it can be told.

    Args:
        obj: with all its items.

        catalog: has whatever `missing_prices` and `missing_coupons` named, as far as it exists.

        mode: of the key, for an object that does not say its own.
    """
    livemode = mode == "live" if obj.livemode is None else obj.livemode
    try:
        return _to_subscription(obj, catalog, livemode=livemode)
    except UnreadableError as error:
        return Unreadable(
            subscription_id=obj.id,
            customer_id=_id_of(obj.customer),
            status=obj.status,
            reason=error.reason,
            livemode=livemode,
            in_test_clock=obj.test_clock is not None,
        )


def missing_prices(obj: SubscriptionObject, catalog: Catalog) -> set[str]:
    """Return the ids of prices whose amount needs what the subscription list leaves out."""
    if obj.status in ENDED_STATUSES:
        return set()
    return {
        item.price.id
        for item in obj.items.data
        if item.price.id not in catalog.prices and _needs_more(item.price, obj.currency)
    }


def missing_coupons(obj: SubscriptionObject, catalog: Catalog) -> set[str]:
    """Return the ids of coupons at work on a subscription that has not ended."""
    if obj.status in ENDED_STATUSES:
        return set()
    ids = {coupon_id_of(discount) for discount in discounts_of(obj)}
    return {coupon_id for coupon_id in ids if coupon_id and coupon_id not in catalog.coupons}


def discounts_of(obj: SubscriptionObject) -> Iterator[str | DiscountObject]:
    """Yield the discounts of a subscription, of its items and of its customer."""
    yield from obj.discounts or ()
    for item in obj.items.data:
        yield from item.discounts or ()
    if isinstance(obj.customer, CustomerObject) and obj.customer.discount is not None:
        yield obj.customer.discount


def _needs_more(price: PriceObject, currency: str) -> bool:
    if price.recurring is None or price.recurring.usage_type != "licensed":
        return False
    lacks_tiers = price.billing_scheme == "tiered" and price.tiers is None
    return lacks_tiers or price.currency.lower() != currency.lower()


def _to_subscription(obj: SubscriptionObject, catalog: Catalog, *, livemode: bool) -> Subscription:
    customer = obj.customer
    own = customer.discount if isinstance(customer, CustomerObject) else None
    paused = obj.status_details.paused if obj.status_details else None
    return Subscription(
        id=obj.id,
        customer_id=_id_of(customer),
        status=obj.status,
        currency=obj.currency.lower(),
        items=tuple(_to_item(item, catalog) for item in obj.items.data),
        start_at=_to_instant(obj.created if obj.start_date is None else obj.start_date),
        created_at=_to_instant(obj.created),
        discounts=_to_discounts(obj.discounts or (), catalog),
        customer_discounts=_to_discounts([own] if own else (), catalog),
        default_tax_rates=_to_tax_rates(obj.default_tax_rates),
        automatic_tax=obj.automatic_tax.enabled if obj.automatic_tax else None,
        collection_paused=obj.pause_collection is not None,
        cancel_at_period_end=obj.cancel_at_period_end,
        cancel_at=_to_optional_instant(obj.cancel_at),
        canceled_at=_to_optional_instant(obj.canceled_at),
        ended_at=_to_optional_instant(obj.ended_at),
        trial_start=_to_optional_instant(obj.trial_start),
        trial_end=_to_optional_instant(obj.trial_end),
        paused_at=_to_optional_instant(paused.transitioned_at if paused else None),
        schedule_id=_id_of(obj.schedule) if obj.schedule else None,
        livemode=livemode,
        in_test_clock=obj.test_clock is not None,
    )


def _to_item(item: ItemObject, catalog: Catalog) -> SubscriptionItem:
    trial = item.current_trial
    return SubscriptionItem(
        id=item.id,
        price=catalog.price(item.price),
        quantity=item.quantity,
        discounts=_to_discounts(item.discounts or (), catalog),
        tax_rates=_to_tax_rates(item.tax_rates),
        trial_start=_to_optional_instant(trial.start_date if trial else None),
        trial_end=_to_optional_instant(trial.end_date if trial else None),
    )


def to_price(price: PriceObject) -> Price:
    """Return the price with every amount exact, in minor units.

    Raises:
        UnreadableError: a decimal is not a finite number.
    """
    return Price(
        id=price.id,
        product_id=_id_of(price.product),
        currency=price.currency.lower(),
        billing_scheme=price.billing_scheme,
        base=_to_amounts(price),
        recurrence=_to_recurrence(price.recurring),
        tiers_mode=price.tiers_mode,
        transform=_to_transform(price.transform_quantity),
        options={
            currency.lower(): _to_amounts(option)
            for currency, option in (price.currency_options or {}).items()
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


def _to_discounts(
    discounts: Iterable[str | DiscountObject], catalog: Catalog
) -> tuple[Discount, ...]:
    return tuple(_to_discount(discount, catalog) for discount in discounts)


def _to_discount(discount: str | DiscountObject, catalog: Catalog) -> Discount:
    """Return the discount; where its coupon is not known it has none, and the domain says so."""
    if isinstance(discount, str):
        return Discount(discount, None, _EPOCH)
    return Discount(
        id=discount.id,
        coupon=catalog.coupon(coupon_id_of(discount)),
        start=_to_instant(discount.start),
        end=_to_optional_instant(discount.end),
    )


def coupon_id_of(discount: str | DiscountObject) -> str | None:
    """Return the id of a discount's coupon; None if it came as an id, or has another source."""
    if isinstance(discount, str) or discount.source is None or discount.source.coupon is None:
        return None
    return _id_of(discount.source.coupon)


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


def _to_tax_rates(rates: list[TaxRateObject] | None) -> tuple[TaxRate, ...]:
    return tuple(
        TaxRate(_to_optional_fraction(rate.percentage) or Fraction(0), rate.inclusive)
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


def _to_instant(timestamp: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableError("a time that does not exist") from None


def _to_optional_instant(timestamp: int | None) -> datetime | None:
    return None if timestamp is None else _to_instant(timestamp)


def _id_of(reference: str | Reference | CustomerObject | CouponObject) -> str:
    return reference if isinstance(reference, str) else reference.id
