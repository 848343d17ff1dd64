"""What many ports share: a page of a list, and the time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Part of a list, oldest first, and the cursor of what follows it (None at the end)."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


class Clock(Protocol):
    """The time of the machine."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...
