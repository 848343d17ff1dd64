"""A goal from the API to the message, through the deployed functions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import NOON
from tests.integration.paying_customer import PayingCustomer, paying_customer

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module", name="customer")
def _customer() -> Iterator[PayingCustomer]:
    with paying_customer() as customer:
        yield customer


@pytest.fixture(name="channel")
def _channel(customer: PayingCustomer) -> Iterator[str]:
    channel = customer.add_channel()
    events = ["goal_reached", "goal_off_pace"]
    customer.api.ok("PUT", "/v1/notifications", {"channels": [channel], "events": events})
    yield channel
    customer.api.ok("PUT", "/v1/notifications", {"channels": [], "events": events})


def goal_of(customer: PayingCustomer, **fields) -> str:
    body = {"name": "Twice as much", **fields}
    goal: str = customer.api.ok("POST", "/v1/goals", body, status=201)["id"]
    customer.api.ok("PUT", f"/v1/goals/{goal}/metrics/{customer.metric['id']}")
    return goal


def progress_of(customer: PayingCustomer, goal: str):
    return customer.api.ok("GET", f"/v1/goals/{goal}")["progress"]


def test_a_goal_follows_its_metric_and_tells_once_that_it_is_reached(customer, channel):
    customer.pay(100)
    goal = goal_of(customer, target=200)
    customer.pay(150)
    halfway = progress_of(customer, goal)
    assert (halfway["percent"], halfway["current"], halfway["start"]) == (50, 150, 100)
    assert customer.heard(channel) == []
    customer.pay(200, 190, 210)
    reached = progress_of(customer, goal)
    assert reached["percent"] == 110
    assert reached["reached_at"] is not None
    (message,) = customer.heard(channel)
    assert message["subject"].startswith("[Test mode] [Goal reached] Twice as much: MRR is $200.00")


def test_a_goal_that_falls_behind_tells_it_once(customer, channel):
    customer.pay(100)
    # The day is checked by our clock, values are of Stripe's.
    today = datetime.now(UTC).date()
    due_on = (today + timedelta(days=60)).isoformat()
    goal = goal_of(customer, target=1_000, due_on=due_on)
    customer.sandbox.advance((today - NOON.date()).days + 30)
    customer.pay(110, 111)
    progress = progress_of(customer, goal)
    assert progress["on_track"] is False
    assert progress["projected_on"] is None or progress["projected_on"] > due_on
    (message,) = customer.heard(channel)
    assert message["subject"].startswith("[Test mode] [Goal off pace] Twice as much: ")


def test_an_alert_for_a_goal_tells_how_far_the_goal_is(customer):
    customer.pay(100)
    goal = goal_of(customer, target=500)
    channel = customer.add_channel()
    rule = {"type": "threshold", "threshold": 250, "direction": "above"}
    customer.add_alert(rule, channel, goal_id=goal)
    customer.pay(300)
    (message,) = customer.heard(channel)
    assert (
        "Goal:        Twice as much: 50% of the way from $100.00 to $500.00" in message["message"]
    )
