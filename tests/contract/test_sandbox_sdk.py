"""The sandbox read by Stripe's own Python client, which is the judge of its shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import stripe

from local.stripe_sandbox import (
    Business,
    Item,
    Keys,
    Limits,
    Sandbox,
    SeedOptions,
    Settings,
    Tier,
    seeded_business,
    start,
)

NOW = 1_800_000_000
VERSION = "2026-10-28.endive"


@dataclass
class Clients:
    """Makes clients and closes what they opened."""

    opened: list[stripe.RequestsClient]

    def of(self, sandbox: Sandbox, key: str | None = None) -> stripe.StripeClient:
        transport = stripe.RequestsClient()
        self.opened.append(transport)
        return stripe.StripeClient(
            key or sandbox.key,
            base_addresses={"api": sandbox.url},
            max_network_retries=0,
            http_client=transport,
        )


@pytest.fixture(name="clients")
def _clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    clients = Clients([])
    yield clients
    for transport in clients.opened:
        transport.close()


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW)


@pytest.fixture(name="grown", scope="module")
def _grown() -> Iterator[Sandbox]:
    with start(seeded_business(NOW, SeedOptions(customers=120))) as sandbox:
        yield sandbox


def test_the_sandbox_speaks_the_version_that_the_client_is_pinned_to(
    clients: Clients, grown: Sandbox
) -> None:
    answer = clients.of(grown).raw_request("get", "/v1/balance")
    assert answer.headers["Stripe-Version"] == VERSION


def test_account_and_mode_are_read(clients: Clients, grown: Sandbox) -> None:
    client = clients.of(grown)
    account = client.v1.accounts.retrieve_current()
    assert account.settings is not None
    assert account.settings.dashboard.timezone == "Etc/UTC"
    assert client.v1.accounts.retrieve(account.id).default_currency == "usd"
    assert client.v1.balance.retrieve().livemode is False


def test_invoices_and_their_lines_are_read(clients: Clients, grown: Sandbox) -> None:
    client = clients.of(grown)
    amounts = 0
    for invoice in client.v1.invoices.list({"limit": 100, "status": "paid"}).data:
        details = invoice.parent.subscription_details if invoice.parent else None
        assert (details is None) == (invoice.billing_reason == "manual")
        assert invoice.status_transitions.paid_at is not None
        lines = list(client.v1.invoices.line_items.list(invoice.id).auto_paging_iter())
        assert invoice.subtotal == sum(line.amount for line in lines)
        assert all(line.quantity_decimal == line.quantity for line in lines)
        amounts += invoice.amount_paid
    assert amounts > 0
    for item in client.v1.invoice_items.list({"pending": True}).data:
        assert item.invoice is None
    every = client.v1.invoice_items.list({"limit": 100}).data
    assert {item.proration for item in every} == {True, False}


def test_the_way_from_a_movement_to_its_invoice_is_read(clients: Clients, grown: Sandbox) -> None:
    client = clients.of(grown)
    found = 0
    page = client.v1.balance_transactions.list(
        {
            "limit": 100,
            "created": {"gte": NOW - 20 * 86_400},
            "type": "charge",
            "expand": ["data.source"],
        }
    )
    for moved in page.data:
        assert moved.net == moved.amount - moved.fee
        assert moved.fee == sum(fee.amount for fee in moved.fee_details or [])
        assert isinstance(moved.source, stripe.Charge)
        assert isinstance(moved.source.payment_intent, str)
        payments = client.v1.invoice_payments.list(
            {"payment": {"type": "payment_intent", "payment_intent": moved.source.payment_intent}}
        )
        for payment in payments.data:
            assert payment.amount_paid == moved.source.amount
            found += 1
    assert found > 10
    payouts = client.v1.payouts.list({"limit": 100}).data
    assert {payout.status for payout in payouts} <= {"paid", "in_transit"}
    for refund in client.v1.refunds.list({"expand": ["data.charge"]}).data:
        assert isinstance(refund.charge, stripe.Charge)
    for dispute in client.v1.disputes.list().data:
        assert dispute.balance_transactions


def test_auto_paging_reads_three_pages_of_250(clients: Clients, business: Business) -> None:
    price = business.add_price(1_000)
    made = [business.add_subscription(price, created=NOW - number).id for number in range(250)]
    with start(business) as sandbox:
        client = clients.of(sandbox)
        read = [sub.id for sub in client.v1.subscriptions.list({"limit": 100}).auto_paging_iter()]
        assert read == made
        assert sandbox.requests.of("GET /v1/subscriptions") == 3
        backwards = client.v1.subscriptions.list({"limit": 100, "ending_before": made[-1]})
        assert {sub.id for sub in backwards.auto_paging_iter()} == set(made[:-1])


def test_created_ranges_and_filters_are_sent_as_the_client_writes_them(
    clients: Clients, business: Business
) -> None:
    price = business.add_price(1_000)
    subs = [business.add_subscription(price, created=NOW - age) for age in (10, 20, 30)]
    with start(business) as sandbox:
        listed = clients.of(sandbox).v1.subscriptions.list(
            {"created": {"gte": NOW - 20, "lt": NOW - 5}, "status": "all", "price": price.id}
        )
        assert [sub.id for sub in listed.data] == [subs[0].id, subs[1].id]
        events = clients.of(sandbox).v1.events.list(
            {"types": ["customer.subscription.created", "customer.created"], "limit": 100}
        )
        assert len(events.data) == 6


def test_everything_of_a_seeded_business_is_parsed(clients: Clients, grown: Sandbox) -> None:
    client = clients.of(grown)
    subs = list(
        client.v1.subscriptions.list(
            {
                "limit": 100,
                "status": "all",
                "expand": ["data.discounts.source.coupon", "data.items.data.discounts"],
            }
        ).auto_paging_iter()
    )
    assert len(subs) > 100
    assert all(isinstance(sub.items.data[0].price, stripe.Price) for sub in subs)
    coupons = [
        discount.source.coupon
        for sub in subs
        for discount in sub.discounts
        if isinstance(discount, stripe.Discount)
    ]
    assert coupons
    assert all(isinstance(coupon, stripe.Coupon) for coupon in coupons)
    assert len(list(client.v1.customers.list({"limit": 100}).auto_paging_iter())) > 100
    assert len(list(client.v1.events.list({"limit": 100}).auto_paging_iter())) > 20


def test_decimals_and_tiers_arrive_exactly(clients: Clients, business: Business) -> None:
    fine = business.add_price("1.25")
    tiered = business.add_price(tiers=(Tier(10, "0.1"), Tier(None, 5)))
    with start(business) as sandbox:
        prices = clients.of(sandbox).v1.prices
        read = prices.retrieve(fine.id)
        assert (read.unit_amount, read.unit_amount_decimal) == (None, Decimal("1.25"))
        expanded = prices.retrieve(tiered.id, {"expand": ["tiers"]})
        assert expanded.tiers is not None
        assert [tier.up_to for tier in expanded.tiers] == [10, None]
        assert not hasattr(prices.retrieve(tiered.id), "tiers")


def test_the_items_beyond_ten_are_paged(clients: Clients, business: Business) -> None:
    sub = business.add_subscription([business.add_price(500) for _ in range(14)])
    with start(business) as sandbox:
        client = clients.of(sandbox)
        read = client.v1.subscriptions.retrieve(sub.id)
        assert (len(read.items.data), read.items.has_more) == (10, True)
        listed = client.v1.subscription_items.list({"subscription": sub.id, "limit": 4})
        assert [item.id for item in listed.auto_paging_iter()] == [item.id for item in sub.items]


def test_a_deleted_coupon_is_still_read_through_the_item(
    clients: Clients, business: Business
) -> None:
    coupon = business.add_coupon(percent_off=40.0)
    sub = business.add_subscription(Item(business.add_price(1), discounts=[coupon]))
    business.delete(coupon)
    with start(business) as sandbox:
        item = clients.of(sandbox).v1.subscription_items.retrieve(
            sub.items[0].id, {"expand": ["discounts.source.coupon"]}
        )
        (discount,) = item.discounts
        assert isinstance(discount, stripe.Discount)
        assert isinstance(discount.source.coupon, stripe.Coupon)
        assert discount.source.coupon.percent_off == 40.0


def test_a_deleted_customer_is_marked(clients: Clients, business: Business) -> None:
    customer = business.add_customer()
    business.delete(customer)
    with start(business) as sandbox:
        assert clients.of(sandbox).v1.customers.retrieve(customer.id).deleted is True


def test_updated_events_carry_what_was_before(clients: Clients, business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    business.set_status(sub, "past_due")
    with start(business) as sandbox:
        listed = clients.of(sandbox).v1.events.list({"type": "customer.subscription.updated"})
        (event,) = listed.data
        assert event.data.object["status"] == "past_due"
        assert event.data.previous_attributes is not None
        assert event.data.previous_attributes["status"] == "active"
        assert event.api_version == VERSION


def code_of(error: stripe.StripeError) -> Any:
    assert error.error is not None
    return getattr(error.error, "code", None)


def test_every_error_class_of_the_client_is_met(clients: Clients) -> None:
    settings = Settings(
        keys=Keys(
            restricted={"rk_test_sandbox_a": frozenset({"rak_balance_read"})},
            expired={"sk_test_sandbox_old"},
        ),
        limits=Limits(per_endpoint=1),
        ticks=lambda: 0.0,
    )
    with start(Business.empty(now=NOW), settings=settings) as sandbox:
        for key, code in (
            ("sk_test_sandbox_unknown", None),
            ("sk_test_sandbox_old", "api_key_expired"),
            ("pk_test_sandbox", "secret_key_required"),
        ):
            with pytest.raises(stripe.AuthenticationError) as refused:
                clients.of(sandbox, key).v1.balance.retrieve()
            assert code_of(refused.value) == code
        with pytest.raises(stripe.PermissionError) as denied:
            clients.of(sandbox, "rk_test_sandbox_a").v1.prices.list()
        assert code_of(denied.value) == "more_permissions_required"
        client = clients.of(sandbox)
        with pytest.raises(stripe.InvalidRequestError) as missing:
            client.v1.customers.retrieve("cus_none")
        assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
        with pytest.raises(stripe.InvalidRequestError) as deep:
            client.v1.subscriptions.list({"expand": ["data.items.data.price.tiers"]})
        assert deep.value.code == "property_expansion_max_depth"
        client.v1.balance.retrieve()
        with pytest.raises(stripe.RateLimitError) as limited:
            client.v1.balance.retrieve()
        assert limited.value.headers is not None
        assert limited.value.headers["stripe-rate-limited-reason"] == "endpoint-rate"


def test_a_cursor_that_nothing_has_is_an_invalid_request(clients: Clients, grown: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        clients.of(grown).v1.subscriptions.list({"starting_after": "sub_none"})
    assert (missing.value.http_status, missing.value.code, missing.value.param) == (
        400,
        "resource_missing",
        "starting_after",
    )


def test_a_rolled_key_fails_from_the_next_request_on(clients: Clients, business: Business) -> None:
    with start(business) as sandbox:
        client = clients.of(sandbox)
        client.v1.balance.retrieve()
        sandbox.settings.keys.roll(sandbox.key, "sk_test_sandbox_new")
        with pytest.raises(stripe.AuthenticationError):
            client.v1.balance.retrieve()
        clients.of(sandbox).v1.balance.retrieve()
