"""What time alone does to a subscription: trials end, periods roll, discounts run out.

Each rule is named by the kind of an agenda entry and checks first whether the entry still holds.
"""

from collections.abc import Callable, Iterable

from local.stripe_sandbox.collecting import (
    bill,
    collect,
    draft,
    finalize,
    give_up,
    mark_delinquency,
    proceed,
    stop_collecting,
    void_open,
)
from local.stripe_sandbox.journal import changing, emit, remember
from local.stripe_sandbox.periods import DAY, period_at
from local.stripe_sandbox.records import Discount, Price, Subscription, SubscriptionItem
from local.stripe_sandbox.state import State

Rule = Callable[[State, str, int], None]

FIRST_PAYMENT_SECONDS = 23 * 3600
TRIAL_WARNING = 3 * DAY
_BILLED = frozenset({"active", "past_due", "unpaid"})


def watch(state: State, sub: Subscription) -> None:
    """Put everything on the agenda that time will do to a subscription as it is now."""
    if sub.status == "incomplete":
        state.plan(sub.created + FIRST_PAYMENT_SECONDS, "expire", sub.id)
    if sub.status == "trialing" and sub.trial_end is not None:
        state.plan(sub.trial_end, "end_trial", sub.id)
    if sub.status in _BILLED:
        state.plan(min(item.period_end for item in sub.items), "renew", sub.id)
    if sub.cancel_at is not None and sub.ended_at is None:
        state.plan(sub.cancel_at, "cancel", sub.id)
    if sub.pause_collection and sub.pause_collection["resumes_at"]:
        state.plan(sub.pause_collection["resumes_at"], "resume_collection", sub.id)


def set_periods(state: State, sub: Subscription, at: int) -> None:
    """Give each item the period that holds *at*; a trial is one period."""
    trial = _find_trial(sub)
    for item in sub.items:
        if trial is not None:
            item.period_start, item.period_end = trial
        else:
            item.period_start, item.period_end = period_of(state, sub, item, at)


def period_of(state: State, sub: Subscription, item: SubscriptionItem, at: int) -> tuple[int, int]:
    """Return the period of an item that holds *at*, once it is paid for."""
    return _period(state.prices[item.price], sub.billing_cycle_anchor, at)


def _find_trial(sub: Subscription) -> tuple[int, int] | None:
    """Return the trial where it is the period that the items are in, or stopped in."""
    stopped = sub.status == "paused" and sub.pause_reason == "trial_end_without_payment_method"
    if (sub.status == "trialing" or stopped) and sub.trial_end is not None:
        return sub.trial_start or sub.start_date, sub.trial_end
    return None


def _period(price: Price, anchor: int, at: int) -> tuple[int, int]:
    return period_at(anchor, price.interval or "month", price.interval_count, at)


def end_subscription(state: State, sub: Subscription, at: int, reason: str) -> None:
    """Cancel for good, with the event that tells of it."""
    if sub.status != "trialing":
        set_periods(state, sub, max(sub.billing_cycle_anchor, at - 1))
    sub.status = "canceled"
    sub.canceled_at = sub.canceled_at or at
    sub.ended_at = at
    sub.cancel_reason = sub.cancel_reason or reason
    state.subscriptions.touch()
    remember(state, sub, at)
    if reason == "payment_failed":
        give_up(state, sub, at)
    stop_collecting(state, sub, at)
    emit(state, sub, "deleted", at)
    state.note("subscriptions ended")


def remove_discounts(state: State, ids: Iterable[str], at: int) -> None:
    """Take discounts off whatever holds them, with the events that tell of it."""
    for discount_id in ids:
        discount = state.discounts[discount_id]
        with changing(state, state.find_discount_holder(discount), at):
            _detach(state, discount, at)
        emit(state, discount, "deleted", at)
        state.note("discounts ended")


def _detach(state: State, discount: Discount, at: int) -> None:
    state.history.end_discount(discount.id, at)
    if discount.subscription_item is not None:
        state.items[discount.subscription_item].discounts.remove(discount.id)
    elif discount.subscription is not None:
        state.subscriptions[discount.subscription].discounts.remove(discount.id)
    else:
        state.customers[discount.customer or ""].discount = None


def _is_held(state: State, discount: Discount) -> bool:
    """Tell whether a living object still shows the discount."""
    if discount.subscription_item is not None:
        item = state.items.get(discount.subscription_item)
        return item is not None and discount.id in item.discounts
    if discount.subscription is not None:
        return discount.id in state.subscriptions[discount.subscription].discounts
    customer = state.customers[discount.customer or ""]
    return customer.discount == discount.id and customer.deleted_at is None


def _expire(state: State, sub_id: str, at: int) -> None:
    sub = state.subscriptions[sub_id]
    if sub.status == "incomplete":
        with changing(state, sub, at):
            sub.status = "incomplete_expired"
            sub.ended_at = at
        void_open(state, sub, at)


