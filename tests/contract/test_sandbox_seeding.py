"""The business that grows from a seed."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.stripe_sandbox import Business, SeedOptions, seeded_business
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.periods import DAY

NOW = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())


def snapshot(business: Business) -> bytes:
    paths = ("customers", "subscriptions", "prices", "coupons", "events", "products")
    extra = {"subscriptions": "&status=all&expand[]=data.discounts.source.coupon"}
    return b"".join(
        msgspec.json.encode(get(business.state, f"/v1/{path}?limit=100{extra.get(path, '')}"))
        for path in paths
    )


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1_000), days=st.lists(st.integers(1, 40), max_size=3))
def test_the_same_seed_and_advances_give_the_same_bytes(seed: int, days: list[int]) -> None:
    def live() -> bytes:
        business = seeded_business(NOW, SeedOptions(seed=seed, customers=40))
        return b"".join([*(business.advance(each).words.encode() for each in days),
                         snapshot(business)])  # fmt: skip

    assert live() == live()


def test_many_small_advances_lead_where_one_large_leads() -> None:
    one, many = (seeded_business(NOW, SeedOptions(customers=60)) for _ in range(2))
    one.advance(days=20)
    for _ in range(20):
        many.advance(days=1)
    assert snapshot(one) == snapshot(many)


def test_other_seeds_tell_other_stories() -> None:
    first, second = (seeded_business(NOW, SeedOptions(seed=seed, customers=40)) for seed in (1, 2))
    assert snapshot(first) != snapshot(second)


@pytest.fixture(name="grown", scope="module")
def _grown() -> Business:
    return seeded_business(NOW)


def test_a_seeded_business_has_grown_and_has_every_status(grown: Business) -> None:
    subs = list(grown.state.subscriptions)
    assert {sub.status for sub in subs} == {
        "active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused",
        "trialing", "unpaid",
    }  # fmt: skip
    middle = NOW - 456 * DAY
    older = sum(sub.created < middle for sub in subs)
    assert 0 < older < len(subs) / 3
    assert 250 < sum(sub.status == "active" for sub in subs) + 100 < 500
    assert {sub.currency for sub in subs} == {"usd"}


def test_nothing_in_a_seeded_business_is_of_the_future(grown: Business) -> None:
    state = grown.state
    for records in (state.customers, state.subscriptions, state.events, state.prices):
        assert all(record.created <= NOW for record in records)
    for sub in state.subscriptions:
        assert (sub.ended_at or 0) <= NOW
        if sub.status in {"active", "past_due", "unpaid", "trialing"}:
            assert all(item.period_start <= NOW < item.period_end for item in sub.items)


def test_a_seeded_business_goes_on_living() -> None:
    business = seeded_business(NOW)
    counts = business.advance(days=60).counts
    assert counts["new customers"] > 20
    assert {"trials converted", "subscriptions ended", "plan changes"} <= set(counts)


def test_no_event_is_older_or_younger_than_the_window(grown: Business) -> None:
    assert all(NOW - 30 * DAY <= each.created <= NOW for each in grown.state.events)


def test_a_share_of_customers_can_pay_in_other_currencies() -> None:
    business = seeded_business(NOW, SeedOptions(customers=200, foreign_share=0.5))
    assert {sub.currency for sub in business.state.subscriptions} == {"usd", "eur", "gbp"}


def test_nobody_is_named(grown: Business) -> None:
    for body in get(grown.state, "/v1/customers?limit=100")["data"]:
        assert body["name"].startswith("Customer ")
        assert body["email"].startswith("customer-")
        assert body["email"].endswith("@example.com")
