"""From scattered traces of one property to its whole history.

A trace says what a property was just before an instant, what it was from then on, or both. Between
two traces stands what the later one says of the time before it; only where it says nothing, what
the earlier one says of the time after it. So of two facts that disagree the later one wins, back to
the earlier one, and the current object, which is the last trace, holds back to the last known fact.

Traces of the same instant are one change: what one of them begins and another ends never lasted. On
each side the traces of the highest rank decide.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Generic, TypeVar

from shared.domain.timelines.horizon import Horizon

Value = TypeVar("Value")

# An event and an invoice of one change differ by the time that Stripe took over it. Within this
# time they are one change, at the event's instant.
SAME_CHANGE = timedelta(minutes=10)


class Rank(IntEnum):
    """How much a trace is worth against another of the same instant."""

    INVOICE = 0
    OBJECT = 1
    EVENT = 2


@dataclass(frozen=True, slots=True)
class Trace(Generic[Value]):
    """What is known of a property around an instant; None: nothing."""

    at: datetime
    before: Value | None = None
    after: Value | None = None
    rank: Rank = Rank.INVOICE


@dataclass(frozen=True, slots=True)
class Piece(Generic[Value]):
    """A property's value from an instant on; firm unless it is known from invoices alone."""

    since: datetime
    value: Value
    is_firm: bool


def resolve(
    traces: Iterable[Trace[Value]], start: datetime, as_of: Horizon, current: Value
) -> list[Piece[Value]]:
    """Return a property's history from *start* on, oldest first, neighbours always different.

    The order and repetition of traces do not matter.

    Args:
        traces: of the past; what has not come yet is left out.

        start: before it there is nothing; what is known earlier holds at *start*.

        as_of: the instant of the reading.

        current: what the property is then.
    """
    by_instant: defaultdict[datetime, set[Trace[Value]]] = defaultdict(set)
    for trace in traces:
        if as_of.has_come(trace.at):
            by_instant[trace.at].add(trace)
    points = [_merge(at, by_instant[at]) for at in sorted(by_instant)]
    now = (current, True)
    since = [start, *(max(point.at, start) for point in points)]
    values = [*(_between(points, index, now) for index in range(len(points))), now]
    return _join([Piece(at, *value) for at, value in zip(since, values, strict=True)])


@dataclass(frozen=True, slots=True)
class _Point(Generic[Value]):
    at: datetime
    before: tuple[Value, bool] | None
    after: tuple[Value, bool] | None


def _merge(at: datetime, traces: set[Trace[Value]]) -> "_Point[Value]":
    if len(traces) == 1:
        (only,) = traces
        is_firm = only.rank > Rank.INVOICE
        before = None if only.before is None else (only.before, is_firm)
        return _Point(at, before, None if only.after is None else (only.after, is_firm))
    befores = _strongest([(t.before, t.rank) for t in traces if t.before is not None])
    afters = _strongest([(t.after, t.rank) for t in traces if t.after is not None])
    return _Point(at, _first(befores, afters), _first(afters, befores))


def _strongest(values: list[tuple[Value, Rank]]) -> list[tuple[Value, Rank]]:
    top = max((rank for _, rank in values), default=Rank.INVOICE)
    return [(value, rank) for value, rank in values if rank == top]


def _first(
    values: list[tuple[Value, Rank]], passing: list[tuple[Value, Rank]]
) -> tuple[Value, bool] | None:
    """Return the value that is not undone by the same change, and whether it is firm."""
    if not values:
        return None
    left = Counter(value for value, _ in values) - Counter(value for value, _ in passing)
    chosen = min(left or (value for value, _ in values), key=_ordered)
    return chosen, values[0][1] > Rank.INVOICE


def _ordered(value: Any) -> str:
    return repr(value)


def _between(
    points: Sequence["_Point[Value]"], index: int, now: tuple[Value, bool]
) -> tuple[Value, bool]:
    """Return the value that stands before the point of *index* and after the one before it."""
    known = points[index].before or (points[index - 1].after if index else None)
    if known is not None:
        return known
    # Neither side tells: what is known next holds back.
    later = (found for point in points[index:] for found in (point.before, point.after) if found)
    return next(later, now)


def _join(pieces: Sequence[Piece[Value]]) -> list[Piece[Value]]:
    """Join neighbours of one value; what a firm trace confirms is firm as a whole."""
    joined: list[Piece[Value]] = []
    for index, piece in enumerate(pieces):
        if index + 1 < len(pieces) and pieces[index + 1].since == piece.since:
            continue
        if joined and joined[-1].value == piece.value:
            last = joined[-1]
            joined[-1] = Piece(last.since, last.value, last.is_firm or piece.is_firm)
        else:
            joined.append(piece)
    return joined
