"""Channels, as clients see them."""

from typing import Literal

from pydantic import BaseModel

from functions.api.views.common import Instant, ListView
from shared.domain.configuration import Channel


class ChannelView(BaseModel):
    """Where notices go."""

    id: str
    type: Literal["email", "sms"]
    address: str
    status: Literal["pending_confirmation", "active", "not_receiving"]
    created_at: Instant


class Channels(ListView):
    """A page of channels."""

    data: list[ChannelView]


def view_channel(channel: Channel) -> ChannelView:
    """Show a channel."""
    return ChannelView(
        id=channel.id,
        type=channel.type,
        address=channel.address,
        status=channel.status,
        created_at=channel.created_at,
    )
