"""How customers of the seeded business change what they have: plan, seats, interval, extras."""

from local.stripe_sandbox import actions
from local.stripe_sandbox.actions import Item
from local.stripe_sandbox.assortment import Assortment
from local.stripe_sandbox.journal import changing
from local.stripe_sandbox.lifecycle import Rule
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Price, Subscription
from local.stripe_sandbox.state import State

_MONTH = 30 * DAY
_UPWARDS = 0.7
_CHANGES_SEATS = 0.75
# Of plan, extras, interval, a pause of collection, a pause of the subscription.
_WEIGHTS = (75, 10, 10, 3, 2)
_BEHAVIORS = ("void", "void", "keep_as_draft", "mark_uncollectible")


class Changes:
    """Changes a running subscription now and then.

    Args:
        state: the business.
        assortment: what there is to change to.
        keeps_plan: mean seconds between two changes.
    """

    def __init__(self, state: State, assortment: Assortment, keeps_plan: float) -> None:
        self._assortment = assortment
        self._keeps_plan = keeps_plan
        self._random = state.random
        self._plans = {
            price.id: plan for plan in assortment.ladder for price in (plan.monthly, plan.yearly)
        }

    def rules(self) -> dict[str, Rule]:
        """Return what is done at each kind of agenda entry."""
        return {"change": self._change, "go_yearly": self._go_yearly, "resume": self._resume}

    def plan(self, state: State, sub_id: str, at: int) -> None:
        """Let the next change come some time after *at*."""
        wait = int(self._random.expovariate(1 / self._keeps_plan))
        state.plan(at + 1 + wait, "change", sub_id)

    def _change(self, state: State, sub_id: str, at: int) -> None:
        sub = state.subscriptions[sub_id]
        if sub.status != "active" or sub.cancel_at is not None:
            return
        act = self._random.choices(
            (
                self._change_plan,
                self._change_extras,
                self._change_interval,
                self._hold_collection,
                self._pause,
            ),
            _WEIGHTS,
        )[0]
        act(state, sub, at)
        self.plan(state, sub_id, at)

    def _pause(self, state: State, sub: Subscription, at: int) -> None:
        actions.set_status(state, sub, "paused", at)
        state.plan(at + self._random.randint(20, 60) * DAY, "resume", sub.id)

    def _hold_collection(self, state: State, sub: Subscription, at: int) -> None:
        with changing(state, sub, at):
            sub.pause_collection = {
                "behavior": self._random.choice(_BEHAVIORS),
                "resumes_at": at + _MONTH,
            }
        state.plan(at + _MONTH, "resume_collection", sub.id)

    def _resume(self, state: State, sub_id: str, at: int) -> None:
        sub = state.subscriptions[sub_id]
        if sub.status == "paused" and sub.pause_reason == "pause_requested":
            actions.set_status(state, sub, "active", at)
            state.plan(at + 1, "settle_in", sub_id)

    def _go_yearly(self, state: State, sub_id: str, at: int) -> None:
        sub = state.subscriptions[sub_id]
        if sub.status == "active" and sub.cancel_at is None:
            interval = state.prices[sub.items[0].price].interval
            if interval == "month":
                self._change_interval(state, sub, at)

    def _change_interval(self, state: State, sub: Subscription, at: int) -> None:
        item = sub.items[0]
        plan = self._plans.get(item.price)
        if plan is None or len(sub.items) > 1:
            return
        target = plan.yearly if item.price == plan.monthly.id else plan.monthly
        if self._is_sold_in(target, sub.currency):
            actions.change_item(state, item, at, target, item.quantity)
            state.note("interval changes")

    def _change_extras(self, state: State, sub: Subscription, at: int) -> None:
        """Take priority support, or give it up."""
        support = self._assortment.support
        had = [item for item in sub.items if item.price == support.id]
        if had and len(sub.items) > 1:
            actions.remove_item(state, had[0], at)
            state.note("extras dropped")
        elif not had and self._fits_support(state, sub):
            actions.join_item(state, sub, Item(support), at)
            state.note("extras added")

    def _fits_support(self, state: State, sub: Subscription) -> bool:
        monthly = state.prices[sub.items[0].price].interval == "month"
        return monthly and sub.currency == self._assortment.support.currency

    def _change_plan(self, state: State, sub: Subscription, at: int) -> None:
        item = sub.items[0]
        price, quantity = self._choose(state, sub, item.price, item.quantity or 1)
        if (price.id, quantity) != (item.price, item.quantity):
            actions.change_item(state, item, at, price, quantity)
            state.note("plan changes")

    def _choose(
        self, state: State, sub: Subscription, price_id: str, quantity: int
    ) -> tuple[Price, int]:
        ladder = self._assortment.ladder
        plan = self._plans.get(price_id, ladder[0])
        upwards = self._random.random() < _UPWARDS
        if plan.seats is not None and self._random.random() < _CHANGES_SEATS:
            step = max(1, int(quantity * self._random.random() * 0.4))
            seats = quantity + step if upwards else max(1, quantity - step)
            return state.prices[price_id], seats
        rung = ladder.index(plan) + (1 if upwards else -1)
        if not 0 <= rung < len(ladder):
            return state.prices[price_id], quantity
        target = ladder[rung]
        yearly = state.prices[price_id].interval == "year"
        price = target.yearly if yearly else target.monthly
        if not self._is_sold_in(price, sub.currency):
            return state.prices[price_id], quantity
        return price, (target.seats or (1, 1))[0]

    def _is_sold_in(self, price: Price, currency: str) -> bool:
        return currency == price.currency or currency in price.currency_options
