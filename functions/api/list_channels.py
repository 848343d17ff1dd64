"""Use case: list the channels as they are by now."""

from dataclasses import dataclass, replace

from shared.domain.configuration import Channel
from shared.ports import ConfigStore, Notifier, Page


@dataclass(frozen=True, slots=True)
class ListChannels:
    """Lists channels; those that wait for their owner's confirmation are looked at again."""

    config: ConfigStore
    notifier: Notifier

    def __call__(self, *, limit: int, cursor: str | None) -> Page[Channel]:
        """Give one page of the channels."""
        page = self.config.channels(limit=limit, cursor=cursor)
        return Page(tuple(map(self._refresh, page.items)), page.next_cursor)

    def _refresh(self, channel: Channel) -> Channel:
        if channel.status != "pending_confirmation" or not channel.subscription:
            return channel
        refreshed = replace(channel, status=self.notifier.status(channel))
        if refreshed != channel:
            self.config.save_channel(refreshed)
        return refreshed
