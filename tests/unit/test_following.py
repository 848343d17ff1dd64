"""The life that other tests let businesses live is the same each time, and as busy as said."""

from local.stripe_sandbox import Business, SeedOptions, seeded_business, start
from tests.following import HOUR, Life, live_through

NOW = 1_800_000_000


def told(business: Business) -> list[tuple[int, str, bytes]]:
    return [(event.created, event.type, event.snapshot) for event in business.state.events]


def test_the_same_seed_gives_the_same_life() -> None:
    one, same, other = (
        live_through(seeded_business(NOW, SeedOptions(customers=60)), 48, seed)
        for seed in (5, 5, 6)
    )
    assert told(one) == told(same)
    assert told(one) != told(other)
    assert one.now == NOW + 48 * HOUR


def test_people_change_each_subscription_so_often_a_month() -> None:
    life = Life(seeded_business(NOW, SeedOptions(customers=400)), changes=1.5)
    running = sum(1 for it in life.business.state.subscriptions if it.ended_at is None)
    life.live(7 * 24)
    expected = running * 1.5 * 7 * 24 / 730
    assert 0.7 * expected < life.acts.total() < 1.5 * expected
    assert len(life.acts) > 15


def test_the_clock_of_a_sandbox_goes_with_the_life_in_it() -> None:
    business = Business.empty(NOW, bills=True)
    with start(business) as sandbox:
        Life(business, 2, changes=100).live_in(sandbox, 3)
        assert sandbox.clock.now() == business.now == NOW + 3 * HOUR
