"""The fields read of each Stripe object, at API version 2026-10-28.endive, and nothing else.

Field names are Stripe's. What is not named here is skipped while decoding, so no personal data of
an account's customers enters the process. Enumerations are text: a value added by Stripe later
decodes, and the domain says that it cannot be read.

The same structs are what the ledger keeps of the objects, so every field that is added must have a
default, and what has its default is not written.
"""

from collections.abc import Hashable
from decimal import Decimal
from functools import cache
from typing import Any, Generic, TypeVar, cast

import msgspec

from shared.errors import BadResponseError

STRIPE_VERSION = "2026-10-28.endive"

Answer = TypeVar("Answer")


class Page(msgspec.Struct, Generic[Answer], frozen=True, omit_defaults=True):
    """One page of a list endpoint."""

    data: list[Answer]
    has_more: bool = False


class Reference(msgspec.Struct, frozen=True, omit_defaults=True):
    """An expanded object of which only the id matters."""

    id: str


class TierObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tier; up_to None is the last, open one."""

    up_to: int | None = None
    unit_amount: int | None = None
    unit_amount_decimal: Decimal | None = None
    flat_amount: int | None = None
    flat_amount_decimal: Decimal | None = None


class CurrencyOptionObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A price's amounts in one more currency."""

    unit_amount: int | None = None
    unit_amount_decimal: Decimal | None = None
    tiers: list[TierObject] | None = None
    tax_behavior: str | None = None


class RecurringObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often a price is paid."""

    interval: str
    interval_count: int = 1
    usage_type: str = "licensed"


class TransformObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A package."""

    divide_by: int
    round: str


class PriceObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A price; tiers and currency_options are there only if they were expanded."""

    id: str
    product: str | Reference
    currency: str
    billing_scheme: str = "per_unit"
    unit_amount: int | None = None
    unit_amount_decimal: Decimal | None = None
    recurring: RecurringObject | None = None
    tax_behavior: str | None = None
    tiers_mode: str | None = None
    tiers: list[TierObject] | None = None
    transform_quantity: TransformObject | None = None
    currency_options: dict[str, CurrencyOptionObject] | None = None


class AppliesToObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The products that a coupon is limited to."""

    products: list[str] = []


class CouponOptionObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A coupon's amount in one more currency."""

    amount_off: int


class CouponObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A coupon; applies_to and currency_options are there only if they were expanded."""

    id: str
    duration: str
    percent_off: Decimal | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration_in_months: int | None = None
    applies_to: AppliesToObject | None = None
    currency_options: dict[str, CouponOptionObject] | None = None


class DiscountSourceObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a discount comes from; other types than a coupon have no coupon."""

    coupon: str | CouponObject | None = None


class DiscountObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A discount at work, and what it hangs on: an item, else a subscription, else a customer."""

    id: str
    start: int
    source: DiscountSourceObject | None = None
    end: int | None = None
    customer: str | Reference | None = None
    subscription: str | None = None
    subscription_item: str | None = None
    invoice: str | None = None
    invoice_item: str | None = None


class TaxRateObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tax rate: a percentage, or (by its `rate_type`) an amount."""

    inclusive: bool
    percentage: Decimal | None = None
    rate_type: str | None = None


class TrialObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The trial of one item."""

    start_date: int | None = None
    end_date: int | None = None


class ItemObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription item; quantity is missing for metered usage."""

    id: str
    price: PriceObject
    quantity: int | None = None
    discounts: list[str | DiscountObject] | None = None
    tax_rates: list[TaxRateObject] | None = None
    current_trial: TrialObject | None = None
    created: int | None = None


class CustomerObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer; a deleted one has only its id."""

    id: str
    discount: str | DiscountObject | None = None


# Where a discount with a certain coupon can be read: a path, and the field of its discounts.
HolderPath = tuple[str, str]
# The field that stands for the discounts on the lines of an invoice.
LINES = "data"


class DiscountHolderObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whatever discounts hang on: a subscription, an item (`discounts`), a customer, or a list."""

    discounts: list[str | DiscountObject] | None = None
    discount: str | DiscountObject | None = None
    data: "list[DiscountHolderObject] | None" = None


class AutomaticTaxObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether Stripe computes tax."""

    enabled: bool = False


class PauseCollectionObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Present while collection is paused."""

    behavior: str | None = None


class TrialEndObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of a subscription at the end of its trial."""

    missing_payment_method: str | None = None


class TrialSettingsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a trial ends."""

    end_behavior: TrialEndObject | None = None


class PausedObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Since when a subscription is paused."""

    transitioned_at: int | None = None


class StatusDetailsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """More about the status."""

    paused: PausedObject | None = None


class SubscriptionObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription as the list endpoint gives it."""

    id: str
    status: str
    currency: str
    customer: str | CustomerObject
    created: int
    items: Page[ItemObject]
    start_date: int | None = None
    livemode: bool | None = None
    discounts: list[str | DiscountObject] | None = None
    default_tax_rates: list[TaxRateObject] | None = None
    automatic_tax: AutomaticTaxObject | None = None
    pause_collection: PauseCollectionObject | None = None
    cancel_at_period_end: bool = False
    cancel_at: int | None = None
    canceled_at: int | None = None
    ended_at: int | None = None
    trial_start: int | None = None
    trial_end: int | None = None
    trial_settings: TrialSettingsObject | None = None
    status_details: StatusDetailsObject | None = None
    schedule: str | Reference | None = None
    test_clock: str | Reference | None = None


def decode(body: bytes, kind: type[Answer]) -> Answer:
    """Return the JSON body of an answer as the object that was asked for.

    Raises:
        BadResponseError: a field that is needed is missing or of another type. The sentence names
            the place, never the content.
        msgspec.DecodeError: the body is no JSON at all, so it was cut or is not Stripe's.
    """
    try:
        answer: Answer = _make_decoder(cast("Hashable", kind)).decode(body)
    except msgspec.ValidationError as error:
        difference = str(error)
    else:
        return answer
    # Raised here and not inside `except`, so that the chain holds no part of the body.
    raise BadResponseError(
        f"Stripe's answer has not the shape of API version {STRIPE_VERSION}: {difference}."
    )


@cache
def _make_decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
