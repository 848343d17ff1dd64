"""What a team configured, and where its keys are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from shared.domain.configuration import (
    Channel,
    Integration,
    Metric,
    Notifications,
    RefreshInterval,
    SyncStatus,
)
from shared.domain.stripe_key import StripeKey
from shared.ports.common import Page


class SecretStore(Protocol):
    """Where keys live, and nowhere else."""

    def put(self, integration_id: str, key: StripeKey) -> None:
        """Store the key of an integration, replacing the one before."""
        ...

    def get(self, integration_id: str) -> str:
        """Give the key's text.

        Raises:
            SecretMissingError: there is none.
        """
        ...

    def delete(self, integration_id: str) -> None:
        """Remove the key, which the store may keep for some days in case it was a mistake.

        Removing what is not there is no error. A key may be put again afterwards.
        """
        ...

    def erase(self, integration_id: str) -> None:
        """Remove the key at once and for good, also one that is being kept for some days."""
        ...


class ConfigStore(Protocol):
    """What the team configured. An unknown id raises `NotFoundError`."""

    def add_integration(self, integration: Integration) -> None:
        """Store a new integration."""
        ...

    def save_integration(self, integration: Integration) -> None:
        """Store a changed integration; it is synced by schedule only while it is connected.

        Raises:
            VersionConflictError: the stored one is not the revision before this one; nothing is
                written.
        """
        ...

    def remove_integration(self, integration: Integration) -> None:
        """Remove an integration that has no metrics any more, with all that was told of it.

        A removal that was cut short can be asked for again.
        """
        ...

    def integration(self, integration_id: str) -> Integration:
        """Give one integration."""
        ...

    def integrations_by_id(self, integration_ids: Sequence[str]) -> Mapping[str, Integration]:
        """Give the integrations that are there, by their ids."""
        ...

    def integrations(self, *, limit: int, cursor: str | None = None) -> Page[Integration]:
        """List the integrations; a new one may be missing for a moment."""
        ...

    def sync_status(self, integration_id: str) -> SyncStatus:
        """Give the status that the newest sync left; a fresh one before the first."""
        ...

    def sync_statuses(self, integration_ids: Sequence[str]) -> Mapping[str, SyncStatus]:
        """Give the statuses of several integrations; see `sync_status`."""
        ...

    def save_sync_status(self, integration_id: str, status: SyncStatus) -> None:
        """Store the status, unless a later sync has stored one or the integration is gone."""
        ...

    def add_metric(self, metric: Metric) -> None:
        """Store a new metric and make its integration due at its interval."""
        ...

    def save_metric(self, metric: Metric, before: Metric) -> None:
        """Store a changed metric; of another edition, it has no newest value until one comes.

        Raises:
            VersionConflictError: the stored one is not the revision before it; nothing is written.
        """
        ...

    def metric(self, metric_id: str) -> Metric:
        """Give one metric."""
        ...

    def metrics_by_id(self, metric_ids: Sequence[str]) -> Mapping[str, Metric]:
        """Give the metrics that are there, by their ids."""
        ...

    def metrics_of(
        self, integration_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[Metric]:
        """List the metrics of an integration."""
        ...

    def due_metrics(
        self, integration_id: str, interval: RefreshInterval | None
    ) -> tuple[Metric, ...]:
        """Give the metrics of an integration at *interval*, or all of them for None."""
        ...

    def intervals_of(self, integration_id: str) -> frozenset[RefreshInterval]:
        """Give the refresh intervals that an integration's metrics use."""
        ...

    def sync_intervals(
        self, integration_ids: Sequence[str]
    ) -> Mapping[str, frozenset[RefreshInterval]]:
        """Give the intervals that integrations are synced at; none where one is disconnected.

        Those that its metrics use, and `EVERYBODYS_INTERVAL`.
        """
        ...

    def due_integrations(self, interval: RefreshInterval) -> Iterator[str]:
        """Give the ids of the integrations to be synced at *interval*; new ones may be missing.

        Those with metrics at it, and at `EVERYBODYS_INTERVAL` all others too.
        """
        ...

    def remove_metric(self, metric: Metric) -> None:
        """Remove a metric with its values and alerts; no goal may be linked to it any more."""
        ...

    def add_channel(self, channel: Channel) -> None:
        """Store a new channel.

        Raises:
            ConflictError: another channel has its address.
        """
        ...

    def save_channel(self, channel: Channel) -> None:
        """Store a channel that is there with its new state; its address stays."""
        ...

    def channel(self, channel_id: str) -> Channel:
        """Give one channel."""
        ...

    def channels(self, *, limit: int, cursor: str | None = None) -> Page[Channel]:
        """List the channels; a new one may be missing for a moment."""
        ...

    def remove_channel(self, channel: Channel) -> None:
        """Remove a channel; its address is free again."""
        ...

    def notifications(self) -> Notifications:
        """Give who hears of what concerns no single alert; nobody, until it is saved."""
        ...

    def save_notifications(self, notifications: Notifications) -> None:
        """Store who hears of what concerns no single alert."""
        ...
