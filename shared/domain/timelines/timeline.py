"""One subscription's history as the metrics read it."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from shared.domain.worth import Worth


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a subscription was from an instant on, until the next stretch.

    Attributes:
        status: in Stripe's word.

        worth: what it was worth a month, whatever its status; nothing once it has ended.

        is_ending: whether its end had been requested and had not come yet.

        collection_paused: whether collection was paused while the status stayed as it was.

        reconstructed: whether that is known from invoices alone.
    """

    since: datetime
    status: str
    worth: Worth
    is_ending: bool = False
    collection_paused: bool = False
    reconstructed: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """One subscription's history, priced: no price or discount is needed any more.

    It goes on after the instant that it was told at, for discounts and trials of items have their
    ends: the status stays, and the amount is what it will be if nothing else happens.

    Attributes:
        currency: that it is billed in, ISO code in lower case.

        livemode: whether it is an object of live mode.

        in_test_clock: whether it belongs to a test clock.

        stretches: oldest first, at least one.

        paying_since: when it first was active or past due; None if it never was.

        holds_until: the first later instant at which the same facts may tell another past; None if
            there is none.
    """

    subscription_id: str
    customer_id: str
    currency: str
    livemode: bool
    in_test_clock: bool
    stretches: tuple[Stretch, ...]
    paying_since: datetime | None = None
    holds_until: datetime | None = None

    def at(self, instant: datetime) -> Stretch | None:
        """Return what it was after everything that happened up to an instant; None before it."""
        index = bisect_right(self.stretches, instant, key=_since)
        return self.stretches[index - 1] if index else None


def _since(stretch: Stretch) -> datetime:
    return stretch.since
