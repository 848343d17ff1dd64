"""Who hears of what concerns no single alert, as clients see it."""

from pydantic import BaseModel

from shared.domain.configuration import AccountEventKind, Notifications


class NotificationsView(BaseModel):
    """Who hears of what concerns no single alert."""

    channels: list[str]
    events: list[AccountEventKind]


def view_notifications(notifications: Notifications) -> NotificationsView:
    """Show who hears of what."""
    return NotificationsView(
        channels=list(notifications.channels), events=list(notifications.events)
    )
