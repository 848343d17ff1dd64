"""What becomes of customers whose card fails: they see to it in time, too late, or never."""

from collections.abc import Callable

from local.stripe_sandbox import actions
from local.stripe_sandbox.collecting import DRAFT_SECONDS, RETRIES
from local.stripe_sandbox.habits import Habits
from local.stripe_sandbox.lifecycle import Rule, end_subscription
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Subscription
from local.stripe_sandbox.state import State

_TRIED_FOR = sum(RETRIES)
_WRITTEN_OFF_AFTER = 45 * DAY
_ENDS = 0.7
_PAYS_BY_HAND = 0.5


class Debts:
    """Lets payments fail, and customers pay later or not at all.

    Args:
        state: the business.
        habits: how likely they are to pay.
        go_on: plans the future of a subscription that is paid for again.
    """

    def __init__(
        self, state: State, habits: Habits, go_on: Callable[[State, Subscription, int], None]
    ) -> None:
        self._habits = habits
        self._go_on = go_on
        self._random = state.random

    def rules(self) -> dict[str, Rule]:
        """Return what is done at each kind of agenda entry."""
        return {
            "fail_card": self.fail_card,
            "settle_debt": self._settle_debt,
            "settle_in": self._settle_in,
            "write_off": self._write_off,
        }

    def fail_card(self, state: State, sub_id: str, _: int) -> None:
        """Let the card fail at the next payment, and the customer hear of it some days later."""
        sub = state.subscriptions[sub_id]
        if sub.status != "active" or sub.cancel_at is not None:
            return
        sub.card_declines = True
        self._set_end(sub)
        self._plan_settling(state, sub, min(item.period_end for item in sub.items) + DRAFT_SECONDS)

    def _set_end(self, sub: Subscription) -> None:
        sub.when_retries_fail = "cancel" if self._chance(_ENDS) else "unpaid"

    def _plan_settling(self, state: State, sub: Subscription, failed_at: int) -> None:
        wait = self._random.randint(1, _TRIED_FOR // DAY - 1) * DAY
        state.plan(failed_at + wait, "settle_debt", sub.id)

    def _settle_in(self, state: State, sub_id: str, at: int) -> None:
        sub = state.subscriptions[sub_id]
        if sub.status == "active":
            self._go_on(state, sub, at)
        elif sub.status == "past_due" and not sub.has_payment_method:
            # There is no card to try again: the account gives up after the same time.
            self._set_end(sub)
            self._plan_settling(state, sub, at)
            state.plan(at + _TRIED_FOR, "give_up", sub.id)

    def _settle_debt(self, state: State, sub_id: str, at: int) -> None:
        sub = state.subscriptions[sub_id]
        if sub.status != "past_due":
            return
        if not self._chance(self._habits.recovers):
            state.plan(at + _WRITTEN_OFF_AFTER, "write_off", sub_id)
        elif sub.has_payment_method and not self._chance(_PAYS_BY_HAND):
            sub.card_declines = False  # the next retry will be paid
            state.plan(at + RETRIES[-1] + 1, "settle_in", sub_id)
        else:
            self._pay(state, sub, at)

    def _write_off(self, state: State, sub_id: str, at: int) -> None:
        """Let who became unpaid pay after all, or lose the subscription."""
        sub = state.subscriptions[sub_id]
        if sub.status != "unpaid":
            return
        if self._chance(self._habits.recovers_late):
            self._pay(state, sub, at)
        else:
            end_subscription(state, sub, at, "payment_failed")

    def _pay(self, state: State, sub: Subscription, at: int) -> None:
        actions.set_status(state, sub, "active", at)
        state.note("payments recovered")
        self._go_on(state, sub, at)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
