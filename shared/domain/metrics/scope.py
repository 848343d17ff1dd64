"""Which objects of an account count at all, whatever the metric.

Objects of the other mode and of test clocks count nowhere; a warning says how many there are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared.domain.account import Account
from shared.domain.customers import Customer
from shared.domain.metrics.measurement import LeftOut, MetricWarning
from shared.domain.timelines import Stretch, Timeline
from shared.domain.unreadable import Unreadable


class Standing(NamedTuple):
    """A subscription at an instant."""

    timeline: Timeline
    stretch: Stretch

    @property
    def id(self) -> str:
        """Stripe's id."""
        return self.timeline.subscription_id

    @property
    def customer_id(self) -> str:
        """Stripe's id of its customer."""
        return self.timeline.customer_id

    @property
    def status(self) -> str:
        """Its status then."""
        return self.stretch.status


@dataclass(frozen=True, slots=True)
class Scope:
    """The subscriptions that can count, and what was set aside before any metric saw it."""

    subscriptions: tuple[Standing, ...]
    unreadable: tuple[Unreadable, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[MetricWarning, ...]


def timelines_in_scope(account: Account) -> list[Timeline]:
    """Return the histories of the subscriptions that can count, in the order of their ids.

    The order decides who gets a cent that rounding leaves over; it must not be that of reading.
    """
    found = [it for it in account.timelines if _is_in_scope(account, it)]
    return sorted(found, key=lambda it: it.subscription_id)


def unreadable_in_scope(account: Account) -> list[Unreadable]:
    """Return the subscriptions that could count if anything could be told of them."""
    return [it for it in account.unreadable if _is_in_scope(account, it)]


def customers_in_scope(account: Account) -> list[Customer]:
    """Return the customers that can count."""
    return [it for it in account.customers if _is_in_scope(account, it)]


def _is_in_scope(account: Account, it: Timeline | Unreadable | Customer) -> bool:
    return it.livemode == (account.mode == "live") and not it.in_test_clock


def select_scope(account: Account, at: datetime) -> Scope:
    """Return the subscriptions of the account's mode and outside test clocks, as they were."""
    live = account.mode == "live"
    subscriptions = _state_at(account, at)
    found: list[Timeline | Unreadable] = [it.timeline for it in subscriptions]
    found += account.unreadable
    other_mode = [it for it in found if it.livemode != live]
    in_clock = [it for it in found if it.livemode == live and it.in_test_clock]
    warnings = [
        *warn_of_test_mode(account),
        *_mode_warnings(account, len(other_mode)),
        *_clock_warnings(len(in_clock)),
    ]
    left_out = [
        _row("other_mode", len(other_mode), "of the other mode than the key's"),
        _row("test_clock", len(in_clock), "of a test clock"),
    ]
    return Scope(
        subscriptions=tuple(it for it in subscriptions if _is_in_scope(account, it.timeline)),
        unreadable=tuple(unreadable_in_scope(account)),
        left_out=tuple(row for row in left_out if row.count),
        warnings=tuple(warnings),
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


def _state_at(account: Account, at: datetime) -> list[Standing]:
    every = sorted(account.timelines, key=lambda it: it.subscription_id)
    found = ((timeline, timeline.at(at)) for timeline in every)
    return [Standing(timeline, stretch) for timeline, stretch in found if stretch is not None]


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
