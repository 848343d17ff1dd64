"""What customers of the seeded business do: sign up, try, stay, change, fail to pay, leave, return.

Every choice is drawn from the state's own random numbers, so a seed tells the whole story.
"""

from local.stripe_sandbox import actions, endings
from local.stripe_sandbox.assortment import Assortment, Plan
from local.stripe_sandbox.business import Business, Item
from local.stripe_sandbox.changes import Changes
from local.stripe_sandbox.collecting import DRAFT_SECONDS
from local.stripe_sandbox.debts import Debts
from local.stripe_sandbox.habits import MONTH, Habits
from local.stripe_sandbox.lifecycle import Rule, set_periods
from local.stripe_sandbox.one_time import add_one_time_item
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Coupon, Customer, Subscription
from local.stripe_sandbox.state import State

_HOUR = 3_600
_TRIAL = 14 * DAY
_SEASON = 91 * DAY
_FEEDBACK = ("too_expensive", "missing_features", "unused", "switched_service", None, None)


class Market:
    """The customers' side of a business.

    Args:
        business: whose customers they are.
        assortment: what they can choose from.
        habits: how likely they are to do what.
        arrivals_per_day: how many sign up from now on.
    """

    def __init__(
        self, business: Business, assortment: Assortment, habits: Habits, arrivals_per_day: float
    ) -> None:
        self._business = business
        self._assortment = assortment
        self._habits = habits
        self._arrivals_per_day = arrivals_per_day
        self._random = business.state.random
        self._season = assortment.coupons.spring
        self._legacy_until = business.now + 300 * DAY
        self._changes = Changes(business.state, assortment, habits.keeps_plan)
        self._debts = Debts(business.state, habits, self._plan_future)
        business.rules.update({**self._rules(), **self._changes.rules(), **self._debts.rules()})

    def _rules(self) -> dict[str, Rule]:
        return {
            "arrive": self._arrive,
            "arrive_and_go_on": self._arrive_and_go_on,
            "forget_customer": self._forget_customer,
            "leave": self._leave,
            "pay_first": self._pay_first,
            "offer_season": self._offer_season,
            "retire": self._retire,
            "subscribe": self._subscribe,
        }

    def _arrive(self, state: State, _: str, at: int) -> None:
        customer = self._business.add_customer(created=at)
        state.note("new customers")
        if self._chance(self._habits.subscribes):
            state.plan(at + self._random.randint(60, 6 * _HOUR), "subscribe", customer.id)

    def _arrive_and_go_on(self, state: State, target: str, at: int) -> None:
        self._arrive(state, target, at)
        self.plan_arrival(state, at)

    def plan_arrival(self, state: State, at: int) -> None:
        """Let the next customer come some time after *at*, and then others."""
        wait = self._random.expovariate(self._arrivals_per_day) * DAY
        state.plan(at + 1 + int(wait), "arrive_and_go_on")

    def _retire(self, _: State, _target: str, at: int) -> None:
        self._business.archive(self._assortment.legacy, at)
        self._business.delete(self._assortment.coupons.founders, at)

    def _offer_season(self, state: State, _: str, at: int) -> None:
        self._season = self._business.add_coupon(
            created=at, percent_off=15.0, duration="repeating", duration_in_months=2
        )
        state.plan(at + _SEASON, "offer_season")

    def _subscribe(self, state: State, customer_id: str, at: int) -> None:
        customer = state.customers[customer_id]
        if customer.deleted_at is not None:
            return
        first = not state.subscriptions.owned_by(customer_id)
        plan = self._random.choices(
            self._assortment.ladder, [each.weight for each in self._assortment.ladder]
        )[0]
        items = self._choose_items(plan, at)
        coupons = self._choose_coupons(at)
        state.note("new subscriptions")
        if first and self._chance(self._habits.tries_first):
            self._start_trial(state, customer, items, coupons, at)
            return
        self._buy(state, customer, items, coupons, at)

    def _buy(
        self, state: State, customer: Customer, items: list[Item], coupons: list[Coupon], at: int
    ) -> None:
        """Subscribe without a trial; a few are set up by someone, on the first or next invoice."""
        failing = self._chance(self._habits.fails_first_payment)
        currency = self._currency(items)
        onboarding = self._assortment.extras.onboarding
        sold = self._chance(self._habits.takes_onboarding) and currency == onboarding.currency
        first = sold and self._chance(0.5)
        if first:
            add_one_time_item(state, customer, onboarding, at)
        sub = self._business.add_subscription(
            items,
            customer=customer,
            created=at,
            discounts=coupons,
            currency=currency,
            prorates=self._prorates(),
            status="incomplete" if failing else "active",
        )
        if sold and not first:
            add_one_time_item(state, sub, onboarding, at)
        if failing:
            if self._chance(self._habits.recovers):
                state.plan(at + self._random.randint(2 * _HOUR, 20 * _HOUR), "pay_first", sub.id)
        else:
            self._plan_future(state, sub, at)

    def _choose_items(self, plan: Plan, at: int) -> list[Item]:
        price = plan.yearly if self._chance(self._habits.pays_yearly) else plan.monthly
        if price is self._assortment.ladder[0].monthly and at < self._legacy_until:
            price = self._assortment.legacy
        seats = 1
        if plan.seats is not None:
            low, high = plan.seats
            seats = low + int((high - low) * self._random.random() ** 2)
        items = [Item(price, seats)]
        if price.interval == "month" and self._chance(self._habits.adds_support):
            items.append(Item(self._assortment.support))
        return items

    def _choose_coupons(self, at: int) -> list[Coupon]:
        if not self._chance(self._habits.uses_coupon):
            return []
        if at < self._legacy_until and self._chance(0.6):
            early = self._assortment.coupons
            return [self._random.choice((early.launch, early.founders))]
        return [self._random.choice((*self._assortment.coupons.usual, self._season))]

    def _prorates(self) -> str:
        at_once = self._chance(self._habits.pays_changes_at_once)
        return "always_invoice" if at_once else "create_prorations"

    def _currency(self, items: list[Item]) -> str:
        options = sorted(items[0].price.currency_options)
        if len(items) == 1 and options and self._chance(self._habits.pays_in_other_currency):
            return self._random.choice(options)
        return items[0].price.currency

    def _start_trial(
        self, state: State, customer: Customer, items: list[Item], coupons: list[Coupon], at: int
    ) -> None:
        ends = at + _TRIAL
        converts = self._chance(self._habits.converts)
        gives_up = not converts and self._chance(0.65)
        sub = self._business.add_subscription(
            items,
            customer=customer,
            created=at,
            discounts=coupons,
            currency=self._currency(items),
            prorates=self._prorates(),
            status="trialing",
            trial_end=ends,
            has_payment_method=converts,
            when_trial_ends=self._random.choice(("cancel", "cancel", "pause", "create_invoice")),
        )
        state.note("trials started")
        if gives_up:
            state.plan(at + self._random.randint(_HOUR, _TRIAL - _HOUR), "leave", sub.id)
        # Only the first attempt to be paid tells whether it is really converted.
        state.plan(ends + DRAFT_SECONDS + 1, "settle_in", sub.id)

    def _pay_first(self, state: State, sub_id: str, at: int) -> None:
        sub = state.subscriptions[sub_id]
        if sub.status == "incomplete":
            actions.set_status(state, sub, "active", at)
            self._plan_future(state, sub, at)

    def _plan_future(self, state: State, sub: Subscription, at: int) -> None:
        yearly = state.prices[sub.items[0].price].interval == "year"
        stay = self._habits.stays_yearly if yearly else self._habits.stays
        state.plan(at + 1 + self._wait(stay), "leave", sub.id)
        self._changes.plan(state, sub.id, at)
        if self._chance(self._habits.adds_subscription):
            state.plan(at + 1 + self._wait(6 * MONTH), "subscribe", sub.customer)

    def _leave(self, state: State, sub_id: str, at: int) -> None:
        sub = state.subscriptions[sub_id]
        if sub.status not in {"active", "trialing"} or sub.cancel_at is not None:
            return
        set_periods(state, sub, at)
        how, odds = self._random.random(), self._habits
        if sub.status == "trialing":
            endings.request_cancel(state, sub, at, self._random.choice(_FEEDBACK))
        elif how < odds.fails_payment:
            self._debts.fail_card(state, sub_id, at)
            return
        elif how < odds.fails_payment + odds.leaves_at_once:
            endings.cancel_now(state, sub, at)
        else:
            endings.request_cancel(state, sub, at, self._random.choice(_FEEDBACK))
        if self._chance(self._habits.returns):
            back = at + 60 * DAY + self._wait(4 * MONTH)
            state.plan(back, "subscribe", sub.customer)
        elif self._chance(self._habits.is_deleted):
            state.plan(at + self._random.randint(5, 90) * DAY, "forget_customer", sub.customer)

    def _forget_customer(self, state: State, customer_id: str, at: int) -> None:
        customer = state.customers[customer_id]
        if customer.deleted_at is None:
            actions.delete_customer(state, customer, at)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _wait(self, mean_seconds: float) -> int:
        return int(self._random.expovariate(1 / mean_seconds))
