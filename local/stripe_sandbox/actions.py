"""What people do in Stripe: subscribe, change, discount, cancel, archive and delete.

Each action happens at an instant and writes the events that Stripe would write.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from local.stripe_sandbox.collecting import (
    draft,
    give_up,
    mark_delinquency,
    proceed,
    settle,
)
from local.stripe_sandbox.journal import changing, emit, remember, touch
from local.stripe_sandbox.lifecycle import (
    TRIAL_WARNING,
    end_subscription,
    period_of,
    set_periods,
    watch,
)
from local.stripe_sandbox.money import Invoice
from local.stripe_sandbox.periods import add_months
from local.stripe_sandbox.prorating import ask_for, give_back, share_of
from local.stripe_sandbox.records import (
    Coupon,
    Customer,
    Discount,
    Price,
    Subscription,
    SubscriptionItem,
    TaxRate,
)
from local.stripe_sandbox.state import State


@dataclass(frozen=True, slots=True)
class Item:
    """What one item of a new subscription is to be."""

    price: Price
    quantity: int | None = 1
    discounts: Sequence[Coupon] = ()
    tax_rates: Sequence[TaxRate] = ()
    trial_end: int | None = None


def add_item(state: State, sub: Subscription, item: Item, at: int) -> SubscriptionItem:
    """Put one more item on a subscription, without an event of its own."""
    record = SubscriptionItem(
        id=state.ids.new("si", 14),
        created=at,
        subscription=sub.id,
        price=item.price.id,
        quantity=None if item.price.meter else item.quantity,
        tax_rates=[rate.id for rate in item.tax_rates],
        trial_end=item.trial_end,
    )
    state.items[record.id] = record
    sub.items.append(record)
    for coupon in item.discounts:
        discount_item(state, sub, record, coupon, at)
    return record


def begin(state: State, sub: Subscription) -> None:
    """Take in a subscription with its items and periods, write its event, watch its time."""
    state.subscriptions.add(sub)
    customer = state.customers[sub.customer]
    if customer.currency is None:
        with changing(state, customer, sub.created):
            customer.currency = sub.currency
    remember(state, sub, sub.created)
    invoice = draft(state, sub, sub.items, sub.created, "subscription_create")
    emit(state, sub, "created", sub.created)
    for discount_id in [*sub.discounts, *(each for item in sub.items for each in item.discounts)]:
        emit(state, state.discounts[discount_id], "created", sub.created)
    proceed(state, sub, invoice)
    if sub.status == "trialing" and (sub.trial_end or 0) - TRIAL_WARNING > state.now:
        state.plan((sub.trial_end or 0) - TRIAL_WARNING, "warn_of_trial_end", sub.id)
    watch(state, sub)


def discount_subscription(state: State, sub: Subscription, coupon: Coupon, at: int) -> Discount:
    """Stack a coupon on a subscription."""
    discount = _new_discount(state, coupon, at, sub.customer, sub.id)
    sub.discounts.append(discount.id)
    return discount


def discount_item(
    state: State, sub: Subscription, item: SubscriptionItem, coupon: Coupon, at: int
) -> Discount:
    """Put a coupon on one item of a subscription."""
    discount = _new_discount(state, coupon, at, sub.customer, sub.id, item.id)
    item.discounts.append(discount.id)
    return discount


def discount_customer(state: State, customer: Customer, coupon: Coupon, at: int) -> Discount:
    """Give a customer a coupon, in place of the one they may have."""
    if customer.discount is not None:
        state.history.end_discount(customer.discount, at)
    discount = _new_discount(state, coupon, at, customer.id)
    customer.discount = discount.id
    remember(state, customer, at)
    return discount


def _new_discount(  # noqa: PLR0917 - the last three are the holder, from the whole to its part
    state: State,
    coupon: Coupon,
    at: int,
    customer: str,
    sub: str | None = None,
    item: str | None = None,
) -> Discount:
    end = None
    if coupon.duration == "repeating":
        end = add_months(at, coupon.duration_in_months or 1)
    discount = Discount(
        id=state.ids.new("di"),
        created=at,
        coupon=coupon.id,
        start=at,
        end=end,
        customer=customer,
        subscription=sub if item is None else None,
        subscription_item=item,
    )
    state.discounts[discount.id] = discount
    state.history.begin_discount(discount, sub)
    coupon.times_redeemed += 1
    if end is not None:
        state.plan(end, "end_discount", discount.id)
    return discount


def give_trial(state: State, sub: Subscription, until: int, at: int) -> None:
    """Let a paying subscription be free until an instant, at which a new cycle begins.

    Like any change of the cycle it gives back what was paid for the time that is left.
    """
    unused = [share_of(state, sub, each, at) for each in sub.items]
    with changing(state, sub, at):
        sub.status, sub.trial_start, sub.trial_end = "trialing", at, until
        sub.billing_cycle_anchor = until
        set_periods(state, sub, at)
        for share in unused:
            give_back(state, sub, share, at)
        invoice = draft(state, sub, sub.items, at, "subscription_update")
    proceed(state, sub, invoice)
    if until - TRIAL_WARNING > at:
        state.plan(until - TRIAL_WARNING, "warn_of_trial_end", sub.id)
    watch(state, sub)
    state.note("free months given")


def set_status(state: State, sub: Subscription, status: str, at: int) -> None:
    """Move between the statuses of payment: active, past_due, unpaid, incomplete, paused."""
    invoice = None
    resumes = sub.status == "paused" and status == "active"
    if status == "active":
        settle(state, sub, at)
    with changing(state, sub, at):
        sub.status = status
        if status == "paused":
            sub.paused_at, sub.pause_reason = at, "pause_requested"
        if sub.items and status != "paused":
            set_periods(state, sub, max(sub.billing_cycle_anchor, at))
        if resumes and state.bills:
            # What resumes begins a new cycle, and pays for it at once.
            sub.billing_cycle_anchor = at
            set_periods(state, sub, at)
            invoice = draft(state, sub, sub.items, at, "subscription_update")
    proceed(state, sub, invoice)
    if status == "unpaid":
        give_up(state, sub, at)
    mark_delinquency(state, sub, at)
    if status == "paused" or resumes:
        emit(state, sub, "resumed" if resumes else "paused", at)
    watch(state, sub)


def change_item(
    state: State, item: SubscriptionItem, at: int, price: Price, quantity: int | None
) -> None:
    """Move an item to another price or quantity at once."""
    sub = state.subscriptions[item.subscription]
    interval_before = state.prices[item.price].interval
    # Stripe starts a new cycle where the interval changes, and keeps it otherwise.
    restarts = price.interval != interval_before and sub.status != "trialing"
    unused = [share_of(state, sub, each, at) for each in (sub.items if restarts else [item])]
    with changing(state, sub, at):
        item.price = price.id
        item.quantity = None if price.meter else quantity
        if restarts:
            sub.billing_cycle_anchor = at
        set_periods(state, sub, max(sub.billing_cycle_anchor, at))
        for share in unused:
            give_back(state, sub, share, at)
        if restarts:
            invoice = draft(state, sub, sub.items, at, "subscription_update")
        else:
            ask_for(state, sub, share_of(state, sub, item, at, paid=False), at)
            invoice = draft_change(state, sub, at)
    proceed(state, sub, invoice)
    watch(state, sub)


def draft_change(state: State, sub: Subscription, at: int) -> Invoice | None:
    """Invoice the prorations of a change now, where the subscription does not let them wait."""
    if sub.prorates == "always_invoice" and sub.status != "trialing":
        return draft(state, sub, [], at, "subscription_update")
    return None


def join_item(state: State, sub: Subscription, item: Item, at: int) -> SubscriptionItem:
    """Add an item to a running subscription."""
    with changing(state, sub, at):
        added = add_item(state, sub, item, at)
        if sub.status == "trialing":
            first = sub.items[0]
            added.period_start, added.period_end = first.period_start, first.period_end
        else:
            since = max(sub.billing_cycle_anchor, at)
            added.period_start, added.period_end = period_of(state, sub, added, since)
        ask_for(state, sub, share_of(state, sub, added, at, paid=False), at)
        invoice = draft_change(state, sub, at)
    for discount_id in added.discounts:
        emit(state, state.discounts[discount_id], "created", at)
    proceed(state, sub, invoice)
    return added


def remove_item(state: State, item: SubscriptionItem, at: int) -> None:
    """Take an item off its subscription."""
    sub = state.subscriptions[item.subscription]
    with changing(state, sub, at):
        give_back(state, sub, share_of(state, sub, item, at), at)
        sub.items.remove(item)
        invoice = draft_change(state, sub, at)
    for discount_id in item.discounts:
        state.history.end_discount(discount_id, at)
    proceed(state, sub, invoice)
    del state.items[item.id]


def delete_customer(state: State, customer: Customer, at: int) -> None:
    """Delete a customer, which ends their subscriptions."""
    for sub in list(state.subscriptions.owned_by(customer.id)):
        if sub.ended_at is None:
            end_subscription(state, sub, at, "cancellation_requested")
    emit(state, customer, "deleted", at)
    customer.deleted_at = at
    if customer.discount is not None:
        state.history.end_discount(customer.discount, at)
    remember(state, customer, at)
    touch(state, customer)
    state.note("customers deleted")


def delete_coupon(state: State, coupon: Coupon, at: int) -> None:
    """Delete a coupon; the discounts made from it keep working."""
    coupon.deleted_at = at
    touch(state, coupon)
    emit(state, coupon, "deleted", at)
