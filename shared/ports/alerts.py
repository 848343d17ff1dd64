"""Alerts with their outbox, who brings notices to people, and what nobody could deal with."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.account_watch import AccountWatch
from shared.domain.alerts import Alert, AlertState
from shared.domain.configuration import Channel, ChannelStatus, MetricValue
from shared.domain.notices import AlertEvent, Message, Notice
from shared.ports.common import Page


class AlertStore(Protocol):
    """Alerts, their states, and what was decided. An unknown id raises `NotFoundError`."""

    def add_alert(
        self, alert: Alert, state: AlertState, *, latest: MetricValue | None = None
    ) -> None:
        """Store a new alert with the state that it starts from.

        Args:
            alert: the alert.
            state: its first.
            latest: the newest value of its metric, that the state was made of.

        Raises:
            VersionConflictError: the metric was removed, or *latest* is not its newest value by
                now; nothing is written.
        """
        ...

    def save_alert(
        self,
        alert: Alert,
        state: AlertState | None = None,
        *,
        latest: MetricValue | None = None,
    ) -> None:
        """Store a changed alert, and the state that it starts from anew where there is one.

        Raises:
            VersionConflictError: the stored alert is not the revision before this one, or it has
                fired since the state was read that *state* comes from, or *latest* is not the
                newest value by now; nothing is written.
        """
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

    def states(self, alert_ids: Sequence[str]) -> Mapping[str, AlertState]:
        """Give the states of several alerts; those that are being removed have none."""
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
        event: AlertEvent | None,
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

    def watches(self, integration_ids: Sequence[str]) -> Mapping[str, AccountWatch]:
        """Give what has been decided of the syncs of integrations; a fresh one before the first."""
        ...

    def commit_watch(
        self,
        integration_id: str,
        *,
        seen: AccountWatch,
        watch: AccountWatch,
        notices: Sequence[Notice],
    ) -> None:
        """Store what was decided of an integration's syncs, with its notices: all or nothing.

        Raises:
            VersionConflictError: it is no longer *seen*, or the integration was removed; nothing is
                written.
        """
        ...


class Outbox(Protocol):
    """Notices that are to be sent."""

    def pending_of(self, source_id: str) -> tuple[Notice, ...]:
        """Give the unsent notices of an alert or an integration, oldest first."""
        ...

    def pending(self) -> Iterator[Notice]:
        """Give all unsent notices, oldest first; the newest may be missing for a moment."""
        ...

    def claim(self, notice: Notice, *, now: datetime, until: datetime) -> Notice | None:
        """Take a notice for sending until *until*; None where it is gone or somebody has it."""
        ...

    def settle(self, notice: Notice) -> None:
        """Store how sending ended: `pending` again, or one of the statuses that end it.

        A notice that was removed meanwhile stays removed.

        Raises:
            VersionConflictError: somebody else is at it; nothing is written, it may be tried again.
        """
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

    def status(self, channel: Channel) -> ChannelStatus:
        """Tell whether a subscribed channel receives."""
        ...

    def statuses(self, channels: Sequence[Channel]) -> Mapping[str, ChannelStatus]:
        """Tell of many channels whether they receive, in few calls, by their ids.

        Whether a phone has opted out is looked at by `status` alone.
        """
        ...

    def publish(self, channel_id: str, message: Message) -> str:
        """Hand a message over for a channel; gives the message id.

        Raises:
            InvalidInputError: the message will never be accepted as it is.
            MetricsError: not accepted now; it may be tried again.
        """
        ...


class Failures(Protocol):
    """Where an operator finds what nobody could deal with."""

    def report(self, what: str, details: Mapping[str, str]) -> None:
        """Keep a failure with the ids that it takes to look into it; never a message's text."""
        ...
