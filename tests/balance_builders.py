"""Stripe's balance transactions as JSON, of API version 2026-10-28.endive, and accounts of them.

Every builder takes the fields that a test is about and fills in the rest. `a_balance` sends them
through the production decoding and mapping, with the sources expanded as the list gives them.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.adapters.stripe_money_mapping import customer_of, to_rows, with_payers
from shared.adapters.stripe_money_objects import BalanceTransactionObject, ChargeObject
from shared.adapters.stripe_objects import Page, decode
from shared.domain.account import Account, Mode
from tests.builders import Json, an_id, days_ago, seconds


def a_row(category: str, amount: int, **fields: Any) -> Json:
    """Any balance transaction; `at` is when, `fee` is Stripe's."""
    at: datetime = fields.pop("at", days_ago(3))
    fee: int = fields.pop("fee", 0)
    currency: str = fields.pop("currency", "usd")
    row: Json = {
        "id": an_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": seconds(at) + 2 * 86_400,
        "balance_type": "payments",
        "created": seconds(at),
        "currency": currency,
        "description": "Somebody's order",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [a_fee(fee, currency=currency)] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": None,
        "status": "available",
        "type": category,
    }
    return row | fields


def a_fee(amount: int, kind: str = "stripe_fee", currency: str = "usd") -> Json:
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": None,
        "type": kind,
    }


def a_charge(customer: str | None = None, **fields: Any) -> Json:
    """A charge; without a customer it is a guest's."""
    charge: Json = {
        "id": an_id("ch"),
        "object": "charge",
        "billing_details": {"email": "somebody@example.com"},
        "customer": customer,
        "livemode": True,
        "status": "succeeded",
    }
    return charge | fields


def a_charge_row(amount: int, customer: str | None = "cus_a", **fields: Any) -> Json:
    """Money that came in for a charge."""
    charge = a_charge(customer)
    return a_row("charge", amount, **{"source": charge, "type": "charge"} | fields)


def a_refund_row(amount: int, of: Json | None = None, **fields: Any) -> Json:
    """Money given back, of the charge of a row."""
    refund = {"id": an_id("re"), "object": "refund", "amount": amount, "charge": charge_of(of)}
    return a_row("refund", -amount, **{"source": refund, "type": "refund"} | fields)


def a_refund_failure_row(refund_row: Json, **fields: Any) -> Json:
    """A refund's money that came back."""
    source = refund_row["source"]
    return a_row("refund_failure", -refund_row["amount"], **{"source": source} | fields)


def a_partial_capture_row(amount: int, of: Json | None = None, **fields: Any) -> Json:
    """What was authorized and not captured; Stripe books it by way of a refund."""
    refund = {"id": an_id("re"), "object": "refund", "amount": amount, "charge": charge_of(of)}
    kind = "partial_capture_reversal"
    return a_row(kind, -amount, **{"source": refund, "type": "refund"} | fields)


def a_charge_failure_row(charge_row: Json, **fields: Any) -> Json:
    """A payment that failed days after it came in."""
    usual = {"source": charge_row["source"], "type": "payment_failure_refund"}
    return a_row("charge_failure", -charge_row["amount"], **usual | fields)


def a_dispute_row(amount: int, of: Json | None = None, fee: int = 1500, **fields: Any) -> Json:
    """Money that a customer's bank withdrew, with Stripe's fee for it."""
    dispute = {"id": an_id("du"), "object": "dispute", "amount": amount, "charge": charge_of(of)}
    usual = {"source": dispute, "type": "adjustment"}
    return a_row("dispute", -amount, fee=fee, **usual | fields)


def a_dispute_reversal_row(dispute_row: Json, **fields: Any) -> Json:
    """A dispute that was won: money and fee come back."""
    usual = {"source": dispute_row["source"], "type": "adjustment"}
    return a_row(
        "dispute_reversal", -dispute_row["amount"], fee=-dispute_row["fee"], **usual | fields
    )


def charge_of(row: Json | None) -> str:
    """The id of a row's charge; of one that no row is about without a row."""
    return row["source"]["id"] if row else an_id("ch")


def a_balance(*rows: Json, charges: Sequence[Json] = (), mode: Mode = "live") -> Account:
    """The account that the production mapping makes of these rows, read in one page.

    Args:
        rows: balance transactions.

        charges: those that were asked for one by one.

        mode: of the key.
    """
    body = json.dumps({"object": "list", "data": rows, "has_more": False})
    listed = decode(body.encode(), Page[BalanceTransactionObject]).data
    single = [decode(json.dumps(charge).encode(), ChargeObject) for charge in charges]
    payers = {charge.id: customer_of(charge) for charge in single}
    return Account(mode, balance=with_payers(to_rows(listed), payers))
