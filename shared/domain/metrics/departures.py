"""Who left within a window: subscriptions that were retained no longer, and whose they were."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from operator import itemgetter

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.scope import states_of, unreadable_in_scope
from shared.domain.metrics.weights import unknown_status, weights_of
from shared.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Departure:
    """A subscription that left the retained state.

    Attributes:
        minor: its monthly amount just before, in minor units; text: why it cannot be told.
    """

    at: datetime
    subscription_id: str
    customer: int
    minor: Fraction | str


@dataclass(frozen=True, slots=True)
class Departed:
    """The customers who left within a window and were not retained at its end.

    Attributes:
        last: for each customer id, their last departure with an amount above 0.

        unreadable: reasons by customer id: what they paid cannot be told, or whether they left.
    """

    last: Mapping[str, Departure]
    unreadable: Mapping[str, str]


def departures(account: Account, window: Window, definitions: Definitions) -> Iterator[Departure]:
    """Yield each time that a subscription ended, became unpaid or paused within a window."""
    states, weights = states_of(account), weights_of(account, definitions)
    every = weights.departures
    first = bisect_right(every, window.start, key=itemgetter(0))
    for at, subscription_id, change in every[first:]:
        if at > window.end:
            return
        # What it was just before is the change before it.
        before, after = states.kind_after(change - 1), states.kind_after(change)
        minor = unknown_status(states.kinds[after]) or weights.amount(before)
        yield Departure(at, subscription_id, states.customer_of(change), minor)


def departed_customers(account: Account, window: Window, definitions: Definitions) -> Departed:
    """Return the customers of whom a subscription worth something left, and none stayed."""
    states, weights = states_of(account), weights_of(account, definitions)
    at_the_end = states.at(window.end).states
    set_aside = {it.customer_id: it.reason for it in unreadable_in_scope(account)}
    unreadable: dict[str, str] = {}
    last: dict[str, Departure] = {}
    retained = weights.retained()
    for departure in departures(account, window, definitions):
        if retained[at_the_end[departure.customer]]:
            continue
        customer = states.customers[departure.customer]
        if isinstance(departure.minor, str):
            unreadable[customer] = departure.minor
        elif departure.minor:
            last[customer] = departure
    staying = (
        it
        for number, it in enumerate(states.customers if set_aside else ())
        if it in set_aside and retained[at_the_end[number]]
    )
    for it in list(staying):
        del set_aside[it]
    unreadable = {**set_aside, **unreadable}
    return Departed({it: last[it] for it in last if it not in unreadable}, unreadable)
