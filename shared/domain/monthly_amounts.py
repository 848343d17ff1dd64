"""The monthly amount of a subscription: licensed recurring items, after discounts, without tax.

What a subscription is worth depends on the time only through the discounts and trials in force.
What is in force is found first (`worth_at`); subscriptions that are alike then are priced once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from shared.domain.definitions import DiscountsOption
from shared.domain.discounts import (
    Discount,
    DiscountedLine,
    apply_discounts,
    discounts_counted,
    discounts_in_force,
    displaces_customer_discount,
    turning_points_of,
)
from shared.domain.prices import Price, monthly_factor, period_amount
from shared.domain.subscriptions import ENDED_STATUSES, STATUSES, Subscription, SubscriptionItem
from shared.domain.tax import TaxRate, is_inclusive_at_unknown_rate, without_inclusive_tax
from shared.domain.unreadable import UnreadableError
from shared.domain.worth import (
    CHOICES,
    NOTHING,
    OPTIONS,
    LeftOutItem,
    MonthlyAmount,
    MonthlyItem,
    Worth,
    the_same_for_all,
)

_KINDS_REMEMBERED = 1 << 14


def worth_at(subscription: Subscription, at: datetime) -> Worth:
    """Return what a subscription is worth in a month at an instant, whatever its status.

    For each licensed recurring item: the amount of its quantity for one billing period, after
    the discounts in force at *at*, without inclusive tax, times payments per month. Exact, in
    minor units of the subscription's currency. No such item gives 0; one that has ended is worth
    nothing any more.

    Args:
        subscription: with everything that its amounts need already read.

        at: decides which discounts and trials of items are in force.
    """
    if subscription.status in ENDED_STATUSES:
        return NOTHING
    if subscription.status not in STATUSES:
        return the_same_for_all(f"unknown status {subscription.status}")
    return _price(
        _Holding(
            currency=subscription.currency,
            items=tuple(_hold(subscription, item, at) for item in subscription.items),
            discounts=discounts_in_force(subscription.discounts, at),
            customer_discounts=discounts_in_force(subscription.customer_discounts, at),
            has_computed_tax=subscription.automatic_tax is not False,
        )
    )


def turning_points(subscription: Subscription) -> set[datetime]:
    """Return the instants at which a discount or a trial of an item begins or ends."""
    found: set[datetime] = set()
    for discount in (*subscription.discounts, *subscription.customer_discounts):
        found.update(turning_points_of(discount))
    for item in subscription.items:
        for discount in item.discounts:
            found.update(turning_points_of(discount))
        found.update(it for it in (item.trial_start, item.trial_end) if it is not None)
    return found


@dataclass(frozen=True, slots=True)
class _HeldItem:
    """An item as it is priced.

    Attributes:
        name: to say which item has no quantity; empty for all others, which are alike.
    """

    price: Price
    quantity: int | None
    discounts: tuple[Discount, ...]
    tax_rates: tuple[TaxRate, ...]
    is_in_trial: bool
    name: str


@dataclass(frozen=True, slots=True)
class _Holding:
    """Everything that decides a monthly amount, and nothing that says whose or when."""

    currency: str
    items: tuple[_HeldItem, ...]
    discounts: tuple[Discount, ...]
    customer_discounts: tuple[Discount, ...]
    has_computed_tax: bool

    @property
    def has_discounts(self) -> bool:
        own = self.discounts or self.customer_discounts
        return bool(own) or any(item.discounts for item in self.items)


def _hold(subscription: Subscription, item: SubscriptionItem, at: datetime) -> _HeldItem:
    return _HeldItem(
        price=item.price,
        quantity=item.quantity,
        discounts=discounts_in_force(item.discounts, at),
        tax_rates=item.tax_rates or subscription.default_tax_rates,
        is_in_trial=item.is_in_trial(at),
        name=item.id if item.quantity is None and item.price.is_licensed else "",
    )


@lru_cache(maxsize=_KINDS_REMEMBERED)
def _price(holding: _Holding) -> Worth:
    """Return what a holding is worth; alike ones share it, for there may be a million of them."""
    has_trials = any(item.is_in_trial for item in holding.items)
    options = OPTIONS if holding.has_discounts else OPTIONS[:1]
    told = {
        (option, in_trial): _tell(holding, option, include_trials=in_trial)
        for option in options
        for in_trial in ((False, True) if has_trials else (False,))
    }
    amounts: list[MonthlyAmount | str] = []
    places = []
    for option, in_trial in CHOICES:
        found = told[option if holding.has_discounts else options[0], in_trial and has_trials]
        if found not in amounts:
            amounts.append(found)
        places.append(amounts.index(found))
    return Worth(tuple(amounts), tuple(places))


def _tell(
    holding: _Holding, option: DiscountsOption, *, include_trials: bool
) -> MonthlyAmount | str:
    try:
        return _monthly_amount(holding, option, include_trials=include_trials)
    except UnreadableError as error:
        return error.reason


def _monthly_amount(
    holding: _Holding, option: DiscountsOption, *, include_trials: bool
) -> MonthlyAmount:
    reasons = [_reason_item_left_out(item) for item in holding.items]
    every = list(zip(holding.items, reasons, strict=True))
    in_trial = [item for item, reason in every if reason == "item_trial"]
    plain = [item for item, reason in every if reason is None]
    shared = _shared_discounts(holding, option)
    counted = [*plain, *in_trial] if include_trials else plain
    items = tuple(_monthly_items(holding, counted, shared, option))
    total = _total(items)
    left_out = [
        LeftOutItem(reason, None) for reason in reasons if reason in {"metered", "one_time"}
    ]
    if in_trial and not include_trials:
        with_trials = _monthly_items(holding, [*plain, *in_trial], shared, option)
        left_out.append(LeftOutItem("item_trial", _total(with_trials) - total))
    return MonthlyAmount(
        items=items,
        left_out=tuple(left_out),
        total_minor=total,
        is_fully_discounted=not total and any(_list_amounts(holding, counted)),
        has_unknown_tax=any(_has_unknown_tax(holding, item) for item in counted),
    )


def _monthly_items(
    holding: _Holding,
    items: Sequence[_HeldItem],
    shared: Sequence[Discount],
    option: DiscountsOption,
) -> Iterator[MonthlyItem]:
    lines = [
        DiscountedLine(
            running=amount,
            product_id=item.price.product_id,
            discounts=discounts_counted(item.discounts, option),
        )
        for item, amount in zip(items, _list_amounts(holding, items), strict=True)
    ]
    left = apply_discounts(lines, shared, holding.currency)
    for item, amount in zip(items, left, strict=True):
        net = without_inclusive_tax(amount, item.tax_rates)
        yield MonthlyItem(item.price.id, item.price.product_id, net * monthly_factor(item.price))


def _list_amounts(holding: _Holding, items: Sequence[_HeldItem]) -> list[Fraction]:
    return [period_amount(item.price, _quantity(item), holding.currency) for item in items]


def _total(items: Iterator[MonthlyItem] | Sequence[MonthlyItem]) -> Fraction:
    return sum((item.amount_minor for item in items), Fraction(0))


def _reason_item_left_out(item: _HeldItem) -> str | None:
    recurrence = item.price.recurrence
    if recurrence is None:
        return "one_time"
    if recurrence.usage_type == "metered":
        return "metered"
    if recurrence.usage_type != "licensed":
        raise UnreadableError(f"price {item.price.id} has unknown usage {recurrence.usage_type}")
    return "item_trial" if item.is_in_trial else None


def _quantity(item: _HeldItem) -> int:
    if item.quantity is None:
        raise UnreadableError(f"item {item.name} has no quantity")
    return item.quantity


def _shared_discounts(holding: _Holding, option: DiscountsOption) -> tuple[Discount, ...]:
    own = discounts_counted(holding.discounts, option)
    if not holding.customer_discounts or option == "none":
        return own
    if displaces_customer_discount(holding.discounts):
        return own
    return own + discounts_counted(holding.customer_discounts, option)


def _has_unknown_tax(holding: _Holding, item: _HeldItem) -> bool:
    return is_inclusive_at_unknown_rate(
        item.price.amounts_in(holding.currency).tax_behavior,
        item.tax_rates,
        tax_is_computed=holding.has_computed_tax or bool(item.tax_rates),
    )
