"""Gathers what was read of the past by the subscription that it belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.adapters.stripe_discount_mapping import (
    billed_holders,
    uses_in_events,
    uses_on_invoices,
)
from shared.adapters.stripe_history_mapping import (
    price_ids,
    subscription_of,
    to_invoice,
    to_lines,
    to_subscription_event,
    to_waiting,
)
from shared.adapters.stripe_history_objects import (
    InvoiceItemObject,
    InvoiceObject,
    PastEventObject,
)
from shared.adapters.stripe_mapping import Catalog
from shared.domain.discounts import Discount
from shared.domain.subscriptions import Subscription
from shared.domain.timelines import (
    Holder,
    Invoice,
    InvoiceLine,
    Observed,
    PastDiscounts,
    SubscriptionEvent,
    SubscriptionFacts,
    past_discounts,
)


@dataclass(frozen=True, slots=True)
class HistoryObjects:
    """What was read of the past.

    Attributes:
        since: every invoice that was created since then is among them.

        events_since: every event since then is among them; None where there are none to be had.
    """

    invoices: tuple[InvoiceObject, ...]
    waiting: tuple[InvoiceItemObject, ...]
    events: tuple[PastEventObject, ...]
    since: datetime
    events_since: datetime | None = None


class GatheredFacts:
    """The facts of all subscriptions, to be joined with prices and coupons."""

    def __init__(self, history: HistoryObjects) -> None:
        self._history = history
        self._invoices: defaultdict[str, list[Invoice]] = defaultdict(list)
        self._waiting: defaultdict[str, list[InvoiceLine]] = defaultdict(list)
        self._events: defaultdict[str, list[SubscriptionEvent]] = defaultdict(list)
        for invoice in history.invoices:
            if subscription := subscription_of(invoice):
                self._invoices[subscription].append(to_invoice(invoice))
                continue
            # An invoice of the customer may have taken what waited for the subscription's.
            for owner, taken in to_lines(invoice):
                self._waiting[owner].append(taken)
        for item in history.waiting:
            subscription, line = subscription_of(item), to_waiting(item)
            if subscription and line:
                self._waiting[subscription].append(line)
        for told in map(to_subscription_event, history.events):
            if told:
                self._events[told[0]].append(told[1])
        named = self._invoices.keys() | self._waiting.keys() | self._events.keys()
        self._prices: Mapping[str, set[str]] = {
            it: price_ids((*self._invoices[it], *self._waiting[it], *self._events[it]))
            for it in named
        }

    def prices_of(self, subscription_id: str) -> set[str]:
        """Return the ids of the prices that the facts of a subscription name."""
        return self._prices.get(subscription_id, set())

    def by_subscription(
        self, subscriptions: Sequence[Subscription], catalog: Catalog, as_of: datetime
    ) -> dict[str, SubscriptionFacts]:
        """Return the facts of each subscription, joined with the prices and coupons read."""
        history = self._history
        uses = [
            *uses_on_invoices(history.invoices, catalog),
            *uses_in_events(history.events, catalog),
        ]
        current = _current_discounts(subscriptions)
        observed = Observed(
            as_of=as_of,
            there=current.keys(),
            billed=billed_holders(history.invoices),
            events_since=history.events_since,
        )
        past = past_discounts(uses, current, observed)
        return {it.id: self._facts_of(it, past, catalog) for it in subscriptions}

    def _facts_of(
        self, subscription: Subscription, past: Mapping[Holder, PastDiscounts], catalog: Catalog
    ) -> SubscriptionFacts:
        named = self.prices_of(subscription.id)
        prices = {
            price_id: catalog.known_price(price_id, subscription.currency) for price_id in named
        }
        facts = SubscriptionFacts(
            invoices=tuple(self._invoices.get(subscription.id, ())),
            waiting=tuple(self._waiting.get(subscription.id, ())),
            events=tuple(self._events.get(subscription.id, ())),
            prices={price_id: price for price_id, price in prices.items() if price is not None},
            complete_since=self._history.since,
        )
        items = {line.item_id for line in facts.lines} | {item.id for item in subscription.items}
        own = past.get(Holder("subscription", subscription.id), PastDiscounts())
        customers = past.get(Holder("customer", subscription.customer_id), PastDiscounts())
        of_items = {
            item: past[Holder("item", item)] for item in items if Holder("item", item) in past
        }
        ends = [it.holds_until for it in (own, customers, *of_items.values())]
        return replace(
            facts,
            discounts=own.discounts,
            customer_discounts=customers.discounts,
            item_discounts={item: it.discounts for item, it in of_items.items()},
            discounts_until=min((it for it in ends if it is not None), default=None),
        )


def _current_discounts(
    subscriptions: Iterable[Subscription],
) -> dict[Holder, tuple[Discount, ...]]:
    found: dict[Holder, tuple[Discount, ...]] = {}
    for it in subscriptions:
        found[Holder("subscription", it.id)] = it.discounts
        found[Holder("customer", it.customer_id)] = it.customer_discounts
        found.update((Holder("item", item.id), item.discounts) for item in it.items)
    return found
