"""Puts a business together by hand, record by record; what is not said has a likely default."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Unpack

from local.stripe_sandbox import actions, endings
from local.stripe_sandbox.actions import Item
from local.stripe_sandbox.backfill import live_through
from local.stripe_sandbox.collecting import void_open
from local.stripe_sandbox.fields import (
    Amount,
    CouponFields,
    CustomerFields,
    PriceFields,
    ProductFields,
    SubscriptionFields,
    TaxRateFields,
)
from local.stripe_sandbox.journal import emit, remember
from local.stripe_sandbox.lifecycle import FIRST_PAYMENT_SECONDS, set_periods
from local.stripe_sandbox.periods import DAY, to_seconds
from local.stripe_sandbox.records import (
    Coupon,
    CurrencyOption,
    Customer,
    Price,
    Product,
    Subscription,
    TaxRate,
    Tier,
)
from local.stripe_sandbox.state import State

_CATALOGUE_AGE = 400 * DAY
_CUSTOMER_AGE = 40 * DAY
_SUBSCRIPTION_AGE = 10 * DAY
_ENDED = frozenset({"canceled", "incomplete_expired"})


class Builder:
    """Adds records to a state. Each method returns the record that it added."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add_product(self, name: str = "Service", **fields: Unpack[ProductFields]) -> Product:
        """Add a product."""
        given = self._given(fields, "prod", 14, age=_CATALOGUE_AGE)
        product = self.state.products.add(Product(name=name, **given))
        emit(self.state, product, "created", product.created)
        return product

    def add_price(self, unit_amount: Amount | None = None, **fields: Unpack[PriceFields]) -> Price:
        """Add a price: monthly, per unit and of a product of its own unless said otherwise.

        Args:
            unit_amount: in minor units; a fraction as "1.25". None for a tiered price.
            fields: see `PriceFields`; `tiers` need a `tiers_mode` and are graduated without one.
        """
        given = self._given(fields, "price", 24, age=_CATALOGUE_AGE)
        product = given.pop("product", None) or self.add_product(created=given["created"])
        given.setdefault("currency", self.state.account.default_currency)
        given["tiers"] = tuple(given.get("tiers", ()))
        if given["tiers"]:
            given.setdefault("tiers_mode", "graduated")
        given["currency_options"] = {
            currency: _currency_option(option)
            for currency, option in given.get("currency_options", {}).items()
        }
        amount = None if unit_amount is None else str(unit_amount)
        price = Price(product=product.id, unit_amount=amount, **given)
        self.state.prices.add(price)
        product.default_price = product.default_price or price.id
        emit(self.state, price, "created", price.created)
        return price

    def add_coupon(self, **fields: Unpack[CouponFields]) -> Coupon:
        """Add a coupon: forever unless a duration is said."""
        given = self._given(fields, "coupon", 8, age=_CATALOGUE_AGE)
        given["applies_to"] = tuple(product.id for product in given.get("applies_to", ()))
        if "amount_off" in given:
            given.setdefault("currency", self.state.account.default_currency)
        coupon = self.state.coupons.add(Coupon(**given))
        emit(self.state, coupon, "created", coupon.created)
        return coupon

    def add_tax_rate(self, **fields: Unpack[TaxRateFields]) -> TaxRate:
        """Add a tax rate: 20 percent on top unless said otherwise."""
        return self.state.tax_rates.add(
            TaxRate(**self._given(fields, "txr", 24, age=_CATALOGUE_AGE))
        )

    def add_customer(self, **fields: Unpack[CustomerFields]) -> Customer:
        """Add a customer."""
        given = self._given(fields, "cus", 14, age=_CUSTOMER_AGE)
        coupon = given.pop("discount", None)
        customer = Customer(number=len(self.state.customers) + 1, **given)
        self.state.customers.add(customer)
        remember(self.state, customer, customer.created)
        discount = None
        if coupon is not None:
            discount = actions.discount_customer(self.state, customer, coupon, customer.created)
        emit(self.state, customer, "created", customer.created)
        if discount is not None:
            emit(self.state, discount, "created", customer.created)
        return customer

    def add_subscription(
        self, items: Price | Item | Sequence[Price | Item], **fields: Unpack[SubscriptionFields]
    ) -> Subscription:
        """Add a subscription in any status, with the instants that go with it.

        Args:
            items: one or more prices, or items where more than the price matters.
            fields: see `SubscriptionFields`; `quantity` is for all items given as prices. It
                began ten days ago, and has a customer of its own, unless said otherwise.
        """
        given = self._given(fields, "sub", 24, age=_SUBSCRIPTION_AGE)
        wanted = _as_items(items, given.pop("quantity", 1))
        coupons = given.pop("discounts", ())
        customer = given.pop("customer", None) or self.add_customer(
            created=given["created"], **_only(given, "test_clock")
        )
        given["default_tax_rates"] = [each.id for each in given.get("default_tax_rates", ())]
        given.setdefault("currency", wanted[0].price.currency)
        given.setdefault("test_clock", customer.test_clock)
        _complete_instants(given, self.state.now)
        sub = Subscription(customer=customer.id, **given)
        for item in wanted:
            actions.add_item(self.state, sub, item, sub.created)
        for coupon in coupons:
            actions.discount_subscription(self.state, sub, coupon, sub.created)
        self._enter(sub)
        return sub

    def _enter(self, sub: Subscription) -> None:
        final = replace(sub)
        # Its `created` event shows it alive, and nobody has asked for its end yet.
        if sub.status in _ENDED:
            sub.status = "active" if sub.status == "canceled" else "incomplete"
        sub.canceled_at = sub.ended_at = sub.cancel_at = None
        sub.cancel_at_period_end = False
        until = final.ended_at or sub.paused_at or self.state.now
        set_periods(self.state, sub, max(sub.billing_cycle_anchor, until))
        if self.state.bills and sub.created < self.state.now and sub.items:
            live_through(self.state, sub, until)
        else:
            sub.card_declines = sub.card_declines or sub.status == "incomplete"
            actions.begin(self.state, sub)
        if final.ended_at is None:
            self._schedule_end(sub, final)
        else:
            sub.cancel_at, sub.cancel_at_period_end = final.cancel_at, final.cancel_at_period_end
            sub.status, sub.ended_at = final.status, final.ended_at
            sub.canceled_at = final.canceled_at
            verb = "deleted" if final.status == "canceled" else "updated"
            previous = {"status": "incomplete"} if verb == "updated" else None
            remember(self.state, sub, final.ended_at)
            emit(self.state, sub, verb, final.ended_at, previous)
            if verb == "updated":
                void_open(self.state, sub, final.ended_at)

    def _schedule_end(self, sub: Subscription, final: Subscription) -> None:
        """Let it be asked for that the subscription ends, where that is how it is to be."""
        if final.cancel_at is None and not final.cancel_at_period_end:
            return
        ends = final.cancel_at or min(item.period_end for item in sub.items)
        asked_at = final.canceled_at or self.state.now
        endings.request_end(
            self.state, sub, ends, asked_at, at_period_end=final.cancel_at_period_end
        )

    def _given(self, fields: Any, prefix: str, length: int, *, age: int) -> dict[str, Any]:
        given = {
            key: to_seconds(value) if isinstance(value, datetime) else value
            for key, value in dict(fields).items()
        }
        given.setdefault("created", self.state.now - age)
        given.setdefault("id", self.state.ids.new(prefix, length))
        return given


