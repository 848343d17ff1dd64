"""Hours in the life of a business: what time does, and what people do besides, as it comes.

An account of 1,000 subscriptions sees about two changes an hour, renewals not counted. The same
seed gives the same life.
"""

import random
from collections import Counter
from collections.abc import Callable

from local.stripe_sandbox import Business, Price, Sandbox
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import CurrencyOption
from tests.business_scripts import ACTIONS, Script, Step

HOUR = 3_600
_MONTH_HOURS = 730
_LARGE = 1_000_000

Act = Callable[["Life"], None]


class Life:
    """Lets people act in a business while its time goes on.

    Args:
        business: made by hand or seeded.
        seed: tells who does what, and when.
        changes: that people make of each subscription in a month.

    Attributes:
        acts: what people did, and how often.
    """

    def __init__(
        self,
        business: Business,
        seed: int = 1,
        changes: float = 1.5,
    ) -> None:
        self.business = business
        self.chance = random.Random(seed)  # noqa: S311 - choices that can be made again
        self.script = Script(business)
        self.acts: Counter[str] = Counter()
        self._changes = changes
        self._paid_in_euros = business.add_price(
            1_200, created=business.now, currency_options={"eur": 1_100}
        )

    def live(self, hours: int) -> None:
        """Live on for some hours."""
        for _ in range(hours):
            end = self.business.now + HOUR
            running = sum(1 for it in self.business.state.subscriptions if it.ended_at is None)
            for at in sorted(self._instants(end - HOUR, max(running, 20))):
                self.business.advance_to(at)
                self.act()
            self.business.advance_to(end)

    def live_in(self, sandbox: Sandbox, hours: int) -> None:
        """Live on in a running sandbox of the same business, whose clock goes with it."""
        sandbox.run(lambda _: self.live(hours))
        sandbox.clock.skip(self.business.now - sandbox.clock.now())

    def act(self) -> None:
        """Let somebody do something now; it may come to nothing."""
        (what,) = self.chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        self.acts[what] += 1
        if what in _ACTS:
            _ACTS[what](self)
        else:
            which, kind = self.chance.randrange(_LARGE), self.chance.randrange(_LARGE)
            step = Step(0, what, which, kind, self.chance.randint(1, 9))
            ACTIONS[what](self.script, step)

    def some_price(self) -> Price:
        """Return a price that is also sold in euros."""
        return self._paid_in_euros

    def _instants(self, start: int, running: int) -> list[int]:
        """Return when people act in an hour: at random, so that gaps are exponential."""
        mean = HOUR / (running * self._changes / _MONTH_HOURS)
        found, at = [], 0.0
        while (at := at + self.chance.expovariate(1 / mean)) < HOUR:
            found.append(start + int(at))
        return found


def live_through(business: Business, hours: int, seed: int = 1) -> Business:
    """Let a business live on for some hours, and return it."""
    Life(business, seed).live(hours)
    return business


def _change_quantity(life: Life) -> None:
    sub = life.script.subscription(life.chance.randrange(_LARGE))
    if sub is not None and sub.items[0].quantity is not None:
        seats = max(1, sub.items[0].quantity + life.chance.choice((-2, -1, 1, 2, 3)))
        if seats != sub.items[0].quantity:
            life.business.change_item(sub.items[0], quantity=seats)


def _subscribe_in_euros(life: Life) -> None:
    business = life.business
    business.add_subscription(
        life.some_price(), created=business.now, currency="eur", quantity=life.chance.randint(1, 5)
    )


def _subscribe_by_invoice(life: Life) -> None:
    """Subscribe and pay what is sent, or a quarter of them never."""
    business = life.business
    business.add_subscription(
        life.script.price(life.chance.randrange(_LARGE)),
        created=business.now,
        collection_method="send_invoice",
        days_until_due=life.chance.choice((1, 3, 7, 30)),
        has_payment_method=life.chance.random() > 0.25,
    )


def _bill_by_hand(life: Life) -> None:
    """Bill a customer for something once; a third of the drafts are deleted before they are sent.

    What waits again then is billed with the next one, or deleted too.
    """
    business = life.business
    customer = life.script.customer(life.chance.randrange(_LARGE)) or business.add_customer(
        created=business.now
    )
    item = business.add_invoice_item(customer, 100 * life.chance.randint(5, 90))
    draft = business.invoice(
        customer, collection_method=life.chance.choice(("charge_automatically", "send_invoice"))
    )
    if life.chance.random() < 1 / 3:
        business.delete(draft)
        if life.chance.random() < 1 / 2:
            business.delete(item)


def _change_what_it_costs_abroad(life: Life) -> None:
    amount = str(life.chance.randint(900, 1_400))
    life.business.update(life.some_price(), currency_options={"eur": CurrencyOption(amount)})


def _rename_coupon(life: Life) -> None:
    number = life.chance.randrange(_LARGE)
    life.business.update(life.script.coupon(number), name=f"Offer {number}")


def _sell(life: Life) -> None:
    life.business.charge(
        100 * life.chance.randint(5, 90),
        customer=life.script.customer(life.chance.randrange(_LARGE)),
        failure_code="card_declined" if life.chance.random() < 0.1 else None,
    )


def _take_back(life: Life) -> None:
    """Refund or dispute one of the newest payments, in whole or in part."""
    business, now = life.business, life.business.now
    paid = [
        it
        for it in business.state.charges.within(now - 20 * DAY, now)
        if it.status == "succeeded" and it.captured and not it.refunded and not it.disputed
    ]
    if not paid:
        return
    charge, how = life.chance.choice(paid), life.chance.randrange(4)
    if how == 0:
        business.dispute(charge)
    elif how == 1:
        business.decide(business.dispute(charge), won=life.chance.random() < 0.5)
    else:
        business.refund(charge, charge.captured // 2 if how == 2 else None)


_ACTS: dict[str, Act] = {
    "change_quantity": _change_quantity,
    "subscribe_in_euros": _subscribe_in_euros,
    "subscribe_by_invoice": _subscribe_by_invoice,
    "bill_by_hand": _bill_by_hand,
    "change_what_it_costs_abroad": _change_what_it_costs_abroad,
    "rename_coupon": _rename_coupon,
    "sell_once": _sell,
    "take_back": _take_back,
}
# How often each is done, of all that is done. Those that are not above are acts of the scripts.
_WEIGHTS = {
    "change": 22,
    "change_quantity": 18,
    "subscribe": 10,
    "discount": 8,
    "cancel": 8,
    "remove_discounts": 4,
    "add_item": 4,
    "remove_item": 3,
    "bill_by_hand": 3,
    "bill_once": 3,
    "fail_payments": 3,
    "take_back": 3,
    "sell_once": 2,
    "settle": 2,
    "pause": 2,
    "resume": 2,
    "hold": 2,
    "keep": 2,
    "pay_elsewhere": 2,
    "subscribe_by_invoice": 2,
    "subscribe_in_euros": 1,
    "give_trial": 1,
    "delete": 1,
    "change_what_it_costs_abroad": 0.5,
    "rename_coupon": 0.5,
}
