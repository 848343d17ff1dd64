"""Alerts with their outbox, and who brings notices to people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.alerts import Alert, AlertState, Decision
from shared.domain.configuration import Channel, ChannelStatus
from shared.domain.notices import AlertEvent, Notice
from shared.ports.common import Page


class AlertStore(Protocol):
    """Alerts, their states, and the outbox. An unknown id raises `NotFoundError`."""

    def add_alert(self, alert: Alert, state: AlertState) -> None:
        """Store a new alert with the state that it starts from."""
        ...

    def alert(self, alert_id: str) -> Alert:
        """Give one alert."""
        ...

    def alerts(self, *, limit: int, cursor: str | None = None) -> Page[Alert]:
        """List the alerts; a new one may be missing for a moment."""
        ...

    def alerts_of(self, metric_id: str) -> tuple[Alert, ...]:
        """Give every alert on a metric."""
        ...

    def state(self, alert_id: str) -> AlertState:
        """Give an alert's state."""
        ...

    def remove_alert(self, alert: Alert) -> None:
        """Remove an alert with its state, history and outbox."""
        ...

    def commit_decision(
        self,
        alert: Alert,
        *,
        seen: AlertState,
        state: AlertState,
        event: tuple[Decision, datetime] | None,
        notices: Sequence[Notice],
    ) -> None:
        """Store the new state with the event and notices that come of it: all or nothing.

        Raises:
            VersionConflictError: the state is no longer *seen*, or the alert was changed or
                removed; nothing is written.
        """
        ...

    def events(self, alert_id: str, *, limit: int, cursor: str | None = None) -> Page[AlertEvent]:
        """List what was decided, oldest first, with what became of each notice."""
        ...

    def pending_notices(self, alert_id: str) -> tuple[Notice, ...]:
        """Give the notices of an alert that have not been sent, oldest first."""
        ...

    def claim_notice(self, notice: Notice, *, now: datetime, until: datetime) -> Notice | None:
        """Take a notice for sending until *until*; None where somebody else has it at *now*."""
        ...

    def settle_notice(self, notice: Notice) -> None:
        """Store how sending ended: `sent` with its message id, `failed`, or `pending` again."""
        ...


class Notifier(Protocol):
    """Brings notices to people."""

    def subscribe(self, channel: Channel) -> str:
        """Subscribe a channel to its own notices; gives the id of the subscription.

        Raises:
            InvalidInputError: the address is of no kind that can be subscribed.
        """
        ...

    def unsubscribe(self, subscription: str) -> None:
        """End a subscription; ending what is not there, or was never confirmed, is no error."""
        ...

    def status(self, subscription: str) -> ChannelStatus:
        """Tell whether the subscription receives."""
        ...

    def publish(self, notice: Notice) -> str:
        """Hand a notice over; gives the message id.

        Raises:
            StorageUnavailableError: not accepted now; it may be tried again.
            ConfigurationError: it will never be accepted as it is.
        """
        ...
