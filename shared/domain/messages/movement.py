"""How far a value has moved, in words: as an amount, and in percent of what it was."""

from decimal import Decimal
from fractions import Fraction

from shared.domain.alerts import Decision
from shared.domain.configuration import MetricValue
from shared.domain.money import format_value, round_half_up

# More decimals than any amount is shown with.
_DECIMALS = 12


def amount_moved(decision: Decision, value: MetricValue) -> str:
    """Say by how much the value differs from the one before; "" where it does not.

    "+$1,240.00", or "-0.5 percentage points" where the value is a rate.
    """
    if decision.previous is None or decision.value == decision.previous.value:
        return ""
    exact = Fraction(decision.value) - Fraction(decision.previous.value)
    if value.unit == "percent":
        return f"{_signed(round_half_up(exact, 2))} percentage points"
    sign = "+" if exact > 0 else ""
    moved = round_half_up(exact, _DECIMALS)
    return f"{sign}{format_value(moved, value.unit, value.currency)}"


def percent_moved(decision: Decision) -> str:
    """Say by how many percent the value differs, such as "+12.4%"; there may be no percentage."""
    percent = decision.change_percent
    if percent is None:
        return "no percentage from zero"
    return f"{_signed(percent)}%" if percent else "less than 0.01%"


def unsigned(moved: str) -> str:
    """Say the same without the sign, for where a word says the direction."""
    return moved.lstrip("+-")


def _signed(number: Decimal) -> str:
    digits = f"{number:+,f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
