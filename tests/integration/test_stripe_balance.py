"""The money of a small business, read from a Stripe-shaped server, comes to what it really was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from aiohttp import web

from local.stripe_sandbox import Business, Customer, Sandbox, start
from local.stripe_sandbox import Settings as SandboxSettings
from local.stripe_sandbox.paying import exchange_rate, move_balance
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import Needs, Reading
from shared.domain.definitions import Definitions
from shared.domain.metrics import Arpu, MetricQuery, Revenue, compute, needs_of
from shared.domain.stripe_key import StripeKey, parse_key
from tests.builders import MATCH_STRIPE, terms
from tests.integration.asked import Asked

# Far from the clock of the machine, before and after: only Stripe's may count.
CLOCKS = [datetime(2024, 3, 15, 13, 0, tzinfo=UTC), datetime(2044, 3, 15, 13, 0, tzinfo=UTC)]
BALANCE, CHARGES = "/v1/balance_transactions", "/v1/charges/"


@pytest.fixture(name="asked")
def _asked() -> Asked:
    return Asked()


@pytest.fixture(name="sandbox", params=CLOCKS, ids=["behind", "ahead"])
def _sandbox(asked: Asked, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    settings = SandboxSettings(interceptors=[asked])
    with start(Business.empty(request.param, name="Acme"), settings=settings) as sandbox:
        yield sandbox


@pytest.fixture(name="business")
def _business(sandbox: Sandbox) -> Business:
    return sandbox.business


def read(sandbox: Sandbox, needs: Needs | None = None) -> Reading:
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    source = StripeSource(key, api_base=sandbox.url)
    return source.read(needs or Needs(balance=timedelta(days=30)))


def value_of(
    reading: Reading, query: MetricQuery, definitions: Definitions | None = None
) -> Decimal | None:
    return compute(query, reading.account, reading.as_of, terms(definitions)).value


def numbers(reading: Reading) -> dict[str, str]:
    metrics: tuple[Any, ...] = ("total", "refunds", "net", "fees")
    return {metric: str(value_of(reading, Revenue(metric))) for metric in metrics}


def long_before(business: Business) -> int:
    """An instant before the range."""
    return business.now - 40 * 86_400


def live_a_month(business: Business) -> None:
    """Three customers and a guest: all that can happen to a payment, each at 2.9 % and 30 cents."""
    anna, boris, clara = (business.add_customer() for _ in range(3))
    kept = business.charge(20_000, customer=anna)
    partial = business.charge(10_000, customer=boris, captured=6_000)
    bounced = business.charge(5_000, customer=clara)
    business.charge(3_000)
    business.charge(7_000, customer=clara, failure_code="card_declined")
    business.refund(kept, 3_000)
    business.fail_refund(business.refund(kept, 1_000))
    business.bounce(bounced)
    business.decide(business.dispute(partial), won=False)
    business.decide(business.dispute(business.charge(4_000, customer=anna)), won=True)


def test_a_month_of_payments_comes_to_what_it_was(sandbox: Sandbox, business: Business) -> None:
    live_a_month(business)
    reading = read(sandbox)
    # Charges of 200, 60 of 100, 50 that bounced, 30 and 40. Fees of 6.10, 2.04, 1.75, 1.17, 1.46,
    # and 15 for the dispute that was lost.
    assert numbers(reading) == {
        "total": "330.00",
        "refunds": "30.00",
        "net": "240.00",
        "fees": "27.52",
    }
    assert value_of(reading, Revenue("net"), MATCH_STRIPE) == Decimal("212.48")
    # Anna paid 240 and Boris 60; the guest's 30 are nobody's.
    assert value_of(reading, Arpu()) == Decimal("150.00")


@pytest.mark.parametrize("query", [Revenue(), Revenue("net", "last_year"), Arpu("last_quarter")])
def test_only_balance_transactions_are_read(
    sandbox: Sandbox, business: Business, asked: Asked, query: MetricQuery
) -> None:
    live_a_month(business)
    business.add_subscription(business.add_price(1000))
    asked.requests.clear()
    reading = read(sandbox, needs_of(query))
    assert asked.paths() == [BALANCE]
    assert reading.requests == 1
    assert asked.requests[0].query["expand[]"] == "data.source"


def test_r15_all_pages_are_read(sandbox: Sandbox, business: Business) -> None:
    for _ in range(230):
        business.charge(100)
    reading = read(sandbox)
    assert value_of(reading, Revenue()) == Decimal("230.00")
    assert reading.requests == 3


def test_no_page_after_the_first_reaches_beyond_the_range(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    for _ in range(60):
        business.charge(100, at=long_before(business))
    for _ in range(130):
        business.charge(100)
    reading = read(sandbox)
    now = business.now
    bounds = [
        (request.query.get("created[gte]"), request.query.get("created[lte]"))
        for request in asked.requests
    ]
    assert bounds == [(None, None), (str(now - 30 * 86_400), str(now))]
    assert value_of(reading, Revenue()) == Decimal("130.00")


def test_a_first_page_that_reaches_beyond_the_range_is_the_last(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    for _ in range(130):
        business.charge(100, at=long_before(business))
    business.charge(500)
    assert value_of(read(sandbox), Revenue()) == Decimal("5.00")
    assert asked.paths() == [BALANCE]


def reverse_late(business: Business, customer: Customer | None) -> str:
    """Take 50 off a charge of before the range, within it; return the charge's id."""
    before = long_before(business)
    charge = business.charge(9_000, customer=customer, at=before)
    source = business.refund(charge, 5_000, at=before)
    move_balance(
        business.state,
        business.now,
        kind="refund",
        category="partial_capture_reversal",
        amount=-5_000,
        currency="usd",
        source=source.id,
    )
    return charge.id


