"""The stores in memory. The contract tests hold them to the same promises as the real ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from shared.domain.configuration import (
    EVERYBODYS_INTERVAL,
    Channel,
    Integration,
    Metric,
    MetricValue,
    Notifications,
    RefreshInterval,
    SyncStatus,
)
from shared.domain.ledger import Place
from shared.errors import ConflictError, NotFoundError, VersionConflictError
from shared.ports import Lease, Page, SyncRequest
from tests.memory_book import InMemoryLedger

__all__ = ["InMemoryConfig", "InMemoryLedger", "InMemoryMetrics", "page_of"]

Item = TypeVar("Item")


def page_of(
    items: Iterable[Item], key: Callable[[Item], str], limit: int, cursor: str | None
) -> Page[Item]:
    """Cut one page out of a list that is sorted by *key*."""
    rest = [item for item in sorted(items, key=key) if cursor is None or key(item) > cursor]
    shown = tuple(rest[:limit])
    return Page(shown, key(shown[-1]) if len(rest) > limit else None)


@dataclass
class InMemoryConfig:
    """`ConfigStore`."""

    all_integrations: dict[str, Integration] = field(default_factory=dict)
    statuses: dict[str, SyncStatus] = field(default_factory=dict)
    all_metrics: dict[str, Metric] = field(default_factory=dict)
    all_channels: dict[str, Channel] = field(default_factory=dict)
    told: Notifications = field(default_factory=Notifications)

    def add_integration(self, integration: Integration) -> None:
        self.all_integrations[integration.id] = integration

    def integration(self, integration_id: str) -> Integration:
        return _get(self.all_integrations, integration_id)

    def integrations(self, *, limit: int, cursor: str | None = None) -> Page[Integration]:
        return page_of(self.all_integrations.values(), lambda i: i.id, limit, cursor)

    def sync_status(self, integration_id: str) -> SyncStatus:
        return self.statuses.get(integration_id, SyncStatus())

    def sync_statuses(self, integration_ids: Sequence[str]) -> Mapping[str, SyncStatus]:
        return {key: self.sync_status(key) for key in integration_ids}

    def save_sync_status(self, integration_id: str, status: SyncStatus) -> None:
        if status.sequence >= self.sync_status(integration_id).sequence:
            self.statuses[integration_id] = status

    def add_metric(self, metric: Metric) -> None:
        if metric.integration_id not in self.all_integrations or metric.id in self.all_metrics:
            raise VersionConflictError("no such integration, or the id is taken")
        self.all_metrics[metric.id] = metric

    def metric(self, metric_id: str) -> Metric:
        return _get(self.all_metrics, metric_id)

    def metrics_of(
        self, integration_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[Metric]:
        return page_of(self.due_metrics(integration_id, None), lambda m: m.id, limit, cursor)

    def due_metrics(
        self, integration_id: str, interval: RefreshInterval | None
    ) -> tuple[Metric, ...]:
        return tuple(
            metric
            for metric in sorted(self.all_metrics.values(), key=lambda m: m.id)
            if metric.integration_id == integration_id
            and interval in {None, metric.refresh_interval}
        )

    def intervals_of(self, integration_id: str) -> frozenset[RefreshInterval]:
        return frozenset(m.refresh_interval for m in self.due_metrics(integration_id, None))

    def due_integrations(self, interval: RefreshInterval) -> Iterator[str]:
        for integration_id in sorted(self.all_integrations):
            if interval == EVERYBODYS_INTERVAL or self.due_metrics(integration_id, interval):
                yield integration_id

    def remove_metric(self, metric: Metric) -> None:
        self.all_metrics.pop(metric.id, None)

    def add_channel(self, channel: Channel) -> None:
        if channel.address in {known.address for known in self.all_channels.values()}:
            raise ConflictError("taken")
        self.all_channels[channel.id] = channel

    def save_channel(self, channel: Channel) -> None:
        if channel.id not in self.all_channels:
            raise VersionConflictError("no such channel")
        self.all_channels[channel.id] = channel

    def channel(self, channel_id: str) -> Channel:
        return _get(self.all_channels, channel_id)

    def channels(self, *, limit: int, cursor: str | None = None) -> Page[Channel]:
        return page_of(self.all_channels.values(), lambda c: c.id, limit, cursor)

    def remove_channel(self, channel: Channel) -> None:
        self.all_channels.pop(channel.id, None)

    def notifications(self) -> Notifications:
        return self.told

    def save_notifications(self, notifications: Notifications) -> None:
        self.told = notifications


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
            if value.metric_id in self.config.all_metrics:
                self.newest[value.metric_id] = value
                self._keep(value)
        if place is not None:
            self.ledger.save_place(lease, place)
        if done is not None:
            self.ledger.release_lease(lease, done=done)

    def add_past(self, values: Iterable[MetricValue]) -> None:
        for value in values:
            if value.metric_id in self.config.all_metrics:
                self._keep(replace(value, version=0, origin="reconstructed"))

    def _keep(self, value: MetricValue) -> None:
        def position(kept: MetricValue) -> tuple[str, datetime, int]:
            return kept.metric_id, kept.as_of, kept.version

        self.past = [kept for kept in self.past if position(kept) != position(value)]
        self.past.append(value)

    def latest(self, metric_ids: Sequence[str]) -> Mapping[str, MetricValue]:
        return {key: self.newest[key] for key in metric_ids if key in self.newest}

    def baseline(self, value: MetricValue, until: datetime) -> MetricValue | None:
        known = [
            kept
            for kept in self.past
            if kept.metric_id == value.metric_id and kept.as_of <= until and kept.value is not None
        ]
        found = max(known, key=lambda kept: (kept.as_of, kept.version), default=None)
        measured = (value.definitions_version, value.currency)
        is_alike = found and (found.definitions_version, found.currency) == measured
        return found if is_alike else None

    def values(
        self,
        metric_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[MetricValue]:
        found = [
            value
            for value in self.past
            if value.metric_id == metric_id
            and (start is None or start <= value.as_of)
            and (end is None or value.as_of < end)
        ]
        return page_of(
            found, lambda v: f"{v.as_of:%Y-%m-%dT%H:%M:%S.%fZ}_{v.version:012d}", limit, cursor
        )


def _get(found: Mapping[str, Item], key: str) -> Item:
    if key not in found:
        raise NotFoundError(f"There is no {key}.")
    return found[key]
