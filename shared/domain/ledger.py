"""What the ledger keeps of one account, and how far it has come.

Facts are what Stripe said of a customer, in a form that only the billing source reads. What is told
from them (timelines, customers) is kept beside them, so that numbers need no facts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from shared.domain.account import NOTHING, Account, Mode, Needs
from shared.domain.balance import BalanceTransaction
from shared.domain.customers import Customer
from shared.domain.rates import ImpliedRate
from shared.domain.timelines import Timeline
from shared.domain.unreadable import Unreadable

# Of what is kept of an account: raise it with any change of `Timeline` and what it is made of, of
# `Customer` or of `BalanceTransaction`. What is kept in another form is read anew.
FORM = 2
# Of what is being removed: whoever should come to read it reads the account anew.
NO_FORM = 0

Phase = Literal["subscriptions", "balance", "history", "following"]
# Why an account that has been read is read again: to see whether something has drifted, or because
# what changed since can no longer be told.
Repair = Literal["none", "recheck", "reread"]


_IN_WORDS: dict[Phase, str] = {
    "subscriptions": "subscriptions and customers",
    "balance": "the money of the last 13 months",
    "history": "invoices, which tell what subscriptions were",
    "following": "what changed",
}


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

        complete_since: since when all invoices are among the facts.

        balance_since: since when all balance transactions are known.

        events_since: since when all events are among the facts.

        stamp: the second that what was read last is noted to be read at; it rises.

        seen: marks of the newest events before `as_of`, which the next reading will meet again; in
            the billing source's own form.

        holds_until: from when on a timeline may have to be told anew though nothing happened.

        repair: why what is being read is read again; "none" for a first import and while following.

        is_staged: whether something is staged that is not needed any more once following.

        owes_past: whether the values of the past have yet to be written: the import has just become
            whole.

        checked_at: when all that can drift was last read anew.

        drifted: how many customers the last such reading found otherwise than they were kept.

        requests: how many the reading of everything took, so far.

        form: that what is kept has.
    """

    phase: Phase = "subscriptions"
    as_of: datetime | None = None
    history_since: datetime | None = None
    complete_since: datetime | None = None
    balance_since: datetime | None = None
    events_since: datetime | None = None
    stamp: int = 0
    seen: str = ""
    holds_until: datetime | None = None
    repair: Repair = "none"
    is_staged: bool = False
    owes_past: bool = False
    checked_at: datetime | None = None
    drifted: int = 0
    requests: int = 0
    form: int = FORM

    @property
    def is_coming_in(self) -> bool:
        """Whether this is a first import, up to the values of the past."""
        return self.repair == "none" and (self.phase != "following" or self.owes_past)

    def covers(self, needs: Needs) -> bool:
        """Return whether the ledger has all that is needed for a value now."""
        is_begun = self.phase != "subscriptions" or self.repair == "recheck"
        # While all is read again, `as_of` is already the instant that it is read for.
        is_whole = self.form == FORM and self.repair != "reread" and is_begun
        if self.as_of is None or not is_whole:
            return False
        at = self.as_of
        has_history = needs.history == NOTHING or _reaches(self.history_since, at - needs.history)
        has_balance = needs.balance == NOTHING or _reaches(self.balance_since, at - needs.balance)
        return has_history and has_balance

    def covers_past(self, needs: Needs, at: datetime) -> bool:
        """Return whether the ledger has all that is needed for a value at a past instant."""
        if (needs.subscriptions or needs.customers) and not _reaches(
            self.history_since, at - needs.history
        ):
            return False
        return needs.balance == NOTHING or _reaches(self.balance_since, at - needs.balance)


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


def progress_in_words(progress: Progress) -> str:
    """Return how far an import is.

    >>> progress_in_words(Progress("balance", done=30, expected=120, seconds_left=200))
    'Reading the money of the last 13 months: 25 %, 3 min left.'
    """
    words = f"Reading {_IN_WORDS[progress.phase]}"
    if progress.expected:
        words += f": {min(99, 100 * progress.done // progress.expected)} %"
    if progress.seconds_left is not None:
        minutes = progress.seconds_left // 60
        words += f", {f'{minutes} min' if minutes else 'less than a minute'} left"
    return f"{words}."


class Kept(Protocol):
    """What numbers are computed from."""

    def records(self) -> Iterable[CustomerRecord]:
        """Give the records of all customers."""
        ...

    def balance(self, since: datetime) -> Iterable[BalanceTransaction]:
        """Give the balance transactions since an instant."""
        ...

    def rates(self) -> Iterable[ImpliedRate]:
        """Give the exchange rates that the account's money told, the newest of each day."""
        ...


def load_account(kept: Kept, mode: Mode, needs: Needs, as_of: datetime) -> Account:
    """Return as much of the account as is needed, and no more.

    Its rates always: they are few, and whether a value needs them shows only in computing it.
    """
    timelines: list[Timeline] = []
    unreadable: list[Unreadable] = []
    customers: list[Customer] = []
    has_people = needs.subscriptions or needs.customers != NOTHING
    for record in kept.records() if has_people else ():
        timelines += record.timelines
        unreadable += record.unreadable
        if record.customer is not None:
            customers.append(record.customer)
    rows = () if needs.balance == NOTHING else tuple(kept.balance(as_of - needs.balance))
    rates = tuple(kept.rates())
    people = tuple(timelines), tuple(unreadable), tuple(customers)
    return Account(mode, *people, balance=rows, rates=rates)


def _reaches(since: datetime | None, instant: datetime) -> bool:
    return since is not None and since <= instant


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
