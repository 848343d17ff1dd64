"""Whoever follows the sandbox's events misses nothing that its lists show, step by step.

What Stripe tells by events of other types alone is named at the end.
"""

from collections.abc import Callable

import pytest

from local.stripe_sandbox import STORIES, Business, Item, SeedOptions, seeded_business
from shared.adapters.stripe_changes import EVENT_TYPES
from tests.announcements import shown, unannounced
from tests.following import Life

NOW = 1_800_000_000
HOUR = 3_600


def missed(business: Business, steps: int, hours: int, life: Life | None = None) -> list[str]:
    """Return what changed in steps of some hours without an event that announces it."""
    found: list[str] = []
    before = shown(business)
    for _ in range(steps):
        known = {event.id for event in business.state.events}
        if life is None:
            business.advance(hours=hours)
        else:
            life.live(hours)
        after = shown(business)
        told = [event for event in business.state.events if event.id not in known]
        found += unannounced(before, after, told)
        before = after
    return found


@pytest.mark.parametrize("story", STORIES)
def test_what_time_changes_is_announced(story: str) -> None:
    business = seeded_business(NOW, SeedOptions(customers=40, days=200, story=story))
    assert missed(business, steps=30, hours=31) == []


@pytest.mark.parametrize("seed", range(3))
def test_what_people_change_is_announced(seed: int) -> None:
    business = Business.empty(NOW, bills=True)
    life = Life(business, seed, changes=100)
    assert missed(business, steps=60, hours=4, life=life) == []
    assert set(EVENT_TYPES) - {event.type for event in business.state.events} <= {"invoice.voided"}


def test_people_act_among_what_time_does() -> None:
    business = seeded_business(NOW, SeedOptions(customers=40, days=200))
    assert missed(business, steps=30, hours=9, life=Life(business, 1, changes=60)) == []


def test_a_change_beyond_the_items_that_are_shown_embedded_is_announced() -> None:
    business = Business.empty(NOW, bills=True)
    sub = business.add_subscription([business.add_price(100 + n) for n in range(12)], created=NOW)
    steps = (
        lambda: business.add_item(sub, Item(business.add_price(900))),
        lambda: business.change_item(sub.items[-1], quantity=4),
        lambda: business.discount(sub.items[-1], business.add_coupon(percent_off=5.0)),
        lambda: business.remove_item(sub.items[-1]),
    )
    for act in steps:
        business.advance(hours=30)
        before, known = shown(business), {event.id for event in business.state.events}
        act()
        told = [event for event in business.state.events if event.id not in known]
        assert shown(business) != before
        assert list(unannounced(before, shown(business), told)) == []
        assert "customer.subscription.updated" in {event.type for event in told}


def test_a_waiting_item_that_somebody_deletes_is_announced_by_another_type() -> None:
    business = Business.empty(NOW, bills=True)
    sub = business.add_subscription(business.add_price(1_000), created=NOW)
    business.advance(days=3)
    business.change_item(sub.items[0], quantity=4)
    item = [each for each in business.state.invoice_items if each.invoice is None][-1]
    business.advance(hours=1)
    assert told_otherwise(business, lambda: business.delete(item)) == ["invoiceitem.deleted"]


def test_a_new_due_date_of_an_invoice_is_announced_by_another_type() -> None:
    business = Business.empty(NOW, bills=True)
    business.add_subscription(
        business.add_price(1_000), created=NOW, collection_method="send_invoice"
    )
    (invoice,) = business.state.invoices
    later = {"due_at": NOW + 90 * 24 * HOUR}
    assert told_otherwise(business, lambda: business.update(invoice, **later)) == [
        "invoice.updated"
    ]


def told_otherwise(business: Business, act: Callable[[], object]) -> list[str]:
    """Return the types of the events of something that those that are read do not announce."""
    before, known = shown(business), {event.id for event in business.state.events}
    act()
    told = [event for event in business.state.events if event.id not in known]
    assert len(list(unannounced(before, shown(business), told))) == 1
    return [event.type for event in told]
