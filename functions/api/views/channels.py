"""Channels, as clients see them."""

from typing import Literal

from pydantic import BaseModel

from functions.api.try_channel import SentTest
from functions.api.views.common import Instant, ListView
from shared.domain.channels import not_receiving
from shared.domain.configuration import Channel


class ChannelView(BaseModel):
    """Where notices go; `note` says why it does not receive, and what to do."""

    id: str
    type: Literal["email", "sms"]
    address: str
    status: Literal["pending_confirmation", "active", "not_receiving"]
    note: str | None
    created_at: Instant


class SentTestView(BaseModel):
    """A message that was handed over to try a channel out."""

    channel_id: str
    status: Literal["sent"]
    message_id: str
    sent_at: Instant


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
        note=not_receiving(channel),
        created_at=channel.created_at,
    )


def view_sent_test(sent: SentTest) -> SentTestView:
    """Show a message that was sent to try a channel out."""
    return SentTestView(
        channel_id=sent.channel_id,
        status="sent",
        message_id=sent.message_id,
        sent_at=sent.sent_at,
    )
