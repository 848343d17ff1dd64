"""Tax inside prices: amounts that include a known tax are counted without it.

Tax that is added on top of a price never was part of the amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax rate, inside the price or on top of it.

    Attributes:
        percentage: 20 = 20 %; None for a tax that is an amount, not a share.
    """

    percentage: Fraction | None
    inclusive: bool


def without_inclusive_tax(amount: Fraction, rates: Sequence[TaxRate]) -> Fraction:
    """Return an amount divided by one plus the sum of the inclusive rates; exact.

    No inclusive rate leaves the amount as it is.

    >>> without_inclusive_tax(Fraction(120), [TaxRate(Fraction(20), inclusive=True)])
    Fraction(100, 1)
    """
    included = sum(
        (rate.percentage or Fraction(0) for rate in rates if rate.inclusive), Fraction(0)
    )
    return amount / (1 + included / 100)


def is_inclusive_at_unknown_rate(
    tax_behavior: str | None, rates: Sequence[TaxRate], *, tax_is_computed: bool
) -> bool:
    """Return whether a price includes a tax of which no rate is known.

    Args:
        tax_behavior: of the price in the subscription's currency.

        rates: the rates of the item or of its subscription.

        tax_is_computed: False if neither rates nor automatic tax put any tax on the subscription.
    """
    inclusive = [rate for rate in rates if rate.inclusive]
    if inclusive:
        return any(rate.percentage is None for rate in inclusive)
    return tax_behavior == "inclusive" and tax_is_computed
