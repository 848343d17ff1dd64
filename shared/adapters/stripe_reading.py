"""Reading every subscription with all that its monthly amount depends on, and nothing more.

The subscription list comes first, and alone until its first answer. Only what it lacks is read
after it: items beyond the tenth, prices with tiers or in other currencies, coupons.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from typing import Any, Protocol, TypeVar

import msgspec

from shared.adapters.stripe_mapping import (
    Catalog,
    coupon_id_of,
    foreign_tiers,
    missing_coupons,
    missing_prices,
    to_subscription,
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
from shared.domain.account import Account, Mode
from shared.domain.subscriptions import ENDED_STATUSES, Subscription
from shared.domain.unreadable import Unreadable
from shared.errors import BadResponseError


class Identified(Protocol):
    """An object of a list."""

    @property
    def id(self) -> str:
        """Stripe's id, which is also the cursor of what follows it."""
        ...


Listed = TypeVar("Listed", bound=Identified)
Parameters = tuple[tuple[str, str], ...]

_LIMIT = ("limit", "100")
# Four levels is as deep as Stripe expands, `data` included; prices and coupons are too deep for
# the rest, so they are joined by id.
_SUBSCRIPTION_LIST: Parameters = (
    ("status", "all"),
    _LIMIT,
    ("expand[]", "data.discounts.source.coupon"),
    ("expand[]", "data.items.data.discounts"),
    ("expand[]", "data.customer.discount"),
)
_PRICE_PARTS = ("tiers", "currency_options")
_COUPON_PARTS = ("applies_to", "currency_options")
# Up to so many prices or coupons are read one by one: a list would not take fewer requests.
_FEW = 2
_MOST_RESTARTS = 3


async def read_account(transport: StripeTransport, mode: Mode) -> Account:
    """Read the subscriptions of every status, complete, each once.

    Raises:
        RefusedError: Stripe refused a request for good.
        BillingSourceError: see `StripeTransport.get`.
    """
    reader = _Reader(transport)
    objects = await reader.read_subscriptions()
    await _together([reader.read_prices(objects), reader.read_coupons(objects)])
    found = [to_subscription(obj, reader.catalog, mode) for obj in objects]
    return Account(
        mode=mode,
        subscriptions=tuple(it for it in found if isinstance(it, Subscription)),
        unreadable=tuple(it for it in found if isinstance(it, Unreadable)),
    )


class _Reader:
    """One reading: the transport, and the catalog that it fills."""

    def __init__(self, transport: StripeTransport) -> None:
        self._transport = transport
        self.catalog = Catalog()

    async def read_subscriptions(self) -> list[SubscriptionObject]:
        """Return every subscription; those that have not ended with all their items."""
        found: dict[str, SubscriptionObject] = {}
        pages = self._pages("/v1/subscriptions", _SUBSCRIPTION_LIST, Page[SubscriptionObject])
        async for page in pages:
            found.update((obj.id, obj) for obj in page.data)
        cut = [
            obj for obj in found.values() if obj.items.has_more and obj.status not in ENDED_STATUSES
        ]
        found.update((obj.id, obj) for obj in await _together(map(self._with_all_items, cut)))
        return list(found.values())

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
                    (*_expanding(_PRICE_PARTS, "data."), ("active", active)),
                    Page[PriceObject],
                    listed,
                    prices,
                )
                for active in ("true", "false")
            )
            await _together(lists)
        await _together(
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
            expand = _expanding(_COUPON_PARTS, "data.")
            await self._fill_from_list("/v1/coupons", expand, Page[CouponObject], wanted, coupons)
        left = sorted(wanted - coupons.keys())
        expand = _expanding(_COUPON_PARTS)
        await _together(
            self._fill_one(f"/v1/coupons/{coupon}", expand, CouponObject, coupons)
            for coupon in left
        )
        holders = _find_holders(objects, wanted - coupons.keys())
        await _together(self._read_holder(path, prefix) for path, prefix in holders)

    async def _with_all_items(self, obj: SubscriptionObject) -> SubscriptionObject:
        parameters = (("subscription", obj.id), _LIMIT, ("expand[]", "data.discounts"))
        items: dict[str, ItemObject] = {}
        pages = self._pages(
            "/v1/subscription_items", parameters, Page[ItemObject], by_created=False
        )
        async for page in pages:
            items.update((item.id, item) for item in page.data)
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
        async for page in self._pages(path, (*parameters, _LIMIT), kind):
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
        expand = _expanding(_COUPON_PARTS, f"{prefix}.source.coupon.")
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

    async def _pages(
        self,
        path: str,
        parameters: Parameters,
        kind: type[Page[Listed]],
        *,
        by_created: bool = True,
    ) -> AsyncIterator[Page[Listed]]:
        """Yield the pages of a list, newest first, from one instant on.

        Where the cursor has gone in between, the list starts again: callers key by id.
        """
        cursor: str | None = None
        restarts = 0
        while True:
            bounds = self._bounds(cursor, by_created=by_created)
            try:
                page = await self._transport.get(path, (*parameters, *bounds), kind)
            except RefusedError as error:
                restarts += 1
                if not error.refusal.is_lost_cursor or restarts > _MOST_RESTARTS:
                    raise
                cursor = None
                continue
            yield page
            if not page.has_more:
                return
            cursor = _next_cursor(page, cursor)

    def _bounds(self, cursor: str | None, *, by_created: bool) -> Iterator[tuple[str, str]]:
        """Yield the cursor, and the instant of this reading once Stripe has told it."""
        if by_created and self._transport.first_answer_at is not None:
            instant = int(self._transport.first_answer_at.timestamp())
            yield "created[lte]", str(instant)
        if cursor is not None:
            yield "starting_after", cursor


def _next_cursor(page: Page[Listed], cursor: str | None) -> str:
    last = page.data[-1].id if page.data else cursor
    if last is None or last == cursor:
        raise BadResponseError("A list of Stripe promises more and does not go on.")
    return last


def _expanding(parts: Iterable[str], prefix: str = "") -> Parameters:
    return tuple(("expand[]", f"{prefix}{part}") for part in parts)


def _price_parts(tiers_in: Iterable[str]) -> Parameters:
    deeper = (f"currency_options.{currency}.tiers" for currency in sorted(tiers_in))
    return _expanding((*_PRICE_PARTS, *deeper))


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


async def _together(work: Iterable[Coroutine[Any, Any, Listed | None]]) -> list[Any]:
    """Await all; the first error cancels the rest, so that nothing is asked of Stripe in vain."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
