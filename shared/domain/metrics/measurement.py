"""The answer to a metric query: a value, what to know about it, and how it came about."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Generic, Literal, TypeVar, overload

from shared.domain.definitions import Definitions
from shared.domain.money import Unit
from shared.domain.rates import ImpliedRate

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms an account is measured.

    Attributes:
        definitions: what the numbers mean.

        currency: the reporting currency, ISO code.

        fx_rates: for each other currency, how many units of the reporting currency one unit of it
            is worth (major units: {"eur": Fraction(11, 10)}).

        implied: rates that hold for currencies without one of these; see `terms_at`.
    """

    definitions: Definitions
    currency: str
    fx_rates: Mapping[str, Fraction] = field(default_factory=dict)
    implied: Mapping[str, ImpliedRate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricWarning:
    """Something to know before relying on a value: a fixed code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Part:
    """A summand of a value, or the numerator or denominator of a ratio."""

    label: str
    value: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """What one price or product adds to the value, or to a ratio's numerator.

    `count` is of subscription items where money is added up, else of what is counted. The id is of
    several, joined by " + ", where what is counted has several; None where none is known.
    """

    id: str | None
    value: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class CurrencyRow:
    """What is billed in one currency: in its own units, and converted (None without a rate).

    Attributes:
        rate_source: whether the rate is the integration's, or that of a balance transaction; None
            for the reporting currency, and without a rate.

        rate_at: when the money of that balance transaction was exchanged.
    """

    currency: str
    value: Decimal
    count: int
    rate: Decimal | None
    converted: Decimal | None
    rate_source: Literal["configured", "implied"] | None = None
    rate_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The value by price, product and currency, largest first; rows add up to the value."""

    by_price: tuple[BreakdownRow, ...] = ()
    by_product: tuple[BreakdownRow, ...] = ()
    by_currency: tuple[CurrencyRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one object of Stripe adds to the value.

    `currency` differs from the value's only where the value is withheld for want of a rate.
    """

    object: str
    id: str
    customer: str
    amount: Decimal
    currency: str | None
    detail: str


class Contributions(Sequence[Contribution], Generic[Row]):
    """Contributions of which only those that are looked at are put into words.

    There may be a million of them, of which a page is shown.

    Args:
        rows: in their order, of each what it is told from.

        tell: makes a contribution of one.
    """

    def __init__(self, rows: Iterable[Row], tell: Callable[[Row], Contribution]) -> None:
        self._rows = tuple(rows)
        self._tell = tell

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Contribution: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Contribution]: ...

    def __getitem__(self, index: int | slice) -> Contribution | Sequence[Contribution]:
        if isinstance(index, slice):
            return Contributions(self._rows[index], self._tell)
        return self._tell(self._rows[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not in the value, and why.

    Attributes:
        reason: a fixed code.

        detail: the same in words, with the count.

        amount: None where it has none or it is not known.

        object: of what the count is.
    """

    reason: str
    detail: str
    count: int
    amount: Decimal | None
    object: str = "subscription"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many objects were read, and how many of them are counted.

    What is counted and what is left out of the same object are all that was read. Left out of it
    besides may be parts of what is counted, such as single items, which are another `object`.

    Attributes:
        object: "subscription", "customer" or "balance_transaction".
    """

    object: str
    read: int
    counted: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a value came about.

    Attributes:
        formula: in words and numbers.

        parts: they add up exactly to the value; of a ratio, its numerator and denominator.

        contributions: largest first; they add up exactly to the value, or to a ratio's numerator.

        companions: numbers to show beside the value, by name; None where one is not known.

        coverage: that nothing was lost on the way; see there.
    """

    formula: str
    parts: tuple[Part, ...] = ()
    breakdown: Breakdown = field(default_factory=Breakdown)
    contributions: Sequence[Contribution] = ()
    left_out: tuple[LeftOut, ...] = ()
    companions: Mapping[str, Decimal | None] = field(default_factory=dict)
    coverage: Coverage | None = None


@dataclass(frozen=True)
class Measurement:
    """A metric's value at an instant; value None: it has none, or it is withheld (see warnings).

    Attributes:
        explain: tells how the value came about; that takes far longer than the value alone.
    """

    value: Decimal | None
    unit: Unit
    currency: str | None
    warnings: tuple[MetricWarning, ...]
    explain: Callable[[], Explanation] = field(repr=False, compare=False)

    @cached_property
    def explanation(self) -> Explanation:
        """How the value came about."""
        return self.explain()
