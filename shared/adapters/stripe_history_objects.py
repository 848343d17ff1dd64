"""The fields read of the objects that tell of the past: invoices, invoice items, events, customers.

The conventions are those of `stripe_objects`. Events are rendered at the API version of their own
time, so that every field of theirs may be missing or shaped as it was years ago.
"""

from decimal import Decimal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from shared.adapters.stripe_objects import (
    DiscountObject,
    Page,
    PauseCollectionObject,
    Reference,
    StatusDetailsObject,
)


class PeriodObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """From when until when a line is billed."""

    start: int
    end: int


class PriceDetailsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The price of a line, by id."""

    price: str | Reference | None = None


class PricingObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a line came to its amount."""

    price_details: PriceDetailsObject | None = None


class CreditedItemsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The lines that a crediting proration takes back."""

    invoice_line_items: list[str] | None = None


class ProrationDetailsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a proration takes back; null for one that bills."""

    credited_items: CreditedItemsObject | None = None


class LineDetailsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """What made a line: a subscription item, or an invoice item (which may name none)."""

    invoice_item: str | None = None
    proration: bool = False
    proration_details: ProrationDetailsObject | None = None
    subscription: str | None = None
    subscription_item: str | None = None


class LineParentObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a line comes from; `type` says which of the two is there."""

    subscription_item_details: LineDetailsObject | None = None
    invoice_item_details: LineDetailsObject | None = None


class LineObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of an invoice."""

    id: str
    amount: int
    period: PeriodObject
    parent: LineParentObject | None = None
    pricing: PricingObject | None = None
    quantity: int | None = None
    quantity_decimal: Decimal | None = None
    discounts: list[str | DiscountObject] | None = None


class SubscriptionDetailsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The subscription that an invoice or an invoice item belongs to."""

    subscription: str | Reference | None = None
    subscription_item: str | None = None


class ParentObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """What made an invoice or an invoice item."""

    subscription_details: SubscriptionDetailsObject | None = None


class TransitionsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """When an invoice changed its status."""

    finalized_at: int | None = None
    marked_uncollectible_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None


class InvoiceObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """An invoice with its first lines."""

    id: str
    created: int
    lines: Page[LineObject]
    status: str | None = None
    customer: str | Reference | None = None
    parent: ParentObject | None = None
    billing_reason: str | None = None
    collection_method: str | None = None
    attempted: bool = False
    attempt_count: int = 0
    due_date: int | None = None
    discounts: list[str | DiscountObject] | None = None
    status_transitions: TransitionsObject = TransitionsObject()


class InvoiceItemObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """An invoice item; while no invoice has taken it, it waits. Lists bound `date` as `created`."""

    id: str
    amount: int
    period: PeriodObject
    created: int = msgspec.field(name="date")
    customer: str | Reference | None = None
    parent: ParentObject | None = None
    pricing: PricingObject | None = None
    quantity: int | None = None
    quantity_decimal: Decimal | None = None
    proration: bool = False
    proration_details: ProrationDetailsObject | None = None


class EventDataObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The object of an event as it was, and what an update replaced; both of any shape."""

    object: Raw
    previous_attributes: Raw = Raw(b"null")


class EventObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event as the list endpoint gives it."""

    id: str
    type: str
    created: int
    data: EventDataObject


class PastPriceObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A price in an event, or a plan, whose id is the same."""

    id: str


class PastItemObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item in an event."""

    id: str
    price: PastPriceObject | None = None
    plan: PastPriceObject | None = None
    quantity: int | None = None


class PastItemsObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first items of a subscription in an event; what did not change may be missing."""

    data: list[PastItemObject] | UnsetType = UNSET
    has_more: bool = False


class PastSubscriptionObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription in an event, or those of its fields that an update replaced."""

    id: str | UnsetType = UNSET
    customer: str | Reference | UnsetType | None = UNSET
    status: str | UnsetType = UNSET
    items: PastItemsObject | UnsetType = UNSET
    cancel_at_period_end: bool | UnsetType = UNSET
    cancel_at: int | UnsetType | None = UNSET
    status_details: StatusDetailsObject | UnsetType | None = UNSET
    pause_collection: PauseCollectionObject | UnsetType | None = UNSET


class PastDiscountObject(DiscountObject, frozen=True, omit_defaults=True):
    """A discount in an event; until 2025 its coupon stood in a place of its own."""

    coupon: Reference | None = None


class BareCustomerObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer: which, and since when."""

    id: str
    created: int = 0
    livemode: bool | None = None
    test_clock: str | Reference | None = None


class ListedCustomerObject(BareCustomerObject, frozen=True, omit_defaults=True):
    """A customer, as the list endpoint and events give it."""

    discount: PastDiscountObject | None = None


class PastEventObject(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of an event: of its payload only what tells of the past.

    `subscription` is what it became and `replaced` those of its fields that were otherwise before;
    `discount` and `customer` are what was taken away.
    """

    id: str
    type: str
    created: int
    subscription: PastSubscriptionObject | None = None
    replaced: PastSubscriptionObject | None = None
    discount: PastDiscountObject | None = None
    customer: ListedCustomerObject | None = None


class HintObject(msgspec.Struct, frozen=True):
    """What the payloads of events of all kinds have in common, in every API version.

    `invoice` and `proration` are an invoice item's.
    """

    id: str | None = None
    customer: str | Reference | UnsetType | None = UNSET
    created: int | None = None
    livemode: bool | None = None
    test_clock: str | Reference | None = None
    invoice: str | Reference | None = None
    proration: bool = True
