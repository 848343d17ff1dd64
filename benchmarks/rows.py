"""What a measurement found, as rows of one table; and how large the measured accounts are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured.

    Attributes:
        rounds: of importing each handler.
        objects: of each list that is read at Stripe's pace, and that the SDK pages through.
        customers: of the sandbox's business; nearly as many subscriptions.
        copies: of that business, one account for each number.
        hours: that an account is followed, hour by hour.
        changed: how many customers change between two syncs.
        computed: subscriptions of accounts made up to be computed.
        explained: subscriptions of accounts made up to be explained.
        in_memory: subscriptions of the account whose sync's memory is taken.
        told: values that people are told of.
        stored: integrations that the API shows, and the days that their metrics have values of.
        asked: requests to each of its routes.
    """

    rounds: int = 5
    objects: tuple[int, int] = (50_000, 4_000)
    customers: int = 1_300
    copies: tuple[int, ...] = (1, 8)
    hours: int = 48
    changed: tuple[int, ...] = (1, 10, 100, 300)
    computed: tuple[int, ...] = (10_000, 100_000)
    explained: tuple[int, ...] = (1_000, 10_000)
    in_memory: int = 100_000
    told: int = 100
    stored: tuple[int, int] = (50, 365)
    asked: int = 30


USUAL = Sizes()
LARGE = Sizes(
    rounds=7,
    copies=(1, 8, 80),
    hours=169,
    explained=(1_000, 10_000, 100_000),
    in_memory=1_000_000,
)
TINY = Sizes(
    rounds=1,
    objects=(300, 200),
    customers=12,
    copies=(1,),
    hours=2,
    changed=(1,),
    computed=(200,),
    explained=(200,),
    in_memory=200,
    told=10,
    stored=(4, 10),
    asked=1,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        what: is measured, with its unit.
        target: at most (`<=`) or at least (`>=`) so much; empty where none was set.
        baseline: the same by other means, in the same run; what it is stands in `against`.
    """

    what: str
    figure: float
    target: str = ""
    baseline: float | None = None
    against: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the figure keeps its target; None where there is none."""
        if not self.target:
            return None
        sign, _, bound = self.target.partition(" ")
        return self.figure <= float(bound) if sign == "<=" else self.figure >= float(bound)

    @property
    def ratio(self) -> float | None:
        """How often the figure goes into the baseline, or the other way round: above 1."""
        if self.baseline is None or not self.figure or not self.baseline:
            return None
        return max(self.figure / self.baseline, self.baseline / self.figure)

    def as_dict(self) -> dict[str, Any]:
        """Give it for JSON."""
        return {
            "what": self.what,
            "figure": self.figure,
            "target": self.target,
            "is_met": self.is_met,
            "baseline": self.baseline,
            "against": self.against,
            "ratio": self.ratio and round(self.ratio, 2),
        }


def table(rows: Iterable[Row]) -> str:
    """Return rows as a table for people."""
    head = ("what", "figure", "target", "met", "baseline", "ratio")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    baseline = "" if row.baseline is None else f"{row.baseline:,g} {row.against}"
    ratio = f"{row.ratio:,.1f}" if row.ratio else ""
    met = {None: "", True: "yes", False: "NO"}[row.is_met]
    return row.what, f"{row.figure:,g}", row.target, met, baseline, ratio
