"""Following an account: what changed since it was last read, and nothing else.

Events tell who changed; those customers are read again. A quiet hour costs a page of events and a
page of balance transactions.
"""

import asyncio
from base64 import b85decode, b85encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from shared.adapters.stripe_balance_reading import with_all_payers
from shared.adapters.stripe_changes import changes_in, hint_of
from shared.adapters.stripe_documents import NOBODY, CustomerFacts, by_customer, merge
from shared.adapters.stripe_history_mapping import EVENTS_KEPT, to_past
from shared.adapters.stripe_history_objects import EventObject
from shared.adapters.stripe_listings import BALANCE, CHANGES
from shared.adapters.stripe_lists import pages, read_all
from shared.adapters.stripe_money_mapping import to_rows
from shared.adapters.stripe_objects import PriceObject
from shared.adapters.stripe_recording import KEPT, Recorder
from shared.adapters.stripe_rereading import Rereader
from shared.domain.balance import REVENUE
from shared.domain.ledger import Place

# What happened just before the last reading may have been listed a little late.
_OVERLAP = timedelta(minutes=10)
# Beyond this, events may be missing: they are listed for 30 days.
_OLDEST_CURSOR = EVENTS_KEPT - timedelta(days=1)
_RECHECK_EVERY = timedelta(days=7)
# So many of the newest events are known again, so that nobody is read twice: two pages, for what is
# new moves the others down. Their marks are kept with the place, whose size is what it costs to
# store; of five bytes, one event in a trillion is taken for another.
_MOST_SEEN = 200
_MARK_BYTES = 5
# At half of what a test key may ask, two requests each take 16 seconds: a sync has them to spare.
_CUSTOMERS_AT_ONCE = 100
# Of more events, a process has neither the memory nor the time.
_MOST_EVENTS = 50_000
_SO_MUCH = "So much had changed that the account was read anew."


