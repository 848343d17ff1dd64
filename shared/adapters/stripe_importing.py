"""The import of an account into the ledger, phase by phase; reading it again is the same.

Long lists are staged while they are read. When the lists of a phase are complete, the records of
the customers are told from what is staged, a shard at a time. Stopped anywhere, it goes on where it
was.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.adapters.stripe_balance_reading import tell_payers
from shared.adapters.stripe_catalog import is_valued
from shared.adapters.stripe_documents import CustomerFacts, Kind, merge
from shared.adapters.stripe_history_mapping import EVENTS_KEPT
from shared.adapters.stripe_history_objects import EventObject, InvoiceObject
from shared.adapters.stripe_history_reading import LEAST_MARGIN, longest_period, with_all_lines
from shared.adapters.stripe_listings import (
    BALANCE,
    CUSTOMERS,
    GIVEN_UP,
    INVOICES,
    PAST_EVENTS,
    SUBSCRIPTIONS,
    WAITING,
)
from shared.adapters.stripe_lists import read_all, together
from shared.adapters.stripe_money_mapping import to_rows
from shared.adapters.stripe_money_objects import BalanceTransactionObject
from shared.adapters.stripe_objects import Page, SubscriptionObject
from shared.adapters.stripe_reading import with_all_items
from shared.adapters.stripe_recording import KEPT, Recorder
from shared.adapters.stripe_staging import Stage
from shared.adapters.stripe_windows import EARLIEST
from shared.domain.ledger import Phase, Place, Progress, Span

_OF_NOW = ("subscriptions", "customers")
_OF_THE_PAST = ("invoices", "given up", "older", "waiting", "events")
# Of which kinds of objects a list, read again, tells also those that are there no more.
_WHOLE: dict[str, Kind] = {
    "subscriptions": "subscriptions",
    "waiting": "waiting",
    "invoices": "drafts",
}
_REPORT_SECONDS = 1.0


class Importer:
    """Reads one phase of an account.

    Args:
        recorder: of the account; its place is where the ledger is, and where it came to.

        is_time_up: asked between requests.

        report: told how far the phase is.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        is_time_up: Callable[[], bool],
        report: Callable[[Progress], None],
    ) -> None:
        self._recorder = recorder
        self._transport = recorder.transport
        self._book = recorder.book
        self._is_time_up = is_time_up
        self._report = report
        self._stage = Stage(recorder, is_time_up)

    async def run(self) -> bool:
        """Read the phase that the place says; False where the time was up.

        Raises:
            RefusedError: Stripe refused a request for good.
            BillingSourceError: see `StripeTransport.get`.
        """
        if self._place.as_of is None:
            await self._ask_the_time()
            return True  # the bound of every list is stored before any is read
        is_check = self._place.repair == "recheck"
        watch = asyncio.ensure_future(self._keep_reporting())
        try:
            is_done = await self._read_phase()
        finally:
            watch.cancel()
        if not is_check:
            place = self._place
            requests = place.requests + self._transport.requests
            self._recorder.place = replace(place, requests=requests)
        return is_done

    async def _read_phase(self) -> bool:
        match self._place.phase:
            case "subscriptions":
                return await self._read_what_is()
            case "balance":
                return await self._read_balance()
            case _:
                return await self._read_what_was()

    @property
    def _place(self) -> Place:
        return self._recorder.place

    async def _ask_the_time(self) -> None:
        """Let Stripe say what time it is: the upper bound of every list."""
        await self._transport.get("/v1/events", (("limit", "1"),), Page[EventObject])
        as_of = self._transport.answered_at
        self._recorder.place = replace(
            self._place,
            as_of=as_of,
            stamp=_seconds(as_of),
            events_since=as_of - EVENTS_KEPT,
            is_staged=True,
        )

    async def _read_what_is(self) -> bool:
        """Read subscriptions and customers; to compare them, what waits for invoices, too."""
        fill, has_past = self._stage.fill, self._place.repair != "none"
        lists = [
            fill("subscriptions", SUBSCRIPTIONS, EARLIEST, self._with_all_items),
            fill("customers", CUSTOMERS, EARLIEST),
        ]
        names: tuple[str, ...] = _OF_NOW
        if self._place.repair == "recheck":
            lists.append(fill("waiting", WAITING, EARLIEST))
            names = (*_OF_NOW, "waiting")
        are_whole = await together(lists)
        if not all(are_whole) or not await self._record_staged(names, has_past=has_past):
            return False
        if has_past:
            await self._recorder.read_catalog_again(*await self._recorder.known_in_catalog())
            gone = await self._recorder.mark_gone(await self._listed_customers())
            self._recorder.place = replace(self._place, drifted=self._place.drifted + gone)
        self._move_to("following" if self._place.repair == "recheck" else "balance")
        return True

    async def _read_balance(self) -> bool:
        """Read the balance transactions of the time that is kept, and invoices meanwhile."""
        since = self._recorder.as_of - KEPT
        writing, is_read = asyncio.Lock(), asyncio.Event()

        async def keep(span: Span, objects: list[BalanceTransactionObject]) -> None:
            # A day's rows are read, joined and written again: one after the other.
            async with writing:
                await asyncio.to_thread(self._book.add_balance, to_rows(objects))
                await self._stage.keep("balance", span)

        async def read() -> bool:
            is_whole = await self._stage.read("balance", BALANCE, _seconds(since), keep)
            is_read.set()
            return is_whole

        is_whole, _ = await together([read(), self._fill_invoices(until=is_read.is_set)])
        if not is_whole:
            return False
        await tell_payers(self._transport, self._book, since)
        first = min(since, self._place.balance_since or since)
        self._recorder.place = replace(self._place, balance_since=first)
        self._move_to("history")
        return True

    async def _fill_invoices(self, until: Callable[[], bool] | None = None) -> bool:
        return await self._stage.fill(
            "invoices", INVOICES, self._first_invoice, self._with_all_lines, until
        )

    @property
    def _first_invoice(self) -> int:
        return _seconds(self._recorder.as_of - KEPT - LEAST_MARGIN)

    async def _read_what_was(self) -> bool:
        """Read invoices, prorations that wait, and events."""
        fill, as_of = self._stage.fill, self._recorder.as_of
        are_whole = await together(
            [
                self._fill_invoices(),
                fill("given up", GIVEN_UP, EARLIEST, self._with_all_lines),
                fill("waiting", WAITING, EARLIEST),
                fill("events", PAST_EVENTS, _seconds(as_of - EVENTS_KEPT)),
            ]
        )
        if not all(are_whole) or not await self._fill_older_invoices():
            return False
        place, since = self._place, as_of - KEPT
        self._recorder.place = replace(
            place,
            history_since=min(since, place.history_since or since),
            complete_since=min(since - LEAST_MARGIN, place.complete_since or since),
        )
        if not await self._record_staged((*_OF_NOW, *_OF_THE_PAST), has_past=True):
            return False
        self._move_to("following")
        return True

    async def _fill_older_invoices(self) -> bool:
        """Read what was billed for more than a quarter at once, a subscription at a time."""
        done = await self._stage.spans("older")
        for shard in range(self._book.shards):
            if Span(shard, shard) in done:
                continue
            if self._is_time_up():
                return False
            facts = await self._stage.facts(["subscriptions"], shard)
            seen = [it.value for its in facts.values() for it in its.subscriptions.values()]
            found = await together(
                self._older_invoices(obj) for obj in seen if obj and self._has_older_invoices(obj)
            )
            every = [invoice for invoices in found for invoice in invoices]
            await self._stage.keep("older", Span(shard, shard), every)
        return True

    def _has_older_invoices(self, obj: SubscriptionObject) -> bool:
        """Return whether older invoices than those listed tell of the time that is kept."""
        is_old = obj.created < self._first_invoice and longest_period(obj) > LEAST_MARGIN
        return is_old and is_valued(obj, self._recorder.as_of, KEPT)

    async def _older_invoices(self, obj: SubscriptionObject) -> list[InvoiceObject]:
        end = self._first_invoice
        parameters = (
            *INVOICES.parameters,
            ("subscription", obj.id),
            ("created[gte]", str(end - int(longest_period(obj).total_seconds()))),
            ("created[lt]", str(end)),
        )
        found = await read_all(
            self._transport, INVOICES.path, parameters, INVOICES.kind, by_created=False
        )
        return await self._with_all_lines(list(found.values()))

    async def _record_staged(self, names: Sequence[str], *, has_past: bool) -> bool:
        """Tell the records of what is staged, a shard at a time; False where the time was up."""
        marker = f"records of {self._place.phase}"
        done = await self._stage.spans(marker)
        if done:
            # Until when those records hold is not known here: they are to be looked at once more.
            self._recorder.place = replace(self._place, holds_until=self._recorder.as_of)
        for shard in range(self._book.shards):
            if Span(shard, shard) in done:
                continue
            if self._is_time_up():
                return False
            facts = await self._stage.facts(names, shard)
            if self._place.repair == "none":
                await self._recorder.record(facts, has_past=has_past)
            else:
                await self._repair(facts, names)
            await self._stage.keep(marker, Span(shard, shard))
        return True

    async def _repair(self, facts: dict[str, CustomerFacts], names: Sequence[str]) -> None:
        """Lay what was read again over what is kept, and count those of whom it is another."""
        kinds = {kind: self._place.stamp for name, kind in _WHOLE.items() if name in names}
        whole = CustomerFacts(complete=kinds)
        drifted = await self._recorder.add({it: merge(its, whole) for it, its in facts.items()})
        self._recorder.place = replace(self._place, drifted=self._place.drifted + drifted)

    async def _listed_customers(self) -> set[str]:
        found: set[str] = set()
        for shard in range(self._book.shards):
            found |= (await self._stage.facts(["customers"], shard)).keys()
        return found

    async def _with_all_items(self, objects: list[SubscriptionObject]) -> list[SubscriptionObject]:
        cut = [obj for obj in objects if obj.items.has_more]
        whole = await together(with_all_items(self._transport, obj) for obj in cut)
        return [*(obj for obj in objects if not obj.items.has_more), *whole]

    async def _with_all_lines(self, objects: list[InvoiceObject]) -> list[InvoiceObject]:
        cut = [obj for obj in objects if obj.lines.has_more]
        whole = await together(with_all_lines(self._transport, obj) for obj in cut)
        return [*(obj for obj in objects if not obj.lines.has_more), *whole]

    def _move_to(self, phase: Phase) -> None:
        place = replace(self._place, phase=phase)
        if phase == "following":
            place = replace(
                place,
                repair="none",
                checked_at=place.as_of,
                owes_past=place.owes_past or place.repair == "none",
            )
        self._recorder.place = place

    async def _keep_reporting(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            await asyncio.to_thread(self._report, self._stage.progress)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
