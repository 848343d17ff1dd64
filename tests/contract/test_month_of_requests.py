"""What a month of normal hourly life of 1,000 subscriptions asks of Stripe.

Usually eight days are lived, the weekly check among them, and the month is reckoned from these;
`make fuzz` lives the whole month.
"""

from collections import Counter
from datetime import UTC, datetime

import msgspec
from hypothesis import settings

from local.stripe_sandbox import Business, SeedOptions, seeded_business, start
from local.stripe_sandbox.records import Event
from shared.adapters.stripe_changes import EVENT_TYPES
from tests.following import Life
from tests.syncing import Worker

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
MONTH_HOURS = 730
HOURS = 192 if settings().max_examples <= 100 else MONTH_HOURS
# Stripe allows an account at least 10,000 reads in 30 days.
MOST_IN_A_MONTH = 7_500
# These are no hints for the product, but money that was taken back is in its list.
TAKEN_BACK = ("charge.refunded", "charge.dispute.created", "charge.dispute.closed")


def test_a_month_of_a_thousand_subscriptions_stays_far_below_what_stripe_allows() -> None:
    business = seeded_business(NOW, SeedOptions(customers=1_250, days=200))
    ticks: list[tuple[int, int]] = []
    with start(business) as sandbox:
        worker = Worker(sandbox).connect()
        worker.sync("0000")
        life = Life(business)
        for hour in range(1, HOURS + 1):
            before, checked_at = business.now, worker.place.checked_at
            life.live_in(sandbox, 1)
            worker.stores.clock.move(hours=1)
            worker.sync(f"{hour:04}")
            assert (worker.status.state, worker.status.notes) == ("ok", ())
            changed = len(changed_since(business, before))
            ticks.append((worker.requests, changed))
            if worker.place.checked_at == checked_at:
                assert worker.requests <= 2 + 2 * changed
    total = sum(requests for requests, _ in ticks)
    told = Counter(requests for requests, _ in ticks)
    print(f"\n{total} requests in {HOURS} hours; so many hours by requests: {sorted(told.items())}")  # noqa: T201
    assert 900 < sum(it.ended_at is None for it in business.state.subscriptions) < 1_200
    assert total * MONTH_HOURS / HOURS < MOST_IN_A_MONTH
    assert sum(changed for _, changed in ticks) > 2 * HOURS


def changed_since(business: Business, instant: int) -> set[str]:
    """Return the customers, prices, coupons and refunded charges that anything was told of."""
    return {
        changed_in(event)
        for event in business.state.events
        if event.created > instant and event.type in (*EVENT_TYPES, *TAKEN_BACK)
    }


def changed_in(event: Event) -> str:
    told = msgspec.json.decode(event.snapshot)
    owner = told.get("customer") or told.get("charge") or told["id"]
    return str(owner["id"] if isinstance(owner, dict) else owner)
