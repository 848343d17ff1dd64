"""From Stripe's objects to the domain's: every amount exact, every missing piece named.

The list endpoints leave parts out (tiers, other currencies, the products of a coupon). They come
from a `Catalog`, which the source fills with what `missing_prices` and `missing_coupons` name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from shared.adapters.stripe_objects import (
    CouponObject,
    CustomerObject,
    DiscountObject,
    ItemObject,
    PriceObject,
    SubscriptionObject,
)
from shared.adapters.stripe_price_mapping import id_of, to_coupon, to_price, to_tax_rates
from shared.domain.discounts import Coupon, Discount
from shared.domain.prices import Price
from shared.domain.subscriptions import Subscription, SubscriptionItem
from shared.domain.unreadable import Unreadable, UnreadableError

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class Catalog:
    """Prices and coupons read with their parts expanded, by id, and each of them mapped once.

    Attributes:
        asked: what was asked for, whether it was there or not, as `stripe_catalog` names it.
    """

    prices: dict[str, PriceObject] = field(default_factory=dict)
    coupons: dict[str, CouponObject] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    _inline: dict[str, PriceObject] = field(default_factory=dict)
    _mapped_prices: dict[tuple[str, str], tuple[PriceObject, Price]] = field(default_factory=dict)
    _mapped_coupons: dict[str, tuple[CouponObject, Coupon]] = field(default_factory=dict)

    def learn(self, inline: PriceObject) -> None:
        """Know a price as an item gives it, as long as it has not been read."""
        self._inline.setdefault(inline.id, inline)

    def price(self, inline: PriceObject, currency: str) -> Price:
        """Return the price of an item: as the catalog has it, else as the item gives it.

        Raises:
            UnreadableError: an amount is not a number.
        """
        self.learn(inline)
        return self._to_price(self.prices.get(inline.id, inline), currency)

    def known_price(self, price_id: str, currency: str) -> Price | None:
        """Return a price by its id; None if it was not read, or cannot be."""
        obj = self._find(price_id)
        try:
            return None if obj is None else self._to_price(obj, currency)
        except UnreadableError:
            return None  # the domain says so wherever the price was billed

    def lacks(self, price_id: str, currency: str) -> bool:
        """Return whether what a price costs in a currency has yet to be read."""
        obj = self._find(price_id)
        return obj is None or lacks_amounts(obj, currency)

    def has_tiers(self, price_id: str) -> bool:
        """Return whether a price is known to be tiered."""
        obj = self._find(price_id)
        return obj is not None and obj.billing_scheme == "tiered"

    def coupon(self, coupon_id: str | None) -> Coupon | None:
        """Return a coupon; None if it was not read.

        Raises:
            UnreadableError: an amount is not a number.
        """
        obj = self.coupons.get(coupon_id) if coupon_id is not None else None
        if obj is None:
            return None
        source, mapped = self._mapped_coupons.get(obj.id, (None, None))
        if mapped is None or source is not obj:
            mapped = to_coupon(obj)
            self._mapped_coupons[obj.id] = obj, mapped
        return mapped

    def _find(self, price_id: str) -> PriceObject | None:
        return self.prices.get(price_id) or self._inline.get(price_id)

    def _to_price(self, obj: PriceObject, currency: str) -> Price:
        source, mapped = self._mapped_prices.get((obj.id, currency), (None, None))
        if mapped is None or source is not obj:
            mapped = to_price(obj, currency)
            self._mapped_prices[obj.id, currency] = obj, mapped
        return mapped


def lacks_amounts(price: PriceObject, currency: str) -> bool:
    """Return whether an amount of a price in a currency is known to be needed and left out."""
    if price.recurring is None or price.recurring.usage_type != "licensed":
        return False
    is_own = price.currency.lower() == currency
    amounts = price if is_own else (price.currency_options or {}).get(currency)
    return amounts is None or (price.billing_scheme == "tiered" and amounts.tiers is None)


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
            customer_id=id_of(obj.customer),
            status=obj.status,
            reason=error.reason,
            livemode=livemode,
            in_test_clock=obj.test_clock is not None,
        )


def missing_prices(obj: SubscriptionObject, catalog: Catalog) -> set[str]:
    """Return the ids of prices whose amount needs what the subscription list leaves out."""
    return {
        item.price.id
        for item in obj.items.data
        if item.price.id not in catalog.prices and lacks_amounts(item.price, obj.currency.lower())
    }


def foreign_tiers(obj: SubscriptionObject) -> set[tuple[str, str]]:
    """Return (price id, currency) of tiered prices billed in another currency than their own.

    The tiers within currency_options have to be expanded one currency at a time.
    """
    currency = obj.currency.lower()
    return {
        (item.price.id, currency)
        for item in obj.items.data
        if item.price.billing_scheme == "tiered" and item.price.currency.lower() != currency
    }


def missing_coupons(obj: SubscriptionObject, catalog: Catalog) -> set[str]:
    """Return the ids of coupons at work on a subscription."""
    ids = {coupon_id_of(discount) for discount in discounts_of(obj)}
    return {coupon_id for coupon_id in ids if coupon_id and coupon_id not in catalog.coupons}


def discounts_of(obj: SubscriptionObject) -> Iterator[str | DiscountObject]:
    """Yield the discounts of a subscription, of its items and of its customer."""
    yield from obj.discounts or ()
    for item in obj.items.data:
        yield from item.discounts or ()
    if isinstance(obj.customer, CustomerObject) and obj.customer.discount is not None:
        yield obj.customer.discount


def _to_subscription(obj: SubscriptionObject, catalog: Catalog, *, livemode: bool) -> Subscription:
    customer = obj.customer
    own = customer.discount if isinstance(customer, CustomerObject) else None
    paused = obj.status_details.paused if obj.status_details else None
    return Subscription(
        id=obj.id,
        customer_id=id_of(customer),
        status=obj.status,
        currency=obj.currency.lower(),
        items=tuple(_to_item(item, catalog, obj.currency.lower()) for item in obj.items.data),
        start_at=_to_instant(obj.created if obj.start_date is None else obj.start_date),
        created_at=_to_instant(obj.created),
        discounts=_to_discounts(obj.discounts or (), catalog),
        customer_discounts=_to_discounts([own] if own else (), catalog),
        default_tax_rates=to_tax_rates(obj.default_tax_rates),
        pauses_after_trial=_pauses_after_trial(obj),
        automatic_tax=obj.automatic_tax.enabled if obj.automatic_tax else None,
        collection_paused=obj.pause_collection is not None,
        cancel_at_period_end=obj.cancel_at_period_end,
        cancel_at=_to_optional_instant(obj.cancel_at),
        canceled_at=_to_optional_instant(obj.canceled_at),
        ended_at=_to_optional_instant(obj.ended_at),
        trial_start=_to_optional_instant(obj.trial_start),
        trial_end=_to_optional_instant(obj.trial_end),
        paused_at=_to_optional_instant(paused.transitioned_at if paused else None),
        schedule_id=id_of(obj.schedule) if obj.schedule else None,
        livemode=livemode,
        in_test_clock=obj.test_clock is not None,
    )


def _pauses_after_trial(obj: SubscriptionObject) -> bool | None:
    behavior = obj.trial_settings.end_behavior if obj.trial_settings else None
    if behavior is None or behavior.missing_payment_method is None:
        return None
    return behavior.missing_payment_method == "pause"


def _to_item(item: ItemObject, catalog: Catalog, currency: str) -> SubscriptionItem:
    trial = item.current_trial
    return SubscriptionItem(
        id=item.id,
        price=catalog.price(item.price, currency),
        quantity=item.quantity,
        discounts=_to_discounts(item.discounts or (), catalog),
        tax_rates=to_tax_rates(item.tax_rates),
        trial_start=_to_optional_instant(trial.start_date if trial else None),
        trial_end=_to_optional_instant(trial.end_date if trial else None),
        created_at=_to_optional_instant(item.created),
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
    return id_of(discount.source.coupon)


def _to_instant(timestamp: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableError("a time that does not exist") from None


def _to_optional_instant(timestamp: int | None) -> datetime | None:
    return None if timestamp is None else _to_instant(timestamp)
