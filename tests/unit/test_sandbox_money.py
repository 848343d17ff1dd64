"""The sandbox's payments: charges, what goes back, and the balance that all of it moves."""

from typing import Any

import pytest

from local.stripe_sandbox import Business
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.errors import StripeError

NOW = 1_800_000_000

Json = dict[str, Any]


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW, bills=True)


def moves(business: Business) -> list[tuple[str, str, int, int]]:
    """Return type, reporting category, amount and fee of every movement, oldest first."""
    data = get(business.state, "/v1/balance_transactions?limit=100")["data"]
    return [
        (each["type"], each["reporting_category"], each["amount"], each["fee"])
        for each in data[::-1]
    ]


def kinds(business: Business) -> list[str]:
    """Return the types of all events, oldest first."""
    return [each["type"] for each in get(business.state, "/v1/events?limit=100")["data"][::-1]]


def test_a_guest_pays_without_being_a_customer(business: Business) -> None:
    charge = business.charge(10_000)
    body = get(business.state, f"/v1/charges/{charge.id}?expand[]=balance_transaction")
    assert (body["customer"], body["paid"], body["amount_captured"]) == (None, True, 10_000)
    moved = body["balance_transaction"]
    assert (moved["amount"], moved["fee"], moved["net"]) == (10_000, 320, 9_680)
    assert moved["exchange_rate"] is None


def test_a_declined_charge_moves_nothing(business: Business) -> None:
    business.charge(10_000, failure_code="card_declined")
    assert moves(business) == []
    assert kinds(business) == ["charge.failed"]


def test_a_partial_capture_gives_up_the_rest(business: Business) -> None:
    charge = business.charge(10_000, captured=6_000)
    assert moves(business) == [
        ("charge", "charge", 10_000, 204),
        ("refund", "partial_capture_reversal", -4_000, 0),
    ]
    body = get(business.state, f"/v1/charges/{charge.id}")
    assert (body["amount_captured"], body["amount_refunded"]) == (6_000, 4_000)


def test_a_refund_takes_back_a_part_and_then_the_rest(business: Business) -> None:
    charge = business.charge(10_000)
    business.refund(charge, 3_000)
    business.refund(charge)
    assert [amount for _, category, amount, _ in moves(business) if category == "refund"] == [
        -3_000,
        -7_000,
    ]
    assert get(business.state, f"/v1/charges/{charge.id}")["refunded"]
    refunds = get(business.state, f"/v1/refunds?charge={charge.id}")["data"]
    assert [each["amount"] for each in refunds] == [7_000, 3_000]
    assert kinds(business).count("charge.refunded") == 2


def test_a_refund_that_fails_comes_back(business: Business) -> None:
    charge = business.charge(10_000)
    refund = business.refund(charge)
    business.fail_refund(refund)
    assert moves(business)[1:] == [
        ("refund", "refund", -10_000, 0),
        ("refund_failure", "refund_failure", 10_000, 0),
    ]
    body = get(business.state, f"/v1/refunds/{refund.id}?expand[]=failure_balance_transaction")
    assert body["status"] == "failed"
    assert body["failure_balance_transaction"]["amount"] == 10_000
    assert get(business.state, f"/v1/charges/{charge.id}")["amount_refunded"] == 0


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_withdraws_and_perhaps_returns(business: Business, *, won: bool) -> None:
    dispute = business.dispute(business.charge(10_000))
    business.decide(dispute, won=won)
    expected = [("adjustment", "dispute", -10_000, 1_500)]
    expected += [("adjustment", "dispute_reversal", 10_000, -1_500)] if won else []
    assert moves(business)[1:] == expected
    body = get(business.state, f"/v1/disputes/{dispute.id}")
    assert body["status"] == ("won" if won else "lost")
    assert [each["reporting_category"] for each in body["balance_transactions"]] == [
        category for _, category, _, _ in expected
    ]
    assert ("charge.dispute.funds_reinstated" in kinds(business)) == won


def test_a_payment_can_bounce(business: Business) -> None:
    charge = business.charge(10_000)
    business.bounce(charge)
    assert moves(business)[-1] == ("payment_failure_refund", "charge_failure", -10_000, 0)
    assert get(business.state, f"/v1/charges/{charge.id}")["status"] == "failed"


@pytest.mark.parametrize(("currency", "low", "high"), [("eur", 1, 1.2), ("jpy", 0.6, 0.7)])
def test_each_day_has_its_rate_which_turns_what_is_paid_into_what_is_settled(
    business: Business, currency: str, low: float, high: float
) -> None:
    rates = set()
    for days in range(5):
        business.charge(123_456, currency=currency, at=business.now - days * 86_400)
    for moved in get(business.state, "/v1/balance_transactions")["data"]:
        rates.add(moved["exchange_rate"])
        assert moved["currency"] == "usd"
        assert moved["amount"] == round(123_456 * moved["exchange_rate"])
    assert len(rates) == 5
    assert low < min(rates) < max(rates) < high


def test_what_is_undone_is_exchanged_at_the_rate_of_before(business: Business) -> None:
    charge = business.charge(10_000, currency="eur")
    refund = business.refund(charge)
    business.advance(days=40)
    business.fail_refund(refund)
    (_, _, paid, fee), (_, _, back, _), (_, _, again, _) = moves(business)
    assert again == -back
    assert paid == -back != 10_000
    assert fee > 0


def test_the_source_of_a_movement_can_be_seen_with_it(business: Business) -> None:
    customer = business.add_customer()
    charge = business.charge(10_000, customer=customer)
    business.dispute(charge)
    path = "/v1/balance_transactions?expand[]=data.source"
    objects = [each["source"]["object"] for each in get(business.state, path)["data"]]
    assert objects == ["dispute", "charge"]
    for query, count in (
        (f"source={charge.id}", 1),
        ("type=adjustment", 1),
        ("currency=eur", 0),
        ("payout=po_none", 0),
    ):
        page = get(business.state, f"/v1/balance_transactions?{query}")
        assert len(page["data"]) == count, query
    assert len(get(business.state, f"/v1/charges?customer={customer.id}")["data"]) == 1
    intent = charge.payment_intent
    for path in ("charges", "disputes", "invoice_payments?payment[type]=payment_intent"):
        joint, name = ("&", "payment[payment_intent]") if "?" in path else ("?", "payment_intent")
        page = get(business.state, f"/v1/{path}{joint}{name}={intent}")
        assert len(page["data"]) == (path != "invoice_payments?payment[type]=payment_intent")


@pytest.mark.parametrize(
    "target",
    [
        "/v1/invoices?customer=cus_0",
        "/v1/invoices?subscription=sub_0",
        "/v1/invoices?status=gone",
        "/v1/invoices/in_0/lines",
        "/v1/charges?customer=cus_0",
        "/v1/refunds?charge=ch_0",
        "/v1/disputes?charge=ch_0",
        "/v1/invoice_payments?invoice=in_0",
    ],
)
def test_ids_that_nothing_has_are_refused(business: Business, target: str) -> None:
    with pytest.raises(StripeError):
        get(business.state, target)
