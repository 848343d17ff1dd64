"""Reading the subscriptions with all that their monthly amounts depend on, and nothing more.

Only what the subscription list lacks is read after it: items beyond the tenth, prices with tiers or
in other currencies, coupons.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from shared.adapters.stripe_lists import (
    Listed,
    Parameters,
    expanding,
    pages,
    read_all,
    together,
)
from shared.adapters.stripe_mapping import (
    Catalog,
    coupon_id_of,
    foreign_tiers,
    missing_coupons,
    missing_prices,
)
from shared.adapters.stripe_objects import (
    CouponObject,
    CustomerObject,
    DiscountHolderObject,
    DiscountObject,
    ItemObject,
    Page,
    PriceObject,
    SubscriptionObject,
)
from shared.adapters.stripe_transport import RefusedError, StripeTransport
from shared.domain.subscriptions import ENDED_STATUSES

# Four levels is as deep as Stripe expands, `data` included; prices and coupons are too deep for
# the rest, so they are joined by id.
_SUBSCRIPTION_LIST: Parameters = (
    ("status", "all"),
    ("expand[]", "data.discounts.source.coupon"),
    ("expand[]", "data.items.data.discounts"),
    ("expand[]", "data.customer.discount"),
)
_PRICE_PARTS = ("tiers", "currency_options")
_COUPON_PARTS = ("applies_to", "currency_options")
# Up to so many prices or coupons are read one by one: a list would not take fewer requests.
_FEW = 2


class SubscriptionReader:
    """Reads subscriptions and fills a catalog with the prices and coupons that they lack."""

    def __init__(self, transport: StripeTransport) -> None:
        self._transport = transport
        self.catalog = Catalog()

    async def read_subscriptions(self) -> list[SubscriptionObject]:
        """Return every subscription; those that have not ended with all their items."""
        found = await read_all(
            self._transport, "/v1/subscriptions", _SUBSCRIPTION_LIST, Page[SubscriptionObject]
        )
        cut = [
            obj for obj in found.values() if obj.items.has_more and obj.status not in ENDED_STATUSES
        ]
        found.update((obj.id, obj) for obj in await together(map(self._with_all_items, cut)))
        return list(found.values())

    async def read_catalog(self, objects: Iterable[SubscriptionObject]) -> None:
        """Fill the catalog with all that the subscription list lacks."""
        objects = list(objects)
        await together([self.read_prices(objects), self.read_coupons(objects)])

    async def read_prices(self, objects: Iterable[SubscriptionObject]) -> None:
        """Fill the catalog with the prices of which the subscription list lacks parts."""
        objects = list(objects)
        wanted = {price for obj in objects for price in missing_prices(obj, self.catalog)}
        tiers_in: defaultdict[str, set[str]] = defaultdict(set)
        for price, currency in {pair for obj in objects for pair in foreign_tiers(obj)}:
            tiers_in[price].add(currency)
        prices = self.catalog.prices
        listed = wanted - tiers_in.keys()
        if len(listed) > _FEW:
            # Without `active` only active prices are listed; archived ones are still paid.
            lists = (
                self._fill_from_list(
                    "/v1/prices",
                    (*expanding(_PRICE_PARTS, "data."), ("active", active)),
                    Page[PriceObject],
                    listed,
                    prices,
                )
                for active in ("true", "false")
            )
            await together(lists)
        await together(
            self._fill_one(
                f"/v1/prices/{price}", _price_parts(tiers_in[price]), PriceObject, prices
            )
            for price in sorted(wanted - prices.keys())
        )

    async def read_coupons(self, objects: Iterable[SubscriptionObject]) -> None:
        """Fill the catalog with the coupons at work; a deleted one still shows on its discounts."""
        objects = list(objects)
        wanted = {coupon for obj in objects for coupon in missing_coupons(obj, self.catalog)}
        coupons = self.catalog.coupons
        if len(wanted) > _FEW:
            expand = expanding(_COUPON_PARTS, "data.")
            await self._fill_from_list("/v1/coupons", expand, Page[CouponObject], wanted, coupons)
        left = sorted(wanted - coupons.keys())
        expand = expanding(_COUPON_PARTS)
        await together(
            self._fill_one(f"/v1/coupons/{coupon}", expand, CouponObject, coupons)
            for coupon in left
        )
        holders = _find_holders(objects, wanted - coupons.keys())
        await together(self._read_holder(path, prefix) for path, prefix in holders)

    async def _with_all_items(self, obj: SubscriptionObject) -> SubscriptionObject:
        items = await read_all(
            self._transport,
            "/v1/subscription_items",
            (("subscription", obj.id), ("expand[]", "data.discounts")),
            Page[ItemObject],
            by_created=False,
        )
        return msgspec.structs.replace(obj, items=Page(data=list(items.values())))

    async def _fill_from_list(
        self,
        path: str,
        parameters: Parameters,
        kind: type[Page[Listed]],
        wanted: set[str],
        found: dict[str, Listed],
    ) -> None:
        """Read a list until all that is wanted is found, or one by one is as cheap."""
        pages_left = len(wanted)
        async for page in pages(self._transport, path, parameters, kind):
            found.update((obj.id, obj) for obj in page.data if obj.id in wanted)
            pages_left -= 1
            if not pages_left or wanted <= found.keys():
                return

    async def _fill_one(
        self, path: str, parameters: Parameters, kind: type[Listed], found: dict[str, Listed]
    ) -> None:
        try:
            obj = await self._transport.get(path, parameters, kind)
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
        else:
            found[obj.id] = obj

    async def _read_holder(self, path: str, prefix: str) -> None:
        """Take the coupons off the discounts of one subscription, item or customer."""
        expand = expanding(_COUPON_PARTS, f"{prefix}.source.coupon.")
        try:
            holder = await self._transport.get(path, expand, DiscountHolderObject)
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
            return
        for discount in (*(holder.discounts or ()), holder.discount):
            if isinstance(discount, DiscountObject) and discount.source is not None:
                coupon = discount.source.coupon
                if isinstance(coupon, CouponObject):
                    self.catalog.coupons.setdefault(coupon.id, coupon)


def _price_parts(tiers_in: Iterable[str]) -> Parameters:
    deeper = (f"currency_options.{currency}.tiers" for currency in sorted(tiers_in))
    return expanding((*_PRICE_PARTS, *deeper))


def _find_holders(objects: Iterable[SubscriptionObject], coupons: set[str]) -> set[tuple[str, str]]:
    """Return one holder for each coupon: the path to read, and where its discounts are."""
    holders: dict[str, tuple[str, str]] = {}
    for obj in objects:
        for coupon, holder in _coupons_by_holder(obj):
            if coupon is not None and coupon in coupons:
                holders.setdefault(coupon, holder)
    return set(holders.values())


def _coupons_by_holder(obj: SubscriptionObject) -> Iterator[tuple[str | None, tuple[str, str]]]:
    for discount in obj.discounts or ():
        yield coupon_id_of(discount), (f"/v1/subscriptions/{obj.id}", "discounts")
    for item in obj.items.data:
        for discount in item.discounts or ():
            yield coupon_id_of(discount), (f"/v1/subscription_items/{item.id}", "discounts")
    if isinstance(obj.customer, CustomerObject) and obj.customer.discount is not None:
        yield coupon_id_of(obj.customer.discount), (f"/v1/customers/{obj.customer.id}", "discount")
