"""Reading one long list over spans of `created`, several at once, so that it can be carried on.

A span is read newest first. Its older part can be given to another walk at any moment, because the
lower bound of a walk under way can be raised. What has been read is handed over while walking, each
time with the span that it covers: what lies in no such span is read again by the next call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from shared.adapters.stripe_lists import Identified, Parameters
from shared.adapters.stripe_objects import Page
from shared.adapters.stripe_pace import endpoint_of
from shared.adapters.stripe_transport import RefusedError, StripeTransport
from shared.domain.ledger import Span
from shared.errors import BadResponseError, BillingSourceError


class Dated(Identified, Protocol):
    """An object of a list that Stripe bounds by the time of creation."""

    @property
    def created(self) -> int:
        """In seconds since 1970."""
        ...


Listed = TypeVar("Listed", bound=Dated)

# Stripe did not exist before: where a list is wanted from its beginning, this is where to look.
EARLIEST = 1_262_304_000  # 2010

# A rest of fewer pages is not worth two walks: each walk ends with half a page in vain.
_PAGES_TO_SPLIT = 3
# Of n pages down to the earliest second, most of which are not there, n to this power are kept: so
# the walk that takes the rest finds something. Tried on accounts of one to ten years.
_KEPT_TO_THE_POWER = 0.8
_MOST_RESTARTS = 3
_WATCH_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Listing(Generic[Listed]):
    """A list: its path, the parameters of every request, and what a page of it holds."""

    path: str
    parameters: Parameters
    kind: type[Page[Listed]]


Keep = Callable[[Span, list[Listed]], Awaitable[None]]
"""Takes over the objects of a list that were created in a span, all of them."""


class WindowedReading(Generic[Listed]):
    """One list, read over what is not covered of a span.

    Args:
        transport: how Stripe is asked; as many walks go at once as its pace can use.

        listing: what is read.

        keep: takes over what was read: a span, and all objects created in it. Spans of one reading
            never overlap; an object comes once.

        is_time_up: asked between requests, and while Stripe does not answer.

        pages_between: objects are handed over after so many pages of a walk, and at its end.

        page_size: how many objects are asked for at once; Stripe gives 100 at most.

        grace_seconds: how long requests under way may take once the time is up.

    Attributes:
        pages: read so far.
    """

    def __init__(
        self,
        transport: StripeTransport,
        listing: Listing[Listed],
        keep: Keep[Listed],
        *,
        is_time_up: Callable[[], bool] = lambda: False,
        pages_between: int = 10,
        page_size: int = 100,
        grace_seconds: float = 2.0,
    ) -> None:
        self._transport = transport
        self._listing = listing
        self._keep = keep
        self._is_time_up = is_time_up
        self._pages_between = pages_between
        self._page_size = page_size
        self._grace_seconds = grace_seconds
        self._waiting: list[_Walk[Listed]] = []
        self._running: dict[asyncio.Task[None], _Walk[Listed]] = {}
        self._density: float | None = None
        self.pages = 0

    @property
    def expected_pages(self) -> int | None:
        """How many pages there are in all, by the density seen so far; None before the first."""
        if self._density is None:
            return None
        walks = (*self._waiting, *self._running.values())
        return self.pages + round(sum(walk.pages_left(self._density) for walk in walks))

    async def read(self, gaps: Iterable[Span]) -> bool:
        """Read spans that do not overlap, newest first.

        Returns:
            Whether all of them have been read and handed over; False where the time was up, after
            what had been read was handed over.

        Raises:
            RefusedError: Stripe refused a request for good.
            BillingSourceError: see `StripeTransport.get`. What had been read is handed over first.
        """
        self._waiting = [_Walk(*gap, self._page_size) for gap in sorted(gaps)]
        try:
            is_whole = await self._walk_all()
        except (RefusedError, BillingSourceError):
            with suppress(RefusedError, BillingSourceError):  # the first one tells why
                await self._stop(grace=0)
            raise
        except BaseException:
            await self._cancel()
            raise
        if not is_whole:
            await self._stop(grace=self._grace_seconds)
        return is_whole

    async def _walk_all(self) -> bool:
        while self._waiting or self._running:
            if self._is_time_up():
                return False
            self._start_walks()
            done, _ = await asyncio.wait(
                self._running, timeout=_WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                walk = self._running.pop(task)
                if not walk.is_done:
                    self._waiting.append(walk)  # the next request goes on with it
                task.result()
        return True

    def _start_walks(self) -> None:
        at_once = self._transport.pacer.useful_at_once(endpoint_of(self._listing.path))
        while len(self._running) < at_once:
            walk = self._waiting.pop() if self._waiting else self._split()
            if walk is None:
                return
            self._running[asyncio.ensure_future(self._step(walk))] = walk

    def _split(self) -> "_Walk[Listed] | None":
        """Take the older part of what the longest walk has left, beyond its page under way.

        Only a walk that has found something is split: nobody knows whether the others will.
        """
        longest = max(self._running.values(), key=_Walk.pages_left, default=None)
        if longest is None or longest.pages_left() - 1 < _PAGES_TO_SPLIT:
            return None
        return longest.split()

    async def _step(self, walk: "_Walk[Listed]") -> None:
        """Read one page, and hand over if it is time to."""
        page = await self._read_page(walk)
        if page is not None:
            self.pages += 1
            walk.take(page)
            self._density = walk.density or self._density
        if walk.is_done or walk.pages_unkept >= self._pages_between:
            await self._hand_over(walk)

    async def _read_page(self, walk: "_Walk[Listed]") -> Page[Listed] | None:
        listing = self._listing
        parameters = (*listing.parameters, ("limit", str(self._page_size)), *walk.bounds())
        try:
            return await self._transport.get(listing.path, parameters, listing.kind)
        except RefusedError as error:
            if not error.refusal.is_lost_cursor or not walk.restart():
                raise
            return None

    async def _hand_over(self, walk: "_Walk[Listed]") -> None:
        """Hand over what a walk has read whole seconds of."""
        span = walk.covered()
        if span is not None:
            await self._keep(span, [obj for obj in walk.unkept if obj.created >= span.start])
            walk.was_kept(span)

    async def _stop(self, *, grace: float) -> None:
        """End all requests, and hand over what they brought."""
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        await self._cancel()
        for walk in (*self._waiting, *self._running.values()):
            await self._hand_over(walk)

    async def _cancel(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


@dataclass(slots=True)
class _Walk(Generic[Listed]):
    """One span that is being read.

    Attributes:
        start: the oldest second to read; raised where the older part is given away.

        end: the newest second that has not been handed over.

        at: when the last object read was created; all newer ones have been read.

        density: objects in a second, as far as the last page tells.
    """

    start: int
    end: int
    page_size: int
    density: float | None = None
    is_done: bool = False
    unkept: list[Listed] = field(default_factory=list)
    pages_unkept: int = 0
    at: int = field(init=False)
    _upper: int = field(init=False)
    _cursor: str | None = None
    _restarts: int = 0

    def __post_init__(self) -> None:
        self.at = self.end + 1
        self._upper = self.end

    def bounds(self) -> Iterator[tuple[str, str]]:
        """Yield the parameters of the next request."""
        yield "created[gte]", str(self.start)
        yield "created[lte]", str(self._upper)
        if self._cursor is not None:
            yield "starting_after", self._cursor

    def take(self, page: Page[Listed]) -> None:
        """Add a page; what is older than the walk goes is dropped when it is handed over.

        Raises:
            BadResponseError: the page promises more and does not go on.
        """
        self.pages_unkept += 1
        last = page.data[-1] if page.data else None
        if page.has_more and (last is None or last.id == self._cursor):
            raise BadResponseError("A list of Stripe promises more and does not go on.")
        if last is not None:
            self.unkept += page.data
            self.density = len(page.data) / max(1, self.at - last.created)
            if last.created < self.at:
                self._restarts = 0
            self.at, self._cursor = last.created, last.id
        self.is_done = not page.has_more or self.at < self.start

    def restart(self) -> bool:
        """Go on without the object that was to be gone on from; False if that leads nowhere."""
        self._restarts += 1
        self._cursor, self._upper = None, self.at
        self.unkept = [obj for obj in self.unkept if obj.created > self.at]
        return self._restarts <= _MOST_RESTARTS

    def covered(self) -> Span | None:
        """Return the whole seconds that have been read and not handed over."""
        span = Span(self.start if self.is_done else self.at + 1, self.end)
        return span if span.start <= span.end else None

    def was_kept(self, span: Span) -> None:
        """Forget what has been handed over."""
        self.unkept = [obj for obj in self.unkept if obj.created < span.start]
        self.end = span.start - 1
        self.pages_unkept = 0

    def pages_left(self, density: float = 0) -> float:
        """Return about how many pages are left; *density* counts until the walk has its own."""
        if self.is_done:
            return 0
        return (self.density or density) * (self.at - self.start) / self.page_size

    def split(self) -> "_Walk[Listed]":
        """Give away the older part of what lies beyond the page under way: half of it, or more."""
        page = self.page_size / (self.density or 1)
        rest = self.at - page - self.start
        kept = rest / 2
        if self.start == EARLIEST:
            kept = min(kept, (rest / page) ** _KEPT_TO_THE_POWER * page)
        older = _Walk[Listed](self.start, int(self.start + rest - kept), self.page_size)
        self.start = older.end + 1
        return older
