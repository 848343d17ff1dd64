"""Reading the prices and coupons that other lists leave out, by what needs them.

Prices and coupons are too deep for the lists that name them, so they are read here and joined by
id.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from shared.adapters.stripe_catalog import Lacking, note_asked
from shared.adapters.stripe_lists import (
    Listed,
    Parameters,
    expanding,
    pages,
    together,
)
from shared.adapters.stripe_mapping import Catalog
from shared.adapters.stripe_objects import (
    LINES,
    CouponObject,
    DiscountHolderObject,
    DiscountObject,
    HolderPath,
    Page,
    PriceObject,
)
from shared.adapters.stripe_transport import RefusedError, StripeTransport

_PRICE_PARTS = ("tiers", "currency_options")
_COUPON_PARTS = ("applies_to", "currency_options")
# Up to so many prices or coupons are read one by one: a list would not take fewer requests.
_FEW = 2


class CatalogReader:
    """Fills a catalog with prices and coupons."""

    def __init__(self, transport: StripeTransport, catalog: Catalog) -> None:
        self._transport = transport
        self._catalog = catalog

    async def read(self, lacking: Lacking) -> None:
        """Read what is lacking, and note that it was asked for."""
        await together(
            [
                self.read_prices(lacking.prices, lacking.tiers),
                self.read_coupons(lacking.coupons, lacking.holders),
            ]
        )
        note_asked(self._catalog, lacking)

    async def read_prices(
        self, wanted: set[str], foreign_tiers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Read prices with their tiers and other currencies.

        Args:
            wanted: their ids.

            foreign_tiers: (price id, currency) of tiered prices that are billed in another currency
                than their own: tiers are expanded one such currency at a time.
        """
        tiers_in: defaultdict[str, set[str]] = defaultdict(set)
        for price, currency in foreign_tiers:
            tiers_in[price].add(currency)
        prices = self._catalog.prices
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
            for price in sorted((wanted - prices.keys()) | tiers_in.keys())
        )

    async def read_coupons(self, wanted: set[str], holders: Mapping[str, HolderPath]) -> None:
        """Read coupons; a deleted one still shows on the discounts made from it.

        Args:
            wanted: their ids.

            holders: for each coupon id, something whose discounts show it.
        """
        coupons = self._catalog.coupons
        if len(wanted) > _FEW:
            expand = expanding(_COUPON_PARTS, "data.")
            await self._fill_from_list("/v1/coupons", expand, Page[CouponObject], wanted, coupons)
        expand = expanding(_COUPON_PARTS)
        await together(
            self._fill_one(f"/v1/coupons/{coupon}", expand, CouponObject, coupons)
            for coupon in sorted(wanted - coupons.keys())
        )
        paths = {holders[coupon] for coupon in wanted - coupons.keys() if coupon in holders}
        await together(self._read_holder(path, field) for path, field in sorted(paths))

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
        """Take the coupons off the discounts of one object, or of the lines of an invoice."""
        if prefix == LINES:
            # A level deeper, the coupon comes without its products. It lowered these lines.
            expand = expanding(["coupon"], "data.discounts.source.")
        else:
            expand = expanding(_COUPON_PARTS, f"{prefix}.source.coupon.")
        try:
            holder = await self._transport.get(path, expand, DiscountHolderObject)
        except RefusedError as error:
            if not error.refusal.is_missing:
                raise
            return
        holders = (holder, *(holder.data or ()))
        for discount in (d for it in holders for d in (*(it.discounts or ()), it.discount)):
            if isinstance(discount, DiscountObject) and discount.source is not None:
                coupon = discount.source.coupon
                if isinstance(coupon, CouponObject):
                    self._catalog.coupons.setdefault(coupon.id, coupon)


def _price_parts(tiers_in: Iterable[str]) -> Parameters:
    deeper = (f"currency_options.{currency}.tiers" for currency in sorted(tiers_in))
    return expanding((*_PRICE_PARTS, *deeper))
