"""Prices the past of a subscription: what it was worth in each stretch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from shared.domain.monthly_amounts import turning_points, worth_at
from shared.domain.subscriptions import ENDED_STATUSES, Subscription
from shared.domain.timelines.timeline import Stretch
from shared.domain.worth import the_same_for_all


@dataclass(frozen=True, slots=True)
class State:
    """What a subscription was from an instant on.

    Attributes:
        subscription: as it was then.

        reconstructed: whether that is known from invoices alone.

        unreadable: why no amount can be told, in a few words; None if one can.
    """

    since: datetime
    subscription: Subscription
    reconstructed: bool = False
    unreadable: str | None = None


def price_past(states: Sequence[State]) -> Iterator[Stretch]:
    """Yield the stretches of a past, oldest first, neighbours always different.

    A state is cut where a discount or a trial of an item begins or ends, the last one also beyond
    the instant of the reading.

    Args:
        states: oldest first.
    """
    last: Stretch | None = None
    for stretch in _cut(states):
        if last is None or stretch != replace(last, since=stretch.since):
            yield stretch
            last = stretch


def _cut(states: Sequence[State]) -> Iterator[Stretch]:
    for state, later in zip_longest(states, states[1:]):
        end = later.since if later else None
        for since in _instants_within(state, end):
            yield _price(state, since)


def _instants_within(state: State, end: datetime | None) -> list[datetime]:
    """Return the instants of a state at which what it is worth may change."""
    if state.unreadable is not None or state.subscription.status in ENDED_STATUSES:
        return [state.since]
    points = turning_points(state.subscription)
    return [
        state.since,
        *sorted(it for it in points if it > state.since and (end is None or it < end)),
    ]


def _price(state: State, since: datetime) -> Stretch:
    subscription, reason = state.subscription, state.unreadable
    if reason is None or subscription.status in ENDED_STATUSES:
        worth = worth_at(subscription, since)
    else:
        worth = the_same_for_all(reason)
    return Stretch(
        since=since,
        status=subscription.status,
        worth=worth,
        is_ending=subscription.is_scheduled_to_end,
        collection_paused=subscription.collection_paused,
        reconstructed=state.reconstructed,
    )
