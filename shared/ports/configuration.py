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
        """Remove the key; removing what is not there is no error."""
        ...


class ConfigStore(Protocol):
    """What the team configured. An unknown id raises `NotFoundError`."""

    def add_integration(self, integration: Integration) -> None:
        """Store a new integration."""
        ...

    def integration(self, integration_id: str) -> Integration:
        """Give one integration."""
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
        """Store the status, unless a sync with a higher sequence has stored one."""
        ...

    def add_metric(self, metric: Metric) -> None:
        """Store a new metric and make its integration due at its interval."""
        ...

    def metric(self, metric_id: str) -> Metric:
        """Give one metric."""
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

    def due_integrations(self, interval: RefreshInterval) -> Iterator[str]:
        """Give the ids of the integrations to be synced at *interval*; new ones may be missing.

        Those with metrics at it, and at `EVERYBODYS_INTERVAL` all others too.
        """
        ...

    def remove_metric(self, metric: Metric) -> None:
        """Remove a metric with its values and alerts."""
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
