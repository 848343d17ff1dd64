"""An account that is followed hour by hour is known as well as one that is read anew."""

import random
from collections.abc import Callable, Sequence

import pytest

from local.stripe_sandbox import (
    Business,
    RandomFaults,
    SeedOptions,
    Settings,
    seeded_business,
    start,
)
from local.stripe_sandbox.records import CurrencyOption
from tests.following import Life
from tests.mirrors import Mirror

NOW = 1_800_000_000
# The past that is read lasts 30 days: a business that is younger is known whole either way.
DAYS_BEFORE, HOURS = 12, 72


def never() -> bool:
    return False


def a_business(seed: int, *, old_events: bool = False) -> Business:
    options = SeedOptions(
        seed=seed, customers=25, days=DAYS_BEFORE, events_days=None, old_events=old_events
    )
    return seeded_business(NOW, options)


def differences(
    business: Business,
    seed: int,
    *,
    is_time_up: Callable[[], bool] = never,
    faults: Sequence[RandomFaults] = (),
) -> list[str]:
    """Return how a business that was followed differs from the same read anew at the end."""
    with start(business, settings=Settings(interceptors=faults)) as sandbox:
        followed = Mirror(sandbox, is_time_up)
        followed.refresh()
        life = Life(business, seed, changes=20)
        for _ in range(HOURS):
            life.live_in(sandbox, 1)
            followed.refresh()
        sandbox.settings.interceptors = ()
        anew = Mirror(sandbox)
        anew.refresh()
        assert len(anew.book.kept) > 40
        return list(followed.differences(anew))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_followed_is_what_is_read_anew(seed: int) -> None:
    assert differences(a_business(seed), seed) == []


def test_it_is_so_with_events_of_an_older_version() -> None:
    assert differences(a_business(4, old_events=True), 4) == []


def test_it_is_so_where_the_time_is_up_again_and_again() -> None:
    chance = random.Random(5)  # noqa: S311 - choices that can be made again
    assert differences(a_business(5), 5, is_time_up=lambda: chance.random() < 0.2) == []


def test_it_is_so_where_requests_fail_now_and_then() -> None:
    faults = RandomFaults(6, 0.05, hang_seconds=0.01)
    assert differences(a_business(6), 6, faults=[faults]) == []
    assert faults.struck.total() > 5


def test_a_price_in_another_currency_is_read_again() -> None:
    business = Business.empty(NOW, bills=True)
    price = business.add_price(1_200, currency_options={"eur": 1_100})
    business.add_subscription(price, currency="eur")
    with start(business) as sandbox:
        followed, anew = Mirror(sandbox), Mirror(sandbox)
        followed.refresh()
        sandbox.advance(hours=1)
        business.update(price, currency_options={"eur": CurrencyOption("1300")})
        followed.refresh()
        anew.refresh()
    assert list(followed.differences(anew)) == []


def test_an_hour_in_which_nothing_happens_takes_two_requests() -> None:
    business = Business.empty(NOW, bills=True)
    business.add_subscription(business.add_price(1_000))
    with start(business) as sandbox:
        mirror = Mirror(sandbox)
        mirror.refresh()
        for _ in range(4):
            sandbox.advance(hours=1)
            mirror.refresh()
    assert mirror.requests[2:] == [2, 2, 2]
