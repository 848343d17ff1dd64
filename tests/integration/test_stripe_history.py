"""What is read of a Stripe-shaped server for each number, and that the past comes out whole."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from local.stripe_sandbox import Business, Sandbox, start
from local.stripe_sandbox import Settings as SandboxSettings
from local.stripe_sandbox.business import Item
from shared.adapters.stripe_pace import UNLIMITED
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import EVERYTHING, Needs, Reading
from shared.domain.metrics import (
    Churn,
    CustomerCount,
    MetricQuery,
    Mrr,
    Nrr,
    Revenue,
    SubscriptionCount,
    compute,
    needs_of,
)
from shared.domain.stripe_key import StripeKey, parse_key
from tests.builders import terms
from tests.integration.asked import Asked

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
DAY = 86_400
HISTORY = {
    "/v1/events",
    "/v1/invoiceitems",
    "/v1/invoices",
    "/v1/subscriptions",
}


@pytest.fixture(name="asked")
def _asked() -> Asked:
    return Asked()


@pytest.fixture(name="sandbox")
def _sandbox(asked: Asked) -> Iterator[Sandbox]:
    business = Business.empty(NOW - timedelta(days=400), bills=True)
    with start(business, settings=SandboxSettings(interceptors=[asked])) as sandbox:
        yield sandbox


@pytest.fixture(name="business")
def _business(sandbox: Sandbox) -> Business:
    return sandbox.business


def read(sandbox: Sandbox, needs: Needs) -> Reading:
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    return StripeSource(key, api_base=sandbox.url, pace=UNLIMITED).read(needs)


def answer(sandbox: Sandbox, query: MetricQuery) -> Decimal | None:
    reading = read(sandbox, needs_of(query))
    return compute(query, reading.account, reading.as_of, terms()).value


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        (Mrr(), {"/v1/subscriptions"}),
        (SubscriptionCount("all"), {"/v1/subscriptions"}),
        (CustomerCount("active"), {"/v1/subscriptions"}),
        (CustomerCount("all"), {"/v1/customers"}),
        (CustomerCount("new"), {"/v1/customers"}),
        (CustomerCount("churned"), HISTORY),
        (Churn(), HISTORY),
        (Nrr(), HISTORY),
        (Revenue(), {"/v1/balance_transactions"}),
    ],
    ids=lambda it: "" if isinstance(it, set) else repr(it),
)
def test_each_query_reads_only_what_it_needs(
    sandbox: Sandbox, business: Business, asked: Asked, query: MetricQuery, paths: set[str]
) -> None:
    business.add_subscription(business.add_price(2_000), created=business.now)
    sandbox.advance(400)
    answer(sandbox, query)
    assert set(asked.paths()) == paths
    # Invoices come as two lists: those of the time, and those that were given up whenever.
    assert len(asked.paths()) == len(paths) + (1 if paths == HISTORY else 0)


def test_the_past_is_read_as_far_back_as_one_period_before_the_range(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    business.add_subscription(business.add_price(2_000), created=business.now)
    sandbox.advance(400)
    answer(sandbox, Nrr())
    bounds = [
        int(request.query["created[gte]"])
        for request in asked.requests
        if "created[gte]" in request.query
    ]
    assert [round((business.now - it) / DAY) for it in bounds] == [30 + 93]


def test_more_lines_than_an_invoice_shows_are_read_whole(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    prices = [business.add_price(100 * number) for number in range(1, 13)]
    sub = business.add_subscription([Item(price) for price in prices], created=business.now)
    sandbox.advance(390)
    for item in list(sub.items)[1:]:
        business.remove_item(item)
    sandbox.advance(10)
    assert answer(sandbox, Nrr("last_quarter")) == Decimal("1.28")
    assert any(path.endswith("/lines") for path in asked.paths())


def test_a_price_that_only_the_past_names_is_read_once(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    was, becomes = business.add_price(5_000), business.add_price(8_000)
    for _ in range(3):
        sub = business.add_subscription(was, created=business.now)
        business.change_item(sub.items[0], becomes, at=business.now + 1)
    sandbox.advance(395)
    for sub in list(business.state.subscriptions):
        business.change_item(sub.items[0], was)
    business.archive(becomes)
    sandbox.advance(5)
    assert answer(sandbox, Nrr()) == Decimal("62.5")
    assert asked.paths().count(f"/v1/prices/{becomes.id}") == 1


def test_a_given_up_invoice_tells_of_a_loss_long_after_it_was_made(
    sandbox: Sandbox, business: Business
) -> None:
    sub = business.add_subscription(business.add_price(2_000), created=business.now)
    business.add_subscription(business.add_price(2_000), created=business.now)
    sandbox.advance(10)
    business.decline_payments(sub)
    sandbox.advance(60)
    business.set_status(sub, "unpaid")
    sandbox.advance(320)
    business.cancel(sub)
    sandbox.advance(10)
    assert answer(sandbox, Churn()) == 0
    assert answer(sandbox, CustomerCount("churned")) == 0


def test_a_deleted_coupon_of_an_item_is_read_off_the_lines_that_it_lowered(
    sandbox: Sandbox, business: Business
) -> None:
    coupon = business.add_coupon(percent_off=50, duration="repeating", duration_in_months=12)
    price = business.add_price(10_000)
    business.add_subscription([Item(price, discounts=[coupon])], created=business.now)
    sandbox.advance(100)
    business.delete(coupon)
    sandbox.advance(300)
    assert answer(sandbox, Nrr("last_quarter")) == 200


def test_customers_and_subscriptions_of_a_test_clock_count_nowhere_in_events_too(
    sandbox: Sandbox, business: Business
) -> None:
    person = business.add_customer(created=business.now, test_clock="clock_1")
    sub = business.add_subscription(
        business.add_price(2_000), customer=person, created=business.now
    )
    sandbox.advance(395)
    business.cancel(sub)
    business.delete(person)
    sandbox.advance(5)
    reading = read(
        sandbox,
        Needs(subscriptions=True, history=timedelta(days=365), customers=EVERYTHING),
    )
    for query in (CustomerCount("all"), CustomerCount("churned"), SubscriptionCount("all")):
        for at in (reading.as_of, reading.as_of - timedelta(days=10)):
            assert compute(query, reading.account, at, terms()).value == 0
