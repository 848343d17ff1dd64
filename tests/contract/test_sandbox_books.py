"""The books of a whole seeded business: what it bills, takes and pays out adds up."""

from collections import Counter

import pytest

from local.stripe_sandbox import Business, SeedOptions, seeded_business
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.periods import DAY

NOW = 1_800_000_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_books_of_a_seeded_business_balance(seed: int) -> None:
    state = seeded_business(NOW, SeedOptions(seed=seed, customers=120)).state
    paid = {each.payment_intent for each in state.charges if each.status == "succeeded"}
    checked = 0
    for invoice in state.invoices:
        assert invoice.total == sum(line.net for line in invoice.lines)
        owed = invoice.due > invoice.paid_outside and invoice.status == "paid"
        found = [
            each for each in state.invoice_payments.owned_by(invoice.id)
            if each.payment_intent in paid and each.amount == invoice.due
        ]  # fmt: skip
        assert bool(found) == owed
        checked += owed
    assert checked > 300
    for item in state.invoice_items:
        assert item.invoice is None or item.id in {
            line.invoice_item for line in state.invoices[item.invoice].lines
        }
    for sub in state.subscriptions:
        assert state.history.of(sub.id)[-1].status == sub.status


@pytest.fixture(name="grown", scope="module")
def _grown() -> Business:
    business = seeded_business(NOW, SeedOptions(customers=400, foreign_share=0.2))
    business.advance(days=20)
    return business


def test_a_seeded_business_has_every_kind_of_movement(grown: Business) -> None:
    categories = Counter(each.category for each in grown.state.balance_transactions)
    assert set(categories) == {
        "charge", "charge_failure", "dispute", "dispute_reversal", "fee",
        "partial_capture_reversal", "payout", "refund", "refund_failure", "topup", "transfer",
    }  # fmt: skip
    assert categories["charge"] > 1_000


def test_payouts_pay_out_each_movement_once(grown: Business) -> None:
    state = grown.state
    for payout in state.payouts:
        page = get(state, f"/v1/balance_transactions?payout={payout.id}&limit=100")
        if not page["has_more"]:
            assert sum(each["net"] for each in page["data"]) == payout.amount
    old = [
        each
        for each in state.balance_transactions.within(0, grown.now - 30 * DAY)
        if each.payout is None and each.kind != "payout"
    ]
    assert len(old) < len(state.balance_transactions) / 20


def test_what_charges_say_is_what_their_movements_say(grown: Business) -> None:
    state = grown.state
    for charge in state.charges:
        refunded = sum(
            each.amount for each in state.refunds.owned_by(charge.id) if each.status != "failed"
        )
        assert charge.refunded == refunded <= charge.amount
        moved = state.balance_transactions.owned_by(charge.id)
        assert bool(moved) == (charge.balance_transaction is not None)
        assert charge.disputed == bool(state.disputes.owned_by(charge.id))
