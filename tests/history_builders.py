"""Stripe objects that tell of the past: invoices, prorations that wait, events, customers.

`a_past_account` sends them, with subscriptions, through the production mapping.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from shared.adapters.stripe_customer_reading import deleted_customers, to_customer
from shared.adapters.stripe_facts import GatheredFacts, HistoryObjects
from shared.adapters.stripe_history_mapping import EVENTS_KEPT, to_past_event
from shared.adapters.stripe_history_objects import (
    EventObject,
    InvoiceItemObject,
    InvoiceObject,
    ListedCustomerObject,
)
from shared.adapters.stripe_mapping import Catalog, to_subscription
from shared.adapters.stripe_objects import (
    CouponObject,
    Page,
    PriceObject,
    SubscriptionObject,
    decode,
)
from shared.domain.account import Account, Mode
from shared.domain.subscriptions import Subscription
from shared.domain.timelines import Stretch, Timeline, build_timeline
from shared.domain.unreadable import Unreadable
from shared.domain.worth import MonthlyAmount
from tests.builders import (
    NOW,
    Json,
    a_price,
    a_subscription,
    an_id,
    an_item,
    as_listed,
    days_ago,
    seconds,
)


def a_line(
    item: Json,
    *,
    at: datetime,
    until: datetime | None = None,
    price: Json | None = None,
    quantity: int | None = None,
    amount: int = 0,
    **details: Any,
) -> Json:
    """A line of an item for a period; by default its present price and quantity for 30 days."""
    return {
        "id": an_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": "usd",
        "discounts": [],
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None,
                "subscription_item": item["id"],
                **details,
            },
        },
        "period": {"start": seconds(at), "end": seconds(until or at + timedelta(days=30))},
        "pricing": {
            "type": "price_details",
            "price_details": {"price": (price or item["price"])["id"], "product": "prod_1"},
        },
        "quantity": item.get("quantity") if quantity is None else quantity,
    }


def a_credit(item: Json, price: Json, *, at: datetime, quantity: int = 1, **fields: Any) -> Json:
    """What is given back for the unused time of what an item was until a moment."""
    return a_line(
        item, at=at, price=price, quantity=quantity, amount=-100, proration=True, **fields
    )


def a_debit(item: Json, *, at: datetime, **fields: Any) -> Json:
    """What the remaining time costs of what an item is from a moment on."""
    return a_line(item, at=at, amount=150, proration=True, **fields)


def an_invoice(subscription: Json, *lines: Json, at: datetime, **fields: Any) -> Json:
    """A paid invoice of a subscription."""
    invoice: Json = {
        "id": an_id("in"),
        "object": "invoice",
        "attempt_count": 1,
        "attempted": True,
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "created": seconds(at),
        "customer": subscription["customer"],
        "discounts": [],
        "due_date": None,
        "lines": {"object": "list", "data": list(lines), "has_more": False},
        "livemode": True,
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": subscription["id"]},
        },
        "status": "paid",
        "status_transitions": {
            "finalized_at": seconds(at),
            "marked_uncollectible_at": None,
            "paid_at": seconds(at),
            "voided_at": None,
        },
    }
    return invoice | fields


def transitions(**instants: datetime) -> Json:
    """The transitions of an invoice: finalized, paid, voided, marked_uncollectible."""
    every: Json = dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at"))
    return every | {f"{name}_at": seconds(at) for name, at in instants.items()}


def a_waiting_item(subscription: Json, line: Json) -> Json:
    """A proration that no invoice has taken yet, of the same content as a line."""
    details = line["parent"]["subscription_item_details"]
    return {
        "id": an_id("ii"),
        "object": "invoiceitem",
        "amount": line["amount"],
        "customer": subscription["customer"],
        "date": line["period"]["start"],
        "invoice": None,
        "parent": {
            "type": "subscription_details",
            "subscription_details": {
                "subscription": subscription["id"],
                "subscription_item": details["subscription_item"],
            },
        },
        "period": line["period"],
        "pricing": line["pricing"],
        "proration": True,
        "proration_details": details["proration_details"] | {"discount_amounts": []},
        "quantity": line["quantity"],
    }


def an_update(subscription: Json, *, at: datetime, **previous: Any) -> Json:
    """The event of a change: the subscription as it became, and the fields that were replaced."""
    return an_event(
        "customer.subscription.updated", subscription, at=at, previous_attributes=previous
    )


def an_event(kind: str, obj: Json, *, at: datetime, **data: Any) -> Json:
    return {
        "id": an_id("evt"),
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": seconds(at),
        "data": {"object": obj, **data},
        "type": kind,
    }


def a_past_account(
    subscriptions: Sequence[Json],
    *,
    invoices: Sequence[Json] = (),
    waiting: Sequence[Json] = (),
    events: Sequence[Json] = (),
    customers: Sequence[Json] = (),
    prices: Sequence[Json] = (),
    coupons: Sequence[Json] = (),
    since: datetime | None = None,
    as_of: datetime = NOW,
    mode: Mode = "live",
) -> Account:
    """The account that the production mapping makes of these objects as of an instant.

    Args:
        prices, coupons: those that only the past names.

        since: from when on all invoices are there; by default for two years.
    """
    history = HistoryObjects(
        invoices=tuple(_each(invoices, InvoiceObject)),
        waiting=tuple(_each(waiting, InvoiceItemObject)),
        events=tuple(filter(None, map(to_past_event, _each(events, EventObject)))),
        since=since or days_ago(730),
        events_since=NOW - EVENTS_KEPT if events else None,
    )
    inline = [item["price"] for it in subscriptions for item in it["items"]["data"]]
    catalog = Catalog(
        prices={it.id: it for it in _each([*inline, *prices], PriceObject)},
        coupons={it.id: it for it in _each([*_coupons_in(subscriptions), *coupons], CouponObject)},
    )
    listed = _each([as_listed(it) for it in subscriptions], SubscriptionObject)
    found = [to_subscription(obj, catalog, mode) for obj in listed]
    readable = [it for it in found if isinstance(it, Subscription)]
    facts = GatheredFacts(history).by_subscription(readable, catalog, as_of)
    there = [to_customer(obj, mode) for obj in _each(customers, ListedCustomerObject)]
    return Account(
        mode=mode,
        timelines=tuple(build_timeline(it, as_of, facts[it.id]) for it in readable),
        unreadable=tuple(it for it in found if isinstance(it, Unreadable)),
        customers=(*there, *deleted_customers(history.events, mode)),
    )


def _each(objects: Sequence[Json], kind: type[Any]) -> list[Any]:
    return decode(json.dumps({"data": objects}).encode(), Page[kind]).data  # type: ignore[valid-type]


def _coupons_in(subscriptions: Sequence[Json]) -> list[Json]:
    holders = [
        holder for it in subscriptions for holder in (it, *it["items"]["data"], it["customer"])
    ]
    discounts = [
        discount
        for holder in holders
        if isinstance(holder, dict)
        for discount in (*(holder.get("discounts") or ()), holder.get("discount"))
    ]
    return [discount["source"]["coupon"] for discount in discounts if discount]


def timeline_of(subscription: Json, **facts: Any) -> Timeline:
    (timeline,) = a_past_account([subscription], **facts).timelines
    return timeline


def at(timeline: Timeline, days: float) -> Stretch:
    """What a subscription was so many days ago."""
    stretch = timeline.at(days_ago(days))
    assert stretch is not None
    return stretch


def monthly_of(stretch: Stretch) -> MonthlyAmount:
    """What a subscription was worth in a stretch, by the definitions that hold by default."""
    amount = stretch.worth.under("recurring", include_trials=False)
    assert isinstance(amount, MonthlyAmount)
    return amount


def amount_at(timeline: Timeline, days: float) -> Fraction:
    """What a subscription was worth so many days ago, in minor units."""
    return monthly_of(at(timeline, days)).total_minor


def prices_at(timeline: Timeline, days: float) -> list[str]:
    return [item.price_id for item in monthly_of(at(timeline, days)).items]


def statuses(timeline: Timeline) -> list[tuple[str, datetime]]:
    return [(it.status, it.since) for it in timeline.stretches]


def began(subscription: Json, days: float) -> Json:
    return subscription | {
        "created": seconds(days_ago(days)),
        "start_date": seconds(days_ago(days)),
    }


def ended(subscription: Json, days: float) -> Json:
    """The subscription, canceled so many days ago."""
    instant = seconds(days_ago(days))
    return subscription | {"status": "canceled", "ended_at": instant, "canceled_at": instant}


def with_item(price: str, *, days: float = 200) -> tuple[Json, Json]:
    """A subscription with one item at a price, begun so many days ago."""
    item = an_item(a_price(8000, id=price))
    return began(a_subscription(item), days), item
