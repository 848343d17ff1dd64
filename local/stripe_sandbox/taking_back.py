"""Money that goes back: refunds and their failure, disputes and their outcome, bounced payments."""

from local.stripe_sandbox.journal import changing, emit
from local.stripe_sandbox.money import Charge, Dispute, Refund
from local.stripe_sandbox.paying import move_balance
from local.stripe_sandbox.state import State

_DISPUTE_FEE = 1_500


def refund(
    state: State,
    charge: Charge,
    at: int,
    amount: int | None = None,
    reason: str | None = "requested_by_customer",
) -> Refund:
    """Give back a part of a charge, or all that is left of it."""
    left = charge.amount - charge.refunded
    given = left if amount is None else min(amount, left)
    made = Refund(
        id=state.ids.new("re"),
        created=at,
        charge=charge.id,
        payment_intent=charge.payment_intent,
        amount=given,
        currency=charge.currency,
        reason=reason,
    )
    made.balance_transaction = move_balance(
        state,
        at,
        kind="refund",
        category="refund",
        amount=-given,
        currency=charge.currency,
        source=made.id,
        description="REFUND FOR CHARGE",
    ).id
    state.refunds.add(made)
    emit(state, made, "created", at)
    with changing(state, charge, at, verb="refunded"):
        charge.refunded += given
    state.note("refunds")
    return made


def fail_refund(state: State, refund_id: str, at: int) -> None:
    """Let the customer's bank turn a refund down, which brings the money back to the balance."""
    failed = state.refunds[refund_id]
    if failed.status != "succeeded":
        return
    charge = state.charges[failed.charge]
    with changing(state, failed, at, then=("charge.refund.updated", "failed")):
        failed.status, failed.failure_reason = "failed", "expired_or_canceled_card"
        failed.failure_transaction = move_balance(
            state,
            at,
            kind="refund_failure",
            category="refund_failure",
            amount=failed.amount,
            currency=failed.currency,
            source=failed.id,
            rate=_rate_of(state, failed.balance_transaction),
            description="REFUND FAILURE",
        ).id
    with changing(state, charge, at):
        charge.refunded -= failed.amount
    state.note("refunds failed")


def dispute(state: State, charge: Charge, at: int, reason: str = "fraudulent") -> Dispute:
    """Let the customer's bank withdraw what is left of a charge, with a fee."""
    made = Dispute(
        id=state.ids.new("du"),
        created=at,
        charge=charge.id,
        payment_intent=charge.payment_intent,
        amount=charge.amount - charge.refunded,
        currency=charge.currency,
        reason=reason,
    )
    withdrawn = move_balance(
        state,
        at,
        kind="adjustment",
        category="dispute",
        amount=-made.amount,
        currency=made.currency,
        source=made.id,
        fees=(("stripe_fee", _DISPUTE_FEE, "Dispute fee"),),
        description=f"Chargeback withdrawal for {charge.id}",
    )
    made.transactions.append(withdrawn.id)
    state.disputes.add(made)
    with changing(state, charge, at):
        charge.disputed = True
    emit(state, made, "created", at)
    emit(state, made, "funds_withdrawn", at)
    state.note("disputes")
    return made


def decide(state: State, dispute_id: str, at: int, *, won: bool) -> None:
    """Close a dispute; one that is won returns the money and the fee."""
    decided = state.disputes[dispute_id]
    if decided.status in {"won", "lost"}:
        return
    then = ("closed", "funds_reinstated") if won else ("closed",)
    with changing(state, decided, at, then=then):
        decided.status = "won" if won else "lost"
        if won:
            returned = move_balance(
                state,
                at,
                kind="adjustment",
                category="dispute_reversal",
                amount=decided.amount,
                currency=decided.currency,
                source=decided.id,
                fees=(("stripe_fee", -_DISPUTE_FEE, "Dispute fee returned"),),
                rate=_rate_of(state, decided.transactions[0]),
                description=f"Chargeback reversal for {decided.charge}",
            )
            decided.transactions.append(returned.id)
    state.note("disputes won" if won else "disputes lost")


def bounce(state: State, charge_id: str, at: int) -> None:
    """Let a payment fail days after it seemed to succeed, as debits do."""
    charge = state.charges[charge_id]
    if charge.status != "succeeded" or charge.refunded or charge.disputed:
        return
    with changing(state, charge, at, verb="failed"):
        charge.status, charge.failure_code = "failed", "insufficient_funds"
        charge.captured = 0
        charge.failure_transaction = move_balance(
            state,
            at,
            kind="payment_failure_refund",
            category="charge_failure",
            amount=-charge.amount,
            currency=charge.currency,
            source=charge.id,
            rate=_rate_of(state, charge.balance_transaction),
            description="Payment failure",
        ).id
    state.note("payments bounced")


def _rate_of(state: State, transaction: str | None) -> float | None:
    return state.balance_transactions[transaction or ""].exchange_rate
