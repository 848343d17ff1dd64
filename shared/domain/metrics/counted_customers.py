"""What every count of customers is: a number, who is in it, and who is not."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from shared.domain.metrics.measurement import (
    Breakdown,
    Contribution,
    Coverage,
    Explanation,
    LeftOut,
    Measurement,
    MetricWarning,
    Part,
)
from shared.domain.metrics.scope import count_nouns

_OBJECT = "customer"


def row_of_customers(reason: str, count: int, said: str) -> tuple[LeftOut, ...]:
    """Return the row of customers left out for a reason; none of nobody."""
    words = f"{count_nouns(count, 'customer')} {said}"
    return (LeftOut(reason, words, count, None, _OBJECT),) if count else ()


def measure_customers(
    said: str,
    count: int,
    list_found: Callable[[], Iterable[tuple[str, str]]],
    *,
    warnings: Sequence[MetricWarning],
    left_out: Sequence[LeftOut],
    read: int,
    break_down: Callable[[], Breakdown] = Breakdown,
    companions: Callable[[], dict[str, Decimal | None]] = dict,
) -> Measurement:
    """Return a count with its explanation.

    Args:
        said: what is counted, in words.

        count: how many there are.

        list_found: gives (customer id, what to know of it) of each.

        warnings: of the count.

        left_out: the other customers that were read, by reason.

        read: how many were.

        break_down: gives the count by price and by product.

        companions: gives the numbers to show beside it.
    """

    def explain() -> Explanation:
        return Explanation(
            formula=f"{said} = {count:,d}",
            parts=(Part(said, Decimal(count), count),) if count else (),
            breakdown=break_down(),
            contributions=tuple(
                Contribution(_OBJECT, customer, customer, Decimal(1), None, detail)
                for customer, detail in sorted(list_found())
            ),
            left_out=tuple(left_out),
            companions=companions(),
            coverage=Coverage(_OBJECT, read, count),
        )

    return Measurement(Decimal(count), "count", None, tuple(warnings), explain)
