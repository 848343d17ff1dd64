"""What time alone does in the sandbox: trials end, periods roll, discounts run out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.stripe_sandbox import Business, Item, Subscription
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.lifecycle import FIRST_PAYMENT_SECONDS
from local.stripe_sandbox.periods import DAY, add_months, period_at

NOW = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW)


def shown(business: Business, sub: Subscription) -> dict[str, Any]:
    return get(business.state, f"/v1/subscriptions/{sub.id}")


def happenings(business: Business) -> list[tuple[str, Any]]:
    """Return type and previous attributes of all events, oldest first."""
    page = get(business.state, "/v1/events?limit=100")
    return [(each["type"], each["data"].get("previous_attributes")) for each in page["data"][::-1]]


def test_a_trial_converts_when_it_ends(business: Business) -> None:
    sub = business.add_subscription(
        business.add_price(1), status="trialing", trial_end=NOW + 3 * DAY, created=NOW
    )
    summary = business.advance(days=3)
    assert shown(business, sub)["status"] == "active"
    assert sub.items[0].period_start == sub.billing_cycle_anchor == NOW + 3 * DAY
    kind, previous = happenings(business)[-1]
    assert (kind, previous["status"]) == ("customer.subscription.updated", "trialing")
    assert "trials converted 1" in summary.words


@pytest.mark.parametrize(
    ("at_the_end", "status"),
    [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")],
)
def test_a_trial_without_payment_method_ends_as_set(
    business: Business, at_the_end: str, status: str
) -> None:
    sub = business.add_subscription(
        business.add_price(1),
        status="trialing",
        has_payment_method=False,
        when_trial_ends=at_the_end,
    )
    business.advance(days=5)
    assert sub.status == status
    owes = business.state.customers[sub.customer].delinquent
    assert owes == (status == "past_due")


def test_a_period_rolls_over_with_an_event(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1), created=NOW - 5 * DAY)
    before = sub.items[0].period_end
    business.advance(days=31)
    assert sub.items[0].period_start == before
    kind, previous = happenings(business)[-1]
    assert kind == "customer.subscription.updated"
    assert previous["items"]["data"][0]["current_period_end"] == before
    assert list(previous) == ["items"]


def test_a_cancellation_at_the_period_end_takes_two_steps(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1), created=NOW - 5 * DAY)
    business.cancel(sub, at_period_end=True)
    body = shown(business, sub)
    assert (body["status"], body["cancel_at_period_end"], body["canceled_at"]) == (
        "active",
        True,
        NOW,
    )
    assert body["cancel_at"] == sub.items[0].period_end
    business.advance(days=26)
    body = shown(business, sub)
    assert (body["status"], body["canceled_at"], body["ended_at"]) == (
        "canceled",
        NOW,
        body["cancel_at"],
    )
    assert [kind for kind, _ in happenings(business)][-2:] == [
        "customer.subscription.updated",
        "customer.subscription.deleted",
    ]


def test_a_canceled_trial_never_becomes_active(business: Business) -> None:
    sub = business.add_subscription(
        business.add_price(1), status="trialing", cancel_at_period_end=True
    )
    business.advance(days=10)
    assert (sub.status, sub.ended_at) == ("canceled", sub.trial_end)


def test_an_unpaid_first_invoice_expires(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1), status="incomplete", created=NOW)
    business.advance(seconds=FIRST_PAYMENT_SECONDS - 1)
    assert sub.status == "incomplete"
    business.advance(seconds=1)
    assert shown(business, sub)["status"] == "incomplete_expired"


def test_a_repeating_discount_ends_with_events(business: Business) -> None:
    coupon = business.add_coupon(percent_off=25.0, duration="repeating", duration_in_months=1)
    sub = business.add_subscription(
        business.add_price(1), created=NOW - 20 * DAY, discounts=[coupon]
    )
    (discount,) = sub.discounts
    assert business.state.discounts[discount].end == add_months(sub.created, 1)
    business.advance(days=12)
    assert shown(business, sub)["discounts"] == []
    told = happenings(business)
    assert ("customer.subscription.updated", {"discounts": [discount]}) in told
    assert "customer.discount.deleted" in [kind for kind, _ in told]


def test_a_once_discount_is_used_up_by_the_next_invoice(business: Business) -> None:
    coupon = business.add_coupon(percent_off=50.0, duration="once")
    trial = business.add_subscription(
        Item(business.add_price(1), discounts=[coupon]), status="trialing"
    )
    forever = business.add_subscription(
        business.add_price(1), status="trialing", discounts=[business.add_coupon(percent_off=1.0)]
    )
    business.advance(days=5)
    assert trial.items[0].discounts == []
    assert len(forever.discounts) == 1


def test_the_discount_of_a_customer_ends_too(business: Business) -> None:
    coupon = business.add_coupon(percent_off=5.0, duration="repeating", duration_in_months=1)
    customer = business.add_customer(created=NOW, discount=coupon)
    business.advance(days=32)
    assert get(business.state, f"/v1/customers/{customer.id}")["discount"] is None


def test_the_discount_of_an_item_ends_too(business: Business) -> None:
    coupon = business.add_coupon(percent_off=5.0, duration="repeating", duration_in_months=1)
    price = business.add_price(1)
    kept = business.add_subscription(Item(price, discounts=[coupon]), created=NOW)
    gone = business.add_subscription([Item(price, discounts=[coupon]), price], created=NOW)
    business.remove_item(gone.items[0])
    business.advance(days=32)
    assert kept.items[0].discounts == []


def test_the_discount_of_an_ended_subscription_stays_in_its_record(business: Business) -> None:
    coupon = business.add_coupon(percent_off=5.0, duration="repeating", duration_in_months=1)
    sub = business.add_subscription(business.add_price(1), created=NOW, discounts=[coupon])
    business.cancel(sub)
    business.advance(days=32)
    assert len(sub.discounts) == 1


def test_held_collection_resumes_when_it_should(business: Business) -> None:
    sub = business.add_subscription(
        business.add_price(1), pause_collection={"behavior": "void", "resumes_at": NOW + DAY}
    )
    assert shown(business, sub)["pause_collection"]["behavior"] == "void"
    business.advance(days=1)
    assert shown(business, sub)["pause_collection"] is None


def test_several_intervals_in_one_subscription_have_their_own_periods(business: Business) -> None:
    sub = business.add_subscription(
        [business.add_price(1), business.add_price(1, interval="year")], billing_mode="flexible"
    )
    monthly, yearly = sub.items
    assert monthly.period_end < yearly.period_end
    business.advance(days=40)
    assert monthly.period_start > yearly.period_start


@given(
    interval=st.sampled_from(["day", "week", "month", "year"]),
    count=st.integers(1, 7),
    anchor=st.integers(0, NOW),
    passed=st.integers(-3_000 * DAY, 3_000 * DAY),
)
def test_exactly_one_period_holds_an_instant(
    interval: str, count: int, anchor: int, passed: int
) -> None:
    start, end = period_at(anchor, interval, count, anchor + passed)
    assert start <= anchor + passed < end
    assert period_at(anchor, interval, count, end)[0] == end


def test_a_month_from_the_last_of_january_is_the_last_of_february() -> None:
    january = int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())
    february = datetime.fromtimestamp(add_months(january, 1), UTC)
    march = datetime.fromtimestamp(add_months(january, 2), UTC)
    assert (february.day, march.day) == (28, 31)
