"""Walking through Stripe's lists, page by page, and several of them at once."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from shared.adapters.stripe_objects import Page
from shared.adapters.stripe_transport import RefusedError, StripeTransport
from shared.errors import BadResponseError


class Identified(Protocol):
    """An object of a list."""

    @property
    def id(self) -> str:
        """Stripe's id, which is also the cursor of what follows it."""
        ...


Listed = TypeVar("Listed", bound=Identified)
Result = TypeVar("Result")
Parameters = tuple[tuple[str, str], ...]

LIMIT = ("limit", "100")
_MOST_RESTARTS = 3


async def pages(
    transport: StripeTransport,
    path: str,
    parameters: Parameters,
    kind: type[Page[Listed]],
    *,
    reach: timedelta | None = None,
    by_created: bool = True,
) -> AsyncIterator[Page[Listed]]:
    """Yield the pages of a list, newest first, from the instant of the reading on.

    Where the cursor has gone in between, the list starts again: callers key by id.

    Args:
        transport: how Stripe is asked.

        path: of the list.

        parameters: of every request.

        kind: of a page.

        reach: how far back from the instant of the reading; None for all. It does not bind the
            first page of a reading, for Stripe's clock comes with that page.

        by_created: whether the list can be bounded by the time of creation.
    """
    cursor: str | None = None
    restarts = 0
    while True:
        bounds = _bounds(transport, cursor, reach, by_created=by_created)
        try:
            page = await transport.get(path, (*parameters, LIMIT, *bounds), kind)
        except RefusedError as error:
            restarts += 1
            if not error.refusal.is_lost_cursor or restarts > _MOST_RESTARTS:
                raise
            cursor = None
            continue
        yield page
        if not page.has_more or _goes_past(page, transport, reach):
            return
        cursor = _next_cursor(page, cursor)


async def read_all(
    transport: StripeTransport,
    path: str,
    parameters: Parameters,
    kind: type[Page[Listed]],
    *,
    reach: timedelta | None = None,
    by_created: bool = True,
) -> dict[str, Listed]:
    """Return every object of a list by its id; the arguments are those of `pages`."""
    found: dict[str, Listed] = {}
    walk = pages(transport, path, parameters, kind, reach=reach, by_created=by_created)
    async for page in walk:
        found.update((obj.id, obj) for obj in page.data)
    return found


def expanding(parts: Iterable[str], prefix: str = "") -> Parameters:
    """Return the parameters that have Stripe send parts it would leave out or name by id."""
    return tuple(("expand[]", f"{prefix}{part}") for part in parts)


async def together(work: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Await all; the first error cancels the rest, so that nothing is asked of Stripe in vain."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _bounds(
    transport: StripeTransport, cursor: str | None, reach: timedelta | None, *, by_created: bool
) -> Iterator[tuple[str, str]]:
    """Yield the cursor, and the instant of this reading once Stripe has told it."""
    now = transport.first_answer_at
    if by_created and now is not None:
        yield "created[lte]", str(int(now.timestamp()))
    if reach is not None and now is not None:
        yield "created[gte]", str(max(0, int((now - reach).timestamp())))
    if cursor is not None:
        yield "starting_after", cursor


def _goes_past(page: Page[Listed], transport: StripeTransport, reach: timedelta | None) -> bool:
    """Return whether a page that was not bound ends before what is wanted begins."""
    if reach is None or not page.data:
        return False
    created = getattr(page.data[-1], "created", None)
    return created is not None and created < (transport.answered_at - reach).timestamp()


def _next_cursor(page: Page[Listed], cursor: str | None) -> str:
    last = page.data[-1].id if page.data else cursor
    if last is None or last == cursor:
        raise BadResponseError("A list of Stripe promises more and does not go on.")
    return last
