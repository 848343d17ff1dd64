"""What the catalog of prices and coupons lacks for facts to be told, and how it is kept.

Until `stripe_telling.lacking` says that nothing lacks, have `CatalogReader.read` read it: at most
twice, for that a price has tiers in other currencies shows only once it has been read.

`encode_catalog` names entries "price/<id>", "price/<id>/<currency>" and "coupon/<id>". One that has
no body was asked for: it is not there, or it is part of the price (tiers in a currency).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from shared.adapters.stripe_discount_mapping import past_coupons
from shared.adapters.stripe_facts import GatheredFacts, HistoryObjects
from shared.adapters.stripe_history_objects import (
    InvoiceItemObject,
    InvoiceObject,
    PastEventObject,
    PastItemsObject,
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
    HolderPath,
    PriceObject,
    SubscriptionObject,
)
from shared.adapters.stripe_price_mapping import id_of
from shared.domain.subscriptions import ENDED_STATUSES


@dataclass(frozen=True, slots=True)
class Lacking:
    """What has to be read before facts can be told; false if nothing.

    Attributes:
        prices: ids.

        tiers: (price id, currency) of tiered prices that are billed in another currency than their
            own; those of a price are all asked for together.

        coupons: ids.

        holders: for coupons, by id, something whose discounts show them.
    """

    prices: set[str] = field(default_factory=set)
    tiers: set[tuple[str, str]] = field(default_factory=set)
    coupons: set[str] = field(default_factory=set)
    holders: dict[str, HolderPath] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether anything lacks."""
        return bool(self.prices or self.tiers or self.coupons)

    def __or__(self, other: "Lacking") -> "Lacking":
        """Return both; of two holders of a coupon, the own one."""
        return Lacking(
            self.prices | other.prices,
            self.tiers | other.tiers,
            self.coupons | other.coupons,
            {**other.holders, **self.holders},
        )


def is_valued(obj: SubscriptionObject, as_of: datetime, history: timedelta) -> bool:
    """Return whether any amount of a subscription is asked for: now, or so far back."""
    if obj.status not in ENDED_STATUSES:
        return True
    ended = obj.ended_at or obj.canceled_at or 0
    return as_of.timestamp() - ended <= history.total_seconds()


def lacking_now(objects: Iterable[SubscriptionObject], catalog: Catalog) -> Lacking:
    """Return what lacks for what subscriptions that have a value are now."""
    lacks = Lacking()
    for obj in objects:
        lacks.prices.update(missing_prices(obj, catalog))
        lacks.tiers.update(it for it in foreign_tiers(obj) if not _has_tiers_in(catalog, *it))
        lacks.coupons.update(missing_coupons(obj, catalog))
        for coupon, holder in _coupons_by_holder(obj):
            if coupon is not None:
                lacks.holders.setdefault(coupon, holder)
    return _not_asked(lacks, catalog)


def lacking_past(
    gathered: GatheredFacts,
    history: HistoryObjects,
    objects: Iterable[SubscriptionObject],
    catalog: Catalog,
) -> Lacking:
    """Return what lacks for what subscriptions were.

    Args:
        gathered: the facts of *history*.

        history: what was read of the past.

        objects: the subscriptions.

        catalog: knows the prices that the subscriptions have now.
    """
    lacks = Lacking()
    for obj in objects:
        currency = obj.currency.lower()
        for price in gathered.prices_of(obj.id):
            if not catalog.lacks(price, currency):
                continue
            if price not in catalog.prices:
                lacks.prices.add(price)
            elif catalog.has_tiers(price):
                lacks.tiers.add((price, currency))
    coupons = past_coupons(history.invoices, history.events)
    lacks.coupons.update(coupons.keys() - catalog.coupons.keys())
    lacks.holders.update((coupon, place) for coupon, place in coupons.items() if place is not None)
    return _not_asked(lacks, catalog)


