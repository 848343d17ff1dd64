"""What happens at the counter of a seeded business: single sales, refunds, disputes."""

from dataclasses import dataclass

from local.stripe_sandbox import taking_back
from local.stripe_sandbox.lifecycle import Rule
from local.stripe_sandbox.money import Charge
from local.stripe_sandbox.one_time import add_one_time_item, invoice_manually, pay_out_of_band
from local.stripe_sandbox.paying import charge
from local.stripe_sandbox.periods import DAY, WEEK
from local.stripe_sandbox.records import Price
from local.stripe_sandbox.state import State

_AMOUNTS = (1_900, 4_900, 9_900, 25_000, 50_000)
_REASONS = ("fraudulent", "product_not_received", "subscription_canceled", "unrecognized")


@dataclass(frozen=True, slots=True)
class Mishaps:
    """How likely things are, of each payment or of each sale."""

    refunded: float = 0.012
    partly_refunded: float = 0.005
    refund_fails: float = 0.08
    disputed: float = 0.004
    dispute_won: float = 0.4
    sold_to_guest: float = 0.6
    captured_in_part: float = 0.12
    declined: float = 0.06
    bounces: float = 0.03
    billed_by_hand: float = 0.25
    paid_elsewhere: float = 0.3


class Counter:
    """Sells single things and takes money back.

    Args:
        state: the business.
        sales_per_day: how many single sales there are.
        onboarding: the one-time price of what customers are billed for by hand.
        mishaps: how likely things are.
    """

    def __init__(
        self,
        state: State,
        sales_per_day: float,
        onboarding: Price,
        mishaps: Mishaps | None = None,
    ) -> None:
        self._state = state
        self._sales_per_day = sales_per_day
        self._onboarding = onboarding
        self._mishaps = mishaps or Mishaps()
        self._random = state.random
        state.plan(state.now + WEEK, "take_back")
        self._plan_sale(state.now)

    def rules(self) -> dict[str, Rule]:
        """Return what is done at each kind of agenda entry."""
        return {
            "bounce": taking_back.bounce,
            "decide_dispute": self._decide,
            "fail_refund": taking_back.fail_refund,
            "pay_elsewhere": self._pay_elsewhere,
            "sell": self._sell,
            "take_back": self._take_back,
        }

    def _plan_sale(self, at: int) -> None:
        wait = self._random.expovariate(self._sales_per_day) * DAY
        self._state.plan(at + 1 + int(wait), "sell")

    def _sell(self, state: State, _: str, at: int) -> None:
        guest = self._chance(self._mishaps.sold_to_guest)
        customer = None if guest else self._some_customer()
        if customer is not None and self._chance(self._mishaps.billed_by_hand):
            self._bill(state, customer, at)
        else:
            self._charge(state, customer, at)
        self._plan_sale(at)

    def _bill(self, state: State, customer_id: str, at: int) -> None:
        """Send an invoice that has nothing to do with a subscription."""
        customer = state.customers[customer_id]
        if customer.currency not in {None, self._onboarding.currency}:
            return
        add_one_time_item(state, customer, self._onboarding, at)
        elsewhere = self._chance(self._mishaps.paid_elsewhere)
        method = "send_invoice" if elsewhere else "charge_automatically"
        invoice = invoice_manually(state, customer, at, method)
        if elsewhere:
            state.plan(at + 10 * DAY, "pay_elsewhere", invoice.id)
        state.note("customers billed by hand")

    def _pay_elsewhere(self, state: State, invoice_id: str, at: int) -> None:
        if (invoice := state.invoices.get(invoice_id)) is not None:
            pay_out_of_band(state, invoice, at)

    def _charge(self, state: State, customer: str | None, at: int) -> None:
        odds = self._mishaps
        amount = self._random.choice(_AMOUNTS)
        partly = self._chance(odds.captured_in_part)
        made = charge(
            state,
            at,
            amount=amount,
            currency=state.account.default_currency,
            customer=customer,
            captured=amount * 3 // 4 if partly else None,
            failure_code="card_declined" if self._chance(odds.declined) else None,
            description="Onboarding",
        )
        if made.status == "succeeded" and not partly and self._chance(odds.bounces):
            state.plan(at + 4 * DAY, "bounce", made.id)

    def _some_customer(self) -> str | None:
        """Return one who is still there, or nobody."""
        newest = self._state.customers.within(self._state.now - 60 * DAY, self._state.now)
        there = [each.id for each in newest if each.deleted_at is None and not each.test_clock]
        return self._random.choice(there) if there else None

    def _take_back(self, state: State, _: str, at: int) -> None:
        for made in list(state.charges.within(at - WEEK, at - 1)):
            if made.status == "succeeded" and not made.refunded and made.captured:
                self._maybe_take_back(state, made, at)
        state.plan(at + WEEK, "take_back")

    def _maybe_take_back(self, state: State, made: Charge, at: int) -> None:
        odds, draw = self._mishaps, self._random.random()
        if draw < odds.refunded + odds.partly_refunded:
            amount = None if draw < odds.refunded else made.captured // 3
            given = taking_back.refund(state, made, at, amount)
            if self._chance(odds.refund_fails):
                state.plan(at + 5 * DAY, "fail_refund", given.id)
        elif draw < odds.refunded + odds.partly_refunded + odds.disputed:
            about = taking_back.dispute(state, made, at, self._random.choice(_REASONS))
            state.plan(at + self._random.randint(20, 60) * DAY, "decide_dispute", about.id)

    def _decide(self, state: State, dispute_id: str, at: int) -> None:
        taking_back.decide(state, dispute_id, at, won=self._chance(self._mishaps.dispute_won))

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