def _warn_of_trial_end(state: State, sub_id: str, at: int) -> None:
    sub = state.subscriptions[sub_id]
    if sub.status == "trialing" and sub.trial_end == at + TRIAL_WARNING:
        emit(state, sub, "trial_will_end", at)


def _end_trial(state: State, sub_id: str, at: int) -> None:
    sub = state.subscriptions[sub_id]
    if sub.status != "trialing" or sub.trial_end != at:
        return
    if sub.cancel_at is not None and sub.cancel_at <= at:
        return  # its own agenda entry, due at the same instant, ends it
    if not sub.has_payment_method and sub.when_trial_ends == "cancel":
        end_subscription(state, sub, at, "payment_failed")
        return
    invoice = None
    with changing(state, sub, at):
        if sub.has_payment_method or sub.when_trial_ends != "pause":
            # Who cannot pay owes from the first attempt on, which comes with the invoice.
            owes = not sub.has_payment_method and not state.bills
            sub.status = "past_due" if owes else "active"
            sub.billing_cycle_anchor = at
            set_periods(state, sub, at)
            invoice = draft(state, sub, sub.items, at, "subscription_cycle")
        else:
            sub.status, sub.paused_at = "paused", at
            sub.pause_reason = "trial_end_without_payment_method"
    proceed(state, sub, invoice)
    mark_delinquency(state, sub, at)
    if sub.status == "active" and sub.has_payment_method:
        state.note("trials converted")
    elif sub.status == "paused":
        emit(state, sub, "paused", at)
    watch(state, sub)
    if sub.status in _BILLED:
        drop_once(state, sub, at)


def _renew(state: State, sub_id: str, at: int) -> None:
    sub = state.subscriptions[sub_id]
    due = [item for item in sub.items if item.period_end == at]
    if sub.status not in _BILLED or not due or (sub.cancel_at or at + 1) <= at:
        return
    with changing(state, sub, at):
        for item in due:
            _roll(state, sub, item, at)
        invoice = draft(state, sub, due, at, "subscription_cycle")
    proceed(state, sub, invoice)
    drop_once(state, sub, at)
    state.plan(min(item.period_end for item in sub.items), "renew", sub.id)


def _roll(state: State, sub: Subscription, item: SubscriptionItem, at: int) -> None:
    # Without invoices nobody can read the renewals of the deep past: the next one that matters
    # is enough.
    seen = at if state.bills else max(at, state.events_since - 1)
    item.period_start, item.period_end = period_of(state, sub, item, seen)


def drop_once(state: State, sub: Subscription, at: int) -> None:
    """Take off `once` coupons that an invoice has used up."""
    held = [*sub.discounts, *(each for item in sub.items for each in item.discounts)]
    if (customers := state.customers[sub.customer].discount) is not None:
        held.append(customers)
    used = [
        each
        for each in held
        if state.coupons[state.discounts[each].coupon].duration == "once"
        and (state.discounts[each].used_up or not state.bills)
    ]
    remove_discounts(state, used, at)


def _cancel(state: State, sub_id: str, at: int) -> None:
    sub = state.subscriptions[sub_id]
    if sub.cancel_at == at and sub.ended_at is None:
        bill(state, sub, [], at, "subscription_cycle")  # the prorations that still wait
        end_subscription(state, sub, at, "cancellation_requested")


def _end_discount(state: State, discount_id: str, at: int) -> None:
    discount = state.discounts[discount_id]
    if not _is_held(state, discount):
        return
    holder = state.find_discount_holder(discount)
    if not isinstance(holder, Subscription) or holder.ended_at is None:
        remove_discounts(state, [discount_id], at)


def _give_up(state: State, sub_id: str, at: int) -> None:
    """Do what the account is set to do after the last attempt to be paid."""
    sub = state.subscriptions[sub_id]
    if sub.status != "past_due":
        return
    if sub.when_retries_fail == "cancel":
        end_subscription(state, sub, at, "payment_failed")
    elif sub.when_retries_fail == "unpaid":
        with changing(state, sub, at):
            sub.status = "unpaid"
        give_up(state, sub, at)
        state.note("subscriptions unpaid")


def _resume_collection(state: State, sub_id: str, at: int) -> None:
    sub = state.subscriptions[sub_id]
    if sub.pause_collection and sub.pause_collection["resumes_at"] == at:
        with changing(state, sub, at):
            sub.pause_collection = None


RULES: dict[str, Rule] = {
    "cancel": _cancel,
    "collect": collect,
    "end_discount": _end_discount,
    "end_trial": _end_trial,
    "expire": _expire,
    "finalize": finalize,
    "give_up": _give_up,
    "renew": _renew,
    "resume_collection": _resume_collection,
    "warn_of_trial_end": _warn_of_trial_end,
}
