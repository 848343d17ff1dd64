"""The monthly amount of a subscription: licensed recurring items, after discounts, without tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from shared.domain.definitions import Definitions
from shared.domain.discounts import (
    Discount,
    DiscountedLine,
    apply_discounts,
    discounts_in_force,
    displaces_customer_discount,
)
from shared.domain.prices import monthly_factor, period_amount
from shared.domain.subscriptions import STATUSES, Subscription, SubscriptionItem
from shared.domain.tax import TaxRate, is_inclusive_at_unknown_rate, without_inclusive_tax
from shared.domain.unreadable import UnreadableError


@dataclass(frozen=True, slots=True)
class MonthlyItem:
    """What one item adds to its subscription's monthly amount, in exact minor units."""

    item_id: str
    price_id: str
    product_id: str
    amount_minor: Fraction


@dataclass(frozen=True, slots=True)
class LeftOutItem:
    """An item that adds nothing, and why: metered, one_time or item_trial.

    `amount_minor` is what it would add, or None if that cannot be known.
    """

    reason: str
    amount_minor: Fraction | None


@dataclass(frozen=True, slots=True)
class MonthlyAmount:
    """A subscription's monthly amount in exact minor units of its currency, item by item.

    Attributes:
        total_minor: the sum over the items; no items give 0.

        is_fully_discounted: whether it is 0 because of discounts alone.

        has_unknown_tax: whether a price includes a tax of unknown rate, so that it is counted
            with its tax.
    """

    items: tuple[MonthlyItem, ...]
    left_out: tuple[LeftOutItem, ...]
    total_minor: Fraction
    is_fully_discounted: bool
    has_unknown_tax: bool

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing even without a discount."""
        return not (self.total_minor or self.is_fully_discounted or self.left_out)


def monthly_amount(
    subscription: Subscription, at: datetime, definitions: Definitions, *, include_trials: bool
) -> MonthlyAmount:
    """Return what a subscription is worth in a month at an instant, whatever its status.

    For each licensed recurring item: the amount of its quantity for one billing period, after
    the discounts in force at *at*, without inclusive tax, times payments per month. Exact, in
    minor units of the subscription's currency. No such item gives 0.

    Args:
        subscription: with everything that its amounts need already read.

        at: decides which discounts and trials of items are in force.

        definitions: decide which discounts count.

        include_trials: whether items in a trial of their own count.

    Raises:
        UnreadableError: an amount cannot be told; then none of the subscription is.
    """
    if subscription.status not in STATUSES:
        raise UnreadableError(f"unknown status {subscription.status}")
    reasons = {item.id: _reason_item_left_out(item, at) for item in subscription.items}
    in_trial = [item for item in subscription.items if reasons[item.id] == "item_trial"]
    plain = [item for item in subscription.items if reasons[item.id] is None]
    shared = _shared_discounts(subscription, at, definitions)
    counted = [*plain, *in_trial] if include_trials else plain
    items = _monthly_items(subscription, counted, shared, at, definitions)
    total = _total(items)
    left_out = [
        LeftOutItem(reason, None)
        for reason in reasons.values()
        if reason in {"metered", "one_time"}
    ]
    if in_trial and not include_trials:
        with_trials = _monthly_items(subscription, [*plain, *in_trial], shared, at, definitions)
        left_out.append(LeftOutItem("item_trial", _total(with_trials) - total))
    return MonthlyAmount(
        items=items,
        left_out=tuple(left_out),
        total_minor=total,
        is_fully_discounted=not total and any(_list_amounts(subscription, counted)),
        has_unknown_tax=any(_has_unknown_tax(subscription, item) for item in counted),
    )


def _monthly_items(
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    shared: Sequence[Discount],
    at: datetime,
    definitions: Definitions,
) -> tuple[MonthlyItem, ...]:
    lines = [
        DiscountedLine(
            running=amount,
            product_id=item.price.product_id,
            discounts=discounts_in_force(item.discounts, at, definitions.discounts),
        )
        for item, amount in zip(items, _list_amounts(subscription, items), strict=True)
    ]
    left = apply_discounts(lines, shared, subscription.currency)
    return tuple(
        MonthlyItem(
            item_id=item.id,
            price_id=item.price.id,
            product_id=item.price.product_id,
            amount_minor=without_inclusive_tax(amount, _tax_rates(subscription, item))
            * monthly_factor(item.price),
        )
        for item, amount in zip(items, left, strict=True)
    )


def _list_amounts(subscription: Subscription, items: Sequence[SubscriptionItem]) -> list[Fraction]:
    return [period_amount(item.price, _quantity(item), subscription.currency) for item in items]


def _total(items: Sequence[MonthlyItem]) -> Fraction:
    return sum((item.amount_minor for item in items), Fraction(0))


def _reason_item_left_out(item: SubscriptionItem, at: datetime) -> str | None:
    recurrence = item.price.recurrence
    if recurrence is None:
        return "one_time"
    if recurrence.usage_type == "metered":
        return "metered"
    if recurrence.usage_type != "licensed":
        raise UnreadableError(f"price {item.price.id} has unknown usage {recurrence.usage_type}")
    return "item_trial" if item.is_in_trial(at) else None


def _quantity(item: SubscriptionItem) -> int:
    if item.quantity is None:
        raise UnreadableError(f"item {item.id} has no quantity")
    return item.quantity


def _shared_discounts(
    subscription: Subscription, at: datetime, definitions: Definitions
) -> tuple[Discount, ...]:
    own = discounts_in_force(subscription.discounts, at, definitions.discounts)
    if not subscription.customer_discounts or definitions.discounts == "none":
        return own
    if displaces_customer_discount(subscription.discounts, at):
        return own
    return own + discounts_in_force(subscription.customer_discounts, at, definitions.discounts)


def _tax_rates(subscription: Subscription, item: SubscriptionItem) -> tuple[TaxRate, ...]:
    return item.tax_rates or subscription.default_tax_rates


def _has_unknown_tax(subscription: Subscription, item: SubscriptionItem) -> bool:
    rates = _tax_rates(subscription, item)
    amounts = item.price.amounts_in(subscription.currency)
    return is_inclusive_at_unknown_rate(
        amounts.tax_behavior,
        rates,
        tax_is_computed=subscription.automatic_tax is not False or bool(rates),
    )
