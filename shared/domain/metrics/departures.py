"""Who left within a window: subscriptions that were retained no longer, and whose they were."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.scope import states_of, unreadable_in_scope
from shared.domain.metrics.weights import Weights, unknown_status, weights_of
from shared.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Departure:
    """A subscription that ended, became unpaid or paused: when, its id, and what kind it was."""

    at: datetime
    subscription_id: str
    kind: int


@dataclass(frozen=True, slots=True)
class Departed:
    """The customers who left within a window and were not retained at its end.

    Attributes:
        last: for each customer id, their last departure with an amount above 0.

        unreadable: reasons by customer id: what they paid cannot be told, or whether they left.

        read: how many customers of subscriptions there are.

        stayed: how many of them were retained at the end.
    """

    last: Mapping[str, Departure]
    unreadable: Mapping[str, str]
    read: int
    stayed: int


def departed_customers(account: Account, window: Window, definitions: Definitions) -> Departed:
    """Return the customers of whom a subscription worth something left, and none stayed."""
    states, weights = states_of(account), weights_of(account, definitions)
    at_the_end = states.at(window.end).states
    set_aside = {it.customer_id: it.reason for it in unreadable_in_scope(account)}
    unreadable: dict[str, str] = {}
    last: dict[str, Departure] = {}
    retained = weights.retained()
    for at, subscription_id, change in _within(window, weights):
        number = states.customer_of(change)
        if retained[at_the_end[number]]:
            continue
        customer = states.customers[number]
        # What it was just before is the change before it.
        before, after = states.kind_after(change - 1), states.kind_after(change)
        minor = unknown_status(states.kinds[after]) or weights.amount(before)
        if isinstance(minor, str):
            unreadable[customer] = minor
        elif minor:
            last[customer] = Departure(at, subscription_id, before)
    staying = (
        it
        for number, it in enumerate(states.customers if set_aside else ())
        if it in set_aside and retained[at_the_end[number]]
    )
    for it in list(staying):
        del set_aside[it]
    strangers = len(set_aside.keys() - set(states.customers)) if set_aside else 0
    unreadable = {**set_aside, **unreadable}
    return Departed(
        {it: last[it] for it in last if it not in unreadable},
        unreadable,
        read=len(states.customers) + strangers,
        stayed=sum(map(retained.__getitem__, at_the_end)),
    )


def _within(window: Window, weights: Weights) -> Sequence[tuple[datetime, str, int]]:
    every = weights.departures
    first = bisect_right(every, window.start, key=itemgetter(0))
    return every[first : bisect_right(every, window.end, key=itemgetter(0))]
