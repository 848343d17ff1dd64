"""Use case: remove a channel, unless somebody still counts on it."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.alerts import Alert
from shared.errors import ConflictError
from shared.ports import AlertStore, ConfigStore, Notifier, pages_of

_PAGE = 100


@dataclass(frozen=True, slots=True)
class RemoveChannel:
    """Ends a channel's subscription and removes it."""

    config: ConfigStore
    alerts: AlertStore
    notifier: Notifier

    def __call__(self, channel_id: str) -> None:
        """Remove the channel.

        Raises:
            NotFoundError: no such channel.
            ConflictError: alerts, or what is told of accounts, go to it: they would be unheard.
        """
        channel = self.config.channel(channel_id)
        users = [alert.name for alert in self._all_alerts() if channel_id in alert.channels]
        if users:
            raise ConflictError(
                f"This channel hears of {len(users)} alert(s): {', '.join(users[:5])}. "
                "Remove them first, or they would fire unheard."
            )
        if channel_id in self.config.notifications().channels:
            raise ConflictError(
                "This channel hears of failed syncs and the like. "
                "Take it out of the notifications first."
            )
        if channel.subscription:
            self.notifier.unsubscribe(channel.subscription)
        self.config.remove_channel(channel)

    def _all_alerts(self) -> Iterator[Alert]:
        for page in pages_of(lambda cursor: self.alerts.alerts(limit=_PAGE, cursor=cursor)):
            yield from page
