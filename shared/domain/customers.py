"""Customers as the metrics see them: an id, and from when until when they existed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the account; nothing personal.

    Attributes:
        deleted_at: when it was deleted; None while it exists.
    """

    id: str
    created_at: datetime
    deleted_at: datetime | None = None
    livemode: bool = False
    in_test_clock: bool = False

    def exists_at(self, instant: datetime) -> bool:
        """Return whether it had been created, and not been deleted, by an instant."""
        is_deleted = self.deleted_at is not None and self.deleted_at <= instant
        return self.created_at <= instant and not is_deleted
