"""The business as plain records: what is stored, before it is shown as Stripe objects.

Instants are epoch seconds, amounts decimal strings of minor units ("2000", "1.25"); other records
are named by id. `raw` and `patch` let a test serve any shape it likes.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Absent:
    """Marks a field that a patch takes away."""


ABSENT = Absent()


@dataclass(slots=True, kw_only=True)
class Record:
    """What all records share.

    Attributes:
        order: place among the records of the same second.
        raw: served as it stands instead of the rendered object.
        patch: fields laid over the rendered object; `ABSENT` removes one.
    """

    id: str
    created: int
    order: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    raw: Json | None = None
    patch: Json | None = None


@dataclass(slots=True, kw_only=True)
class Account(Record):
    """The Stripe account itself."""

    name: str
    country: str = "US"
    default_currency: str = "usd"
    timezone: str = "Etc/UTC"


@dataclass(slots=True, kw_only=True)
class Product(Record):
    """What is sold."""

    name: str
    active: bool = True
    description: str | None = None
    unit_label: str | None = None
    default_price: str | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a tiered price; `up_to` None is the last, open one."""

    up_to: int | None
    unit_amount: str | int | None = None
    flat_amount: str | int | None = None


@dataclass(frozen=True, slots=True)
class CurrencyOption:
    """The same price in another currency."""

    unit_amount: str | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(slots=True, kw_only=True)
class Price(Record):
    """What something costs.

    Attributes:
        interval: day, week, month or year; None for a one-time price.
        meter: id of the meter of a metered price.
        transform: (divide_by, "up" or "down") of a package price.
        inline: made within a subscription; found by id but never listed.
    """

    product: str
    currency: str
    unit_amount: str | None = None
    interval: str | None = "month"
    interval_count: int = 1
    meter: str | None = None
    tiers: tuple[Tier, ...] = ()
    tiers_mode: str | None = None
    transform: tuple[int, str] | None = None
    currency_options: dict[str, CurrencyOption] = field(default_factory=dict)
    active: bool = True
    inline: bool = False
    nickname: str | None = None
    lookup_key: str | None = None
    tax_behavior: str = "unspecified"


@dataclass(slots=True, kw_only=True)
class Coupon(Record):
    """A rule that takes something off; *percent_off* or *amount_off* is set."""

    duration: str = "forever"
    duration_in_months: int | None = None
    percent_off: float | None = None
    amount_off: int | None = None
    currency: str | None = None
    currency_options: dict[str, int] = field(default_factory=dict)
    applies_to: tuple[str, ...] = ()
    name: str | None = None
    redeem_by: int | None = None
    times_redeemed: int = 0
    deleted_at: int | None = None


@dataclass(slots=True, kw_only=True)
class Discount(Record):
    """A coupon in force on a customer, a subscription or one item of it.

    Attributes:
        used_up: an invoice has had it, and it is for one invoice only.
    """

    coupon: str
    start: int
    end: int | None = None
    used_up: bool = False
    customer: str | None = None
    subscription: str | None = None
    subscription_item: str | None = None


@dataclass(slots=True, kw_only=True)
class TaxRate(Record):
    """A tax in percent, on top of the price or within it."""

    display_name: str = "VAT"
    percentage: float = 20.0
    inclusive: bool = False
    active: bool = True
    country: str | None = None


@dataclass(slots=True, kw_only=True)
class Customer(Record):
    """Who pays. The number stands in the made-up e-mail address.

    Attributes:
        balance: what the next invoice takes into account; below zero is credit.
        invoices: how many they have got.
    """

    number: int
    balance: int = 0
    invoices: int = 0
    currency: str | None = None
    discount: str | None = None
    deleted_at: int | None = None
    delinquent: bool = False
    test_clock: str | None = None


@dataclass(slots=True, kw_only=True)
class SubscriptionItem(Record):
    """One price within a subscription; the quantity of a metered price is None."""

    subscription: str
    price: str
    quantity: int | None = 1
    discounts: list[str] = field(default_factory=list)
    tax_rates: list[str] = field(default_factory=list)
    period_start: int = 0
    period_end: int = 0
    trial_end: int | None = None


@dataclass(slots=True, kw_only=True)
class Subscription(Record):
    """An agreement to pay again and again.

    Attributes:
        pause_reason: why and `paused_at` when the status became `paused`.
        when_trial_ends: cancel, create_invoice or pause, where no payment method is there.
        has_payment_method: whether the trial's end can be paid.
        card_declines: whether the next payments fail.
        when_retries_fail: "cancel", "unpaid" or "keep" (it stays past due), as the account is set.
        prorates: "create_prorations" lets changes wait for the next invoice, "always_invoice"
            bills them at once, "none" charges nothing for the running period.
    """

    customer: str
    currency: str
    status: str
    items: list[SubscriptionItem] = field(default_factory=list)
    discounts: list[str] = field(default_factory=list)
    default_tax_rates: list[str] = field(default_factory=list)
    start_date: int = 0
    billing_cycle_anchor: int = 0
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    canceled_at: int | None = None
    ended_at: int | None = None
    cancel_reason: str | None = None
    cancel_feedback: str | None = None
    trial_start: int | None = None
    trial_end: int | None = None
    when_trial_ends: str = "create_invoice"
    has_payment_method: bool = True
    card_declines: bool = False
    when_retries_fail: str = "keep"
    prorates: str = "create_prorations"
    latest_invoice: str | None = None
    pause_collection: Json | None = None
    pause_reason: str | None = None
    paused_at: int | None = None
    collection_method: str = "charge_automatically"
    days_until_due: int | None = None
    billing_mode: str = "classic"
    test_clock: str | None = None


@dataclass(slots=True, kw_only=True)
class Event(Record):
    """Something that happened, with the object as it was then, encoded once."""

    type: str
    snapshot: bytes
    previous: bytes | None = None
    api_version: str