@dataclass(slots=True)
class Follower:
    """Brings the ledger of an account up to date.

    Attributes:
        recorder: of the account; its place is where the ledger is, and where it came to.

        is_time_up: asked between batches of customers.

        notes: what the team should know, in whole sentences.
    """

    recorder: Recorder
    is_time_up: Callable[[], bool]
    notes: tuple[str, ...] = ()
    _since: datetime = field(init=False)
    _seen: tuple[bytes, ...] = ()
    _listed: tuple[str, ...] = ()
    _is_cut: bool = False

    def __post_init__(self) -> None:
        self._since = self.recorder.as_of - _OVERLAP
        marks = b85decode(self.recorder.place.seen)
        starts = range(0, len(marks), _MARK_BYTES)
        self._seen = tuple(marks[start : start + _MARK_BYTES] for start in starts)

    async def run(self) -> bool:
        """Read what changed; False where the time was up.

        Raises:
            RefusedError: Stripe refused a request for good.
            BillingSourceError: see `StripeTransport.get`.
        """
        recorder, before = self.recorder, self.recorder.place
        if before.is_staged:
            await asyncio.to_thread(recorder.book.clear_stage)
        events, reason = await self._read_events()
        now = recorder.transport.answered_at
        if reason is None:
            now = max(now, recorder.as_of)
        # What is read again within the second of the last reading must count as the later one.
        stamp = max(int(now.timestamp()), before.stamp + 1)
        recorder.place = replace(before, as_of=now, stamp=stamp, is_staged=False)
        if reason is not None:
            await self._read_all_again(reason)
            return True
        # What happened since Stripe was asked what time it is: lists are not read as far as that.
        events = [event for event in events if _at(event) <= now]
        news = [event for event in events if not self._is_seen(event)]
        await self._read_balance()
        # Before any customer: where the time is up after some, their events are not met again.
        await self._read_catalog_again(news)
        cursor = await self._take_in(news)
        if cursor is not None:
            self._stop_at(cursor, events)
            return False
        await recorder.refresh()
        self._note_seen(event for event in events if _at(event) >= now - _OVERLAP)
        self._recheck_if_due()
        return True

    async def _read_events(self) -> tuple[list[EventObject], str | None]:
        """Return the events since the last reading, oldest first, or why all has to be read again.

        Reading stops as soon as that is known: all events of a long pause would fill the memory. It
        stops at a page that has nothing new, too, so that a busy hour burdens none after it.
        """
        transport, found, changed = self.recorder.transport, dict[str, EventObject](), set[str]()
        bounds = (("created[gte]", str(int(self._since.timestamp()))),)
        async for page in pages(
            transport, CHANGES.path, (*CHANGES.parameters, *bounds), CHANGES.kind
        ):
            found.update((event.id, event) for event in page.data)
            self._listed = tuple(found)
            if (reason := self._why_all(page.data, changed)) is not None:
                return [], reason
            if len(found) > _MOST_EVENTS and not self._was_read_whole:
                return [], _SO_MUCH
            if page.has_more and all(map(self._is_seen, page.data)):
                self._is_cut = True
                break
        return sorted(found.values(), key=lambda event: (event.created, event.id)), None

    async def _read_balance(self) -> None:
        """Add the balance transactions since the last reading that are not there yet.

        Once a week those since the last check: some may have been listed late.
        """
        book, transport, place = self.recorder.book, self.recorder.transport, self.recorder.place
        since = self._since
        if place.checked_at is not None and self._is_check_due:
            since = min(since, place.checked_at - _OVERLAP)
        bounds = (("created[gte]", str(int(since.timestamp()))),)
        found = await read_all(
            transport, BALANCE.path, (*BALANCE.parameters, *bounds), BALANCE.kind
        )
        if not found:
            return
        known = await asyncio.to_thread(lambda: {row.id for row in book.balance(since)})
        rows = [row for row in to_rows(found.values()) if row.id not in known]
        if rows:
            # What a payment was taken back from may be long ago, and not among the new rows.
            rows = list(await with_all_payers(transport, rows, REVENUE))
            await asyncio.to_thread(book.add_balance, rows)

    async def _take_in(self, news: Sequence[EventObject]) -> datetime | None:
        """Read again who changed, in the order of events; where the time was up, say how far."""
        recorder = self.recorder
        stamp = recorder.place.stamp
        rereader = Rereader(recorder.transport, stamp, self._since, recorder.facts_of)
        for batch in _batches(news):
            if self.is_time_up():
                return _at(batch[0])
            found = await rereader.read(changes_in(batch))
            for customer, told in by_customer(batch, stamp).items():
                if customer != NOBODY:
                    found[customer] = merge(found.get(customer, CustomerFacts()), told)
            await recorder.add(found)
        return None

    async def _read_catalog_again(self, news: Sequence[EventObject]) -> None:
        """Read prices and coupons again that may have changed.

        An update does not name amounts in other currencies, which Stripe shows on request only: so
        whatever was read with them is read again.
        """
        changes = changes_in(news)
        if not (changes.prices or changes.coupons):
            return
        prices, coupons = await self.recorder.known_in_catalog()
        named = _changed(news, "price.updated", PriceObject.__struct_fields__)
        await self.recorder.read_catalog_again(
            named | (changes.prices & prices), changes.coupons & coupons
        )

    def _why_all(self, events: Iterable[EventObject], changed: set[str]) -> str | None:
        """Return why everything has to be read again, or None; *changed* grows with each page."""
        place, transport = self.recorder.place, self.recorder.transport
        if transport.answered_at - self.recorder.as_of > _OLDEST_CURSOR:
            return (
                "Stripe keeps events for 30 days, and the last refresh was longer ago: the account"
                " was read anew."
            )
        if transport.answered_at < self._since:
            return "The last refresh went by a clock that was fast: the account was read anew."
        changes = changes_in(event for event in events if self._is_reason(event))
        if changes.unknown:
            return "Some of Stripe's events could not be read: the account was read anew."
        changed |= changes.customers
        if place.requests and 2 * len(changed) > place.requests:
            return _SO_MUCH
        return None

    def _is_reason(self, event: EventObject) -> bool:
        """Return whether an event may be why to read everything again.

        What was there when everything was last read is none: it would be one again and again.
        """
        was_there = self._was_read_whole and _at(event) <= self.recorder.as_of
        return not (self._is_seen(event) or was_there)

    def _is_seen(self, event: EventObject) -> bool:
        return _mark(event.id) in self._seen

    @property
    def _was_read_whole(self) -> bool:
        """Whether nothing was read since everything was."""
        return self.recorder.place.events_since == self.recorder.as_of - EVENTS_KEPT

    async def _read_all_again(self, reason: str) -> None:
        place, now = self.recorder.place, self.recorder.as_of
        self.notes = (reason,)
        if self._since < now - KEPT:
            # Between what was kept and what can be read would be a time of which nothing is known.
            await asyncio.to_thread(self.recorder.book.clear)
            self.recorder.place = Place()
            return
        self.recorder.place = replace(
            place,
            phase="subscriptions",
            repair="reread",
            stamp=place.stamp + 1,
            events_since=now - EVENTS_KEPT,
            seen="",
            is_staged=True,
            requests=0,
        )

    def _stop_at(self, cursor: datetime, events: Sequence[EventObject]) -> None:
        """Go back to before the first event that was not taken in."""
        self.recorder.place = replace(
            self.recorder.place,
            as_of=max(cursor, self._since + _OVERLAP),
        )
        self._note_seen(event for event in events if _at(event) < cursor)

    def _note_seen(self, events: Iterable[EventObject]) -> None:
        """Note by what events are known again, with those that were not listed any more.

        In the order of the list, newest first: many are of one second.
        """
        noted = {event.id for event in events}
        listed = (_mark(event_id) for event_id in self._listed if event_id in noted)
        before = self._seen if self._is_cut else ()
        marks = tuple(dict.fromkeys((*listed, *before)))[:_MOST_SEEN]
        self.recorder.place = replace(self.recorder.place, seen=b85encode(b"".join(marks)).decode())

    @property
    def _is_check_due(self) -> bool:
        checked_at = self.recorder.place.checked_at
        return checked_at is not None and self.recorder.as_of - checked_at >= _RECHECK_EVERY

    def _recheck_if_due(self) -> None:
        if self._is_check_due:
            place = self.recorder.place
            self.recorder.place = replace(
                place,
                phase="subscriptions",
                repair="recheck",
                stamp=place.stamp + 1,
                is_staged=True,
                drifted=0,
            )


