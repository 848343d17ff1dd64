"""The fields read of Stripe's objects of money, at API version 2026-10-28.endive, and no others.

The same conventions as in `stripe_objects`.
"""

from decimal import Decimal

import msgspec

from shared.adapters.stripe_objects import Reference


class FeeObject(msgspec.Struct, frozen=True):
    """A part of the fee on a movement of the balance."""

    amount: int
    type: str


class SourceObject(msgspec.Struct, frozen=True):
    """What moved the balance: an object of any of Stripe's kinds, so that it may lack every field.

    `customer` is read of charges, `charge` of refunds and disputes, the rest of whatever has it.
    """

    id: str | None = None
    object: str | None = None
    customer: str | Reference | None = None
    charge: str | Reference | None = None
    amount: int | None = None
    currency: str | None = None


class BalanceTransactionObject(msgspec.Struct, frozen=True):
    """A movement of the balance; Stripe gives it no livemode."""

    id: str
    created: int
    amount: int
    currency: str
    fee: int
    fee_details: list[FeeObject] | None = None
    reporting_category: str | None = None
    type: str | None = None
    source: str | SourceObject | None = None
    exchange_rate: Decimal | None = None


class ChargeObject(msgspec.Struct, frozen=True):
    """A charge, of which only the customer matters."""

    id: str
    customer: str | Reference | None = None
