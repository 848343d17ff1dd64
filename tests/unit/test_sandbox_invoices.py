"""The sandbox's invoices: what is billed when, what changes cost, and what becomes of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import Business, Item, Tier
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.periods import DAY

NOW = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())

Json = dict[str, Any]


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW, bills=True)


def invoices(business: Business, query: str = "") -> list[Json]:
    """Return invoices oldest first."""
    data: list[Json] = get(business.state, f"/v1/invoices?limit=100{query}")["data"]
    return data[::-1]


def lines(invoice: Json) -> list[tuple[int, bool]]:
    """Return amount and proration of each line."""
    return [
        (line["amount"], line["parent"]["subscription_item_details"]["proration"])
        for line in invoice["lines"]["data"]
    ]


def test_a_subscription_is_billed_at_once_and_then_each_period(business: Business) -> None:
    sub = business.add_subscription(business.add_price(10_000), created=NOW)
    business.advance(days=31)
    first, second = invoices(business, f"&subscription={sub.id}")
    assert [each["billing_reason"] for each in (first, second)] == [
        "subscription_create",
        "subscription_cycle",
    ]
    assert (first["status"], first["total"], first["amount_paid"]) == ("paid", 10_000, 10_000)
    assert second["created"] == NOW + 30 * DAY
    assert second["status_transitions"]["finalized_at"] == second["created"] + 3_600
    assert get(business.state, f"/v1/subscriptions/{sub.id}")["latest_invoice"] == second["id"]
    line = second["lines"]["data"][0]
    assert line["period"]["start"] == second["created"]
    assert line["pricing"]["price_details"]["price"] == sub.items[0].price


def test_a_trial_is_billed_nothing_and_its_end_everything(business: Business) -> None:
    business.add_subscription(
        business.add_price(500), created=NOW, status="trialing", trial_end=NOW + 7 * DAY
    )
    business.advance(days=8)
    assert [each["total"] for each in invoices(business)] == [0, 500]


def test_a_change_waits_for_the_next_invoice(business: Business) -> None:
    cheap, dear = business.add_price(3_000), business.add_price(6_000)
    sub = business.add_subscription(cheap, created=NOW)
    business.advance(days=15)
    business.change_item(sub.items[0], dear)
    waiting = get(business.state, "/v1/invoiceitems?pending=true")["data"]
    assert sorted(each["amount"] for each in waiting) == [-1_500, 3_000]
    business.advance(days=16)
    assert get(business.state, "/v1/invoiceitems?pending=true")["data"] == []
    _, second = invoices(business)
    assert sorted(lines(second)) == [(-1_500, True), (3_000, True), (6_000, False)]
    assert second["amount_paid"] == 7_500
    credit = min(second["lines"]["data"], key=lambda line: line["amount"])
    details = credit["parent"]["subscription_item_details"]
    assert details["proration_details"]["credited_items"]["invoice"] == invoices(business)[0]["id"]


def test_a_change_can_be_billed_at_once_and_leave_credit(business: Business) -> None:
    cheap, dear = business.add_price(3_000), business.add_price(6_000)
    sub = business.add_subscription(dear, created=NOW, prorates="always_invoice")
    business.advance(days=15)
    business.change_item(sub.items[0], cheap)
    change = invoices(business)[-1]
    assert (change["billing_reason"], change["total"], change["amount_due"]) == (
        "subscription_update", -1_500, 0,
    )  # fmt: skip
    assert (change["status"], change["ending_balance"]) == ("paid", -1_500)
    business.advance(days=16)
    cycle = invoices(business)[-1]
    assert (cycle["total"], cycle["starting_balance"], cycle["amount_due"]) == (
        3_000,
        -1_500,
        1_500,
    )
    assert get(business.state, f"/v1/customers/{sub.customer}")["balance"] == 0


def test_another_interval_begins_a_new_period_at_once(business: Business) -> None:
    month, year = business.add_price(3_000), business.add_price(30_000, interval="year")
    sub = business.add_subscription(month, created=NOW)
    business.advance(days=15)
    business.change_item(sub.items[0], year)
    assert lines(invoices(business)[-1]) == [(30_000, False), (-1_500, True)]


def test_items_come_and_go_with_prorations(business: Business) -> None:
    sub = business.add_subscription(business.add_price(3_000), created=NOW)
    business.advance(days=15)
    business.add_item(sub, Item(business.add_price(1_000), 2))
    business.remove_item(sub.items[1], at=business.now + 3 * DAY)
    waiting = get(business.state, "/v1/invoiceitems?pending=true")["data"]
    assert sorted(each["amount"] for each in waiting) == [-800, 1_000]


def test_a_declined_card_leads_to_past_due_and_back(business: Business) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.decline_payments(sub)
    business.advance(days=31)
    owed = invoices(business)[-1]
    assert (sub.status, owed["status"], owed["attempt_count"]) == ("past_due", "open", 1)
    charges = get(business.state, "/v1/charges")["data"]
    assert [each["status"] for each in charges] == ["failed", "succeeded"]
    business.set_status(sub, "active")
    paid = invoices(business)[-1]
    assert (paid["status"], paid["amount_paid"]) == ("paid", 700)


@pytest.mark.parametrize("end", ["unpaid", "canceled"])
def test_what_is_given_up_is_uncollectible(business: Business, end: str) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.decline_payments(sub)
    business.advance(days=31)
    business.set_status(sub, end) if end == "unpaid" else business.give_up(sub)
    assert sub.status == end
    owed = invoices(business)[-1]
    assert owed["status"] == "uncollectible"
    assert owed["status_transitions"]["marked_uncollectible_at"] == business.now
    business.advance(days=31)
    assert [each["status"] for each in invoices(business)][2:] == (
        ["draft"] if end == "unpaid" else []
    )


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_paused_collection_makes_invoices_that_nobody_tries(
    business: Business, behavior: str, status: str
) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.update(sub, pause_collection={"behavior": behavior, "resumes_at": None})
    business.advance(days=31)
    held = invoices(business)[-1]
    assert (held["status"], held["attempted"]) == (status, False)


def test_discounts_and_taxes_stand_on_the_lines(business: Business) -> None:
    once = business.add_coupon(percent_off=50.0, duration="once")
    off = business.add_coupon(amount_off=100)
    rate = business.add_tax_rate(percentage=20.0)
    business.add_subscription(
        [business.add_price(3_000), business.add_price(1_000)],
        created=NOW, discounts=[once, off], default_tax_rates=[rate],
    )  # fmt: skip
    business.advance(days=31)
    first, second = invoices(business)
    assert (first["subtotal"], first["total_excluding_tax"], first["total"]) == (
        4_000,
        1_900,
        2_280,
    )
    assert (second["total_excluding_tax"], second["total"]) == (3_900, 4_680)
    amounts = [
        each["amount"] for line in first["lines"]["data"] for each in line["discount_amounts"]
    ]
    assert amounts == [1_500, 75, 500, 25]


def test_tiers_packages_and_other_currencies_cost_what_they_should(business: Business) -> None:
    tiers = (Tier(10, 100), Tier(None, 50, flat_amount=500))
    graduated = business.add_price(tiers=tiers)
    volume = business.add_price(tiers=tiers, tiers_mode="volume")
    package = business.add_price(400, transform=(10, "up"))
    fraction = business.add_price("1.25")
    prices = ((graduated, 2_000), (volume, 1_500), (package, 800), (fraction, 25))
    for price, expected in prices:
        sub = business.add_subscription(price, quantity=20, created=business.now)
        assert invoices(business, f"&subscription={sub.id}")[0]["total"] == expected
    foreign = business.add_price(900, currency_options={"eur": 800})
    sub = business.add_subscription(foreign, currency="eur", created=business.now)
    invoice = invoices(business, f"&subscription={sub.id}")[0]
    assert (invoice["currency"], invoice["total"]) == ("eur", 800)
    moved = get(business.state, "/v1/balance_transactions?limit=1")["data"][0]
    assert moved["currency"] == "usd"
    assert moved["amount"] == round(800 * moved["exchange_rate"])
    assert moved["fee"] == sum(each["amount"] for each in moved["fee_details"])


def test_a_past_is_lived_through_when_a_subscription_is_added(business: Business) -> None:
    price = business.add_price(1_000)
    since = NOW - 100 * DAY
    kept = business.add_subscription(price, created=since)
    owing = business.add_subscription(price, created=since, status="past_due")
    unpaid = business.add_subscription(price, created=since, status="unpaid")
    gone = business.add_subscription(price, created=since, status="canceled")
    statuses = {
        sub.id: [each["status"] for each in invoices(business, f"&subscription={sub.id}")]
        for sub in (kept, owing, unpaid, gone)
    }
    assert statuses[kept.id] == statuses[gone.id] == ["paid"] * 4
    assert statuses[owing.id] == ["paid"] * 3 + ["open"]
    assert statuses[unpaid.id] == ["paid"] * 3 + ["uncollectible"]
    told = [change.status for change in business.state.history.of(unpaid.id)]
    assert told == ["active", "past_due", "unpaid"]


def test_lines_beyond_the_embedded_ten_are_read_apart(business: Business) -> None:
    business.add_subscription([business.add_price(100)] * 12, created=NOW)
    invoice = invoices(business)[0]
    assert invoice["lines"]["has_more"]
    path = f"/v1/invoices/{invoice['id']}/lines"
    first = get(business.state, path)
    cursor = first["data"][-1]["id"]
    rest = get(business.state, f"{path}?starting_after={cursor}")
    assert (len(first["data"]), len(rest["data"]), rest["has_more"]) == (10, 2, False)


def test_an_invoice_that_is_sent_is_paid_before_it_is_due(business: Business) -> None:
    business.add_subscription(
        business.add_price(100), created=NOW, collection_method="send_invoice", days_until_due=30
    )
    assert invoices(business)[0]["status"] == "open"
    business.advance(days=26)
    paid = invoices(business)[0]
    assert (paid["status"], paid["due_date"]) == ("paid", NOW + 30 * DAY)


def test_without_bills_nothing_is_invoiced() -> None:
    business = Business.empty(now=NOW)
    business.add_subscription(business.add_price(100))
    business.advance(days=60)
    assert invoices(business) == []


def test_warnings_resumptions_and_discounts_are_told(business: Business) -> None:
    coupon = business.add_coupon(percent_off=10.0)
    price = business.add_price(100)
    sub = business.add_subscription(
        price, created=NOW, status="trialing", trial_end=NOW + 7 * DAY, discounts=[coupon]
    )
    business.advance(days=8)
    business.set_status(sub, "paused")
    business.advance(days=8)
    business.set_status(sub, "active")
    told = [each["type"] for each in get(business.state, "/v1/events?limit=100")["data"]]
    for kind in ("trial_will_end", "paused", "resumed"):
        assert f"customer.subscription.{kind}" in told
    assert "customer.discount.created" in told
    assert [each["total"] for each in invoices(business)] == [0, 90, 90]
    assert sub.billing_cycle_anchor == NOW + 16 * DAY


def test_a_credit_gives_back_no_more_than_was_paid(business: Business) -> None:
    once = business.add_coupon(percent_off=50.0, duration="once")
    sub = business.add_subscription(business.add_price(3_000), created=NOW, discounts=[once])
    business.advance(days=15)
    business.change_item(sub.items[0], quantity=2)
    waiting = get(business.state, "/v1/invoiceitems?pending=true")["data"]
    assert sorted(each["amount"] for each in waiting) == [-750, 3_000]
