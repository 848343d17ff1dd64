"""From Stripe's movements of the balance to the domain's, each with who paid."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from shared.adapters.stripe_money_objects import (
    BalanceTransactionObject,
    ChargeObject,
    SourceObject,
)
from shared.adapters.stripe_price_mapping import id_of
from shared.domain.balance import (
    CHARGE,
    CHARGE_FAILURE,
    COLLECTED,
    FEE,
    REFUND,
    BalanceTransaction,
)
from shared.errors import BadResponseError

# Used only where Stripe gives no reporting category: types whose category has another name. A type
# that may be of several categories (adjustment) is in none, so that the domain names it.
_CATEGORY_OF_TYPE = {
    "payment": CHARGE,
    "payment_failure_refund": CHARGE_FAILURE,
    "payment_refund": REFUND,
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "stripe_fee": FEE,
    "stripe_fx_fee": FEE,
    "tax_fee": FEE,
    "transfer_cancel": "transfer_reversal",
    "transfer_failure": "transfer_reversal",
    "transfer_refund": "transfer_reversal",
}
# Stripe's fees and the tax on them; the other types are fees of others that pass through.
_OWN_FEES = frozenset({"stripe_fee", "tax"})
_CHARGE_PREFIXES = ("ch_", "py_")


def to_balance(
    objects: Iterable[BalanceTransactionObject], charges: Mapping[str, ChargeObject]
) -> tuple[BalanceTransaction, ...]:
    """Return the movements, each once.

    Args:
        objects: with their sources expanded.

        charges: whatever `missing_charges` named, as far as it exists.

    Raises:
        BadResponseError: a movement has a time that does not exist.
    """
    found = {obj.id: obj for obj in objects}
    payers = _payers(found.values())
    payers.update((charge.id, _customer_of(charge)) for charge in charges.values())
    return tuple(_to_movement(obj, payers) for obj in found.values())


def missing_charges(objects: Iterable[BalanceTransactionObject]) -> set[str]:
    """Return the ids of the charges that money collected belongs to and that are not among these.

    A reversal may come long after its charge.
    """
    objects = list(objects)
    wanted = {charge_id_of(obj) for obj in objects if category_of(obj) in COLLECTED}
    return {charge_id for charge_id in wanted if charge_id} - _payers(objects).keys()


def category_of(obj: BalanceTransactionObject) -> str:
    """Return the reporting category; what the type says where Stripe gives none."""
    kind = obj.type or ""
    return obj.reporting_category or _CATEGORY_OF_TYPE.get(kind, kind)


def charge_id_of(obj: BalanceTransactionObject) -> str | None:
    """Return the id of the charge that a movement belongs to; None if it is not told."""
    source = obj.source
    if isinstance(source, SourceObject):
        if source.object == "charge":
            return source.id
        return id_of(source.charge) if source.charge else None
    return source if source and source.startswith(_CHARGE_PREFIXES) else None


def _payers(objects: Iterable[BalanceTransactionObject]) -> dict[str, str | None]:
    """Return the customer of each charge that is told in full; None for guests."""
    return {
        source.id: _customer_of(source)
        for source in (obj.source for obj in objects)
        if isinstance(source, SourceObject) and source.object == "charge" and source.id
    }


def _customer_of(charge: SourceObject | ChargeObject) -> str | None:
    return id_of(charge.customer) if charge.customer else None


def _to_movement(
    obj: BalanceTransactionObject, payers: Mapping[str, str | None]
) -> BalanceTransaction:
    charge_id = charge_id_of(obj)
    source = obj.source if isinstance(obj.source, SourceObject) else SourceObject(obj.source)
    return BalanceTransaction(
        id=obj.id,
        created_at=_to_instant(obj.created),
        category=category_of(obj),
        amount_minor=obj.amount,
        fee_minor=_own_fee(obj),
        currency=obj.currency.lower(),
        source_object=source.object or "",
        source_id=source.id or "",
        customer_id=payers.get(charge_id) if charge_id else None,
        charge_id=charge_id,
    )


def _own_fee(obj: BalanceTransactionObject) -> int:
    if not obj.fee_details:
        return obj.fee
    return sum(part.amount for part in obj.fee_details if part.type in _OWN_FEES)


def _to_instant(timestamp: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        reason = "a movement of the balance has a time that does not exist"
    raise BadResponseError(f"Stripe's answer cannot be read: {reason}.")
