"""What happened in the business and left no trace in any object of Stripe's.

Stripe keeps events for thirty days; older facts must be in the objects themselves. Whatever is
named here is left out of the comparison, for those subscriptions, instants and definitions alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.history import Change
from local.stripe_sandbox.periods import DAY

EVENTS_KEPT = 30 * DAY


@dataclass(frozen=True)
class Unknowable:
    """A time of one subscription of which nothing can be told.

    Attributes:
        since: the first instant of it; None if it goes back without end.
        until: the instant from which on it is known again.
        option: an option of the definitions that has to have a value for it to matter.
    """

    subscription: str
    reason: str
    since: int | None
    until: int
    option: tuple[str, str] | None = None

    def matters(self, definitions: Mapping[str, object], start: int, end: int) -> bool:
        """Tell whether a value over [start, end] depends on it."""
        if self.option is not None and definitions.get(self.option[0]) != self.option[1]:
            return False
        return start < self.until and (self.since is None or end >= self.since)


def unknowable_times(business: Business) -> list[Unknowable]:
    """Return all of them."""
    events_since = business.now - EVENTS_KEPT
    found: list[Unknowable] = []
    for sub in business.state.subscriptions:
        changes = business.state.history.of(sub.id)
        found += _pauses(sub.id, changes, events_since)
        found += _held_collections(sub.id, changes, events_since)
        found += _requests_taken_back(sub.id, changes, events_since)
    return found


def forgotten_customers(business: Business, at: int) -> set[str]:
    """Return who still existed at an instant, and was deleted so long ago that nothing says when.

    Lists leave them out; their subscriptions tell of the end of those, not of the customer's.
    """
    return {
        each.id
        for each in business.state.customers
        if each.deleted_at is not None and at < each.deleted_at < business.now - EVENTS_KEPT
    }


def _pauses(sub_id: str, changes: Sequence[Change], events_since: int) -> Iterator[Unknowable]:
    """Pauses of the pause endpoint: the object tells of one only as long as it lasts."""
    for since, until in _times(changes, lambda change: change.status == "paused"):
        if until is not None and until < events_since:
            yield Unknowable(sub_id, "paused and resumed long ago", since, until)


def _held_collections(
    sub_id: str, changes: Sequence[Change], events_since: int
) -> Iterator[Unknowable]:
    """Paused collection: the object says that it is so, and not since when."""
    option = ("paused_collection", "exclude")
    for since, until in _times(changes, lambda change: change.collection_paused):
        if until is not None and until < events_since:
            yield Unknowable(sub_id, "collection held long ago", since, until, option)
        elif since < events_since:
            yield Unknowable(sub_id, "collection held since long", None, events_since, option)


def _requests_taken_back(
    sub_id: str, changes: Sequence[Change], events_since: int
) -> Iterator[Unknowable]:
    """A cancellation that was taken back: `canceled_at` goes with it."""
    option = ("churn_on", "cancel_requested")
    asked = _times(
        changes, lambda change: change.cancel_at is not None and change.status != "canceled"
    )
    for since, until in asked:
        last = next((each for each in changes if each.at == until), None)
        if until is not None and until < events_since and last and last.status != "canceled":
            yield Unknowable(sub_id, "cancellation taken back long ago", since, until, option)


def _times(
    changes: Sequence[Change], holds: Callable[[Change], bool]
) -> Iterator[tuple[int, int | None]]:
    """Yield from when until when something held; None if it still does."""
    since: int | None = None
    for change in changes:
        if holds(change) and since is None:
            since = change.at
        elif not holds(change) and since is not None:
            yield since, change.at
            since = None
    if since is not None:
        yield since, None
