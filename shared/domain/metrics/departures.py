"""Who left within a window: subscriptions that were retained no longer, and whose they were."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.retention import is_retained, retained_amount, unknown_status
from shared.domain.metrics.scope import timelines_in_scope, unreadable_in_scope
from shared.domain.timelines import Stretch, Timeline
from shared.domain.windows import Window

# The shortest time that there is: just before an instant, what ended at it was still there.
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Departure:
    """A subscription that left the retained state.

    Attributes:
        minor: its monthly amount just before, in minor units; None if it cannot be told, with the
            reason.
    """

    at: datetime
    subscription_id: str
    customer_id: str
    minor: Fraction | None
    reason: str = ""


def departures(account: Account, window: Window, definitions: Definitions) -> Iterator[Departure]:
    """Yield each time that a subscription ended, became unpaid or paused within a window."""
    for timeline in timelines_in_scope(account):
        for before, after in zip(timeline.stretches, timeline.stretches[1:], strict=False):
            if after.since not in window:
                continue
            just_before = after.since - _INSTANT
            was = is_retained(timeline, before, just_before, definitions)
            if was and not is_retained(timeline, after, after.since, definitions):
                yield _departure(timeline, before, after, definitions)


def _departure(
    timeline: Timeline, before: Stretch, after: Stretch, definitions: Definitions
) -> Departure:
    who = after.since, timeline.subscription_id, timeline.customer_id
    minor = unknown_status(after) or retained_amount(before, definitions)
    return Departure(*who, None, minor) if isinstance(minor, str) else Departure(*who, minor)


@dataclass(frozen=True, slots=True)
class Departed:
    """The customers who left within a window and were not retained at its end.

    Attributes:
        last: for each customer id, their last departure with an amount above 0.

        unreadable: reasons by customer id: what they paid cannot be told, or whether they left.
    """

    last: Mapping[str, Departure]
    unreadable: Mapping[str, str]


def departed_customers(account: Account, window: Window, definitions: Definitions) -> Departed:
    """Return the customers of whom a subscription worth something left, and none stayed."""
    unreadable = {it.customer_id: it.reason for it in unreadable_in_scope(account)}
    staying = {
        timeline.customer_id
        for timeline in timelines_in_scope(account)
        if (stretch := timeline.at(window.end)) is not None
        and is_retained(timeline, stretch, window.end, definitions)
    }
    last: dict[str, Departure] = {}
    for departure in sorted(departures(account, window, definitions), key=lambda it: it.at):
        customer = departure.customer_id
        if customer in staying:
            continue
        if departure.minor is None:
            unreadable[customer] = departure.reason
        elif departure.minor:
            last[customer] = departure
    return Departed(
        last={customer: it for customer, it in last.items() if customer not in unreadable},
        unreadable={customer: it for customer, it in unreadable.items() if customer not in staying},
    )
