"""One subscription's history as the metrics read it."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from shared.domain.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a subscription was from an instant on, until the next stretch.

    Attributes:
        subscription: as it was then.

        reconstructed: whether that is known from invoices alone.

        unreadable: why no amount can be told, in a few words; None if one can.
    """

    since: datetime
    subscription: Subscription
    reconstructed: bool = False
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One subscription's history.

    Attributes:
        stretches: oldest first, at least one; the last is what it is now.

        paying_since: when it first was active or past due; None if it never was.

        holds_until: from when on the same facts may tell another timeline; None: never.
    """

    stretches: tuple[Stretch, ...]
    paying_since: datetime | None = None
    holds_until: datetime | None = None

    @property
    def customer_id(self) -> str:
        """Stripe's id of the customer."""
        return self.current.customer_id

    @property
    def current(self) -> Subscription:
        """The subscription as it is now."""
        return self.stretches[-1].subscription

    def at(self, instant: datetime) -> Stretch | None:
        """Return what it was after everything that happened up to an instant; None before it."""
        index = bisect_right(self.stretches, instant, key=lambda stretch: stretch.since)
        return self.stretches[index - 1] if index else None
