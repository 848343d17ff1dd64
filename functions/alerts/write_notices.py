"""From what was decided to the notices of it, one for each channel."""

from collections.abc import Callable, Iterable
from datetime import datetime

from shared.domain.configuration import ChannelType
from shared.domain.notices import Message, Notice
from shared.errors import NotFoundError
from shared.ports import ConfigStore


def write_notices(
    config: ConfigStore,
    channel_ids: Iterable[str],
    *,
    key: str,
    source_id: str,
    at: datetime,
    render: Callable[[ChannelType], Message],
) -> tuple[Notice, ...]:
    """Write the notices of a decision; a channel that was removed keeps no other from hearing."""
    notices = []
    for channel_id in channel_ids:
        try:
            channel = config.channel(channel_id)
        except NotFoundError:
            continue
        notices.append(
            Notice(
                key=key,
                source_id=source_id,
                channel_id=channel.id,
                channel_type=channel.type,
                address=channel.address,
                message=render(channel.type),
                decided_at=at,
            )
        )
    return tuple(notices)
