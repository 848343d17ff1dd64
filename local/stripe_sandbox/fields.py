"""What may be said of a record that is added by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from local.stripe_sandbox.records import Coupon, Customer, Json, Product, TaxRate, Tier

Instant = int | datetime
Amount = int | str | Decimal


class Common(TypedDict, total=False):
    """What every record may be given."""

    id: str
    created: Instant
    metadata: dict[str, str]
    patch: Json


class ProductFields(Common, total=False):
    """What a product may be given."""

    active: bool
    unit_label: str
    description: str


class PriceFields(Common, total=False):
    """What a price may be given; *interval* None makes a one-time price."""

    product: Product
    currency: str
    interval: str | None
    interval_count: int
    meter: str
    tiers: Sequence[Tier]
    tiers_mode: str
    transform: tuple[int, str]
    currency_options: Mapping[str, Amount | Sequence[Tier]]
    active: bool
    inline: bool
    nickname: str
    lookup_key: str
    tax_behavior: str


class CouponFields(Common, total=False):
    """What a coupon may be given."""

    percent_off: float
    amount_off: int
    currency: str
    duration: str
    duration_in_months: int
    applies_to: Sequence[Product]
    currency_options: dict[str, int]
    name: str
    redeem_by: Instant


class TaxRateFields(Common, total=False):
    """What a tax rate may be given."""

    percentage: float
    inclusive: bool
    display_name: str
    country: str
    active: bool


class CustomerFields(Common, total=False):
    """What a customer may be given."""

    currency: str
    discount: Coupon
    test_clock: str
    delinquent: bool


class SubscriptionFields(Common, total=False):
    """What a subscription may be given."""

    customer: Customer
    quantity: int
    status: str
    currency: str
    discounts: Sequence[Coupon]
    default_tax_rates: Sequence[TaxRate]
    start_date: Instant
    billing_cycle_anchor: Instant
    trial_start: Instant
    trial_end: Instant
    when_trial_ends: str
    has_payment_method: bool
    cancel_at: Instant
    cancel_at_period_end: bool
    canceled_at: Instant
    ended_at: Instant
    cancel_reason: str
    pause_collection: Json
    pause_reason: str
    paused_at: Instant
    collection_method: str
    days_until_due: int
    billing_mode: str
    prorates: str
    card_declines: bool
    when_retries_fail: str