def _batches(events: Sequence[EventObject]) -> Iterator[list[EventObject]]:
    """Yield events in their order, those of one second together, of so many customers at once."""
    batch: list[EventObject] = []
    customers: set[str] = set()
    for event in events:
        is_full = len(customers) >= _CUSTOMERS_AT_ONCE
        if is_full and batch and event.created != batch[-1].created:
            yield batch
            batch, customers = [], set()
        batch.append(event)
        customers |= changes_in([event]).customers
    if batch:
        yield batch


def _changed(events: Iterable[EventObject], kind: str, read: Iterable[str]) -> set[str]:
    """Return the ids of what was updated in a field that is read; names and such are not."""
    hints = {
        event.id: hint_of(event)
        for event in events
        if event.type == kind and _replaced(event) & set(read)
    }
    return {hint.id for hint in hints.values() if hint is not None and hint.id}


def _replaced(event: EventObject) -> set[str]:
    """Return the names of the fields that an update replaced."""
    previous = event.data.previous_attributes
    return set(msgspec.json.decode(previous, type=dict[str, msgspec.Raw] | None) or ())


def _mark(event_id: str) -> bytes:
    """Return by what an event is known again."""
    return blake2b(event_id.encode(), digest_size=_MARK_BYTES).digest()


def _at(event: EventObject) -> datetime:
    return to_past(event.created)
