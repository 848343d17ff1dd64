"""Bodies of requests about channels, and who hears of what through them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from functions.api.schemas.common import Id, Request, check_line
from shared.domain.configuration import AccountEventKind, Notifications


class ChannelBody(Request):
    """Where notices are to go."""

    type: Literal["email", "sms"]
    address: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=320),
        AfterValidator(check_line),
    ]


class NotificationsBody(Request):
    """Who is to hear of what concerns no single alert."""

    # Failed and stale at once are two notices for each, in one transaction of at most 100 items.
    channels: Annotated[list[Id], Field(max_length=40)]
    events: Annotated[list[AccountEventKind], Field(max_length=50)]

    @property
    def notifications(self) -> Notifications:
        """Give the domain's notifications; what was said twice counts once."""
        return Notifications(tuple(dict.fromkeys(self.channels)), tuple(dict.fromkeys(self.events)))
