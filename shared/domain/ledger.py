"""What the ledger keeps of one account, and how far it has come.

Facts are what Stripe said of a customer, in a form that only the billing source reads. What is told
from them (timelines, customers) is kept beside them, so that numbers need no facts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from shared.domain.account import NOTHING, Needs
from shared.domain.customers import Customer
from shared.domain.timelines import Timeline
from shared.domain.unreadable import Unreadable

Phase = Literal["subscriptions", "balance", "history", "following"]
PHASES: tuple[Phase, ...] = ("subscriptions", "balance", "history", "following")


class Span(NamedTuple):
    """A stretch of time that a list was read for: objects created from *start* to *end*, both in.

    In whole seconds since 1970, as Stripe filters.
    """

    start: int
    end: int


class Fact(NamedTuple):
    """What a list said of one customer, in the billing source's own form."""

    customer_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """All that is kept of one customer.

    Attributes:
        facts: in the billing source's own form; empty while the past has not been read.

        customer: None where only the subscriptions are known.
    """

    customer_id: str
    facts: bytes
    timelines: tuple[Timeline, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """How far the ledger of an account has come.

    Attributes:
        phase: what is being read; `following` once the import is whole and only changes are read.

        as_of: the instant up to which the account has been read; while it is being imported, the
            upper bound of every list.

        history_since: since when it is known what subscriptions were.

        balance_since: since when all balance transactions are known.

        events_since: since when all events are among the facts.

        is_repair: whether what is being read has been read before, to be compared.

        checked_at: when all that can drift was last read anew.

        drifted: how many customers the last such reading found otherwise than they were kept.

        requests: how many the reading of everything took, so far.
    """

    phase: Phase = "subscriptions"
    as_of: datetime | None = None
    history_since: datetime | None = None
    balance_since: datetime | None = None
    events_since: datetime | None = None
    is_repair: bool = False
    checked_at: datetime | None = None
    drifted: int = 0
    requests: int = 0

    def covers(self, needs: Needs, at: datetime) -> bool:
        """Return whether the ledger has all that is needed for a value at an instant."""
        if self.as_of is None or (self.phase == "subscriptions" and not self.is_repair):
            return False
        return _reaches(self.history_since, needs.history, at) and _reaches(
            self.balance_since, needs.balance, at
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a first import is.

    Attributes:
        done, expected: requests made, and made in all as far as that can be told.

        seconds_left: None where it cannot be told yet.
    """

    phase: Phase
    done: int
    expected: int | None = None
    seconds_left: int | None = None


def _reaches(since: datetime | None, needed: timedelta, at: datetime) -> bool:
    if needed == NOTHING:
        return True
    return since is not None and since <= at - needed


def uncovered(whole: Span, covered: Iterable[Span]) -> list[Span]:
    """Return the parts of a span that none of the others covers, oldest first.

    Seconds are whole: what was read up to second 9 leaves 10 and later.

    >>> uncovered(Span(0, 9), [Span(3, 4), Span(8, 20)])
    [Span(start=0, end=2), Span(start=5, end=7)]
    """
    gaps, start = [], whole.start
    for span in sorted(covered):
        if span.start > start:
            gaps.append(Span(start, min(span.start - 1, whole.end)))
        start = max(start, span.end + 1)
        if start > whole.end:
            break
    if start <= whole.end:
        gaps.append(Span(start, whole.end))
    return [gap for gap in gaps if gap.start <= gap.end]
