"""Notifications: who hears of what concerns no single alert."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.api.bootstrap import services
from functions.api.routes.router import Routes
from functions.api.schemas.channels import NotificationsBody
from functions.api.views.notifications import NotificationsView, view_notifications

router = Routes("Notifications")


@router.add("GET", "/v1/notifications")
def get_notifications() -> NotificationsView:
    """Show who hears that syncs fail, that numbers age, and that all is well again."""
    return view_notifications(services().config.notifications())


@router.add("PUT", "/v1/notifications", problems=("not_found",))
def put_notifications(body: Annotated[NotificationsBody, Body()]) -> NotificationsView:
    """Say who is to hear of what concerns no single alert."""
    config = services().config
    for channel_id in body.notifications.channels:
        config.channel(channel_id)
    config.save_notifications(body.notifications)
    return view_notifications(body.notifications)
