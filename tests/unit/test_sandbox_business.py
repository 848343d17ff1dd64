"""The simulated business: what is built by hand, what time does, what people do."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import Business, Item, Subscription
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.periods import DAY, add_months
from local.stripe_sandbox.records import ABSENT

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


def test_one_line_makes_an_active_subscription(business: Business) -> None:
    sub = business.add_subscription(business.add_price(10_000))
    body = shown(business, sub)
    item = body["items"]["data"][0]
    assert (body["status"], body["currency"], item["quantity"]) == ("active", "usd", 1)
    assert (item["price"]["unit_amount"], item["price"]["recurring"]["interval"]) == (
        10_000,
        "month",
    )
    assert item["current_period_start"] <= NOW < item["current_period_end"]
    assert body["created"] == NOW - 10 * DAY


def test_instants_may_be_given_as_datetimes(business: Business) -> None:
    when = datetime(2026, 11, 1, tzinfo=UTC)
    sub = business.add_subscription(business.add_price(1), created=when)
    assert shown(business, sub)["created"] == int(when.timestamp())


def test_a_metered_price_has_no_quantity(business: Business) -> None:
    sub = business.add_subscription([business.add_price("0.5", meter="mtr_1")])
    item = shown(business, sub)["items"]["data"][0]
    assert "quantity" not in item
    assert (item["price"]["unit_amount"], item["price"]["unit_amount_decimal"]) == (None, "0.5")


@pytest.mark.parametrize(
    ("status", "field"),
    [("canceled", "ended_at"), ("incomplete_expired", "ended_at"), ("trialing", "trial_end")],
)
def test_a_status_comes_with_its_instants(business: Business, status: str, field: str) -> None:
    body = shown(business, business.add_subscription(business.add_price(1), status=status))
    assert body["status"] == status
    assert body[field] is not None


def test_a_paused_subscription_says_why(business: Business) -> None:
    body = shown(business, business.add_subscription(business.add_price(1), status="paused"))
    assert body["status_details"]["paused"]["subscription"] == {
        "type": "trial_end_without_payment_method"
    }


def test_a_change_of_price_and_quantity_is_told_with_what_was(business: Business) -> None:
    small, large = business.add_price(5_000), business.add_price(8_000)
    sub = business.add_subscription(small)
    business.change_item(sub.items[0], large, quantity=3)
    item = shown(business, sub)["items"]["data"][0]
    assert (item["price"]["id"], item["quantity"]) == (large.id, 3)
    kind, previous = happenings(business)[-1]
    assert kind == "customer.subscription.updated"
    assert previous["items"]["data"][0]["price"]["id"] == small.id


def test_a_change_of_interval_starts_a_new_cycle(business: Business) -> None:
    sub = business.add_subscription(business.add_price(5_000))
    business.change_item(sub.items[0], business.add_price(50_000, interval="year"))
    assert (sub.items[0].period_start, sub.items[0].period_end) == (NOW, add_months(NOW, 12))


def test_items_come_and_go(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    business.add_item(sub, Item(business.add_price(2), quantity=4))
    assert [each["quantity"] for each in shown(business, sub)["items"]["data"]] == [1, 4]
    business.remove_item(sub.items[0])
    assert [each["quantity"] for each in shown(business, sub)["items"]["data"]] == [4]


def test_a_failed_payment_makes_the_customer_delinquent(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    business.set_status(sub, "past_due")
    customer = get(business.state, f"/v1/customers/{sub.customer}")
    assert (sub.status, customer["delinquent"]) == ("past_due", True)
    assert {"delinquent": False} in [previous for _, previous in happenings(business)]
    business.set_status(sub, "active")
    assert get(business.state, f"/v1/customers/{sub.customer}")["delinquent"] is False


def test_a_status_of_canceled_ends_the_subscription(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    business.set_status(sub, "canceled")
    assert (sub.status, sub.ended_at) == ("canceled", NOW)


def test_the_pause_endpoint_leaves_its_reason(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    business.set_status(sub, "paused")
    details = shown(business, sub)["status_details"]["paused"]
    assert (details["subscription"]["type"], details["transitioned_at"]) == ("pause_requested", NOW)


def test_discounts_can_be_given_later(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    coupon = business.add_coupon(percent_off=1.0)
    business.discount(sub, coupon)
    business.discount(business.state.customers[sub.customer], coupon)
    business.discount(sub.items[0], coupon)
    body = shown(business, sub)
    assert (len(body["discounts"]), len(body["items"]["data"][0]["discounts"])) == (1, 1)
    customer = business.state.customers[sub.customer]
    assert get(business.state, f"/v1/customers/{customer.id}")["discount"]["start"] == NOW
    for holder in (sub, sub.items[0], customer):
        business.remove_discounts(holder)
    body = shown(business, sub)
    assert (body["discounts"], body["items"]["data"][0]["discounts"]) == ([], [])
    assert get(business.state, f"/v1/customers/{customer.id}")["discount"] is None


def test_an_archived_price_stays_in_use(business: Business) -> None:
    price = business.add_price(700)
    sub = business.add_subscription(price)
    business.archive(price)
    used = shown(business, sub)["items"]["data"][0]["price"]
    assert (used["active"], used["unit_amount"]) == (False, 700)
    assert ("price.updated", {"active": True}) in happenings(business)


def test_deleting_a_customer_ends_the_subscriptions(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    business.delete(business.state.customers[sub.customer])
    assert shown(business, sub)["status"] == "canceled"
    assert [kind for kind, _ in happenings(business)][-2:] == [
        "customer.subscription.deleted",
        "customer.deleted",
    ]


def test_previous_attributes_are_only_on_updates(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1))
    business.update(sub, metadata={"team": "a"})
    business.cancel(sub)
    for kind, previous in happenings(business):
        assert (previous is not None) == kind.endswith(".updated")


def test_events_show_the_object_of_their_moment(business: Business) -> None:
    sub = business.add_subscription(business.add_price(1), created=NOW)
    business.advance(days=1)
    business.cancel(sub)
    page = get(business.state, "/v1/events?type=customer.subscription.created")
    assert page["data"][0]["data"]["object"]["status"] == "active"


def test_events_are_forgotten_after_thirty_days(business: Business) -> None:
    business.add_customer(created=NOW)
    event = get(business.state, "/v1/events")["data"][0]["id"]
    business.advance(days=30)
    assert len(get(business.state, "/v1/events")["data"]) == 1
    business.advance(seconds=1)
    assert get(business.state, "/v1/events")["data"] == []
    assert business.state.events.get(event) is None


def test_an_event_of_an_older_version_can_be_put_in(business: Business) -> None:
    event = business.add_event(
        "customer.subscription.updated",
        {"id": "sub_1", "plan": {"amount": 5}},
        {"plan": {"amount": 4}},
        api_version="2019-05-16",
    )
    body = get(business.state, f"/v1/events/{event.id}")
    assert (body["api_version"], body["data"]["previous_attributes"]) == (
        "2019-05-16",
        {"plan": {"amount": 4}},
    )


def test_any_field_can_be_laid_over_or_taken_away(business: Business) -> None:
    sub = business.add_subscription(
        business.add_price(1), patch={"status": "dormant", "currency": ABSENT}
    )
    body = shown(business, sub)
    assert body["status"] == "dormant"
    assert "currency" not in body


def test_raw_objects_are_served_as_they_stand(business: Business) -> None:
    raw = {
        "id": "sub_raw",
        "object": "subscription",
        "status": "active",
        "created": NOW - 1,
        "customer": "cus_gone",
        "items": {"object": "list", "data": [{"id": "si_raw", "price": {"id": "price_raw"}}]},
    }
    business.add_raw(raw)
    for kind in ("customer", "product", "price", "coupon"):
        business.add_raw({"id": f"{kind}_raw", "object": kind, "created": NOW})
    assert get(business.state, "/v1/subscriptions?status=active")["data"] == [raw]
    assert get(business.state, "/v1/subscriptions?price=price_raw")["data"] == [raw]
    assert get(business.state, "/v1/subscription_items/si_raw")["id"] == "si_raw"
    assert get(business.state, "/v1/coupons/coupon_raw")["object"] == "coupon"
    with pytest.raises(ValueError, match="a raw 'refund' cannot be served"):
        business.add_raw({"id": "re_1", "object": "refund"})
