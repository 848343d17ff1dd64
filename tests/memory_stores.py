"""The stores in memory. The contract tests hold them to the same promises as the real ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from shared.domain.alerts import Alert, AlertState, Decision
from shared.domain.configuration import (
    EVERYBODYS_INTERVAL,
    Channel,
    Integration,
    Metric,
    MetricValue,
    RefreshInterval,
    SyncStatus,
)
from shared.domain.ledger import Place
from shared.domain.notices import AlertEvent, Notice
from shared.errors import ConflictError, NotFoundError, VersionConflictError
from shared.ports import Lease, Page, SyncRequest
from tests.memory_book import InMemoryLedger

__all__ = ["InMemoryAlerts", "InMemoryConfig", "InMemoryLedger", "InMemoryMetrics", "page_of"]

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

    def add_integration(self, integration: Integration) -> None:
        self.all_integrations[integration.id] = integration

    def integration(self, integration_id: str) -> Integration:
        return _get(self.all_integrations, integration_id)

    def integrations(self, *, limit: int, cursor: str | None = None) -> Page[Integration]:
        return page_of(self.all_integrations.values(), lambda i: i.id, limit, cursor)

    def sync_status(self, integration_id: str) -> SyncStatus:
        return self.statuses.get(integration_id, SyncStatus())

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
        self.all_channels[channel.id] = channel

    def channel(self, channel_id: str) -> Channel:
        return _get(self.all_channels, channel_id)

    def channels(self, *, limit: int, cursor: str | None = None) -> Page[Channel]:
        return page_of(self.all_channels.values(), lambda c: c.id, limit, cursor)

    def remove_channel(self, channel: Channel) -> None:
        self.all_channels.pop(channel.id, None)


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


@dataclass
class InMemoryAlerts:
    """`AlertStore`."""

    config: InMemoryConfig
    all_alerts: dict[str, Alert] = field(default_factory=dict)
    states: dict[str, AlertState] = field(default_factory=dict)
    decided: list[tuple[str, AlertEvent]] = field(default_factory=list)
    outbox: dict[tuple[str, str], Notice] = field(default_factory=dict)

    def add_alert(self, alert: Alert, state: AlertState) -> None:
        if alert.metric_id not in self.config.all_metrics:
            raise VersionConflictError("no such metric")
        self.all_alerts[alert.id] = alert
        self.states[alert.id] = state

    def alert(self, alert_id: str) -> Alert:
        alert = _get(self.all_alerts, alert_id)
        self.config.metric(alert.metric_id)  # an alert goes with its metric
        return alert

    def alerts(self, *, limit: int, cursor: str | None = None) -> Page[Alert]:
        return page_of(self.all_alerts.values(), lambda a: a.id, limit, cursor)

    def alerts_of(self, metric_id: str) -> tuple[Alert, ...]:
        found = sorted(self.all_alerts.values(), key=lambda a: a.id)
        return tuple(alert for alert in found if alert.metric_id == metric_id)

    def state(self, alert_id: str) -> AlertState:
        return _get(self.states, alert_id)

    def remove_alert(self, alert: Alert) -> None:
        self.all_alerts.pop(alert.id, None)
        self.states.pop(alert.id, None)
        self.outbox = {k: n for k, n in self.outbox.items() if n.alert_id != alert.id}
        self.decided = [(a, e) for a, e in self.decided if a != alert.id]

    def commit_decision(
        self,
        alert: Alert,
        *,
        seen: AlertState,
        state: AlertState,
        event: tuple[Decision, datetime] | None,
        notices: Sequence[Notice],
    ) -> None:
        stored = self.all_alerts.get(alert.id)
        if (
            stored is None
            or (stored.config_version, stored.is_enabled)
            != (alert.config_version, alert.is_enabled)
            or self.states[alert.id] != seen
        ):
            raise VersionConflictError("changed meanwhile")
        self.states[alert.id] = state
        if event is not None:
            self.decided.append((alert.id, AlertEvent(*event)))
        self.outbox |= {(notice.key, notice.channel_id): notice for notice in notices}

    def events(self, alert_id: str, *, limit: int, cursor: str | None = None) -> Page[AlertEvent]:
        found = [event for owner, event in self.decided if owner == alert_id]
        page = page_of(found, _event_position, limit, cursor)
        shown = tuple(replace(e, notices=self._notices(e.decision.key)) for e in page.items)
        return Page(shown, page.next_cursor)

    def _notices(self, key: str) -> tuple[Notice, ...]:
        found = sorted(self.outbox.items())
        return tuple(notice for (owner, _), notice in found if owner == key)

    def pending_notices(self, alert_id: str) -> tuple[Notice, ...]:
        unsent = [
            notice
            for notice in self.outbox.values()
            if notice.alert_id == alert_id and notice.status in {"pending", "sending"}
        ]
        return tuple(sorted(unsent, key=lambda notice: notice.decided_at))

    def claim_notice(self, notice: Notice, *, now: datetime, until: datetime) -> Notice | None:
        stored = self.outbox[notice.key, notice.channel_id]
        is_leased = stored.lease_until is not None and stored.lease_until > now
        if stored.status not in {"pending", "sending"} or is_leased:
            return None
        claimed = replace(notice, status="sending", attempts=notice.attempts + 1, lease_until=until)
        self.outbox[notice.key, notice.channel_id] = claimed
        return claimed

    def settle_notice(self, notice: Notice) -> None:
        self.outbox[notice.key, notice.channel_id] = notice


def _event_position(event: AlertEvent) -> str:
    return f"{event.decision.as_of:%Y-%m-%dT%H:%M:%S.%fZ}_{event.decision.key}"


def _get(found: Mapping[str, Item], key: str) -> Item:
    if key not in found:
        raise NotFoundError(f"There is no {key}.")
    return found[key]