def prices_named(
    invoices: Iterable[InvoiceObject],
    waiting: Iterable[InvoiceItemObject],
    events: Iterable[PastEventObject],
) -> Iterator[str]:
    """Yield the id of every price that is named anywhere, also where it tells nothing."""
    of_lines = (line.pricing for invoice in invoices for line in invoice.lines.data)
    for pricing in (*of_lines, *(item.pricing for item in waiting)):
        if pricing and pricing.price_details and pricing.price_details.price:
            yield id_of(pricing.price_details.price)
    for event in events:
        for obj in (event.subscription, event.replaced):
            items = obj.items if obj else None
            if isinstance(items, PastItemsObject) and isinstance(items.data, list):
                yield from (it.id for item in items.data if (it := item.price or item.plan))


def note_asked(catalog: Catalog, lacking: Lacking) -> None:
    """Remember what was asked for, so that it is not asked again."""
    catalog.asked.update(_names(lacking))


def drop(catalog: Catalog, prices: Iterable[str] = (), coupons: Iterable[str] = ()) -> None:
    """Take out what has changed, so that it is read again."""
    prices, coupons = set(prices), set(coupons)
    for price in prices:
        catalog.prices.pop(price, None)
    for coupon in coupons:
        catalog.coupons.pop(coupon, None)
    catalog.asked -= {f"coupon/{coupon}" for coupon in coupons}
    catalog.asked -= {it for it in catalog.asked if _price_in(it) in prices}


def encode_catalog(catalog: Catalog) -> dict[str, bytes]:
    """Return the entries of a catalog by name."""
    encode = msgspec.msgpack.encode
    return {
        **dict.fromkeys(sorted(catalog.asked), b""),
        **{f"price/{price_id}": encode(price) for price_id, price in catalog.prices.items()},
        **{f"coupon/{coupon_id}": encode(coupon) for coupon_id, coupon in catalog.coupons.items()},
    }


def decode_catalog(entries: Mapping[str, bytes]) -> Catalog:
    """Return the catalog of entries.

    Raises:
        msgspec.MsgspecError: an entry is none of `encode_catalog`.
    """
    catalog = Catalog()
    for name, body in entries.items():
        kind, _, object_id = name.partition("/")
        if not body:
            catalog.asked.add(name)
        elif kind == "price":
            catalog.prices[object_id] = msgspec.msgpack.decode(body, type=PriceObject)
        else:
            catalog.coupons[object_id] = msgspec.msgpack.decode(body, type=CouponObject)
    return catalog


def _not_asked(lacks: Lacking, catalog: Catalog) -> Lacking:
    """Return what has not been asked for in vain; with tiers, those that would be lost go along."""
    asked = catalog.asked
    tiers = {it for it in lacks.tiers if "price/{}/{}".format(*it) not in asked}
    again = {price for price, _ in tiers}
    for name in asked:
        price, _, currency = name.removeprefix("price/").partition("/")
        if currency and price in again:
            tiers.add((price, currency))
    return Lacking(
        {price for price in lacks.prices if f"price/{price}" not in asked},
        tiers,
        {coupon for coupon in lacks.coupons if f"coupon/{coupon}" not in asked},
        lacks.holders,
    )


def _names(lacking: Lacking) -> Iterator[str]:
    yield from (f"price/{price}" for price in lacking.prices)
    yield from (f"price/{price}/{currency}" for price, currency in lacking.tiers)
    yield from (f"coupon/{coupon}" for coupon in lacking.coupons)


def _price_in(name: str) -> str | None:
    kind, object_id, *_ = name.split("/")
    return object_id if kind == "price" else None


def _has_tiers_in(catalog: Catalog, price_id: str, currency: str) -> bool:
    price = catalog.prices.get(price_id)
    option = (price.currency_options or {}).get(currency) if price else None
    return option is not None and option.tiers is not None


def _coupons_by_holder(obj: SubscriptionObject) -> Iterator[tuple[str | None, HolderPath]]:
    for discount in obj.discounts or ():
        yield coupon_id_of(discount), (f"/v1/subscriptions/{obj.id}", "discounts")
    for item in obj.items.data:
        for discount in item.discounts or ():
            yield coupon_id_of(discount), (f"/v1/subscription_items/{item.id}", "discounts")
    if isinstance(obj.customer, CustomerObject) and obj.customer.discount is not None:
        yield coupon_id_of(obj.customer.discount), (f"/v1/customers/{obj.customer.id}", "discount")
