"""Use case: list the values of a metric, all of them or one for each day, week or month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from shared.domain.configuration import MetricValue
from shared.domain.periods import PERIOD_LENGTHS, Period, PeriodLength, period_around
from shared.errors import InvalidInputError
from shared.ports import ConfigStore, MetricStore, Page

Resolution = Literal["raw", "day", "week", "month"]


@dataclass(frozen=True, slots=True)
class ListValues:
    """Lists values, oldest first.

    Of a day, week (from Monday) or month in UTC, the closing value is shown, as
    `MetricStore.closing_value` has it, and of one without values nothing. What is shown is looked
    for period by period, so that a year of hourly values costs no more than what is seen of it.
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
    ) -> Page[MetricValue]:
        """Give one page of the values with `start <= as_of < end`.

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
        if resolution == "raw":
            return self.metrics.values(metric_id, start=start, end=end, limit=limit, cursor=cursor)
        if cursor:
            after = _read_cursor(cursor, resolution).end
            start = max(after, start) if start else after
        found = list(islice(self._closing(metric_id, resolution, start, end), limit + 1))
        shown = tuple(value for _, value in found[:limit])
        is_more = len(found) > limit
        return Page(shown, _cursor(resolution, found[limit - 1][0]) if is_more else None)

    def _closing(
        self, metric_id: str, length: PeriodLength, start: datetime | None, end: datetime | None
    ) -> Iterator[tuple[Period, MetricValue]]:
        """Yield each period that has values, with the closing one of those in the range."""
        at = start or self._next(metric_id, None, end)
        while at is not None and (end is None or at < end):
            period = period_around(at, length)
            until = period.end if end is None else min(period.end, end)
            value = self.metrics.closing_value(metric_id, at, until)
            if value is not None:
                yield period, value
            # Values mostly come one period after the other; only a gap has to be leapt over.
            at = period.end if value is not None else self._next(metric_id, period.end, end)

    def _next(
        self, metric_id: str, start: datetime | None, end: datetime | None
    ) -> datetime | None:
        page = self.metrics.values(metric_id, start=start, end=end, limit=1)
        return page.items[0].as_of if page.items else None


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
