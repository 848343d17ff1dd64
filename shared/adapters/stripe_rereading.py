"""Reading again what events say has changed, in as few requests as that takes.

A customer whose subscriptions changed takes one request. New invoices are listed by when they were
made, a hundred at once; where an older one changed, those of its customer are. So one customer
takes two requests at most, but for prorations that wait: those of all are listed at once.

Where Stripe lists nothing of a customer who was deleted, what is known of them is read one by one.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, TypeVar

from shared.adapters.stripe_changes import ChangedInvoice, Changes
from shared.adapters.stripe_documents import NOBODY, CustomerFacts, by_customer, merge
from shared.adapters.stripe_history_mapping import items_on
from shared.adapters.stripe_history_objects import InvoiceObject
from shared.adapters.stripe_history_reading import with_all_lines
from shared.adapters.stripe_listings import INVOICES, SUBSCRIPTIONS, WAITING
from shared.adapters.stripe_lists import Parameters, read_all, together
from shared.adapters.stripe_objects import SubscriptionObject
from shared.adapters.stripe_reading import with_all_items
from shared.adapters.stripe_transport import RefusedError, StripeTransport
from shared.adapters.stripe_windows import Listing

Listed = TypeVar("Listed")
FactsOf = Callable[[Iterable[str]], Awaitable[Mapping[str, CustomerFacts]]]

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Rereader:
    """Reads what changed.

    Attributes:
        stamp: the second that objects are noted to be read at.

        since: the account was read whole up to then.

        facts_of: gives what the ledger has of customers.
    """

    transport: StripeTransport
    stamp: int
    since: datetime
    facts_of: FactsOf

    async def read(self, changes: Changes) -> dict[str, CustomerFacts]:
        """Return what Stripe says now of those of whom events say that they changed."""
        subscribers = await together(
            self._subscriptions_of(customer) for customer in sorted(changes.subscribers)
        )
        invoices = await self._read_invoices(changes.invoices)
        found = _joined([*subscribers, by_customer(invoices, self.stamp)])
        taken = {item for invoice in invoices for item in items_on(invoice)}
        if changes.waiting.keys() - taken:
            found = _joined([found, await self._read_waiting(set(changes.waiting.values()))])
        found.pop(NOBODY, None)
        return found

    async def _subscriptions_of(self, customer: str) -> dict[str, CustomerFacts]:
        parameters = (*SUBSCRIPTIONS.parameters, ("customer", customer))
        try:
            listed = await read_all(
                self.transport, SUBSCRIPTIONS.path, parameters, SUBSCRIPTIONS.kind, by_created=False
            )
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
            known = await self.facts_of([customer])
            ids = [key for facts in known.values() for key in facts.subscriptions]
            found = await self._one_by_one(SUBSCRIPTIONS, ids, SubscriptionObject)
            return by_customer(await self._with_all_items(found), self.stamp)
        found = await self._with_all_items(listed.values())
        all_of_them = CustomerFacts(complete={"subscriptions": self.stamp})
        its = by_customer(found, self.stamp).get(customer, CustomerFacts())
        return {customer: merge(its, all_of_them)}

    async def _with_all_items(
        self, objects: Iterable[SubscriptionObject]
    ) -> list[SubscriptionObject]:
        return await together(self._whole_subscription(obj) for obj in objects)

    async def _whole_subscription(self, obj: SubscriptionObject) -> SubscriptionObject:
        return await with_all_items(self.transport, obj) if obj.items.has_more else obj

    async def _one_by_one(
        self, listing: Listing[Any], ids: Iterable[str], kind: type[Listed]
    ) -> list[Listed]:
        """Return those objects that are there, with what the list would show of them."""
        parameters = tuple(
            (name, value.removeprefix("data."))
            for name, value in listing.parameters
            if name == "expand[]"
        )
        found = await together(
            self._one(f"{listing.path}/{each}", parameters, kind) for each in sorted(ids)
        )
        return [obj for obj in found if obj is not None]

    async def _one(self, path: str, parameters: Parameters, kind: type[Listed]) -> Listed | None:
        try:
            return await self.transport.get(path, parameters, kind)
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
            return None

    async def _read_invoices(self, changed: Mapping[str, ChangedInvoice]) -> list[InvoiceObject]:
        """Return the invoices that changed, and perhaps others."""
        by_owner: defaultdict[str, dict[str, ChangedInvoice]] = defaultdict(dict)
        for invoice_id, invoice in changed.items():
            by_owner[invoice.customer_id][invoice_id] = invoice
        only_new = {
            owner for owner, its in by_owner.items() if all(it.is_new for it in its.values())
        }
        new = [it.created for owner in only_new for it in by_owner[owner].values()]
        work = []
        if len(only_new) > ceil(len(new) / _PAGE):
            work.append(self._list_invoices((("created[gte]", str(min(new))),)))
        else:
            only_new = set()
        work += [self._invoices_of(it, by_owner[it]) for it in sorted(by_owner.keys() - only_new)]
        found = await together(work)
        return [invoice for invoices in found for invoice in invoices]

    async def _invoices_of(
        self, customer: str, changed: Mapping[str, ChangedInvoice]
    ) -> list[InvoiceObject]:
        oldest = min(invoice.created for invoice in changed.values())
        try:
            return await self._list_invoices(
                (("customer", customer), ("created[gte]", str(oldest)))
            )
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
        return await self._with_all_lines(await self._one_by_one(INVOICES, changed, InvoiceObject))

    async def _list_invoices(self, bounds: Parameters) -> list[InvoiceObject]:
        parameters = (*INVOICES.parameters, *bounds)
        found = await read_all(self.transport, INVOICES.path, parameters, INVOICES.kind)
        return await self._with_all_lines(found.values())

    async def _with_all_lines(self, objects: Iterable[InvoiceObject]) -> list[InvoiceObject]:
        return await together(self._whole_invoice(obj) for obj in objects)

    async def _whole_invoice(self, obj: InvoiceObject) -> InvoiceObject:
        return await with_all_lines(self.transport, obj) if obj.lines.has_more else obj

    async def _read_waiting(self, customers: set[str]) -> dict[str, CustomerFacts]:
        bounds = (("created[gte]", str(int(self.since.timestamp()))),)
        parameters = (*WAITING.parameters, *bounds)
        found = await read_all(self.transport, WAITING.path, parameters, WAITING.kind)
        facts = by_customer(found.values(), self.stamp)
        return {customer: its for customer, its in facts.items() if customer in customers}


def _joined(parts: Iterable[Mapping[str, CustomerFacts]]) -> dict[str, CustomerFacts]:
    found: dict[str, CustomerFacts] = {}
    for part in parts:
        for customer, facts in part.items():
            found[customer] = merge(found[customer], facts) if customer in found else facts
    return found