def fill_a_page(business: Business) -> None:
    """Let guests pay, so that what was before is not on the first page by chance."""
    for _ in range(100):
        business.charge(100)


def test_a_reversal_long_after_its_charge_costs_one_request_for_the_charge(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    anna = business.add_customer()
    charges = [reverse_late(business, customer) for customer in (anna, None)]
    business.charge(12_000, customer=anna)
    fill_a_page(business)
    assert value_of(read(sandbox), Arpu()) == Decimal("70.00")
    single = [path for path in asked.paths() if path != BALANCE]
    assert sorted(single) == sorted(CHARGES + charge for charge in charges)


def test_a_payment_that_bounces_long_after_needs_no_request(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    anna = business.add_customer()
    bounced = business.charge(5_000, customer=anna, at=long_before(business))
    business.charge(12_000, customer=anna)
    business.bounce(bounced)
    fill_a_page(business)
    assert value_of(read(sandbox), Arpu()) == Decimal("70.00")
    assert set(asked.paths()) == {BALANCE}


def test_a_charge_that_is_gone_leaves_its_payer_unknown(
    sandbox: Sandbox, business: Business
) -> None:
    anna = business.add_customer()
    reverse_late(business, anna)
    business.charge(12_000, customer=anna)
    fill_a_page(business)

    async def be_gone(request: web.Request, _: str) -> web.Response | None:
        if request.path.startswith(CHARGES):
            return web.json_response({"error": {"code": "resource_missing"}}, status=404)
        return None

    sandbox.settings.interceptors = [be_gone]
    assert value_of(read(sandbox), Arpu()) == Decimal("120.00")


def test_a_deleted_customer_still_paid(sandbox: Sandbox, business: Business) -> None:
    anna, boris = business.add_customer(), business.add_customer()
    business.charge(10_000, customer=anna)
    business.charge(5_000, customer=boris)
    business.delete(anna)
    assert value_of(read(sandbox), Arpu()) == Decimal("75.00")


def test_what_was_paid_in_another_currency_counts_as_it_was_settled(
    sandbox: Sandbox, business: Business
) -> None:
    business.charge(1_000, currency="jpy")
    (moved,) = business.state.balance_transactions
    reading = read(sandbox)
    assert value_of(reading, Revenue()) == Decimal(moved.amount) / 100
    # The fee and the tax on it.
    assert value_of(reading, Revenue("fees")) == Decimal(moved.fee) / 100


def rates_in(reading: Reading) -> list[tuple[str, str, Fraction]]:
    return [(it.currency, it.into, it.rate) for it in reading.account.rates]


def days_rate(business: Business, currency: str, days_ago: int = 0) -> Fraction:
    """What the sandbox exchanges at, in minor units, without a digit lost."""
    rate = exchange_rate(business.state, currency, business.now - days_ago * 86_400)
    return Fraction(str(rate))


def test_the_newest_movements_tell_exchange_rates_in_one_request(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    business.charge(10_000, currency="gbp", at=long_before(business))
    fill_a_page(business)
    reading = read(sandbox, Needs(rates=True))
    (request,) = asked.requests
    assert dict(request.query) == {"expand[]": "data.source", "limit": "100"}
    assert (reading.requests, reading.account.balance) == (1, ())
    assert rates_in(reading) == []  # the pounds are older than the newest hundred
    business.charge(10_000, currency="eur")
    told = rates_in(read(sandbox, Needs(rates=True)))
    assert told == [("eur", "usd", days_rate(business, "eur"))]


def test_where_the_balance_is_read_it_tells_the_rates_without_a_further_request(
    sandbox: Sandbox, business: Business
) -> None:
    for days, currency in enumerate(["usd", "jpy", "eur"]):
        at = business.now - days * 86_400
        business.refund(business.charge(10_000, currency=currency, at=at), at=at)
    reading = read(sandbox, Needs(balance=timedelta(days=30), rates=True))
    assert (reading.requests, len(reading.account.balance)) == (1, 6)
    assert rates_in(reading) == [
        ("eur", "usd", days_rate(business, "eur", 2)),
        ("jpy", "usd", days_rate(business, "jpy", 1) / 100),
    ]
    assert read(sandbox).account.rates == reading.account.rates
