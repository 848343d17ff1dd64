"""What revenue and ARPU share: the movements of the balance in a range, and how they add up."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.account import Account
from shared.domain.balance import CHARGE, CHARGE_FAILURE, NO_REVENUE, REVENUE, BalanceTransaction
from shared.domain.metrics.balance_days import SumKey, Sums, days_of
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.exclusions import count_reasons, warn_of_unreadable
from shared.domain.metrics.measurement import LeftOut, MetricWarning
from shared.domain.metrics.scope import count_nouns
from shared.domain.windows import Window

NOUN, OBJECT = "balance transaction", "balance_transaction"
_KNOWN = NO_REVENUE.union(REVENUE)


@dataclass(frozen=True, slots=True)
class Movements:
    """The movements of the balance in a range, in the order of their ids.

    Attributes:
        counted: of the categories that revenue is made of.

        other: of the categories that are no revenue: payouts, Stripe's product fees and so on.

        unknown: of categories of which it is not known whether they are.
    """

    counted: tuple[BalanceTransaction, ...]
    other: tuple[BalanceTransaction, ...]
    unknown: tuple[BalanceTransaction, ...]

    @property
    def read(self) -> int:
        """How many they are."""
        return len(self.counted) + len(self.other) + len(self.unknown)


@dataclass(frozen=True, slots=True)
class Sum:
    """Which movements add up to a number, and with which sign.

    Attributes:
        name: of the number.

        signs: for each category, how its amounts count; categories that are missing do not.

        fees: how the fees on all movements counted do: 1, -1 or, if they do not, 0.
    """

    name: str
    signs: Mapping[str, int] = field(default_factory=dict)
    fees: int = 0

    def of(self, movement: BalanceTransaction) -> tuple[int, int]:
        """Return what a movement's amount and its fee add, in minor units of its currency."""
        sign = self.signs.get(movement.category, 0)
        return sign * movement.amount_minor, self.fees * movement.fee_minor


def select_movements(account: Account, window: Window) -> Movements:
    """Return the movements in a window."""
    inside = sorted(days_of(account).rows(window), key=lambda it: it.id)
    return Movements(
        counted=tuple(it for it in inside if it.category in REVENUE),
        other=tuple(it for it in inside if it.category in NO_REVENUE),
        unknown=tuple(it for it in inside if it.category not in _KNOWN),
    )


def add_up(chosen: Sum, sums: Sums) -> list[tuple[int, str]]:
    """Return what a sum over a window is made of, as (minor units, currency)."""
    counted = [(key, its) for key, its in sums.items() if key.category in REVENUE]
    return [
        (chosen.signs.get(key.category, 0) * its.amount + chosen.fees * its.fee, key.currency)
        for key, its in counted
    ]


def payments(movements: Sequence[BalanceTransaction]) -> list[BalanceTransaction]:
    """Return the charges that did not fail again within the same movements.

    A payment that was given back stays one.
    """
    failed = {it.charge_id for it in movements if it.category == CHARGE_FAILURE} - {None}
    return [it for it in movements if it.category == CHARGE and it.charge_id not in failed]


def list_adding_nothing(
    movements: Movements, added: Collection[str], converter: Converter
) -> tuple[LeftOut, ...]:
    """Return the movements of the categories of revenue that add nothing to a number, by category.

    Args:
        movements: of the range.

        added: the ids of those that add something.

        converter: to the reporting currency.
    """
    return _by_category([it for it in movements.counted if it.id not in added], converter)


def list_other_movements(movements: Movements, converter: Converter) -> tuple[LeftOut, ...]:
    """Return the movements that are no revenue, by category, and those of unknown category."""
    rows = _by_category(movements.other, converter)
    unknown = len(movements.unknown)
    if not unknown:
        return rows
    words = f"{count_nouns(unknown, NOUN)} of unknown category"
    return (*rows, LeftOut("unreadable", words, unknown, None, OBJECT))


def is_all_unknown(sums: Sums) -> bool:
    """Return whether there is something, and nothing of it can be read: that is not nothing."""
    return bool(_unknown(sums)) and not any(it.category in REVENUE for it in sums)


def warn_of_unknown_movements(name: str, sums: Sums) -> list[MetricWarning]:
    """Return the warning that names the categories that are not known."""
    unknown = _unknown(sums)
    if not unknown:
        return []
    reasons = ((f'reporting category "{it.category}"', sums[it].rows) for it in unknown)
    return [warn_of_unreadable(name, NOUN, count_reasons(reasons))]


def _unknown(sums: Sums) -> list[SumKey]:
    return [it for it in sums if it.category not in _KNOWN]


def _by_category(
    movements: Sequence[BalanceTransaction], converter: Converter
) -> tuple[LeftOut, ...]:
    groups: defaultdict[str, list[BalanceTransaction]] = defaultdict(list)
    for it in movements:
        groups[it.category].append(it)
    return tuple(_row(category, groups[category], converter) for category in sorted(groups))


def _row(category: str, group: Sequence[BalanceTransaction], converter: Converter) -> LeftOut:
    words = f"{count_nouns(len(group), NOUN)} of category {category}"
    amounts = ((it.amount_minor, it.currency) for it in group)
    return LeftOut(category, words, len(group), converter.sum_rounded(amounts), OBJECT)
