"""Rules of alerts: what a value has to do for people to be told, as JSON that people write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal, get_args

from shared.domain.configuration import INTERVAL_LENGTHS, RefreshInterval
from shared.domain.intervals import MONTHS_PER_YEAR, add_months
from shared.domain.settings import (
    InvalidSettingError,
    read_choice,
    read_number,
    refuse_unknown_keys,
    require_mapping,
)

Side = Literal["above", "below"]
Direction = Literal["increase", "decrease", "any"]
CompareTo = Literal["previous", "day", "week", "month", "year", "last_alert"]

# By how much refreshes may come early or late and still be those of a day, a week, an hour ago.
_UNPUNCTUAL = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Notify when the value goes above, or below, a threshold.

    Attributes:
        threshold: in the metric's unit; money in major units.
        hysteresis: how far back over the threshold the value must come before the alert is ok
            again, in the metric's unit.
    """

    type: ClassVar[Literal["threshold"]] = "threshold"
    threshold: Decimal
    direction: Side
    hysteresis: Decimal = Decimal(0)

    def is_breached_by(self, value: Decimal) -> bool:
        """Whether *value* lies strictly beyond the threshold."""
        return value > self.threshold if self.direction == "above" else value < self.threshold

    def is_recovered_by(self, value: Decimal) -> bool:
        """Whether *value* is back far enough for the alert to be ok again."""
        # Fractions: a difference of decimals is rounded to the context's digits.
        beyond = Fraction(value) - Fraction(self.threshold)
        return (beyond if self.direction == "above" else -beyond) <= -Fraction(self.hysteresis)


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """Notify when the value has changed by a percentage of what it is compared with.

    Attributes:
        percentage: of the baseline's absolute value, above 0; reaching it is enough.
        compare_to: the value before this one, the newest at least so long ago, or the value that
            was told last, which alone sees a slow drift.
    """

    type: ClassVar[Literal["change"]] = "change"
    percentage: Decimal
    direction: Direction
    compare_to: CompareTo = "previous"

    def is_met_by(self, value: Decimal, baseline: Decimal) -> bool:
        """Whether going from *baseline* to *value* is change enough.

        Exact, and without a division: from zero every change is enough, in its direction.
        """
        change = Fraction(value) - Fraction(baseline)
        enough = Fraction(self.percentage) * abs(Fraction(baseline))
        is_up = change > 0 and change * 100 >= enough
        is_down = change < 0 and -change * 100 >= enough
        return {"increase": is_up, "decrease": is_down, "any": is_up or is_down}[self.direction]

    def meant_baseline(self, as_of: datetime) -> datetime | None:
        """Return the instant that a value is meant to be compared with.

        None where the alert's own state knows the baseline.
        """
        match self.compare_to:
            case "day":
                return as_of - timedelta(days=1)
            case "week":
                return as_of - timedelta(weeks=1)
            case "month":
                return add_months(as_of, -1)
            case "year":
                return add_months(as_of, -MONTHS_PER_YEAR)
            case "previous" | "last_alert":
                return None

    def baseline_until(self, as_of: datetime) -> datetime | None:
        """Return the instant up to which the newest value of the history is the baseline.

        A little later than what is meant: no refresh comes to the second, and of two daily values
        23 hours and 59 minutes apart the one is meant to be compared with the other.
        """
        meant = self.meant_baseline(as_of)
        return None if meant is None else meant + _UNPUNCTUAL

    def is_over_a_gap(
        self, as_of: datetime, baseline_as_of: datetime, interval: RefreshInterval
    ) -> bool:
        """Whether the baseline is more than twice as old as the rule means it to be."""
        if self.compare_to == "last_alert":
            return False
        meant = self.meant_baseline(as_of) or as_of - INTERVAL_LENGTHS[interval]
        return as_of - baseline_as_of > 2 * (as_of - meant) + _UNPUNCTUAL


Rule = ThresholdRule | ChangeRule

LARGEST = Decimal(10) ** 24
LARGEST_PERCENTAGE = Decimal(10) ** 6


def rule_from_dict(rule: object) -> Rule:
    """Read a rule; settings left out take their defaults.

    Raises:
        InvalidSettingError: the type or a setting is unknown, or a value is not accepted.
    """
    settings = require_mapping(rule, "A rule")
    kind = read_choice(settings, "type", ("threshold", "change"), "")
    return _read_threshold(settings) if kind == "threshold" else _read_change(settings)


def _read_threshold(settings: Mapping[str, object]) -> ThresholdRule:
    known = ("type", "threshold", "direction", "hysteresis")
    refuse_unknown_keys(settings, known, "A threshold rule")
    direction = read_choice(settings, "direction", get_args(Side), "")
    return ThresholdRule(
        threshold=read_number(settings, "threshold", low=-LARGEST, high=LARGEST),
        direction="above" if direction == "above" else "below",
        hysteresis=read_number(
            settings, "hysteresis", low=Decimal(0), high=LARGEST, default=Decimal(0)
        ),
    )


def _read_change(settings: Mapping[str, object]) -> ChangeRule:
    known = ("type", "percentage", "direction", "compare_to")
    refuse_unknown_keys(settings, known, "A change rule")
    percentage = read_number(settings, "percentage", low=Decimal(0), high=LARGEST_PERCENTAGE)
    if not percentage:
        raise InvalidSettingError("/percentage", "Must be above 0, or every value would be told.")
    directions: dict[str, Direction] = {it: it for it in get_args(Direction)}
    comparisons: dict[str, CompareTo] = {it: it for it in get_args(CompareTo)}
    direction = read_choice(settings, "direction", tuple(directions), "")
    compare_to = read_choice(settings, "compare_to", tuple(comparisons), "previous")
    return ChangeRule(percentage, directions[direction], comparisons[compare_to])


def rule_to_dict(rule: Rule) -> dict[str, str | Decimal]:
    """Write a rule with all its settings; `rule_from_dict` reads it back."""
    if isinstance(rule, ThresholdRule):
        return {
            "type": rule.type,
            "threshold": rule.threshold,
            "direction": rule.direction,
            "hysteresis": rule.hysteresis,
        }
    return {
        "type": rule.type,
        "percentage": rule.percentage,
        "direction": rule.direction,
        "compare_to": rule.compare_to,
    }
