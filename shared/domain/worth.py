"""What a subscription is worth in a month, under every definition: the result of pricing it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import get_args

from shared.domain.definitions import DiscountsOption

OPTIONS: tuple[DiscountsOption, ...] = get_args(DiscountsOption)
# Each option of discounts, without and with items in a trial of their own.
CHOICES = tuple((option, in_trial) for option in OPTIONS for in_trial in (False, True))
_PLACES = {choice: place for place, choice in enumerate(CHOICES)}


@dataclass(frozen=True, slots=True)
class MonthlyItem:
    """What one item adds to its subscription's monthly amount, in exact minor units."""

    price_id: str
    product_id: str
    amount_minor: Fraction


@dataclass(frozen=True, slots=True)
class LeftOutItem:
    """An item that adds nothing, and why: metered, one_time or item_trial.

    `amount_minor` is what it would add, or None if that cannot be known.
    """

    reason: str
    amount_minor: Fraction | None


@dataclass(frozen=True, slots=True)
class MonthlyAmount:
    """A subscription's monthly amount in exact minor units of its currency, item by item.

    Attributes:
        total_minor: the sum over the items; no items give 0.

        is_fully_discounted: whether it is 0 because of discounts alone.

        has_unknown_tax: whether a price includes a tax of unknown rate, so that it is counted
            with its tax.
    """

    items: tuple[MonthlyItem, ...] = ()
    left_out: tuple[LeftOutItem, ...] = ()
    total_minor: Fraction = Fraction(0)
    is_fully_discounted: bool = False
    has_unknown_tax: bool = False

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing even without a discount."""
        return not (self.total_minor or self.is_fully_discounted or self.left_out)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a subscription is worth a month, whatever the definitions count.

    Attributes:
        amounts: the different ones; a text says why one cannot be told.

        places: where among them each is: for every option of discounts, in their order, without
            and with items in a trial of their own.
    """

    amounts: tuple[MonthlyAmount | str, ...]
    places: tuple[int, ...]

    def under(self, discounts: DiscountsOption, *, include_trials: bool) -> MonthlyAmount | str:
        """Return the amount, or why it cannot be told.

        Args:
            discounts: which of them count.

            include_trials: whether items in a trial of their own count.
        """
        return self.amounts[self.places[_PLACES[discounts, include_trials]]]


def the_same_for_all(amount: MonthlyAmount | str) -> Worth:
    """Return the worth that does not depend on any definition."""
    return Worth((amount,), (0,) * len(CHOICES))


NOTHING = the_same_for_all(MonthlyAmount())
