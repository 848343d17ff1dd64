"""Movements of the balance that are no revenue: payouts, Stripe's own fees, top-ups, transfers."""

from local.stripe_sandbox.collection import Collection
from local.stripe_sandbox.journal import changing, emit
from local.stripe_sandbox.lifecycle import Rule
from local.stripe_sandbox.money import Movement
from local.stripe_sandbox.paying import move_balance
from local.stripe_sandbox.periods import DAY, WEEK
from local.stripe_sandbox.state import State

_MONTH = 30 * DAY
_QUARTER = 91 * DAY
_SETTLED_AFTER = 2 * DAY
_ARRIVES_AFTER = 2 * DAY
_BILLING_SHARE = 0.007
_TOPUP = 250_000
_TRANSFER = 40_000


def open_treasury(state: State, at: int) -> None:
    """Put the first of everything on the agenda; each then plans the next."""
    state.plan(at + WEEK, "pay_out")
    state.plan(at + _MONTH, "take_product_fee")
    state.plan(at + _QUARTER, "top_up")


def pay_out(state: State, _: str, at: int) -> None:
    """Pay out what has settled since the payout before."""
    settled = [
        moved
        for moved in state.balance_transactions.within(
            at - WEEK - _SETTLED_AFTER, at - _SETTLED_AFTER - 1
        )
        if moved.kind != "payout"
    ]
    amount = sum(moved.amount - moved.fee for moved in settled)
    if amount > 0:
        payout = _move(state, state.payouts, "payout", "po", -amount, at)
        for moved in settled:
            moved.payout = payout.id
        emit(state, payout, "created", at)
        state.plan(payout.arrives_at, "payout_arrives", payout.id)
    state.plan(at + WEEK, "pay_out")


def arrive(state: State, payout_id: str, at: int) -> None:
    """Let a payout reach the bank."""
    payout = state.payouts[payout_id]
    with changing(state, payout, at, then=("paid",)):
        payout.status = "paid"
    state.payouts.touch()


def take_product_fee(state: State, _: str, at: int) -> None:
    """Let Stripe take its fee for a product, which is a movement of its own."""
    paid = state.balance_transactions.within(at - _MONTH, at - 1)
    volume = sum(moved.amount for moved in paid if moved.category == "charge")
    if volume:
        move_balance(
            state,
            at,
            kind="stripe_fee",
            category="fee",
            amount=-round(volume * _BILLING_SHARE),
            currency=state.account.default_currency,
            source=None,
            description="Billing - Usage Fee",
        )
    state.plan(at + _MONTH, "take_product_fee")


def top_up(state: State, _: str, at: int) -> None:
    """Bring money in from the bank and hand some on to a partner's account."""
    topup = _move(state, state.topups, "topup", "tu", _TOPUP, at)
    emit(state, topup, "created", at)
    emit(state, topup, "succeeded", at)
    emit(state, _move(state, state.transfers, "transfer", "tr", -_TRANSFER, at), "created", at)
    state.plan(at + _QUARTER, "top_up")


def _move(  # noqa: PLR0917 - what all three movements share
    state: State, records: Collection[Movement], kind: str, prefix: str, amount: int, at: int
) -> Movement:
    currency = state.account.default_currency
    made = Movement(
        id=state.ids.new(prefix),
        created=at,
        kind=kind,
        amount=abs(amount),
        currency=currency,
        status="succeeded" if kind == "topup" else "in_transit",
        arrives_at=at + _ARRIVES_AFTER,
    )
    made.balance_transaction = move_balance(
        state,
        at,
        kind=kind,
        category=kind,
        amount=amount,
        currency=currency,
        source=made.id,
        description=f"STRIPE {kind.upper()}",
    ).id
    return records.add(made)


RULES: dict[str, Rule] = {
    "pay_out": pay_out,
    "payout_arrives": arrive,
    "take_product_fee": take_product_fee,
    "top_up": top_up,
}
