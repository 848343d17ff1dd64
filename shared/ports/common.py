"""What many ports share: a page of a list, and the time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Part of a list, oldest first, and the cursor of what follows it (None at the end)."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


def pages_of(read: Callable[[str | None], Page[Item]]) -> Iterator[tuple[Item, ...]]:
    """Walk through a list, page by page; *read* gives the page behind a cursor."""
    cursor: str | None = None
    while True:
        page = read(cursor)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


class Clock(Protocol):
    """The time of the machine."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...
