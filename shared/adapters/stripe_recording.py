"""From the facts of customers to their records in the ledger."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.adapters.stripe_catalog import Lacking, decode_catalog, drop, encode_catalog
from shared.adapters.stripe_catalog_reading import CatalogReader
from shared.adapters.stripe_documents import CustomerFacts, decode, merge
from shared.adapters.stripe_mapping import Catalog
from shared.adapters.stripe_telling import lacking, to_records, waiting_of
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.account import Mode
from shared.domain.ledger import CustomerRecord, Place
from shared.ports import AccountBook

# Of the past of an account 13 months are kept: a year before each day of the last one.
KEPT = timedelta(days=395)
_CUSTOMERS_AT_ONCE = 500


@dataclass(slots=True)
class Recorder:
    """Tells records from facts and stores them.

    Attributes:
        place: where the ledger is; records are told as of its instant.
    """

    transport: StripeTransport
    mode: Mode
    book: AccountBook
    place: Place
    _catalog: Catalog | None = field(default=None)
    _kept: Mapping[str, bytes] = field(default_factory=dict)
    _is_telling_anew: bool = False

    @property
    def as_of(self) -> datetime:
        """The instant up to which the account is read."""
        if self.place.as_of is None:
            raise TypeError("Stripe has not said yet what time it is")
        return self.place.as_of

    async def facts_of(self, customer_ids: Iterable[str]) -> dict[str, CustomerFacts]:
        """Return the facts that the ledger has of customers."""
        found = await asyncio.to_thread(self.book.facts, list(customer_ids))
        return {customer_id: decode(body) for customer_id, body in found.items()}

    async def add(self, news: Mapping[str, CustomerFacts]) -> int:
        """Lay news over the facts that are kept, and store the records of those customers.

        Returns:
            Of how many customers the objects have become others than were kept.
        """
        changed = 0
        for customer_ids in _pieces(sorted(news)):
            known = await self.facts_of(customer_ids)
            merged = {it: merge(known.get(it, CustomerFacts()), news[it]) for it in customer_ids}
            changed += sum(
                1
                for it in customer_ids
                if it not in known or _objects(known[it]) != _objects(merged[it])
            )
            await self.record(merged, has_past=True)
        return changed

    async def record(self, facts: Mapping[str, CustomerFacts], *, has_past: bool) -> None:
        """Store the records of customers; without their past, only what they are now."""
        catalog = await self._complete_catalog(facts)
        records = to_records(
            facts,
            catalog,
            mode=self.mode,
            as_of=self.as_of,
            complete_since=self.place.complete_since if has_past else None,
            events_since=self.place.events_since,
        )
        await asyncio.to_thread(self.book.put, records)
        self._hold_until(_ends(records))

    async def refresh(self) -> None:
        """Tell anew what time alone may have changed."""
        if self.place.holds_until is not None and self.place.holds_until <= self.as_of:
            await self._tell_anew(lambda end: end is not None and end <= self.as_of)

    async def read_catalog_again(
        self, prices: Collection[str] = (), coupons: Collection[str] = ()
    ) -> None:
        """Read prices and coupons again; where one is another, tell all that it may be in anew.

        What is not found stays as it is known: who had a deleted coupon keeps its discount.
        """
        if not (prices or coupons):
            return
        now, catalog = Catalog(), await self._open_catalog()
        await CatalogReader(self.transport, now).read(Lacking(set(prices), coupons=set(coupons)))
        new_prices = {it: obj for it, obj in now.prices.items() if obj != catalog.prices.get(it)}
        new_coupons = {it: obj for it, obj in now.coupons.items() if obj != catalog.coupons.get(it)}
        if not (new_prices or new_coupons):
            return
        drop(catalog, new_prices, new_coupons)
        catalog.prices.update(new_prices)
        catalog.coupons.update(new_coupons)
        # Kept only once all is told: whoever finds it kept would see no change any more.
        self._is_telling_anew = True
        await self._tell_anew(lambda _: True)
        self._is_telling_anew = False
        await self._save_catalog()

    async def known_in_catalog(self) -> tuple[set[str], set[str]]:
        """Return the ids of the prices and of the coupons that were read."""
        catalog = await self._open_catalog()
        return set(catalog.prices), set(catalog.coupons)

    async def mark_gone(self, listed: Collection[str]) -> int:
        """Note as deleted the customers that the ledger has and a whole list has not.

        Those of test clocks are in no such list.
        """
        records = await asyncio.to_thread(lambda: list(self.book.records()))
        gone = [
            record.customer_id
            for record in records
            if record.customer is not None
            and record.customer.deleted_at is None
            and not record.customer.in_test_clock
            and record.customer_id not in listed
        ]
        await self.add({it: CustomerFacts(deleted_at=self.place.stamp) for it in gone})
        return len(gone)

    async def _tell_anew(self, is_due: Callable[[datetime | None], bool]) -> None:
        due: list[str] = []
        ends: list[datetime] = []
        for record in await asyncio.to_thread(lambda: list(self.book.records())):
            end = min(_ends([record]), default=None)
            if is_due(end):
                due.append(record.customer_id)
            elif end is not None:
                ends.append(end)
        self.place = replace(self.place, holds_until=None)
        self._hold_until(ends)
        for customer_ids in _pieces(sorted(due)):
            await self.record(await self.facts_of(customer_ids), has_past=True)

    def _hold_until(self, ends: list[datetime]) -> None:
        known = [self.place.holds_until] if self.place.holds_until is not None else []
        self.place = replace(self.place, holds_until=min([*ends, *known], default=None))

    async def _complete_catalog(self, facts: Mapping[str, CustomerFacts]) -> Catalog:
        """Return the catalog with all that exists of what these facts need."""
        catalog = await self._open_catalog()
        reader = CatalogReader(self.transport, catalog)
        while lacks := lacking(facts, catalog, as_of=self.as_of, history=KEPT):
            await reader.read(lacks)
        await self._save_catalog()
        return catalog

    async def _open_catalog(self) -> Catalog:
        if self._catalog is None:
            self._kept = await asyncio.to_thread(self.book.catalog)
            self._catalog = decode_catalog(self._kept)
        return self._catalog

    async def _save_catalog(self) -> None:
        if self._is_telling_anew:
            return
        entries = encode_catalog(await self._open_catalog())
        news = {key: body for key, body in entries.items() if self._kept.get(key) != body}
        if news:
            await asyncio.to_thread(self.book.put_catalog, news)
            self._kept = {**self._kept, **news}


def _pieces(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (
        ids[start : start + _CUSTOMERS_AT_ONCE] for start in range(0, len(ids), _CUSTOMERS_AT_ONCE)
    )


def _ends(records: Iterable[CustomerRecord]) -> list[datetime]:
    return [it.holds_until for record in records for it in record.timelines if it.holds_until]


def _objects(facts: CustomerFacts) -> tuple[object, ...]:
    """Return what facts say, without when it was read, and without what waits no more."""
    subscriptions, invoices = (
        {key: seen.value for key, seen in its.items()}
        for its in (facts.subscriptions, facts.invoices)
    )
    waiting = {it.id: it for it in waiting_of(facts)}
    return (
        subscriptions,
        invoices,
        waiting,
        facts.customer and facts.customer.value,
        facts.deleted_at,
    )
