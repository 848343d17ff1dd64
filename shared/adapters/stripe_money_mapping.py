"""From Stripe's movements of the balance to the domain's, each with who paid."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

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
from shared.domain.money import to_major
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


def to_rows(objects: Iterable[BalanceTransactionObject]) -> tuple[BalanceTransaction, ...]:
    """Return the movements, each once, with who paid as far as these tell.

    Any part of the list will do: once `payers_of` all parts are known, `with_payers` makes each row
    what it would have become among all of them.

    Raises:
        BadResponseError: a movement has a time that does not exist.
    """
    rows = {obj.id: _to_row(obj) for obj in objects}
    return with_payers(rows.values(), {})


def payers_of(rows: Iterable[BalanceTransaction]) -> dict[str, str | None]:
    """Return the customer of each charge that rows tell in full; None for guests."""
    return {row.source_id: row.customer_id for row in rows if _is_of_charge(row)}


def unpaid_charges(
    rows: Iterable[BalanceTransaction], categories: Collection[str] = COLLECTED
) -> set[str]:
    """Return the ids of charges that rows of some categories belong to, and nothing tells who paid.

    Money that comes in has its charge as source; what was not captured or failed later is booked as
    a refund, which names the charge only. Ask once for rows that are new: of a guest's charge no
    answer will ever tell.
    """
    rows = list(rows)
    wanted = {row.charge_id for row in rows if row.category in categories}
    return {charge_id for charge_id in wanted if charge_id} - payers_of(rows).keys()


def with_payers(
    rows: Iterable[BalanceTransaction], payers: Mapping[str, str | None]
) -> tuple[BalanceTransaction, ...]:
    """Return the rows, each with the customer of its charge.

    Args:
        rows: what they tell of one another is used too.

        payers: customers by charge, from other rows (`payers_of`) or from the charges themselves.
    """
    rows = list(rows)
    known = {**payers_of(rows), **payers}
    return tuple(
        replace(row, customer_id=known[row.charge_id])
        if row.charge_id in known and row.customer_id != known[row.charge_id]
        else row
        for row in rows
    )


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


def _is_of_charge(row: BalanceTransaction) -> bool:
    """Return whether the source of a row is a charge, told in full."""
    return row.source_object == "charge" and row.source_id != ""


def customer_of(charge: SourceObject | ChargeObject) -> str | None:
    """Return who paid a charge; None for guests."""
    return id_of(charge.customer) if charge.customer else None


def _to_row(obj: BalanceTransactionObject) -> BalanceTransaction:
    source = obj.source if isinstance(obj.source, SourceObject) else SourceObject(obj.source)
    currency = obj.currency.lower()
    paid_in = (source.currency or currency).lower()
    return BalanceTransaction(
        id=obj.id,
        created_at=_to_instant(obj.created),
        category=category_of(obj),
        amount_minor=obj.amount,
        fee_minor=_own_fee(obj),
        currency=currency,
        source_object=source.object or "",
        source_id=source.id or "",
        customer_id=customer_of(source) if source.object == "charge" else None,
        charge_id=charge_id_of(obj),
        source_currency=paid_in if paid_in != currency else "",
        exchange_rate=_rate(obj, source) if paid_in != currency else None,
    )


def _rate(obj: BalanceTransactionObject, source: SourceObject) -> Fraction | None:
    """Return what a major unit of the source's currency was worth; None where nothing tells it.

    Stripe's words, "the amount in currency A, multiplied by the exchange_rate, equals the amount in
    currency B", are of amounts in minor units. Whether that holds where one currency has other
    decimals is not said: the amounts tell, and where there are none Stripe is taken at its word.
    """
    if not obj.exchange_rate or not obj.exchange_rate.is_finite() or obj.exchange_rate < 0:
        return None
    told, paid_in = Fraction(obj.exchange_rate), source.currency or ""
    of_minor = told * to_major(1, obj.currency) / to_major(1, paid_in)
    if not obj.amount or not source.amount:
        return of_minor
    moved, paid = to_major(obj.amount, obj.currency), to_major(source.amount, paid_in)
    real = abs(moved / paid)
    return min(of_minor, told, key=lambda rate: max(rate / real, real / rate))


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
