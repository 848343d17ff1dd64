"""Subscriptions weighed: what they are worth in a month, and why they count or do not.

Those that are alike are weighed once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.definitions import Definitions
from shared.domain.metrics.scope import Alike
from shared.domain.metrics.states import Kind
from shared.domain.subscriptions import ENDED_STATUSES, counted_statuses
from shared.domain.worth import MonthlyAmount


@dataclass(frozen=True, slots=True)
class Assessment:
    """The monthly amount of subscriptions that are alike, and their place.

    Attributes:
        reason: why they are not in the value; None if they are.

        monthly: of each; None for those that have ended, which are worth nothing any more.
    """

    alike: Alike
    reason: str | None
    monthly: MonthlyAmount | None

    @property
    def kind(self) -> Kind:
        """What they are."""
        return self.alike.kind

    @property
    def count(self) -> int:
        """How many they are."""
        return self.alike.count

    @property
    def minor(self) -> Fraction:
        """The exact monthly amount of each in minor units of its currency; 0 of what has ended."""
        return self.monthly.total_minor if self.monthly else Fraction(0)

    @property
    def sum_minor(self) -> Fraction:
        """The exact monthly amount of all of them."""
        return self.minor * self.alike.count


@dataclass(frozen=True, slots=True)
class Unknown:
    """Subscriptions of which no amount can be told: their status, why, and how many they are."""

    status: str
    reason: str
    count: int


def assess_all(
    groups: Iterable[Alike], definitions: Definitions, *, include_trials: bool
) -> tuple[list[Assessment], list[Unknown]]:
    """Return the assessment of each kind, and those of which no amount can be told.

    What has ended is never unreadable: it needs no amount.
    """
    readable: list[Assessment] = []
    unreadable: list[Unknown] = []
    for alike in groups:
        kind = alike.kind
        reason = reason_left_out(kind, definitions, include_trials=include_trials)
        if kind.status in ENDED_STATUSES:
            readable.append(Assessment(alike, reason, None))
            continue
        # What a trial is worth, shown beside the value, is the price that it will convert to.
        with_trials = include_trials or kind.status == "trialing"
        monthly = kind.worth.under(definitions.discounts, include_trials=with_trials)
        if isinstance(monthly, str):
            unreadable.append(Unknown(kind.status, monthly, alike.count))
        else:
            readable.append(Assessment(alike, reason, monthly))
    return readable, unreadable


def reason_left_out(kind: Kind, definitions: Definitions, *, include_trials: bool) -> str | None:
    """Return why subscriptions of a kind are as a whole not in MRR, or None if they are.

    The reason is their status, `collection_paused` or `cancel_requested`.
    """
    if kind.status not in counted_statuses(definitions, include_trials=include_trials):
        return kind.status
    if kind.collection_paused and definitions.paused_collection == "exclude":
        return "collection_paused"
    if kind.is_ending and definitions.churn_on == "cancel_requested":
        return "cancel_requested"
    return None
