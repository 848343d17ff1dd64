"""Laws that tie the sandbox's events to its objects: a reader may rely on one for the other."""

from typing import Any, get_args

import pytest
import stripe

from local.stripe_sandbox import Business, SeedOptions, seeded_business
from local.stripe_sandbox.endpoints import get

NOW = 1_800_000_000

Json = dict[str, Any]


def read_events(business: Business) -> list[Json]:
    """Return all events, oldest first."""
    events: list[Json] = []
    cursor = ""
    while True:
        page = get(business.state, f"/v1/events?limit=100{cursor}")
        events += page["data"]
        if not page["has_more"]:
            return events[::-1]
        cursor = f"&starting_after={events[-1]['id']}"


def overlay(body: Any, previous: Any) -> Any:
    """Return what an object was before, from what it is and its previous attributes."""
    if isinstance(body, dict) and isinstance(previous, dict):
        changed = {key: overlay(body.get(key), value) for key, value in previous.items()}
        return {**body, **changed}
    return previous


def told(body: Json) -> Json:
    """Return the fields that say something: one that appears later was null before."""
    return {key: value for key, value in body.items() if value is not None}


@pytest.fixture(name="lived", params=[1, 2, 3], scope="module")
def _lived(request: pytest.FixtureRequest) -> Business:
    business = seeded_business(NOW, SeedOptions(seed=request.param, customers=150))
    for days in (3, 1, 20):
        business.advance(days=days)
    return business


def test_the_newest_event_of_an_object_shows_it_as_it_is(lived: Business) -> None:
    newest = {
        event["data"]["object"]["id"]: event
        for event in read_events(lived)
        if event["type"].split(".")[:2] != ["customer", "discount"]
    }
    paths = {"subscription": "subscriptions", "customer": "customers", "price": "prices"}
    checked = 0
    for object_id, event in newest.items():
        body = event["data"]["object"]
        if body["object"] in paths and event["type"] != "customer.deleted":
            assert get(lived.state, f"/v1/{paths[body['object']]}/{object_id}") == body
            checked += 1
    assert checked > 60


def test_previous_attributes_lead_back_to_the_event_before(lived: Business) -> None:
    before: dict[tuple[str, str], Json] = {}
    checked = 0
    for event in read_events(lived):
        body = event["data"]["object"]
        previous = event["data"].get("previous_attributes")
        # `charge.refund.updated` tells again what `refund.updated` told.
        key = event["type"].rpartition(".")[0], body["id"]
        if previous is not None and key in before:
            assert told(overlay(body, previous)) == told(before[key])
            checked += 1
        before[key] = body
    assert checked > 20


def test_events_come_in_the_order_of_their_time(lived: Business) -> None:
    created = [event["created"] for event in read_events(lived)]
    assert created == sorted(created)
    assert created[-1] <= lived.now


def test_every_event_is_of_a_type_that_stripe_has(lived: Business) -> None:
    types = {event["type"] for event in read_events(lived)}
    assert types <= set(get_args(stripe.Event.__annotations__["type"]))
    assert len(types) > 20


def test_only_updates_tell_what_was_before(lived: Business) -> None:
    for event in read_events(lived):
        assert ("previous_attributes" in event["data"]) == event["type"].endswith(".updated")


def test_no_object_of_an_event_is_younger_than_the_event(lived: Business) -> None:
    for event in read_events(lived):
        body = event["data"]["object"]
        born = body.get("created", body.get("start", body.get("date")))
        assert born <= event["created"]
