"""Use case: list the values of a metric, all of them or one for each day, week or month."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from math import ceil
from typing import Literal

from shared.domain.configuration import MetricValue
from shared.domain.periods import (
    PERIOD_LENGTHS,
    Period,
    PeriodLength,
    closing_value,
    period_around,
)
from shared.errors import InvalidInputError
from shared.ports import ConfigStore, MetricStore, Page

Resolution = Literal["raw", "day", "week", "month"]
# The name of the series that the newest value is of.
CURRENT = "current"
Closing = tuple[Period, MetricValue]

# DynamoDB asks for reading a dozen values what it asks for one.
_FEW = 12
# Of fewer periods nobody knows how many values they have: the last is cut.
_ENOUGH_TO_TELL = 3
_EVER = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which values are listed by period."""

    metric_id: str
    length: PeriodLength
    end: datetime | None
    series: str | None


@dataclass(frozen=True, slots=True)
class ListValues:
    """Lists values, oldest first.

    Of a day, week (from Monday) or month in UTC, the closing value is shown, as
    `closing_value` has it, and of one without values nothing. Of a year of hourly values little
    more is read than what is shown.
    """

    config: ConfigStore
    metrics: MetricStore

    def __call__(
        self,
        metric_id: str,
        *,
        resolution: Resolution,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        cursor: str | None,
        series: str | None = None,
    ) -> Page[MetricValue]:
        """Give one page of the values with `start <= as_of < end`.

        *series* is the `definitions_version` of those to be listed, or `CURRENT`; without it the
        raw values of every series are listed, and of a period the closing one of the current.

        Raises:
            NotFoundError: there is no such metric.
            InvalidInputError: the range ends before it begins, or the cursor is of a list at
                another resolution.
        """
        if start is not None and end is not None and start > end:
            text = "The range ends before it begins: give a `to` that is not before `from`."
            raise InvalidInputError(text, (("?to", text),))
        written_for = _resolution_of(cursor) if cursor else resolution
        if written_for != resolution:
            raise _wrong_cursor(f"It belongs to a list with resolution={written_for}.")
        self.config.metric(metric_id)
        if series == CURRENT or (series is None and resolution != "raw"):
            series = self._current(metric_id)
        if resolution == "raw":
            return self.metrics.values(
                metric_id, start=start, end=end, limit=limit, cursor=cursor, series=series
            )
        if cursor:
            after = _read_cursor(cursor, resolution).end
            start = max(after, start) if start else after
        found = self._closing(_Wanted(metric_id, resolution, end, series), start, limit + 1)
        shown = tuple(value for _, value in found[:limit])
        is_more = len(found) > limit
        return Page(shown, _cursor(resolution, found[limit - 1][0]) if is_more else None)

    def _current(self, metric_id: str) -> str | None:
        newest = self.metrics.latest([metric_id]).get(metric_id)
        # A metric that is asked anew has no newest value for a moment, and yet a history.
        newest = newest or self.metrics.closing_value(metric_id, _EVER.start, _EVER.end)
        return newest.definitions_version if newest else None

    def _closing(self, wanted: _Wanted, start: datetime | None, count: int) -> Sequence[Closing]:
        """Give the first *count* periods or some more, each with its closing value in the range.

        Where there are few values for each period, all are read; where there are many, each
        period's last is looked for by itself.
        """
        found: list[Closing] = []
        at, ahead = start, count
        while len(found) < count:
            page = self.metrics.values(
                wanted.metric_id, start=at, end=wanted.end, limit=ahead, series=wanted.series
            )
            groups = _by_period(page.items, wanted.length)
            if page.next_cursor is None:
                return [*found, *map(_close, groups)]
            # The last one may have more values than were read.
            found += map(_close, groups[:-1])
            at = groups[-1][1][0].as_of
            each = ceil(len(page.items) / len(groups))
            if each <= _FEW and len(groups) >= _ENOUGH_TO_TELL:
                ahead = each * (count - len(found))
                continue
            ahead = _FEW
            looked_for = self._last_of_each(wanted, at)
            for period, value in islice(looked_for, count - len(found)):
                found.append((period, value))
                at = period.end
        return found

    def _last_of_each(self, wanted: _Wanted, at: datetime) -> Iterator[Closing]:
        """Yield period by period, until one has no values."""
        while True:
            period = period_around(at, wanted.length)
            until = period.end if wanted.end is None else min(period.end, wanted.end)
            value = self.metrics.closing_value(wanted.metric_id, at, until, wanted.series)
            if value is None:
                return
            yield period, value
            at = period.end


def _by_period(
    values: Iterable[MetricValue], length: PeriodLength
) -> list[tuple[Period, list[MetricValue]]]:
    groups = groupby(values, key=lambda value: period_around(value.as_of, length))
    return [(period, list(group)) for period, group in groups]


def _close(found: tuple[Period, list[MetricValue]]) -> Closing:
    period, values = found
    return period, closing_value(reversed(values)) or values[-1]


def _cursor(length: PeriodLength, period: Period) -> str:
    return f"{length}_{period.start:%Y-%m-%d}"


def _resolution_of(cursor: str) -> Resolution:
    word = cursor.partition("_")[0]
    return next((length for length in PERIOD_LENGTHS if length == word), "raw")


def _read_cursor(cursor: str, length: PeriodLength) -> Period:
    try:
        day = datetime.strptime(cursor.partition("_")[2], "%Y-%m-%d").replace(tzinfo=UTC)
        return period_around(day, length)
    except (ValueError, OverflowError):
        raise _wrong_cursor("It is not one that this list has given.") from None


def _wrong_cursor(reason: str) -> InvalidInputError:
    text = f"{reason} Give the `next_cursor` of the page before, and nothing else anew."
    return InvalidInputError(f"The cursor does not fit. {text}", (("?cursor", text),))
