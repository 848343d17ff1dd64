"""The balance transactions of an account by day, each day added up once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from shared.domain.account import Account
from shared.domain.balance import CHARGE, CHARGE_FAILURE, BalanceTransaction
from shared.domain.windows import LENGTHS, Window

_amount_of: Callable[[BalanceTransaction], int] = attrgetter("amount_minor")
_fee_of: Callable[[BalanceTransaction], int] = attrgetter("fee_minor")
_customer_of: Callable[[BalanceTransaction], str] = attrgetter("customer_id")


class SumKey(NamedTuple):
    """What is added up apart: `is_guest` where it is not known who paid."""

    category: str
    currency: str
    is_guest: bool


@dataclass(slots=True)
class DaySum:
    """A sum over balance transactions, in minor units, and how many they are."""

    amount: int = 0
    fee: int = 0
    rows: int = 0


Sums = dict[SumKey, DaySum]
Key = tuple[str, str, bool]
Groups = defaultdict[Key, list[BalanceTransaction]]


@dataclass(frozen=True, slots=True)
class _Day:
    """A day added up, and who paid in it, once for each payment."""

    sums: Sums
    payers: list[str]


@dataclass(slots=True)
class _Payers:
    """How often each customer paid in a window."""

    window: Window
    counts: Counter[str]


class BalanceDays:
    """The balance transactions of an account, to be added up over any window.

    Days are those of UTC, in which all instants are.
    """

    def __init__(self, rows: Iterable[BalanceTransaction]) -> None:
        self._groups: defaultdict[int, Groups] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            key = row.category, row.currency, not row.customer_id
            self._groups[row.created_at.toordinal()][key].append(row)
        self._days: dict[int, _Day] = {}
        self._sums: dict[Window, Sums] = {}
        self._failures: list[BalanceTransaction] | None = None
        self._doubtful: dict[str, list[BalanceTransaction]] = {}
        self._payers: dict[timedelta, _Payers] = {}

    def rows(self, window: Window) -> Iterator[BalanceTransaction]:
        """Yield the balance transactions in a window."""
        for day, _ in self._days_in(window):
            for group in self._groups[day].values():
                yield from (it for it in group if it.created_at in window)

    def sums(self, window: Window) -> Sums:
        """Return the sums over a window; those of the newest few are kept."""
        if window not in self._sums:
            while len(self._sums) >= len(LENGTHS):
                del self._sums[next(iter(self._sums))]
            self._sums[window] = self._add_up(window)
        return self._sums[window]

    def _add_up(self, window: Window) -> Sums:
        found: Sums = {}
        for day, is_whole in self._days_in(window):
            for key, its in self._day(day, None if is_whole else window).sums.items():
                whole = found.setdefault(key, DaySum())
                whole.amount += its.amount
                whole.fee += its.fee
                whole.rows += its.rows
        return found

    def count_payers(self, window: Window) -> int:
        """Return how many customers paid in a window, and did not fail again within it.

        The window before, of the same length, is moved there if the two overlap.
        """
        kept = self._payers.get(window.end - window.start)
        if kept is None or not kept.window.start <= window.end <= kept.window.end + (
            window.end - window.start
        ):
            kept = _Payers(window, Counter(self._paid(window)))
            self._payers[window.end - window.start] = kept
        else:
            self._move(kept, window)
        failed = self._count_failed(window)
        paying = sum(1 for count in kept.counts.values() if count)
        return paying - sum(1 for who, count in failed.items() if kept.counts[who] <= count)

    def _move(self, kept: _Payers, to: Window) -> None:
        """Let go who paid only before, and take in who paid only after."""
        old = kept.window
        if old.end <= to.end:
            came, gone = Window(old.end, to.end), Window(old.start, to.start)
        else:
            came, gone = Window(to.start, old.start), Window(to.end, old.end)
        kept.counts.update(self._paid(came))
        kept.counts.subtract(self._paid(gone))
        kept.window = to

    def _paid(self, window: Window) -> Iterator[str]:
        days = self._days_in(window)
        return chain.from_iterable(
            self._day(day, None if is_whole else window).payers for day, is_whole in days
        )

    def _count_failed(self, window: Window) -> Counter[str]:
        """Return how many payments of each customer failed again within a window."""
        if self._failures is None:
            self._find_failures()
        failed = {it.charge_id for it in self._failures or () if it.created_at in window}
        return Counter(
            it.customer_id
            for charge in failed
            for it in self._doubtful.get(charge or "", ())
            if it.created_at in window and it.customer_id
        )

    def _find_failures(self) -> None:
        self._failures = [it for it in self._of(CHARGE_FAILURE) if it.charge_id]
        ids = {it.charge_id for it in self._failures}
        for it in self._of(CHARGE) if ids else ():
            if it.charge_id in ids:
                self._doubtful.setdefault(it.charge_id or "", []).append(it)

    def _of(self, category: str) -> Iterator[BalanceTransaction]:
        for groups in self._groups.values():
            for key, group in groups.items():
                if key[0] == category:
                    yield from group

    def _days_in(self, window: Window) -> Iterator[tuple[int, bool]]:
        """Yield the days of a window that have any, and whether all of a day is in it."""
        first = window.start.astimezone(UTC).toordinal()
        last = window.end.astimezone(UTC).toordinal()
        for day in range(first, last + 1):
            if day in self._groups:
                yield day, first < day < last

    def _day(self, day: int, window: Window | None) -> _Day:
        """Add up a day, or what of it is in a window."""
        if window is not None:
            start, end = window.start, window.end
            return _sum_up(
                (key, [it for it in group if start < it.created_at <= end])
                for key, group in self._groups[day].items()
            )
        if day not in self._days:
            self._days[day] = _sum_up(self._groups[day].items())
        return self._days[day]


def days_of(account: Account) -> BalanceDays:
    """Return the balance transactions of an account by day."""
    return account.once(_by_day)


def _by_day(account: Account) -> BalanceDays:
    return BalanceDays(account.balance)


def _sum_up(groups: Iterable[tuple[Key, list[BalanceTransaction]]]) -> _Day:
    sums: Sums = {}
    payers: list[str] = []
    for key, group in groups:
        if not group:
            continue
        category, _, is_guest = key
        amounts, fees = sum(map(_amount_of, group)), sum(map(_fee_of, group))
        sums[SumKey(*key)] = DaySum(amounts, fees, len(group))
        if category == CHARGE and not is_guest:
            payers += map(_customer_of, group)
    return _Day(sums, payers)
