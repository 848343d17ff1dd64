"""Stripe objects as JSON, of API version 2026-10-28.endive, and an account read from them.

Every builder takes the fields that a test is about and fills in the rest. `an_account` sends them
through the production mapping the way Stripe gives them: lists without tiers, other currencies and
products of coupons, which are joined by id.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any

from shared.adapters.stripe_mapping import Catalog, discounts_of, to_subscription
from shared.adapters.stripe_objects import (
    CouponObject,
    DiscountObject,
    Page,
    SubscriptionObject,
    decode,
)
from shared.domain.account import Account, Mode, Needs
from shared.domain.definitions import Definitions
from shared.domain.metrics import Terms
from shared.domain.subscriptions import Subscription
from shared.domain.timelines import build_timeline
from shared.domain.unreadable import Unreadable

Json = dict[str, Any]

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
SUBSCRIPTIONS = Needs(subscriptions=True)
MATCH_STRIPE = Definitions.from_dict({"preset": "match_stripe"})

_NUMBERS = count(1)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def an_id(prefix: str) -> str:
    return f"{prefix}_{next(_NUMBERS):06d}"


def a_price(
    unit_amount: int | None = None,
    *,
    currency: str = "usd",
    every: str = "month",
    interval_count: int = 1,
    usage_type: str = "licensed",
    **fields: Any,
) -> Json:
    """A recurring price in minor units; `recurring=None` makes it a one-time price."""
    decimal = None if unit_amount is None else str(unit_amount)
    price: Json = {
        "id": an_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": seconds(NOW) - 900 * 86_400,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": True,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": an_id("prod"),
        "recurring": {
            "interval": every,
            "interval_count": interval_count,
            "meter": "mtr_1" if usage_type == "metered" else None,
            "trial_period_days": None,
            "usage_type": usage_type,
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": unit_amount,
        "unit_amount_decimal": decimal,
    }
    return price | fields


def a_tiered_price(mode: str, *tiers: tuple[int | None, int], **fields: Any) -> Json:
    """A price with tiers of (last unit or None, unit amount)."""
    return a_price(
        billing_scheme="tiered",
        tiers_mode=mode,
        tiers=[a_tier(up_to, unit_amount) for up_to, unit_amount in tiers],
        **fields,
    )


def a_tier(up_to: int | None, unit_amount: int | None, flat_amount: int | None = None) -> Json:
    return {
        "flat_amount": flat_amount,
        "flat_amount_decimal": None if flat_amount is None else str(flat_amount),
        "unit_amount": unit_amount,
        "unit_amount_decimal": None if unit_amount is None else str(unit_amount),
        "up_to": up_to,
    }


def a_coupon(
    *,
    percent_off: float | None = None,
    amount_off: int | None = None,
    duration: str = "forever",
    months: int | None = None,
    products: Sequence[str] | None = None,
    **fields: Any,
) -> Json:
    coupon: Json = {
        "id": an_id("coupon"),
        "object": "coupon",
        "amount_off": amount_off,
        "created": seconds(NOW) - 900 * 86_400,
        "currency": None if amount_off is None else "usd",
        "duration": duration,
        "duration_in_months": months,
        "livemode": True,
        "max_redemptions": None,
        "metadata": {},
        "name": None,
        "percent_off": percent_off,
        "redeem_by": None,
        "times_redeemed": 1,
        "valid": True,
    }
    if products is not None:
        coupon["applies_to"] = {"products": list(products)}
    return coupon | fields


def a_discount(
    coupon: Json | None = None,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    **coupon_fields: Any,
) -> Json:
    """A discount in force for a month already, of a coupon given or described."""
    return {
        "id": an_id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": None,
        "end": None if end is None else seconds(end),
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"type": "coupon", "coupon": coupon or a_coupon(**coupon_fields)},
        "start": seconds(start or datetime(2026, 10, 22, 13, 0, tzinfo=UTC)),
        "subscription": None,
        "subscription_item": None,
    }


def a_tax_rate(percentage: float, *, inclusive: bool) -> Json:
    return {
        "id": an_id("txr"),
        "object": "tax_rate",
        "active": True,
        "display_name": "VAT",
        "inclusive": inclusive,
        "livemode": True,
        "percentage": percentage,
    }


def an_item(price: Json, quantity: int | None = 1, **fields: Any) -> Json:
    if price["recurring"] and price["recurring"]["usage_type"] == "metered":
        quantity = None
    item: Json = {
        "id": an_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": seconds(NOW) - 90 * 86_400,
        "current_period_end": seconds(NOW) + 10 * 86_400,
        "current_period_start": seconds(NOW) - 20 * 86_400,
        "discounts": [],
        "metadata": {},
        "price": price,
        "tax_rates": [],
    }
    if quantity is not None:
        item["quantity"] = quantity
    return item | fields


def a_customer(**fields: Any) -> Json:
    """A customer, as an expanded field; the personal parts are there to be ignored."""
    customer: Json = {
        "id": an_id("cus"),
        "object": "customer",
        "created": seconds(NOW) - 90 * 86_400,
        "discount": None,
        "email": "somebody@example.com",
        "livemode": True,
        "name": "Somebody",
    }
    return customer | fields


def a_subscription(*items: Json, status: str = "active", **fields: Any) -> Json:
    """A subscription with items, or prices that become items of quantity 1."""
    every = [item if item["object"] == "subscription_item" else an_item(item) for item in items]
    subscription: Json = {
        "id": an_id("sub"),
        "object": "subscription",
        "automatic_tax": {"enabled": False, "liability": None},
        "billing_mode": {"type": "flexible"},
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "collection_method": "charge_automatically",
        "created": seconds(NOW) - 90 * 86_400,
        "currency": every[0]["price"]["currency"] if every else "usd",
        "customer": an_id("cus"),
        "default_tax_rates": [],
        "discounts": [],
        "ended_at": None,
        "items": {"object": "list", "data": every, "has_more": False},
        "livemode": True,
        "metadata": {},
        "pause_collection": None,
        "schedule": None,
        "start_date": seconds(NOW) - 90 * 86_400,
        "status": status,
        "test_clock": None,
        "trial_end": None,
        "trial_start": None,
    }
    return subscription | fields


def monthly(unit_amount: int, *, status: str = "active", **fields: Any) -> Json:
    """A subscription to one monthly price."""
    return a_subscription(a_price(unit_amount), status=status, **fields)


def an_account(*subscriptions: Json, mode: Mode = "live") -> Account:
    """The account that the production mapping makes of these objects."""
    found = mapped_subscriptions(*subscriptions, mode=mode)
    return Account(
        mode=mode,
        timelines=tuple(build_timeline(it, NOW) for it in found if isinstance(it, Subscription)),
        unreadable=tuple(it for it in found if isinstance(it, Unreadable)),
    )


def mapped_subscriptions(
    *subscriptions: Json, mode: Mode = "live"
) -> list[Subscription | Unreadable]:
    """What the production mapping makes of these objects."""
    whole = _decode_page(list(subscriptions))
    catalog = Catalog(
        prices={item.price.id: item.price for obj in whole for item in obj.items.data},
        coupons={coupon.id: coupon for obj in whole for coupon in _coupons_of(obj)},
    )
    listed = _decode_page([as_listed(subscription) for subscription in subscriptions])
    return [to_subscription(obj, catalog, mode) for obj in listed]


def as_listed(subscription: Json) -> Json:
    """The subscription as Stripe lists it: what is too deep to expand is missing or an id."""
    listed: Json = json.loads(json.dumps(subscription))
    holders = [listed, *listed["items"]["data"]]
    if isinstance(listed["customer"], dict) and listed["customer"].get("discount"):
        holders.append({"discounts": [listed["customer"]["discount"]]})
    for holder in holders:
        for discount in holder["discounts"]:
            discount["source"]["coupon"] = discount["source"]["coupon"]["id"]
    for item in listed["items"]["data"]:
        item["price"].pop("tiers", None)
        item["price"].pop("currency_options", None)
    return listed


def terms(definitions: Definitions | None = None, currency: str = "usd", **fx_rates: str) -> Terms:
    """Terms with rates written as text: `terms(eur="1.10")`."""
    rates = {code: Fraction(rate) for code, rate in fx_rates.items()}
    return Terms(definitions or Definitions(), currency, rates)


def _decode_page(subscriptions: list[Json]) -> list[SubscriptionObject]:
    body = json.dumps({"object": "list", "data": subscriptions, "has_more": False})
    return decode(body.encode(), Page[SubscriptionObject]).data


def _coupons_of(obj: SubscriptionObject) -> list[CouponObject]:
    discounts = [it for it in discounts_of(obj) if isinstance(it, DiscountObject) and it.source]
    coupons = [it.source.coupon for it in discounts if it.source]
    return [coupon for coupon in coupons if isinstance(coupon, CouponObject)]
