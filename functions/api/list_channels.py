"""Use case: list the channels as they are by now."""

from dataclasses import dataclass, replace

from shared.domain.configuration import Channel
from shared.ports import ConfigStore, Notifier, Page


@dataclass(frozen=True, slots=True)
class ListChannels:
    """Lists channels, with what SNS says of them by now."""

    config: ConfigStore
    notifier: Notifier

    def __call__(self, *, limit: int, cursor: str | None) -> Page[Channel]:
        """Give one page of the channels."""
        page = self.config.channels(limit=limit, cursor=cursor)
        statuses = self.notifier.statuses(page.items)
        channels = tuple(replace(it, status=statuses[it.id]) for it in page.items)
        for before, channel in zip(page.items, channels, strict=True):
            if channel != before:
                self.config.save_channel(channel)
        return Page(channels, page.next_cursor)
