"""Reading the subscriptions, with all items of those that have a value."""

from collections.abc import Callable

import msgspec

from shared.adapters.stripe_lists import Parameters, read_all, together
from shared.adapters.stripe_objects import (
    ItemObject,
    Page,
    SubscriptionObject,
)
from shared.adapters.stripe_transport import StripeTransport

# Four levels is as deep as Stripe expands, `data` included.
SUBSCRIPTION_LIST: Parameters = (
    ("status", "all"),
    ("expand[]", "data.discounts.source.coupon"),
    ("expand[]", "data.items.data.discounts"),
    ("expand[]", "data.customer.discount"),
)


async def read_subscriptions(
    transport: StripeTransport, has_value: Callable[[SubscriptionObject], bool]
) -> list[SubscriptionObject]:
    """Return every subscription; those that have a value with all their items."""
    found = await read_all(
        transport, "/v1/subscriptions", SUBSCRIPTION_LIST, Page[SubscriptionObject]
    )
    cut = [obj for obj in found.values() if obj.items.has_more and has_value(obj)]
    whole = await together(with_all_items(transport, obj) for obj in cut)
    found.update((obj.id, obj) for obj in whole)
    return list(found.values())


async def with_all_items(transport: StripeTransport, obj: SubscriptionObject) -> SubscriptionObject:
    """Return a subscription that lists only the first of its items with all of them."""
    items = await read_all(
        transport,
        "/v1/subscription_items",
        (("subscription", obj.id), ("expand[]", "data.discounts")),
        Page[ItemObject],
        by_created=False,
    )
    return msgspec.structs.replace(obj, items=Page(data=list(items.values())))
