"""The stores in memory. The contract tests hold them to the same promises as the real ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.domain.configuration import MetricValue
from shared.domain.ledger import Place
from shared.domain.periods import CLOSING_LOOK_BACK
from shared.ports import Lease, Page, SyncRequest
from tests.memory_book import InMemoryLedger
from tests.memory_table import InMemoryTable

__all__ = ["InMemoryConfig", "InMemoryLedger", "InMemoryMetrics", "closing_of", "page_of"]

Item = TypeVar("Item")


def page_of(
    items: Iterable[Item], key: Callable[[Item], str], limit: int, cursor: str | None
) -> Page[Item]:
    """Cut one page out of a list that is sorted by *key*."""
    rest = [item for item in sorted(items, key=key) if cursor is None or key(item) > cursor]
    shown = tuple(rest[:limit])
    return Page(shown, key(shown[-1]) if len(rest) > limit else None)


class InMemoryConfig(DynamoDbConfig):
    """The real store over a table of its own in memory."""

    def __init__(self) -> None:
        self.table = InMemoryTable(page=1_000)
        super().__init__(self.table)


@dataclass
class InMemoryMetrics:
    """`MetricStore`, fenced by an `InMemoryLedger`."""

    ledger: InMemoryLedger
    config: InMemoryConfig
    newest: dict[str, MetricValue] = field(default_factory=dict)
    past: list[MetricValue] = field(default_factory=list)

    def commit(
        self,
        values: Sequence[MetricValue],
        lease: Lease,
        *,
        place: Place | None = None,
        done: SyncRequest | None = None,
    ) -> None:
        self.ledger.check(lease)
        for value in values:
            if self._is_asked_for(value):
                self.newest[value.metric_id] = value
                self._keep(value)
        if place is not None:
            self.ledger.save_place(lease, place)
        if done is not None:
            self.ledger.release_lease(lease, done=done)

    def add_past(self, values: Iterable[MetricValue]) -> None:
        for value in values:
            if self._is_asked_for(value):
                self._keep(replace(value, version=0, origin="reconstructed"))

    def _is_asked_for(self, value: MetricValue) -> bool:
        metric = self.config.metrics_by_id([value.metric_id]).get(value.metric_id)
        return metric is not None and metric.edition == value.edition

    def _keep(self, value: MetricValue) -> None:
        def position(kept: MetricValue) -> tuple[str, str]:
            return kept.metric_id, _position(kept)

        self.past = [kept for kept in self.past if position(kept) != position(value)]
        self.past.append(value)

    def latest(self, metric_ids: Sequence[str]) -> Mapping[str, MetricValue]:
        return {key: self.newest[key] for key in metric_ids if key in self.newest}

    def baseline(self, value: MetricValue, until: datetime) -> MetricValue | None:
        measured = (value.metric_id, value.definitions_version, value.currency)
        known = [
            kept
            for kept in self.past
            if (kept.metric_id, kept.definitions_version, kept.currency) == measured
            and kept.as_of <= until
            and kept.value is not None
        ]
        return max(known, key=_position, default=None)

    def values(
        self,
        metric_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int,
        cursor: str | None = None,
        series: str | None = None,
    ) -> Page[MetricValue]:
        found = [
            value
            for value in self.past
            if value.metric_id == metric_id
            and series in {None, value.definitions_version}
            and (start is None or start <= value.as_of)
            and (end is None or value.as_of < end)
        ]
        return page_of(found, _position, limit, cursor)

    def closing_value(
        self, metric_id: str, start: datetime, end: datetime, series: str | None = None
    ) -> MetricValue | None:
        limit = len(self.past) + 1
        return closing_of(
            self.values(metric_id, start=start, end=end, limit=limit, series=series).items
        )


def _position(value: MetricValue) -> str:
    """Where a value stands among those of its metric."""
    series = f"_{value.definitions_version}" if value.origin == "reconstructed" else ""
    return f"{value.as_of:%Y-%m-%dT%H:%M:%S.%fZ}_{value.version:012d}{series}"


def closing_of(values: Sequence[MetricValue]) -> MetricValue | None:
    """Return which of a period's values stands for it, by the port's words; they are in order."""
    if not values:
        return None
    alike = []
    for value in values[: -CLOSING_LOOK_BACK - 1 : -1]:
        if not value.is_measured_as(values[-1]):
            break
        alike.append(value)
    return next((value for value in alike if value.value is not None), values[-1])
