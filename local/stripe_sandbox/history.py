"""The business's own truth: what every subscription was, from when.

Kept apart from Stripe's objects and events, so that what is read from those can be judged.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from local.stripe_sandbox.records import Customer, Discount, Subscription


class HeldItem(NamedTuple):
    """An item as it was: its price, how many, and the ids of its own discounts."""

    id: str
    price: str
    quantity: int | None
    discounts: tuple[str, ...]


class Change(NamedTuple):
    """What a subscription was from an instant on, until its next change.

    Attributes:
        discounts: ids of its discounts; one that has run out may still be named.
        collection_paused: whether `pause_collection` was set.
        cancel_at: when it was to end, as far as that was known.
    """

    at: int
    subscription: str
    customer: str
    status: str
    items: tuple[HeldItem, ...]
    discounts: tuple[str, ...]
    collection_paused: bool
    cancel_at: int | None


class CustomerDiscount(NamedTuple):
    """That a customer had a discount, or none, from an instant on."""

    at: int
    customer: str
    discount: str | None


class CustomerTime(NamedTuple):
    """From when until when a customer existed; until None: they still do."""

    customer: str
    since: int
    until: int | None = None


class DiscountTime(NamedTuple):
    """From when until when a discount was in force on its holder.

    Attributes:
        coupon: id of what it was made from.
        subscription: that holds it, itself or by an item; None: the customer does.
        item: the subscription's item that holds it.
        until: when it was taken off or replaced, was used up or ran out, or when it is going to
            run out; None: no end is known. A subscription that ends keeps its discounts.
    """

    discount: str
    coupon: str
    customer: str
    subscription: str | None
    item: str | None
    since: int
    until: int | None


class History:
    """What was when.

    Attributes:
        customers: each customer's time, by their id.
        discounts: each discount's time, by its id.
        customer_discounts: what customers had, in the order in which it was given and taken.
    """

    def __init__(self) -> None:
        self.customers: dict[str, CustomerTime] = {}
        self.discounts: dict[str, DiscountTime] = {}
        self._changes: dict[str, list[Change]] = {}
        self._discounts: dict[str, str | None] = {}
        self.customer_discounts: list[CustomerDiscount] = []

    def record(self, sub: Subscription, at: int) -> None:
        """Write down what a subscription is from *at* on, if that is new."""
        change = Change(
            at,
            sub.id,
            sub.customer,
            sub.status,
            tuple(
                HeldItem(item.id, item.price, item.quantity, tuple(item.discounts))
                for item in sub.items
            ),
            tuple(sub.discounts),
            sub.pause_collection is not None,
            sub.cancel_at,
        )
        changes = self._changes.setdefault(sub.id, [])
        if not changes or changes[-1][1:] != change[1:]:
            changes.append(change)
            changes.sort(key=lambda each: each.at)

    def record_discount(self, change: CustomerDiscount) -> None:
        """Write down the discount that a customer has from an instant on, if that is new."""
        if self._discounts.get(change.customer) != change.discount:
            self._discounts[change.customer] = change.discount
            self.customer_discounts.append(change)

    def record_customer(self, customer: Customer) -> None:
        """Write down from when until when a customer existed."""
        self.customers[customer.id] = CustomerTime(
            customer.id, customer.created, customer.deleted_at
        )

    def begin_discount(self, discount: Discount, subscription: str | None) -> None:
        """Write down that a discount is in force from its start on."""
        self.discounts[discount.id] = DiscountTime(
            discount.id,
            discount.coupon,
            discount.customer or "",
            subscription,
            discount.subscription_item,
            discount.start,
            discount.end,
        )

    def end_discount(self, discount: str, at: int) -> None:
        """Write down that a discount is gone, if it had not run out before."""
        known = self.discounts[discount]
        until = at if known.until is None else min(at, known.until)
        self.discounts[discount] = known._replace(until=until)

    def of(self, subscription: str) -> list[Change]:
        """Return the changes of one subscription, oldest first."""
        return list(self._changes.get(subscription, ()))

    def at(self, instant: int) -> Iterator[Change]:
        """Yield what each subscription that had begun was at an instant."""
        for changes in self._changes.values():
            index = bisect_right(changes, instant, key=lambda each: each.at)
            if index:
                yield changes[index - 1]
