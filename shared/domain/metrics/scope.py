"""Which objects of an account count at all, whatever the metric.

Objects of the other mode and of test clocks count nowhere; a warning says how many there are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from shared.domain.account import Account
from shared.domain.customers import Customer
from shared.domain.metrics.measurement import LeftOut, MetricWarning
from shared.domain.metrics.states import NOT_THERE, AccountStates, Kind, Snapshot
from shared.domain.timelines import Timeline
from shared.domain.unreadable import Unreadable


@dataclass(frozen=True, slots=True)
class Alike:
    """Subscriptions of one kind: its number, what it is, and how many they are."""

    number: int
    kind: Kind
    count: int


@dataclass(frozen=True)
class Scope:
    """The subscriptions that can count, and what was set aside before any metric saw it.

    Attributes:
        unreadable: those of which nothing can be told at any instant.
    """

    states: AccountStates
    snapshot: Snapshot
    unreadable: tuple[Unreadable, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[MetricWarning, ...]

    @cached_property
    def alike(self) -> list[Alike]:
        """The subscriptions that there are, by kind."""
        counts = Counter(self.snapshot.kinds)
        kinds = self.states.kinds
        return [Alike(it, kinds[it], count) for it, count in counts.items() if it != NOT_THERE]

    @cached_property
    def customers(self) -> list[tuple[frozenset[str], int]]:
        """The statuses of the subscriptions that customers have, and how many have these.

        Those of which nothing else can be told are among them.
        """
        states, apart = self.states, defaultdict[str, set[str]](set)
        for it in self.unreadable:
            apart[it.customer_id].add(it.status)
        statuses_of = states.statuses()
        counts = Counter(map(statuses_of.__getitem__, self.snapshot.states))
        for number, customer in enumerate(states.customers if apart else ()):
            if customer in apart:
                known = statuses_of[self.snapshot.states[number]]
                counts[known] -= 1
                apart[customer].update(known)
        counts.update(map(frozenset, apart.values()))
        return list(counts.items())

    @property
    def read(self) -> int:
        """How many subscriptions were read, those that can count nowhere included."""
        known = sum(it.count for it in self.alike)
        return known + len(self.unreadable) + sum(it.count for it in self.left_out)

    def subscriptions(self) -> Iterator[tuple[Timeline, int]]:
        """Yield the subscriptions that there are with the numbers of their kinds, by id.

        The order decides who gets a cent that rounding leaves over; it must not be that of reading.
        """
        every = zip(self.states.subscriptions, self.snapshot.kinds, strict=True)
        there = [(timeline, kind) for timeline, kind in every if kind != NOT_THERE]
        return iter(sorted(there, key=lambda it: it[0].subscription_id))


def states_of(account: Account) -> AccountStates:
    """Return what the subscriptions that can count were, at any instant."""
    return account.once(_divide)[0]


def unreadable_in_scope(account: Account) -> list[Unreadable]:
    """Return the subscriptions that could count if anything could be told of them."""
    return [it for it in account.unreadable if is_in_scope(account, it)]


def is_in_scope(account: Account, it: Timeline | Unreadable | Customer) -> bool:
    """Return whether an object is of the account's mode and outside test clocks."""
    return it.livemode == (account.mode == "live") and not it.in_test_clock


def select_scope(account: Account, at: datetime) -> Scope:
    """Return the subscriptions of the account's mode and outside test clocks, as they were.

    That of the newest instant is kept: most metrics ask for the same one.
    """
    kept = account.once(_no_scopes)
    if at not in kept:
        kept.clear()
        kept[at] = _select(account, at)
    return kept[at]


def _no_scopes(_: Account) -> dict[datetime, Scope]:
    return {}


def _select(account: Account, at: datetime) -> Scope:
    live = account.mode == "live"
    states, others = account.once(_divide)
    begun = (it for it in others if it.stretches[0].since <= at)
    strangers: list[Timeline | Unreadable] = [*begun]
    strangers += (it for it in account.unreadable if not is_in_scope(account, it))
    other_mode = sum(1 for it in strangers if it.livemode != live)
    in_clock = len(strangers) - other_mode
    left_out = [
        _row("other_mode", other_mode, "of the other mode than the key's"),
        _row("test_clock", in_clock, "of a test clock"),
    ]
    return Scope(
        states=states,
        snapshot=states.at(at),
        unreadable=tuple(unreadable_in_scope(account)),
        left_out=tuple(row for row in left_out if row.count),
        warnings=(
            *warn_of_test_mode(account),
            *_mode_warnings(account, other_mode),
            *_clock_warnings(in_clock),
        ),
    )


def warn_of_test_mode(account: Account) -> list[MetricWarning]:
    """Return the warning that a value is of test data, where it is."""
    if account.mode != "test":
        return []
    message = "This is test data, read with a test key. Use a live key for real numbers."
    return [MetricWarning("test_mode", message)]


def count_nouns(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural where it is due.

    >>> count_nouns(1, "subscription"), count_nouns(2, "subscription")
    ('1 subscription', '2 subscriptions')
    """
    return f"{count:,d} {noun}{'' if count == 1 else 's'}"


def _divide(account: Account) -> tuple[AccountStates, list[Timeline]]:
    """Return what can count, and what cannot."""
    live = account.mode == "live"
    others = [it for it in account.timelines if it.livemode != live or it.in_test_clock]
    if not others:
        return AccountStates(account.timelines), []
    return AccountStates(it for it in account.timelines if is_in_scope(account, it)), others


def _row(reason: str, count: int, said: str) -> LeftOut:
    return LeftOut(reason, f"{count_nouns(count, 'subscription')} {said}", count, None)


def _mode_warnings(account: Account, other_mode: int) -> list[MetricWarning]:
    if not other_mode:
        return []
    other = "test" if account.mode == "live" else "live"
    message = (
        f"{count_nouns(other_mode, 'subscription')} of {other} mode came with a key of"
        f" {account.mode} mode and is in no value: the modes are never mixed."
    )
    return [MetricWarning("mode_mismatch", message)]


def _clock_warnings(in_clock: int) -> list[MetricWarning]:
    if not in_clock:
        return []
    message = (
        f"{count_nouns(in_clock, 'subscription')} of a test clock left out: the time there is"
        " simulated."
    )
    return [MetricWarning("test_clock", message)]
