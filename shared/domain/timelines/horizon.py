"""How long what is told at an instant goes on being told."""

from datetime import datetime, timedelta

# The shortest time that there is.
INSTANT = timedelta(microseconds=1)


class Horizon:
    """The instant of a reading, and how long what is told from its facts holds.

    Every comparison of a fact with that instant is made here. Time only goes on, so that what has
    come stays; the first of what has not come yet is when the same facts may tell otherwise.

    Attributes:
        at: the instant of the reading.

        until: the first later instant at which a comparison made so far comes out otherwise; None
            if none ever does.
    """

    __slots__ = ("at", "until")

    def __init__(self, at: datetime, until: datetime | None = None) -> None:
        self.at = at
        self.until = until

    def has_come(self, instant: datetime) -> bool:
        """Return whether an instant is not after that of the reading."""
        if instant <= self.at:
            return True
        if self.until is None or instant < self.until:
            self.until = instant
        return False

    def has_passed(self, instant: datetime) -> bool:
        """Return whether an instant is before that of the reading."""
        return self.has_come(instant + INSTANT)
