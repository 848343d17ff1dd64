"""A simulated subscription business: made by hand or grown from a seed, and moved on in time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from local.stripe_sandbox import actions, endings, one_time
from local.stripe_sandbox.actions import Item
from local.stripe_sandbox.fields import Instant
from local.stripe_sandbox.ids import Ids
from local.stripe_sandbox.journal import API_VERSION, changing, emit, emit_replacement, touch
from local.stripe_sandbox.lifecycle import RULES, Rule, end_subscription, remove_discounts
from local.stripe_sandbox.money import Invoice, InvoiceItem
from local.stripe_sandbox.periods import DAY, to_seconds
from local.stripe_sandbox.raw import record_of
from local.stripe_sandbox.records import (
    Account,
    Coupon,
    Customer,
    Event,
    Json,
    Price,
    Product,
    Record,
    Subscription,
    SubscriptionItem,
)
from local.stripe_sandbox.state import State
from local.stripe_sandbox.till import Till

__all__ = ["Advance", "Business", "Item"]


@dataclass(frozen=True, slots=True)
class Advance:
    """What happened while the clock moved on.

    Attributes:
        counts: how often, by what happened in words.
    """

    now: int
    days: float
    counts: dict[str, int]

    @property
    def words(self) -> str:
        """The same as one sentence for a person."""
        when = datetime.fromtimestamp(self.now, UTC).strftime("%d %B %Y, %H:%M UTC")
        told = ", ".join(f"{what} {count}" for what, count in sorted(self.counts.items()))
        return f"{self.days:g} days passed, it is now {when}; {told or 'nothing happened'}."


class Business(Till):
    """The business. `state` holds all its records; the methods below are what people do in it.

    Every action takes place now unless *at* says an earlier or later instant, and writes the
    events that Stripe would write.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.rules: dict[str, Rule] = dict(RULES)

    @classmethod
    def empty(
        cls,
        now: Instant,
        *,
        seed: int = 1,
        name: str = "Sandbox",
        currency: str = "usd",
        timezone: str = "Etc/UTC",
        bills: bool = False,
        events_days: int | None = 30,
    ) -> "Business":
        """Return a business without customers, prices or anything else.

        Args:
            now: the instant at which it begins.
            seed: tells ids and choices.
            name: of the account.
            currency: of the account, in which everything is settled.
            timezone: of the account's dashboard.
            bills: whether subscriptions make invoices, and customers pay them.
            events_days: for how long events can be read; None: for ever.
        """
        instant = to_seconds(now)
        ids = Ids(seed)
        account = Account(
            id=ids.new("acct", 16),
            created=instant - 1_000 * DAY,
            name=name,
            default_currency=currency,
            timezone=timezone,
        )
        kept = None if events_days is None else events_days * DAY
        business = cls(State(account, now=instant, seed=seed, ids=ids, events_kept=kept))
        business.state.bills = bills
        return business

    @property
    def now(self) -> int:
        """The instant up to which the business has been lived."""
        return self.state.now

    def advance(self, days: float = 0, *, hours: float = 0, seconds: int = 0) -> Advance:
        """Move on in time, with all that happens meanwhile."""
        passed = timedelta(days=days, hours=hours, seconds=seconds)
        self.advance_to(self.state.now + int(passed.total_seconds()))
        return self.take_summary(passed / timedelta(days=1))

    def advance_to(self, instant: int) -> None:
        """Let everything happen that is due by *instant*."""
        state = self.state
        while (entry := state.next_due(instant)) is not None:
            at, kind, target = entry
            state.now = max(state.now, at)
            self.rules[kind](state, target, at)
        state.now = max(state.now, instant)
        if state.events_kept is not None:
            state.events.forget_before(state.now - state.events_kept)

    def take_summary(self, days: float) -> Advance:
        """Return what happened since the last summary, and begin a new one."""
        counts = dict(self.state.done)
        self.state.done.clear()
        return Advance(self.state.now, days, counts)

    def update(self, record: Record, at: Instant | None = None, **fields: Any) -> None:
        """Set fields of a record, with the `updated` event that follows."""
        with changing(self.state, record, self._instant(at)):
            for field, value in fields.items():
                setattr(record, field, value)

    def cancel(
        self, sub: Subscription, *, at_period_end: bool = False, at: Instant | None = None
    ) -> None:
        """Cancel a subscription at once or at the end of its period."""
        act = endings.request_cancel if at_period_end else endings.cancel_now
        act(self.state, sub, self._instant(at))

    def keep(self, sub: Subscription, at: Instant | None = None) -> None:
        """Take back a cancellation that was asked for."""
        endings.keep(self.state, sub, self._instant(at))

    def give_trial(self, sub: Subscription, until: Instant, at: Instant | None = None) -> None:
        """Let a paying subscription be free until an instant, at which a new cycle begins."""
        actions.give_trial(self.state, sub, to_seconds(until), self._instant(at))

    def set_status(self, sub: Subscription, status: str, at: Instant | None = None) -> None:
        """Move a subscription between active, past_due, unpaid and paused, or cancel it."""
        if status == "canceled":
            self.cancel(sub, at=at)
        else:
            actions.set_status(self.state, sub, status, self._instant(at))

    def decline_payments(self, sub: Subscription) -> None:
        """Let the customer's card fail from the next payment on, until the status is active."""
        sub.card_declines = True

    def give_up(self, sub: Subscription, at: Instant | None = None) -> None:
        """End a subscription whose payments failed too often."""
        end_subscription(self.state, sub, self._instant(at), "payment_failed")

    def change_item(
        self,
        item: SubscriptionItem,
        price: Price | None = None,
        quantity: int | None = None,
        at: Instant | None = None,
    ) -> None:
        """Move an item to another price, another quantity, or both."""
        price = price or self.state.prices[item.price]
        quantity = item.quantity if quantity is None else quantity
        actions.change_item(self.state, item, self._instant(at), price, quantity)

    def add_item(self, sub: Subscription, item: Item, at: Instant | None = None) -> None:
        """Add an item to a running subscription."""
        actions.join_item(self.state, sub, item, self._instant(at))

    def remove_item(self, item: SubscriptionItem, at: Instant | None = None) -> None:
        """Take an item off a running subscription."""
        actions.remove_item(self.state, item, self._instant(at))

    def discount(
        self,
        holder: Customer | Subscription | SubscriptionItem,
        coupon: Coupon,
        at: Instant | None = None,
    ) -> None:
        """Put a coupon on a subscription, one item of it, or a customer."""
        state, instant = self.state, self._instant(at)
        replaced = holder.discount if isinstance(holder, Customer) else None
        with changing(state, self._shown_by(holder), instant):
            if isinstance(holder, Subscription):
                made = actions.discount_subscription(state, holder, coupon, instant)
            elif isinstance(holder, SubscriptionItem):
                sub = state.subscriptions[holder.subscription]
                made = actions.discount_item(state, sub, holder, coupon, instant)
            else:
                made = actions.discount_customer(state, holder, coupon, instant)
        if replaced is None:
            emit(state, made, "created", instant)
        else:
            emit_replacement(state, state.discounts[replaced], made, instant)

    def remove_discounts(
        self, holder: Customer | Subscription | SubscriptionItem, at: Instant | None = None
    ) -> None:
        """Take all discounts off what holds them."""
        held = [holder.discount] if isinstance(holder, Customer) else list(holder.discounts)
        remove_discounts(self.state, [each for each in held if each], self._instant(at))

    def archive(self, record: Price | Product, at: Instant | None = None) -> None:
        """Make a price or product inactive; subscriptions keep it."""
        self.update(record, at, active=False)

    def delete(
        self, record: Customer | Coupon | Invoice | InvoiceItem, at: Instant | None = None
    ) -> None:
        """Delete a customer, a coupon, the draft of a manual invoice, or an item that waits.

        The customer's subscriptions end, the coupon's discounts go on, and what the draft was made
        from waits again.

        Raises:
            ValueError: of another invoice, or of an item that an invoice has.
        """
        instant = self._instant(at)
        match record:
            case Customer():
                actions.delete_customer(self.state, record, instant)
            case Coupon():
                actions.delete_coupon(self.state, record, instant)
            case Invoice():
                one_time.delete_draft(self.state, record, instant)
            case InvoiceItem():
                one_time.delete_item(self.state, record, instant)

    def add_event(
        self, kind: str, body: Json, previous: Json | None = None, *, api_version: str = API_VERSION
    ) -> Event:
        """Write an event of any type now, with any object, also of an older API version."""
        return self.state.events.add(
            Event(
                id=self.state.ids.new("evt"),
                created=self.state.now,
                type=kind,
                snapshot=msgspec.json.encode(body),
                previous=None if previous is None else msgspec.json.encode(previous),
                api_version=api_version,
            )
        )

    def add_raw(self, body: Json) -> Record:
        """Serve a Stripe object as it stands; lists and filters find it like any other."""
        record = record_of(self.state, body)
        touch(self.state, record)
        return record

    def _shown_by(
        self, holder: Customer | Subscription | SubscriptionItem
    ) -> Customer | Subscription:
        if isinstance(holder, SubscriptionItem):
            return self.state.subscriptions[holder.subscription]
        return holder
