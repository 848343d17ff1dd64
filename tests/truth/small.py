"""Businesses so small that every answer is known beforehand."""

from datetime import UTC, datetime
from fractions import Fraction

from local.stripe_sandbox import Business
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Customer, Price, Subscription
from tests.truth import Choices, Truth
from tests.truth.past import Past

NOW = int(datetime(2026, 11, 22, 13, 0, tzinfo=UTC).timestamp())
BEFORE = NOW - 100 * DAY


def a_small_business() -> Business:
    """Nobody yet, but whoever comes gets invoices and pays them."""
    return Business.empty(NOW, bills=True)


def truth_of(business: Business, choices: Choices | None = None) -> Truth:
    """What is true of it."""
    return Truth(Past(business), choices or Choices())


def dollars(business: Business, **choices: object) -> Fraction:
    """The MRR now."""
    return truth_of(business, Choices(**choices)).mrr(business.now) / 100  # type: ignore[arg-type]


def monthly(business: Business, amount: int) -> Price:
    return business.add_price(amount * 100)


def since_long(business: Business, amount: int, customer: Customer | None = None) -> Subscription:
    """An active subscription that began a hundred days ago."""
    price = monthly(business, amount)
    if customer is None:
        return business.add_subscription(price, created=BEFORE)
    return business.add_subscription(price, created=BEFORE, customer=customer)
