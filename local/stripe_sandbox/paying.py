"""Charges and the movements of the balance that they make, in the currency of settlement."""

import math

from local.stripe_sandbox.journal import changing, emit
from local.stripe_sandbox.money import BalanceTransaction, Charge, Refund
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.state import State

Fees = tuple[tuple[str, int, str], ...]

# What one minor unit of a currency is worth in US cents, about which its rate swings.
_WORTH = {"usd": 1.0, "eur": 1.09, "gbp": 1.27, "chf": 1.13, "cad": 0.73, "aud": 0.66, "jpy": 0.67}
_SWING = 0.03
_SWING_DAYS = 240
_AVAILABLE_AFTER = 2 * DAY


def exchange_rate(state: State, currency: str, at: int) -> float | None:
    """Return the day's rate to the account's currency; None where nothing is exchanged."""
    own = state.account.default_currency
    if currency == own:
        return None
    day = at // DAY
    swing = 1 + _SWING * math.sin(2 * math.pi * day / _SWING_DAYS)
    return round(_WORTH.get(currency, 1.0) / _WORTH.get(own, 1.0) * swing, 6)


def move_balance(  # noqa: PLR0913 - a row of the balance has that many independent columns
    state: State,
    at: int,
    *,
    kind: str,
    category: str,
    amount: int,
    currency: str,
    source: str | None,
    fees: Fees = (),
    description: str | None = None,
    rate: float | None = None,
) -> BalanceTransaction:
    """Write down a movement of the balance, exchanged into the account's currency.

    Args:
        state: the business.
        at: when.
        kind: Stripe's type.
        category: Stripe's reporting category.
        amount: in *currency*; below zero takes from the balance.
        currency: of the source.
        source: id of what moved it.
        fees: parts of the fee, in the account's currency.
        description: in words.
        rate: that of an earlier movement which this one undoes; the day's without it.
    """
    rate = rate or exchange_rate(state, currency, at)
    return state.balance_transactions.add(
        BalanceTransaction(
            id=state.ids.new("txn"),
            created=at,
            amount=amount if rate is None else round(amount * rate),
            currency=state.account.default_currency,
            kind=kind,
            category=category,
            source=source,
            fees=fees,
            exchange_rate=rate,
            available_on=at + _AVAILABLE_AFTER,
            description=description,
        )
    )


def fees_on(state: State, amount: int, currency: str, at: int) -> Fees:
    """Return what Stripe takes for a payment; one in another currency costs more, and tax."""
    rate = exchange_rate(state, currency, at)
    if rate is None:
        return (("stripe_fee", round(amount * 0.029) + 30, "Stripe processing fees"),)
    fee = round(amount * rate * 0.039) + 30
    return (
        ("stripe_fee", fee, "Stripe processing fees"),
        ("tax", round(fee * 0.2), "VAT"),
    )


def charge(  # noqa: PLR0913 - a payment has that many independent sides
    state: State,
    at: int,
    *,
    amount: int,
    currency: str,
    customer: str | None,
    payment_intent: str | None = None,
    captured: int | None = None,
    failure_code: str | None = None,
    description: str | None = None,
) -> Charge:
    """Try to take money, with the event and the movement that follow.

    Args:
        state: the business.
        at: when.
        amount: what is authorized.
        currency: of the amount.
        customer: None for a guest.
        payment_intent: id of the intent that this is an attempt of; a new one without it.
        captured: how much of it is taken; all of it unless said otherwise.
        failure_code: why it fails, if it does.
        description: in words.
    """
    failed = failure_code is not None
    taken = amount if captured is None and not failed else 0
    made = state.charges.add(
        Charge(
            id=state.ids.new("ch"),
            created=at,
            customer=customer,
            amount=amount,
            currency=currency,
            payment_intent=payment_intent or state.ids.new("pi"),
            captured=taken,
            status="failed" if failed else "succeeded",
            failure_code=failure_code,
            description=description,
        )
    )
    if taken:
        _book(state, made, at)
    emit(state, made, "failed" if failed else "succeeded", at)
    if captured is not None and not failed:
        with changing(state, made, at, verb="captured"):
            made.captured = captured
            _book(state, made, at)
            _release_rest(state, made, at)
    return made


def _book(state: State, made: Charge, at: int) -> None:
    """Move the balance by what was authorized, with the fee on what was captured of it."""
    made.balance_transaction = move_balance(
        state,
        at,
        kind="charge",
        category="charge",
        amount=made.amount,
        currency=made.currency,
        source=made.id,
        fees=fees_on(state, made.captured, made.currency, at),
        description=made.description,
    ).id


def _release_rest(state: State, made: Charge, at: int) -> None:
    """Give up what was authorized and not captured; Stripe books that as a refund of its own."""
    rest = made.amount - made.captured
    if not rest:
        return
    released = Refund(
        id=state.ids.new("re"),
        created=at,
        charge=made.id,
        payment_intent=made.payment_intent,
        amount=rest,
        currency=made.currency,
    )
    released.balance_transaction = move_balance(
        state,
        at,
        kind="refund",
        category="partial_capture_reversal",
        amount=-rest,
        currency=made.currency,
        source=released.id,
        description="PARTIAL CAPTURE REVERSAL",
    ).id
    state.refunds.add(released)
    emit(state, released, "created", at)
    made.refunded = rest
