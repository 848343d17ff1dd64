"""From the facts of customers to what the ledger keeps: timelines, and customers.

    while lacks := lacking(facts, catalog, as_of=as_of, history=history):
        await CatalogReader(transport, catalog).read(lacks)
    records = to_records(facts, catalog, mode=mode, as_of=as_of,
                         complete_since=since, events_since=events_since)

Any division of an account by customer gives the same records as the whole at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from shared.adapters.stripe_catalog import (
    Lacking,
    is_valued,
    lacking_now,
    lacking_past,
    prices_named,
)
from shared.adapters.stripe_customer_reading import to_customer
from shared.adapters.stripe_discount_mapping import past_coupons
from shared.adapters.stripe_documents import NOBODY, CustomerFacts, encode
from shared.adapters.stripe_facts import GatheredFacts, HistoryObjects
from shared.adapters.stripe_history_mapping import items_on, to_past
from shared.adapters.stripe_history_objects import InvoiceItemObject, InvoiceObject
from shared.adapters.stripe_mapping import Catalog, to_subscription
from shared.adapters.stripe_objects import SubscriptionObject
from shared.domain.account import Mode
from shared.domain.customers import Customer
from shared.domain.ledger import CustomerRecord
from shared.domain.subscriptions import Subscription
from shared.domain.timelines import build_timeline
from shared.domain.unreadable import Unreadable

_EPOCH = datetime.fromtimestamp(0, UTC)


def to_records(
    facts: Mapping[str, CustomerFacts],
    catalog: Catalog,
    *,
    mode: Mode,
    as_of: datetime,
    complete_since: datetime | None,
    events_since: datetime | None,
) -> list[CustomerRecord]:
    """Return the record of each customer.

    Args:
        facts: by customer; what is nobody's is left out.

        catalog: lacks nothing (`lacking`) that exists.

        mode: of the key, for an object that does not say its own.

        as_of: the instant up to which the account was read.

        complete_since: since when all invoices are among the facts; None while the past has not
            been read: then only what is now is told, and no facts are kept.

        events_since: since when all events are among the facts; None where there are none.
    """
    facts = {customer_id: its for customer_id, its in facts.items() if customer_id != NOBODY}
    mapped = {
        customer_id: [to_subscription(obj, catalog, mode) for obj in _subscriptions_of(its)]
        for customer_id, its in facts.items()
    }
    found = [it for its in mapped.values() for it in its if isinstance(it, Subscription)]
    known = {}
    if complete_since is not None:
        history = _history(facts.values(), complete_since, events_since)
        known = GatheredFacts(history).by_subscription(found, catalog, as_of)
    return [
        CustomerRecord(
            customer_id=customer_id,
            facts=b"" if complete_since is None else encode(facts[customer_id]),
            timelines=tuple(
                build_timeline(it, as_of, known.get(it.id))
                for it in its
                if isinstance(it, Subscription)
            ),
            unreadable=tuple(it for it in its if isinstance(it, Unreadable)),
            customer=_customer_of(facts[customer_id], mode),
        )
        for customer_id, its in mapped.items()
    ]


def lacking(
    facts: Mapping[str, CustomerFacts], catalog: Catalog, *, as_of: datetime, history: timedelta
) -> Lacking:
    """Return what has to be read of prices and coupons before these facts can be told.

    Args:
        facts: by customer.

        catalog: what was read and asked for so far.

        as_of: the instant up to which the account was read.

        history: how far back amounts are asked for; what a subscription that ended before is worth
            need not be known.
    """
    objects = [obj for its in facts.values() for obj in _subscriptions_of(its)]
    for item in (item for obj in objects for item in obj.items.data):
        catalog.learn(item.price)
    valued = (obj for obj in objects if is_valued(obj, as_of, history))
    # Most facts name nothing that is not known; to see this takes far less than to gather them.
    doubtful = [its for its in facts.values() if _may_lack(its, catalog)]
    past = _history(doubtful, _EPOCH, None)
    were = [obj for its in doubtful for obj in _subscriptions_of(its)]
    return lacking_now(valued, catalog) | lacking_past(GatheredFacts(past), past, were, catalog)


def _may_lack(facts: CustomerFacts, catalog: Catalog) -> bool:
    """Return whether any price or coupon that facts name, wherever, is not known."""
    currencies = {obj.currency.lower() for obj in _subscriptions_of(facts)}
    invoices, events = list(_invoices_of(facts)), facts.events.values()
    if past_coupons(invoices, events).keys() - catalog.coupons.keys():
        return True
    prices = set(prices_named(invoices, waiting_of(facts), events))
    return any(catalog.lacks(price, it) for price in prices for it in currencies)


def _history(
    facts: Iterable[CustomerFacts], since: datetime, events_since: datetime | None
) -> HistoryObjects:
    every = list(facts)
    return HistoryObjects(
        invoices=tuple(it for its in every for it in _invoices_of(its)),
        waiting=tuple(it for its in every for it in waiting_of(its)),
        events=tuple(it for its in every for it in its.events.values()),
        since=since,
        events_since=events_since,
    )


def _subscriptions_of(facts: CustomerFacts) -> Iterator[SubscriptionObject]:
    """Yield the subscriptions, in an order that no merging changes."""
    for _, seen in sorted(facts.subscriptions.items()):
        if seen.value is not None:
            yield seen.value


def _invoices_of(facts: CustomerFacts) -> Iterator[InvoiceObject]:
    """Yield the invoices that are there: a draft that was not found again is not."""
    since = facts.complete.get("drafts", 0)
    for seen in facts.invoices.values():
        if seen.value and (seen.at >= since or seen.value.status != "draft"):
            yield seen.value


def waiting_of(facts: CustomerFacts) -> Iterator[InvoiceItemObject]:
    """Yield the prorations that wait still: no invoice that is there has taken them."""
    taken = {item for invoice in _invoices_of(facts) for item in items_on(invoice)}
    for seen in facts.waiting.values():
        if seen.value is not None and seen.value.id not in taken:
            yield seen.value


def _customer_of(facts: CustomerFacts, mode: Mode) -> Customer | None:
    """Return the customer; None where it was not listed, and no event tells of its end."""
    ends = {it.created: it.customer for it in facts.events.values() if it.customer is not None}
    end = min(ends, default=None)
    listed = facts.customer
    if listed is None or listed.value is None:
        return None if end is None else to_customer(ends[end], mode, to_past(end))
    if end is None and facts.deleted_at is not None and facts.deleted_at > listed.at:
        end = facts.deleted_at
    return to_customer(listed.value, mode, None if end is None else to_past(end))
