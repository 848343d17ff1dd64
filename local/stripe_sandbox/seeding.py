"""Grows a business from a seed: years of history, a believable present and a future to come."""

import gc
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from local.stripe_sandbox import treasury
from local.stripe_sandbox.assortment import add_assortment
from local.stripe_sandbox.business import Business
from local.stripe_sandbox.counter import Counter
from local.stripe_sandbox.exotic import add_exotic_shapes
from local.stripe_sandbox.market import Market
from local.stripe_sandbox.periods import DAY, to_seconds
from local.stripe_sandbox.stories import STORIES, tell

_SALES_PER_ARRIVAL = 0.3
_RETIRED_AFTER = 300 * DAY
_FIRST_SEASON = 75 * DAY


@dataclass(frozen=True, slots=True)
class SeedOptions:
    """What the business is to be like.

    Attributes:
        customers: how many sign up over the history; nearly as many subscriptions follow.
        foreign_share: share of the team plan's customers who pay in another currency.
        exotic: whether to add the rare shapes.
        story: what goes on beyond the usual, one of `STORIES`.
        events_days: for how long events can be read; None: for ever.
        old_events: whether events show objects as an older API version did.
    """

    seed: int = 1
    customers: int = 300
    days: int = 912
    foreign_share: float = 0.0
    exotic: bool = True
    story: str = "steady"
    events_days: int | None = 30
    old_events: bool = False
    name: str = "Tidewell Software"


def seeded_business(now: int | datetime, options: SeedOptions | None = None) -> Business:
    """Return a business that has been lived up to *now*, the same for the same arguments."""
    options = options or SeedOptions()
    end = to_seconds(now)
    start = end - options.days * DAY
    business = Business.empty(
        start,
        seed=options.seed,
        name=options.name,
        bills=True,
        events_days=options.events_days,
    )
    state = business.state
    state.account.created = start
    state.old_events = options.old_events
    state.events_since = 0 if state.events_kept is None else end - state.events_kept
    assortment = add_assortment(business)
    story = STORIES[options.story]
    habits = replace(story.habits, pays_in_other_currency=options.foreign_share)
    market = Market(business, assortment, habits, _arrivals_per_day(options, story.growth))
    sales = _SALES_PER_ARRIVAL * options.customers / options.days
    counter = Counter(state, sales, assortment.extras.onboarding)
    business.rules.update({**counter.rules(), **treasury.RULES, **tell(state, story, end)})
    treasury.open_treasury(state, start)
    draws = [state.random.random() for _ in range(options.customers)]
    for share in sorted(_growing_share(draw, story.growth) for draw in draws):
        state.plan(start + int(share * (end - start)), "arrive")
    state.plan(start + _RETIRED_AFTER, "retire")
    state.plan(start + _FIRST_SEASON, "offer_season")
    with _without_collector():
        business.advance_to(end)
    if options.exotic:
        add_exotic_shapes(business, assortment)
    market.plan_arrival(state, end)
    state.done.clear()
    return business


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector still: a growing business is all objects and no garbage."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _growing_share(uniform: float, growth: float) -> float:
    """Turn an even draw from 0 to 1 into one that grows denser towards 1."""
    return math.log1p(uniform * math.expm1(growth)) / growth


def _arrivals_per_day(options: SeedOptions, growth: float) -> float:
    """Return the pace of sign-ups at the end of the history, which then goes on."""
    return options.customers * growth / (options.days * -math.expm1(-growth))
