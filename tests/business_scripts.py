"""Businesses that live through any script of actions, as the property tests make them up.

A script is a list of steps: how long to wait, what to do, and three numbers that choose whom and
how. A step that cannot be done, as a change of what has ended, does nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from local.stripe_sandbox import Business, Coupon, Customer, Item, Price, Subscription, Tier
from local.stripe_sandbox.periods import DAY

NOW = int(datetime(2026, 11, 22, 13, 0, tzinfo=UTC).timestamp())
ODD_SECONDS = 61
RUNNING = frozenset({"active", "trialing", "past_due"})
PRORATES = ("create_prorations", "always_invoice", "create_prorations", "always_invoice", "none")


class Step(NamedTuple):
    """One step: after so many hours, do this, chosen by these numbers."""

    hours: int
    action: str
    which: int = 0
    what: int = 0
    many: int = 1


@dataclass
class Script:
    """A business that does what steps say; `live` is the way in."""

    business: Business
    prices: list[Price] = field(default_factory=list)
    coupons: list[Coupon] = field(default_factory=list)

    def __post_init__(self) -> None:
        add = self.business.add_price
        tiers = (Tier(5, 1_000), Tier(20, 800, flat_amount=500), Tier(None, 600))
        self.prices = [
            add(1_000),
            add(2_500, interval="month"),
            add(tiers=tiers),
            add(10_000, interval="year"),
            add(700, interval="week"),
            add(tiers=tiers, tiers_mode="volume"),
            add(1_500, transform=(10, "up")),
            add(9_999, interval_count=3),
            add(0),
        ]
        coupon = self.business.add_coupon
        self.coupons = [
            coupon(percent_off=50),
            coupon(percent_off=20, duration="repeating", duration_in_months=2),
            coupon(percent_off=10, duration="once"),
            coupon(amount_off=700),
            coupon(amount_off=1_300, duration="repeating", duration_in_months=4),
            coupon(percent_off=100, duration="repeating", duration_in_months=1),
        ]

    def do(self, step: Step) -> None:
        """Wait, and then act, at no instant at which time itself does something."""
        self.business.advance(seconds=step.hours * 3_600 + ODD_SECONDS)
        ACTIONS[step.action](self, step)

    def subscription(self, which: int, statuses: frozenset[str] = RUNNING) -> Subscription | None:
        """Return one of those in any of the statuses."""
        found = [it for it in self.business.state.subscriptions if it.status in statuses]
        return found[which % len(found)] if found else None

    def customer(self, which: int) -> Customer | None:
        """Return one of those that exist, or None for a new one."""
        found = [it for it in self.business.state.customers if it.deleted_at is None]
        return found[which % len(found)] if found and which % 3 else None

    def price(self, what: int) -> Price:
        """Return one of the prices."""
        return self.prices[what % len(self.prices)]

    def coupon(self, what: int) -> Coupon:
        """Return one of the coupons."""
        return self.coupons[what % len(self.coupons)]

    def like(self, sub: Subscription, what: int) -> Price:
        """Return a price that renews as often as what a subscription has; at worst that itself."""
        has = self.business.state.prices[sub.items[0].price]
        fits = [
            price
            for price in self.prices
            if (price.interval, price.interval_count, price.currency)
            == (has.interval, has.interval_count, sub.currency)
        ]
        return fits[what % len(fits)] if fits else has


def _subscribe(script: Script, step: Step) -> None:
    """Subscribe, in a quarter of the cases with a trial; half of them have a coupon.

    Some pay for changes at once, most with the next invoice, few not at all.
    """
    add, now = script.business.add_subscription, script.business.now
    customer = script.customer(step.which) or script.business.add_customer(created=now)
    coupons = [script.coupon(step.what)] if step.which % 2 else []
    item = Item(script.price(step.what), step.many)
    prorates = PRORATES[step.many % len(PRORATES)]
    if step.which % 4:
        add(item, customer=customer, created=now, discounts=coupons, prorates=prorates)
        return
    add(
        item,
        customer=customer,
        created=now,
        discounts=coupons,
        prorates=prorates,
        status="trialing",
        trial_end=now + (step.many % 5 + 1) * 7 * DAY,
        has_payment_method=step.what % 3 > 0,
        when_trial_ends=("cancel", "pause", "create_invoice")[step.many % 3],
    )


def _change(script: Script, step: Step) -> None:
    if (sub := script.subscription(step.which)) is None:
        return
    price = script.price(step.what)
    if len(sub.items) > 1 or price.currency != sub.currency:
        price = script.like(sub, step.what)
    item = sub.items[step.which % len(sub.items)]
    if (price.id, step.many) != (item.price, item.quantity):
        script.business.change_item(item, price, step.many)


def _add_item(script: Script, step: Step) -> None:
    if (sub := script.subscription(step.which)) is not None:
        price = script.like(sub, step.what)
        if price.id not in {item.price for item in sub.items}:
            script.business.add_item(sub, Item(price, step.many))


def _remove_item(script: Script, step: Step) -> None:
    sub = script.subscription(step.which)
    if sub is not None and len(sub.items) > 1:
        script.business.remove_item(sub.items[step.what % len(sub.items)])


def _discount(script: Script, step: Step) -> None:
    if (sub := script.subscription(step.which)) is None:
        return
    holders = (sub, sub.items[0], script.business.state.customers[sub.customer])
    script.business.discount(holders[step.many % 3], script.coupon(step.what))


def _remove_discounts(script: Script, step: Step) -> None:
    if (sub := script.subscription(step.which)) is not None:
        holders = (sub, sub.items[0], script.business.state.customers[sub.customer])
        script.business.remove_discounts(holders[step.many % 3])


def _cancel(script: Script, step: Step) -> None:
    sub = script.subscription(step.which)
    if sub is not None and sub.cancel_at is None:
        script.business.cancel(sub, at_period_end=step.what % 2 > 0)


def _keep(script: Script, step: Step) -> None:
    """Take back a cancellation that was asked for."""
    asked = [
        it
        for it in script.business.state.subscriptions
        if it.cancel_at is not None and it.status in RUNNING
    ]
    if asked:
        script.business.keep(asked[step.which % len(asked)])


def _give_trial(script: Script, step: Step) -> None:
    """Give one who pays some free weeks."""
    sub = script.subscription(step.which, frozenset({"active"}))
    if sub is not None and sub.cancel_at is None:
        until = script.business.now + (step.many % 6 + 1) * 5 * DAY
        script.business.give_trial(sub, until)


def _bill_once(script: Script, step: Step) -> None:
    """Let something that is paid once wait for the next invoice."""
    if (sub := script.subscription(step.which)) is not None:
        script.business.add_invoice_item(sub, 100 * step.many)


def _pay_elsewhere(script: Script, step: Step) -> None:
    """Mark an open invoice as paid past Stripe."""
    found = [it for it in script.business.state.invoices if it.status == "open"]
    if found:
        script.business.pay_out_of_band(found[step.which % len(found)])


def _fail_payments(script: Script, step: Step) -> None:
    sub = script.subscription(step.which, frozenset({"active"}))
    if sub is not None:
        script.business.decline_payments(sub)


def _settle(script: Script, step: Step) -> None:
    """Let one who owes pay, or be written off, or lose the subscription."""
    sub = script.subscription(step.which, frozenset({"past_due", "unpaid"}))
    if sub is None:
        return
    if step.what % 3 == 0:
        script.business.give_up(sub)
    else:
        script.business.set_status(sub, "active" if step.what % 3 == 1 else "unpaid")


def _pause(script: Script, step: Step) -> None:
    sub = script.subscription(step.which, frozenset({"active"}))
    if sub is not None:
        script.business.set_status(sub, "paused")


def _resume(script: Script, step: Step) -> None:
    sub = script.subscription(step.which, frozenset({"paused"}))
    if sub is not None and sub.pause_reason == "pause_requested":
        script.business.set_status(sub, "active")


def _hold(script: Script, step: Step) -> None:
    """Pause the collection of payments, or go on with it."""
    if (sub := script.subscription(step.which, frozenset({"active"}))) is not None:
        behavior = ("void", "keep_as_draft", "mark_uncollectible")[step.what % 3]
        held = {"behavior": behavior, "resumes_at": None} if sub.pause_collection is None else None
        script.business.update(sub, pause_collection=held)


def _delete(script: Script, step: Step) -> None:
    if (customer := script.customer(step.which)) is not None:
        script.business.delete(customer)


def _sell(script: Script, step: Step) -> None:
    """Sell something once: paid, in part, in vain, refunded, disputed, or bounced later."""
    customer = script.customer(step.which)
    amount = 1_000 * step.many
    captured = amount // 2 if step.what % 7 == 1 else None
    failure = "card_declined" if step.what % 7 == 2 else None
    made = script.business.charge(
        amount, customer=customer, captured=captured, failure_code=failure
    )
    script.business.advance(seconds=3_600 * step.which)
    if step.what % 7 == 3:
        refund = script.business.refund(made, amount // 2)
        if step.which % 2:
            script.business.fail_refund(refund)
    elif step.what % 7 == 4:
        script.business.decide(script.business.dispute(made), won=step.which % 2 > 0)
    elif step.what % 7 == 5:
        script.business.bounce(made)


ACTIONS: dict[str, Callable[[Script, Step], None]] = {
    "subscribe": _subscribe,
    "change": _change,
    "add_item": _add_item,
    "remove_item": _remove_item,
    "discount": _discount,
    "remove_discounts": _remove_discounts,
    "cancel": _cancel,
    "keep": _keep,
    "give_trial": _give_trial,
    "bill_once": _bill_once,
    "pay_elsewhere": _pay_elsewhere,
    "fail_payments": _fail_payments,
    "settle": _settle,
    "pause": _pause,
    "resume": _resume,
    "hold": _hold,
    "delete": _delete,
    "sell": _sell,
}


def live(steps: Sequence[Step], hours_after: int = 0) -> Business:
    """Return the business that has lived through the steps, and some time more, up to `NOW`."""
    hours = sum(step.hours for step in steps) + hours_after
    hours += sum(step.which for step in steps if step.action == "sell")
    seconds = 3_600 * hours + ODD_SECONDS * len(steps)
    script = Script(Business.empty(NOW - seconds, bills=True))
    for step in steps:
        script.do(step)
    script.business.advance_to(NOW)
    return script.business
