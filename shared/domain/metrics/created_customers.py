"""Customers by when they were created: all that exist, and those who are new."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.domain.account import Account
from shared.domain.metrics.counted_customers import measure_customers, row_of_customers
from shared.domain.metrics.measurement import LeftOut, Measurement, MetricWarning
from shared.domain.metrics.scope import count_nouns, is_in_scope, warn_of_test_mode
from shared.domain.windows import Window


@dataclass(frozen=True, slots=True)
class _Customers:
    """The customers that can count.

    Attributes:
        created: when each was created, oldest first.

        deleted: when each that is deleted was created and deleted.

        other_mode, in_clock: how many there are besides; some may be both.

        strangers: how many are either.
    """

    created: Sequence[datetime]
    deleted: Sequence[tuple[datetime, datetime]]
    other_mode: int
    in_clock: int
    strangers: int

    def count(self, window: Window) -> tuple[int, int]:
        """Return how many were created in a window and exist at its end, and how many do not."""
        first = bisect_right(self.created, window.start)
        created = bisect_right(self.created, window.end) - first
        gone = sum(1 for at, end in self.deleted if at in window and end <= window.end)
        return created - gone, gone

    @property
    def read(self) -> int:
        """How many there are, those that cannot count included."""
        return len(self.created) + self.strangers

    def left_out(self, window: Window) -> list[LeftOut]:
        """Return those that `count` does not count: deleted, of another time, or strangers."""
        before = bisect_right(self.created, window.start)
        after = len(self.created) - bisect_right(self.created, window.end)
        _, gone = self.count(window)
        return [
            *row_of_customers("deleted", gone, "deleted since"),
            *row_of_customers("created_before", before, "created before the range"),
            *row_of_customers("created_later", after, "created later"),
            *row_of_customers("other_mode", self.other_mode, "of the other mode than the key's"),
            *row_of_customers("test_clock", self.strangers - self.other_mode, "of a test clock"),
        ]


def _gather(account: Account) -> _Customers:
    live = account.mode == "live"
    every = account.customers
    found = [it for it in every if it.livemode == live and not it.in_test_clock]
    return _Customers(
        created=sorted([it.created_at for it in found]),
        deleted=[(it.created_at, it.deleted_at) for it in found if it.deleted_at is not None],
        other_mode=sum(1 for it in every if it.livemode != live),
        in_clock=sum(1 for it in every if it.in_test_clock),
        strangers=len(every) - len(found),
    )


def count_existing(account: Account, at: datetime) -> Measurement:
    """Return how many customers exist at an instant."""
    ever = Window(datetime.min.replace(tzinfo=UTC), at)
    return _count_created(account, ever, "Customers that exist")


def count_new(account: Account, window: Window, in_words: str) -> Measurement:
    """Return how many were created in a window and exist at its end."""
    return _count_created(account, window, f"Customers created in the {in_words}")


def _count_created(account: Account, window: Window, said: str) -> Measurement:
    customers = account.once(_gather)
    count, _ = customers.count(window)
    return measure_customers(
        said,
        count,
        lambda: _list_existing(account, window),
        warnings=_warn_of_strangers(account),
        left_out=customers.left_out(window),
        read=customers.read,
    )


def _list_existing(account: Account, window: Window) -> list[tuple[str, str]]:
    return [
        (it.id, f"since {it.created_at:%d %B %Y}")
        for it in account.customers
        if is_in_scope(account, it) and it.created_at in window and it.exists_at(window.end)
    ]


def _warn_of_strangers(account: Account) -> list[MetricWarning]:
    found = account.once(_gather)
    warnings = warn_of_test_mode(account)
    if found.other_mode:
        said = count_nouns(found.other_mode, "customer")
        message = f"{said} of the other mode than the key's left out."
        warnings.append(MetricWarning("mode_mismatch", message))
    if found.in_clock:
        message = f"{count_nouns(found.in_clock, 'customer')} of a test clock left out."
        warnings.append(MetricWarning("test_clock", message))
    return warnings
