"""Reading again what events say has changed, in as few requests as that takes.

A customer whose subscriptions changed takes one request. New invoices are listed by when they were
made, a hundred at once; where an older one changed, those of its customer are. So one customer
takes two requests at most, but for prorations that wait: those of all are listed at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

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

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Rereader:
    """Reads what changed.

    Attributes:
        stamp: the second that objects are noted to be read at.

        since: the account was read whole up to then.
    """

    transport: StripeTransport
    stamp: int
    since: datetime

    async def read(
        self, changes: Changes, known: Mapping[str, CustomerFacts]
    ) -> dict[str, CustomerFacts]:
        """Return what Stripe says now of those who changed, by customer.

        Args:
            changes: what events say.

            known: the facts that are kept of those customers.
        """
        subscribers = await together(
            self._subscriptions_of(customer, known.get(customer))
            for customer in sorted(changes.subscribers)
        )
        invoices = await self._read_invoices(changes.invoices)
        found = _joined([*subscribers, by_customer(invoices, self.stamp)])
        taken = {item for invoice in invoices for item in items_on(invoice)}
        if changes.waiting.keys() - taken:
            found = _joined([found, await self._read_waiting(set(changes.waiting.values()))])
        found.pop(NOBODY, None)
        return found

    async def _subscriptions_of(
        self, customer: str, known: CustomerFacts | None
    ) -> dict[str, CustomerFacts]:
        parameters = (*SUBSCRIPTIONS.parameters, ("customer", customer))
        try:
            listed = await read_all(
                self.transport, SUBSCRIPTIONS.path, parameters, SUBSCRIPTIONS.kind, by_created=False
            )
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
            return await self._known_subscriptions(known)
        cut = [obj for obj in listed.values() if obj.items.has_more]
        whole = await together(with_all_items(self.transport, obj) for obj in cut)
        listed.update((obj.id, obj) for obj in whole)
        found = by_customer(listed.values(), self.stamp)
        all_of_them = CustomerFacts(complete={"subscriptions": self.stamp})
        return {customer: merge(found.get(customer, CustomerFacts()), all_of_them)}

    async def _known_subscriptions(self, known: CustomerFacts | None) -> dict[str, CustomerFacts]:
        """Read one by one what cannot be listed, because its customer was deleted."""
        ids = sorted(known.subscriptions) if known else []
        found = await together(self._subscription(each) for each in ids)
        return by_customer((obj for obj in found if obj is not None), self.stamp)

    async def _subscription(self, subscription_id: str) -> SubscriptionObject | None:
        parameters = tuple(
            (name, value.removeprefix("data."))
            for name, value in SUBSCRIPTIONS.parameters
            if name == "expand[]"
        )
        path = f"{SUBSCRIPTIONS.path}/{subscription_id}"
        try:
            obj = await self.transport.get(path, parameters, SubscriptionObject)
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
            return None
        return await with_all_items(self.transport, obj) if obj.items.has_more else obj

    async def _read_invoices(self, changed: Mapping[str, ChangedInvoice]) -> list[InvoiceObject]:
        """Return the invoices that changed, and perhaps others."""
        by_owner: defaultdict[str, list[ChangedInvoice]] = defaultdict(list)
        for invoice in changed.values():
            by_owner[invoice.customer_id].append(invoice)
        only_new = {
            owner for owner, its in by_owner.items() if all(invoice.is_new for invoice in its)
        }
        new = [invoice.created for owner in only_new for invoice in by_owner[owner]]
        ranges: list[Parameters] = []
        if len(only_new) > ceil(len(new) / _PAGE):
            ranges.append((("created[gte]", str(min(new))),))
        else:
            only_new = set()
        for owner in sorted(by_owner.keys() - only_new):
            oldest = min(invoice.created for invoice in by_owner[owner])
            ranges.append((("customer", owner), ("created[gte]", str(oldest))))
        found = await together(self._list_invoices(bounds) for bounds in ranges)
        return [invoice for invoices in found for invoice in invoices]

    async def _list_invoices(self, bounds: Parameters) -> list[InvoiceObject]:
        parameters = (*INVOICES.parameters, *bounds)
        found = await read_all(self.transport, INVOICES.path, parameters, INVOICES.kind)
        cut = [obj for obj in found.values() if obj.lines.has_more]
        whole = await together(with_all_lines(self.transport, obj) for obj in cut)
        found.update((obj.id, obj) for obj in whole)
        return list(found.values())

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
