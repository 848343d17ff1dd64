"""Reading the subscriptions with all that their monthly amounts depend on, and nothing more.

Only what the subscription list lacks is read after it: items beyond the tenth, prices with tiers or
in other currencies, coupons.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from shared.adapters.stripe_catalog_reading import CatalogReader
from shared.adapters.stripe_lists import Parameters, read_all, together
from shared.adapters.stripe_mapping import (
    Catalog,
    coupon_id_of,
    foreign_tiers,
    missing_coupons,
    missing_prices,
)
from shared.adapters.stripe_objects import (
    CustomerObject,
    HolderPath,
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


async def read_catalog(
    transport: StripeTransport, catalog: Catalog, objects: Sequence[SubscriptionObject]
) -> None:
    """Fill the catalog with all that the list lacks of subscriptions that have a value."""
    reader = CatalogReader(transport, catalog)
    prices = {price for obj in objects for price in missing_prices(obj, catalog)}
    tiers = {pair for obj in objects for pair in foreign_tiers(obj)}
    coupons = {coupon for obj in objects for coupon in missing_coupons(obj, catalog)}
    await together(
        [
            reader.read_prices(prices, tiers),
            reader.read_coupons(coupons, _find_holders(objects)),
        ]
    )


async def with_all_items(
    transport: StripeTransport, obj: SubscriptionObject
) -> SubscriptionObject:
    """Return a subscription that lists only the first of its items with all of them."""
    items = await read_all(
        transport,
        "/v1/subscription_items",
        (("subscription", obj.id), ("expand[]", "data.discounts")),
        Page[ItemObject],
        by_created=False,
    )
    return msgspec.structs.replace(obj, items=Page(data=list(items.values())))


def _find_holders(objects: Iterable[SubscriptionObject]) -> dict[str, HolderPath]:
    """Return one holder for each coupon."""
    holders: dict[str, HolderPath] = {}
    for obj in objects:
        for coupon, holder in _coupons_by_holder(obj):
            if coupon is not None:
                holders.setdefault(coupon, holder)
    return holders


def _coupons_by_holder(obj: SubscriptionObject) -> Iterator[tuple[str | None, tuple[str, str]]]:
    for discount in obj.discounts or ():
        yield coupon_id_of(discount), (f"/v1/subscriptions/{obj.id}", "discounts")
    for item in obj.items.data:
        for discount in item.discounts or ():
            yield coupon_id_of(discount), (f"/v1/subscription_items/{item.id}", "discounts")
    if isinstance(obj.customer, CustomerObject) and obj.customer.discount is not None:
        yield coupon_id_of(obj.customer.discount), (f"/v1/customers/{obj.customer.id}", "discount")