def _as_items(items: Price | Item | Sequence[Price | Item], quantity: int) -> list[Item]:
    wanted = [items] if isinstance(items, Price | Item) else items
    return [Item(each, quantity) if isinstance(each, Price) else each for each in wanted]


def _currency_option(option: Amount | Sequence[Tier]) -> CurrencyOption:
    if isinstance(option, int | str | Decimal):
        return CurrencyOption(str(option))
    return CurrencyOption(tiers=tuple(option))


def _complete_instants(given: dict[str, Any], now: int) -> None:
    """Fill in the instants that a subscription of that status must have."""
    created = given["created"]
    status = given.setdefault("status", "active")
    given.setdefault("start_date", created)
    if status == "trialing":
        given.setdefault("trial_end", now + 4 * DAY)
    if status == "paused" and "pause_reason" not in given:
        given.setdefault("trial_end", now - DAY)
        given["pause_reason"] = "trial_end_without_payment_method"
        given.setdefault("paused_at", given["trial_end"])
    if given.get("trial_end"):
        given.setdefault("trial_start", created)
    given.setdefault("billing_cycle_anchor", given.get("trial_end", given["start_date"]))
    if status == "canceled":
        given.setdefault("ended_at", max(created, now - DAY))
        given.setdefault("canceled_at", given["ended_at"])
        given.setdefault("cancel_reason", "cancellation_requested")
    if status == "incomplete_expired":
        given.setdefault("ended_at", created + FIRST_PAYMENT_SECONDS)


def _only(given: Mapping[str, Any], key: str) -> Any:
    return {key: given[key]} if key in given else {}
