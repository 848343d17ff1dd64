"""Events may show objects of an older API version; nothing that is read may hang on that."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import STORIES, Business, Sandbox, SeedOptions, seeded_business, start
from local.stripe_sandbox.endpoints import get
from tests.announcements import shown, unannounced
from tests.following import Life
from tests.whole_business import read_case

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)

Json = dict[str, Any]


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with start(Business.empty(NOW)) as sandbox:
        yield sandbox


@pytest.fixture(name="old", scope="module")
def _old() -> Business:
    business = seeded_business(NOW, SeedOptions(customers=60, days=300, old_events=True))
    Life(business, 3, changes=60).live(60)
    return business


def newest(business: Business, kind: str) -> Json:
    """Return the newest event of a type."""
    found: list[Json] = get(business.state, f"/v1/events?limit=1&type={kind}")["data"]
    return found[0]


def test_a_subscription_has_its_period_and_plan(old: Business) -> None:
    event = newest(old, "customer.subscription.created")
    body = event["data"]["object"]
    assert event["api_version"] == "2024-10-28.acacia"
    assert body["current_period_end"] > body["current_period_start"]
    assert body["plan"]["id"] == body["items"]["data"][0]["plan"]["id"]
    assert "current_period_end" not in body["items"]["data"][0]
    assert "status_details" not in body


def test_a_discount_holds_its_coupon_whole(old: Business) -> None:
    body = newest(old, "customer.discount.created")["data"]["object"]
    assert body["coupon"]["object"] == "coupon"
    assert "source" not in body


def test_an_invoice_names_its_subscription_and_prices(old: Business) -> None:
    body = newest(old, "invoice.paid")["data"]["object"]
    assert body["paid"]
    assert body["subscription"].startswith("sub_")
    assert body["lines"]["data"][0]["price"]["id"].startswith("price_")
    assert {"parent", "pricing"}.isdisjoint(body.keys() | body["lines"]["data"][0].keys())


def test_lists_show_the_newest_version_all_the_same(old: Business) -> None:
    (sub,) = get(old.state, "/v1/subscriptions?limit=1")["data"]
    assert "current_period_end" in sub["items"]["data"][0]


def test_updates_tell_what_was_before_in_the_same_version(old: Business) -> None:
    previous = newest(old, "invoice.updated")["data"]["previous_attributes"]
    assert previous
    assert {"parent", "pricing", "status_details"}.isdisjoint(previous)


def test_every_change_is_announced_in_the_older_version_too(old: Business) -> None:
    before, known = shown(old), {event.id for event in old.state.events}
    Life(old, 4, changes=60).live(60)
    told = [event for event in old.state.events if event.id not in known]
    assert list(unannounced(before, shown(old), told)) == []


@pytest.mark.parametrize("story", sorted(STORIES))
def test_every_number_is_true_whatever_version_events_are_of(sandbox: Sandbox, story: str) -> None:
    options = SeedOptions(seed=7, customers=30, days=430, story=story, old_events=True)
    case = read_case(sandbox, f"seeded_business(NOW, {options})", seeded_business(NOW, options))
    assert list(case.differences(7)) == []
