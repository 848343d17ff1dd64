"""Reading what subscriptions were: invoices, prorations that wait, and events.

Invoices are read back to before the time that is asked for, because the one that tells what a
subscription was at an instant was made up to one billing period before it.
"""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from shared.adapters.stripe_facts import HistoryObjects
from shared.adapters.stripe_history_mapping import (
    CUSTOMER_EVENTS,
    DISCOUNT_EVENTS,
    EVENTS_KEPT,
    SUBSCRIPTION_EVENTS,
    subscription_of,
    to_past_event,
)
from shared.adapters.stripe_history_objects import (
    EventObject,
    InvoiceItemObject,
    InvoiceObject,
    LineObject,
)
from shared.adapters.stripe_lists import Parameters, read_all, together
from shared.adapters.stripe_objects import ItemObject, Page, SubscriptionObject
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.account import EVERYTHING

# Stripe tries a failed payment again for up to two months, and most periods last a month.
LEAST_MARGIN = timedelta(days=93)
_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
_MOST_MARGIN = timedelta(days=3 * 366)
INVOICE_PARTS: Parameters = (
    ("expand[]", "data.discounts"),
    ("expand[]", "data.lines.data.discounts"),
)


async def read_history(
    transport: StripeTransport,
    subscriptions: Iterable[SubscriptionObject],
    needed: timedelta,
) -> HistoryObjects:
    """Read what tells the past of subscriptions, and of customers, as far back as is needed."""
    reach = min(needed, EVERYTHING) + _margin(subscriptions)
    reader = _Reader(transport, reach)
    await together(
        [
            reader.read_invoices(),
            reader.read_given_up(),
            reader.read_waiting(),
            reader.read_events(),
        ]
    )
    return HistoryObjects(
        invoices=tuple(reader.invoices.values()),
        waiting=tuple(reader.waiting.values()),
        events=tuple(filter(None, map(to_past_event, reader.events.values()))),
        since=transport.answered_at - reach,
        events_since=transport.answered_at - EVENTS_KEPT if reader.events else None,
    )


async def with_all_lines(transport: StripeTransport, obj: InvoiceObject) -> InvoiceObject:
    """Return an invoice that lists only the first of its lines with all of them."""
    lines = await read_all(
        transport,
        f"/v1/invoices/{obj.id}/lines",
        (("expand[]", "data.discounts"),),
        Page[LineObject],
        by_created=False,
    )
    return msgspec.structs.replace(obj, lines=Page(data=list(lines.values())))


def longest_period(obj: SubscriptionObject) -> timedelta:
    """Return for how long at most the items of a subscription are billed at once."""
    return max((_period(item) for item in obj.items.data), default=timedelta(0))


class _Reader:
    """One reading of the past, several lists at once."""

    def __init__(self, transport: StripeTransport, reach: timedelta) -> None:
        self._transport = transport
        self._reach = reach
        self.invoices: dict[str, InvoiceObject] = {}
        self.waiting: dict[str, InvoiceItemObject] = {}
        self.events: dict[str, EventObject] = {}

    async def read_invoices(self) -> None:
        await self._read_invoices(INVOICE_PARTS, self._reach)

    async def read_given_up(self) -> None:
        """Read what was marked uncollectible: it may tell of a time long after it was made."""
        await self._read_invoices((*INVOICE_PARTS, ("status", "uncollectible")), None)

    async def _read_invoices(self, parameters: Parameters, reach: timedelta | None) -> None:
        found = await read_all(
            self._transport, "/v1/invoices", parameters, Page[InvoiceObject], reach=reach
        )
        cut = [obj for obj in found.values() if obj.lines.has_more and subscription_of(obj)]
        whole = await together(with_all_lines(self._transport, obj) for obj in cut)
        found.update((obj.id, obj) for obj in whole)
        self.invoices.update(found)

    async def read_waiting(self) -> None:
        self.waiting = await read_all(
            self._transport, "/v1/invoiceitems", (("pending", "true"),), Page[InvoiceItemObject]
        )

    async def read_events(self) -> None:
        kinds = (*SUBSCRIPTION_EVENTS, *DISCOUNT_EVENTS, *CUSTOMER_EVENTS)
        types = tuple(("types[]", kind) for kind in kinds)
        self.events = await read_all(self._transport, "/v1/events", types, Page[EventObject])


def _margin(subscriptions: Iterable[SubscriptionObject]) -> timedelta:
    """Return how long before an instant the invoice may be that tells of it."""
    longest = max(map(longest_period, subscriptions), default=LEAST_MARGIN)
    return min(max(longest, LEAST_MARGIN), _MOST_MARGIN)


def _period(item: ItemObject) -> timedelta:
    recurring = item.price.recurring
    if recurring is None:
        return timedelta(0)
    return timedelta(days=min(_DAYS.get(recurring.interval, 0) * recurring.interval_count, 9_999))
