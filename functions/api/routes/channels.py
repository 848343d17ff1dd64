"""Channels: where notices go."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from functions.api.bootstrap import services
from functions.api.routes.paging import Cursor, Limit
from functions.api.routes.router import Routes
from functions.api.schemas.channels import ChannelBody
from functions.api.views.channels import (
    Channels,
    ChannelView,
    SentTestView,
    view_channel,
    view_sent_test,
)

router = Routes("Channels")

ChannelId = Annotated[str, Path()]


@router.add("POST", "/v1/channels", answers=201)
def add_channel(body: Annotated[ChannelBody, Body()]) -> Response[ChannelView]:
    """Add a channel; the owner of an e-mail address has to confirm it."""
    channel = services().add_channel(body.type, body.address)
    return Response(201, "application/json", view_channel(channel))


@router.add("GET", "/v1/channels")
def list_channels(limit: Limit = 20, cursor: Cursor = None) -> Channels:
    """List the channels, with the state of their confirmation."""
    page = services().list_channels(limit=limit, cursor=cursor)
    return Channels(data=[view_channel(c) for c in page.items], next_cursor=page.next_cursor)


@router.add("DELETE", "/v1/channels/<channel_id>", answers=204, problems=("conflict",))
def delete_channel(channel_id: ChannelId) -> Response[None]:
    """Remove a channel that no alert notifies, and end its subscription."""
    services().remove_channel(channel_id)
    return Response(204)


@router.add("POST", "/v1/channels/<channel_id>/test")
def try_channel(channel_id: ChannelId) -> SentTestView:
    """Send a channel a message to try it out."""
    return view_sent_test(services().try_channel(channel_id))
