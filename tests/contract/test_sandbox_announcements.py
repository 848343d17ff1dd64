"""Whoever follows the sandbox's events misses nothing that its lists show, step by step."""

import pytest

from local.stripe_sandbox import STORIES, Business, SeedOptions, seeded_business
from tests.announcements import ANNOUNCING, shown, unannounced
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
    assert ANNOUNCING - {event.type for event in business.state.events} <= {"invoice.voided"}


def test_people_act_among_what_time_does() -> None:
    business = seeded_business(NOW, SeedOptions(customers=40, days=200))
    assert missed(business, steps=30, hours=9, life=Life(business, 1, changes=60)) == []
