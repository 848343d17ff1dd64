"""Movements of the balance, and the payouts, top-ups and transfers among them."""

from local.stripe_sandbox.expansion import Expand
from local.stripe_sandbox.money import BalanceTransaction, Movement
from local.stripe_sandbox.objects.view import View, list_object, renders
from local.stripe_sandbox.records import Json, Record


@renders(BalanceTransaction)
def render_balance_transaction(view: View, moved: BalanceTransaction, expand: Expand) -> Json:
    """Return the balance transaction; Stripe gives it no livemode."""
    source = find_source(view, moved.source)
    return {
        "id": moved.id,
        "object": "balance_transaction",
        "amount": moved.amount,
        "available_on": moved.available_on,
        "balance_type": "payments",
        "created": moved.created,
        "currency": moved.currency,
        "description": moved.description,
        "exchange_rate": moved.exchange_rate,
        "fee": moved.fee,
        "fee_details": [
            {
                "amount": amount,
                "application": None,
                "currency": moved.currency,
                "description": description,
                "type": kind,
            }
            for kind, amount, description in moved.fees
        ],
        "net": moved.amount - moved.fee,
        "reporting_category": moved.category,
        "source": view.reference(source, "source", expand) or moved.source,
        "status": "available" if moved.available_on <= view.state.now else "pending",
        "type": moved.kind,
    }


def find_source(view: View, source_id: str | None) -> Record | None:
    """Return the record that moved the balance, of whatever kind."""
    state = view.state
    if source_id is None:
        return None
    for records in (
        state.charges, state.refunds, state.disputes, state.payouts, state.topups, state.transfers
    ):  # fmt: skip
        found: Record | None = records.get(source_id)
        if found is not None:
            return found
    return None


@renders(Movement)
def render_movement(view: View, movement: Movement, expand: Expand) -> Json:
    """Return a payout, a top-up or a transfer."""
    moved = view.state.balance_transactions.get(movement.balance_transaction or "")
    common: Json = {
        "id": movement.id,
        "object": movement.kind,
        "amount": movement.amount,
        "balance_transaction": view.reference(moved, "balance_transaction", expand),
        "created": movement.created,
        "currency": movement.currency,
        "description": None,
        "livemode": view.livemode,
        "metadata": movement.metadata,
    }
    return {**common, **_PARTS[movement.kind](movement)}


def _payout(movement: Movement) -> Json:
    return {
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": movement.arrives_at,
        "automatic": True,
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": movement.status,
        "trace_id": None,
        "type": "bank_account",
    }


def _topup(movement: Movement) -> Json:
    return {
        "expected_availability_date": movement.arrives_at,
        "failure_code": None,
        "failure_message": None,
        "source": None,
        "statement_descriptor": None,
        "status": movement.status,
        "transfer_group": None,
    }


def _transfer(movement: Movement) -> Json:
    return {
        "amount_reversed": 0,
        "destination": "acct_1sandboxpartner00",
        "reversals": list_object([], f"/v1/transfers/{movement.id}/reversals", has_more=False),
        "reversed": False,
        "source_transaction": None,
        "source_type": "card",
        "transfer_group": None,
    }


_PARTS = {"payout": _payout, "topup": _topup, "transfer": _transfer}
