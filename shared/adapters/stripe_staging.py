"""What the long lists say, kept in the ledger by spans of `created` until it is sorted by customer.

An import that was stopped finds there what it has read.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.adapters.stripe_documents import (
    NOBODY,
    CustomerFacts,
    by_customer,
    decode,
    encode,
    merge,
)
from shared.adapters.stripe_recording import Recorder
from shared.adapters.stripe_windows import Dated, Listing, WindowedReading
from shared.domain.ledger import Fact, Progress, Span, uncovered

Listed = TypeVar("Listed", bound=Dated)
Complete = Callable[[list[Listed]], Awaitable[list[Listed]]]
Keep = Callable[[Span, list[Listed]], Awaitable[None]]


@dataclass(slots=True)
class Stage:
    """The stage of one import.

    Attributes:
        recorder: of the account; the instant of its place is the upper bound of every list.

        is_time_up: asked between requests.
    """

    recorder: Recorder
    is_time_up: Callable[[], bool]
    _readings: list[WindowedReading[Any]] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    async def fill(
        self,
        name: str,
        listing: Listing[Listed],
        since: int,
        complete: Complete[Listed] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> bool:
        """Keep what a list says from a second on; False where the time was up.

        Args:
            name: of the list.

            listing: how it is asked for.

            since: the oldest second.

            complete: makes objects whole that are listed in part.

            until: says when to stop though the list goes on.
        """

        async def keep(span: Span, objects: list[Listed]) -> None:
            whole = objects if complete is None else await complete(objects)
            await self.keep(name, span, whole)

        return await self.read(name, listing, since, keep, until)

    async def read(
        self,
        name: str,
        listing: Listing[Listed],
        since: int,
        keep: Keep[Listed],
        until: Callable[[], bool] | None = None,
    ) -> bool:
        """Read what is not staged of a list, from a second on; False where the time was up."""
        reading = WindowedReading(
            self.recorder.transport, listing, keep, is_time_up=until or self.is_time_up
        )
        self._readings.append(reading)
        whole = Span(since, int(self.recorder.as_of.timestamp()))
        return await reading.read(uncovered(whole, await self.spans(name)))

    async def keep(self, name: str, span: Span, objects: Sequence[Any] = ()) -> None:
        """Keep what objects say, and that a span has been read."""
        facts = by_customer(objects, self.recorder.place.stamp)
        facts.pop(NOBODY, None)  # no number can be told of what is nobody's
        bodies = [Fact(customer_id, encode(it)) for customer_id, it in facts.items()]
        await asyncio.to_thread(self.recorder.book.stage, self._named(name), span, bodies)

    async def spans(self, name: str) -> set[Span]:
        """Return the spans of a list that are staged."""
        return set(await asyncio.to_thread(self.recorder.book.staged_spans, self._named(name)))

    async def facts(self, names: Sequence[str], shard: int) -> dict[str, CustomerFacts]:
        """Return what lists say of the customers of a shard."""
        listings = [self._named(name) for name in names]

        def load() -> dict[str, CustomerFacts]:
            found: dict[str, CustomerFacts] = {}
            for _, (customer_id, body) in self.recorder.book.staged(listings, shard):
                facts = decode(body)
                before = found.get(customer_id)
                found[customer_id] = facts if before is None else merge(before, facts)
            return found

        return await asyncio.to_thread(load)

    @property
    def progress(self) -> Progress:
        """How far this phase is, by what is left of its lists."""
        phase = self.recorder.place.phase
        done = sum(reading.pages for reading in self._readings)
        expected = [reading.expected_pages for reading in self._readings]
        known = [it for it in expected if it is not None]
        if not done or len(known) < len(expected):
            return Progress(phase, done=self.recorder.transport.requests)
        left = sum(known) - done
        passed = time.monotonic() - self._began
        return Progress(phase, done, expected=done + left, seconds_left=round(passed * left / done))

    def _named(self, name: str) -> str:
        """Return the name of a list of this import, and of no other."""
        return f"{self.recorder.place.stamp}/{name}"
