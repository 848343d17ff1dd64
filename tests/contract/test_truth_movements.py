"""The judge is judged first: churn, retention, counts and revenue, where the answer is known."""

from fractions import Fraction

import pytest

from local.stripe_sandbox import Business
from local.stripe_sandbox.periods import DAY
from tests.truth import MATCH_STRIPE, Choices, Truth
from tests.truth.small import BEFORE, NOW, a_small_business, dollars, monthly, since_long, truth_of


@pytest.fixture(name="business")
def _business() -> Business:
    return a_small_business()


def rates(business: Business, **choices: object) -> tuple[object, object, object]:
    """Customer churn, revenue churn and NRR of the last thirty days."""
    truth = truth_of(business, Choices(**choices))  # type: ignore[arg-type]
    at = business.now
    return (
        truth.churn("customer_churn_rate", "last_month", at),
        truth.churn("revenue_churn_rate", "last_month", at),
        truth.nrr("last_month", at),
    )


def test_m43_c01_an_upgrade_is_expansion(business: Business) -> None:
    sub = since_long(business, 50)
    business.change_item(sub.items[0], monthly(business, 80), at=NOW - 5 * DAY)
    assert truth_of(business).mrr(NOW - 5 * DAY - 1) == 5_000
    assert dollars(business) == 80
    assert rates(business) == (0, 0, 160)


def test_c02_a_downgrade_is_contraction(business: Business) -> None:
    business.change_item(since_long(business, 80).items[0], monthly(business, 50))
    assert rates(business) == (0, 0, Fraction(125, 2))
    assert rates(business, revenue_churn="with_contraction")[1] == Fraction(75, 2)


def test_c03_who_ends_is_lost(business: Business) -> None:
    business.cancel(since_long(business, 100))
    since_long(business, 100)
    assert rates(business) == (50, 50, 50)
    assert truth_of(business).churn("churned_mrr", "last_month", NOW) == 10_000


def test_c04_one_of_two_ends_and_nobody_is_lost(business: Business) -> None:
    customer = business.add_customer(created=BEFORE)
    since_long(business, 60, customer)
    business.cancel(since_long(business, 40, customer))
    assert rates(business) == (0, 0, 60)
    assert truth_of(business).customers("churned", "last_month", NOW) == 0


def test_c06_who_joins_and_leaves_was_not_in_the_cohort(business: Business) -> None:
    since_long(business, 100)
    business.cancel(business.add_subscription(monthly(business, 50)))
    assert rates(business) == (0, 0, 100)
    assert truth_of(business).customers("churned", "last_month", NOW) == 1
    assert rates(business, customer_churn="stripe")[0] == 50


def test_c07_who_comes_back_in_time_was_not_lost(business: Business) -> None:
    customer = business.add_customer(created=BEFORE)
    business.cancel(since_long(business, 100, customer), at=NOW - 25 * DAY)
    price = monthly(business, 120)
    business.add_subscription(price, customer=customer, created=NOW - 10 * DAY)
    since_long(business, 100)
    assert rates(business) == (0, 0, 110)
    assert truth_of(business).customers("churned", "last_month", NOW) == 0


def test_c10_c11_a_trial_is_in_no_cohort(business: Business) -> None:
    since_long(business, 100)
    trial = {"status": "trialing", "created": NOW - 40 * DAY, "trial_end": NOW + 5 * DAY}
    price = monthly(business, 30)
    business.add_subscription(price, **trial)  # type: ignore[arg-type]
    business.cancel(business.add_subscription(price, **trial))  # type: ignore[arg-type]
    business.advance(days=6)
    assert rates(business) == (0, 0, 100)
    assert truth_of(business).customers("churned", "last_month", business.now) == 0


def test_c12_past_due_is_at_risk_and_not_lost(business: Business) -> None:
    since_long(business, 100)
    business.set_status(since_long(business, 100), "past_due", NOW - DAY)
    assert dollars(business) == 100
    assert truth_of(business, MATCH_STRIPE).mrr(NOW) == 20_000
    assert rates(business) == (0, 0, 100)


def test_c14_a_request_to_end_is_churn_only_by_choice(business: Business) -> None:
    business.cancel(since_long(business, 100), at_period_end=True)
    since_long(business, 100)
    assert rates(business) == (0, 0, 100)
    assert rates(business, churn_on="cancel_requested")[0] == 50


def test_c15_a_full_discount_is_contraction(business: Business) -> None:
    free = business.add_coupon(percent_off=100)
    business.discount(since_long(business, 100), free, at=NOW - DAY)
    since_long(business, 100)
    assert rates(business) == (0, 0, 50)
    assert rates(business, revenue_churn="with_contraction")[1] == 50


def test_c17_a_discount_that_ends_is_expansion(business: Business) -> None:
    half = business.add_coupon(percent_off=50, duration="repeating", duration_in_months=1)
    sub = business.add_subscription(monthly(business, 100), created=NOW - 20 * DAY)
    business.discount(sub, half, at=NOW - 15 * DAY)
    business.advance(days=25)
    assert rates(business)[2] == 200
    assert rates(business, discounts="forever_only")[2] == 100


def test_c19_without_anybody_at_the_start_there_is_no_rate(business: Business) -> None:
    business.add_subscription(monthly(business, 100), created=NOW - DAY)
    assert rates(business) == (None, None, None)


def test_c23_a_deleted_customer_is_lost(business: Business) -> None:
    gone = since_long(business, 100)
    since_long(business, 100)
    business.delete(business.state.customers[gone.customer], at=NOW - DAY)
    assert rates(business)[0] == 50
    assert truth_of(business).customers("all", "last_month", NOW) == 1
    assert truth_of(business).customers("all", "last_month", NOW - 2 * DAY) == 2


def test_c28_what_ends_at_the_start_is_not_in_the_window(business: Business) -> None:
    business.cancel(since_long(business, 100), at=NOW - 30 * DAY)
    since_long(business, 100)
    assert rates(business) == (0, 0, 100)
    assert truth_of(business).customers("churned", "last_month", NOW) == 0


def test_m45_a_free_month_of_someone_who_paid_keeps_them(business: Business) -> None:
    sub = since_long(business, 100)
    business.update(sub, at=NOW - DAY, status="trialing", trial_end=NOW + 29 * DAY)
    assert dollars(business) == 0
    assert rates(business) == (0, 0, 100)


def test_k01_customers_are_counted_by_what_they_have(business: Business) -> None:
    since_long(business, 10)
    two = business.add_customer(created=BEFORE)
    since_long(business, 10, two)
    since_long(business, 10, two)
    business.add_subscription(monthly(business, 10), status="trialing", created=NOW - 40 * DAY)
    business.add_subscription(
        monthly(business, 10), created=BEFORE, status="canceled", ended_at=NOW - 7 * DAY
    )
    business.add_customer(created=NOW - 3 * DAY)
    truth = truth_of(business)
    counted = [
        truth.customers("all", "last_month", NOW),
        truth.customers("active", "last_month", NOW),
        truth.customers("new", "last_month", NOW),
        truth.customers("churned", "last_month", NOW),
        truth.customers("churned", "last_day", NOW),
    ]
    assert counted == [5, 2, 1, 1, 0]


def test_k02_subscriptions_are_counted_by_status(business: Business) -> None:
    numbers = {
        "active": 3,
        "trialing": 2,
        "past_due": 1,
        "canceled": 4,
        "incomplete": 1,
        "unpaid": 1,
        "paused": 1,
        "incomplete_expired": 1,
    }
    for status, number in numbers.items():
        created = NOW - 60 if status == "incomplete" else NOW - 40 * DAY
        for _ in range(number):
            business.add_subscription(monthly(business, 10), status=status, created=created)
    truth = truth_of(business)
    assert {each: truth.subscriptions(each, NOW) for each in numbers} == numbers
    assert truth.subscriptions("all", NOW) == 14


def test_k03_who_keeps_one_subscription_is_not_lost(business: Business) -> None:
    customer = business.add_customer(created=BEFORE)
    since_long(business, 10, customer)
    business.cancel(since_long(business, 10, customer))
    assert truth_of(business).customers("churned", "last_month", NOW) == 0


def money(business: Business, truth: Truth | None = None) -> list[float]:
    """Total, refunds, net and fees of the last thirty days, in dollars."""
    judge = truth or truth_of(business)
    names = ("total", "refunds", "net", "fees")
    return [float(judge.revenue(each, "last_month", NOW)) / 100 for each in names]


def test_r01_a_refund_lowers_net_and_the_fee_is_told(business: Business) -> None:
    business.refund(business.charge(10_000), 3_000)
    assert money(business) == [100, 30, 70, 3.2]
    assert money(business, truth_of(business, MATCH_STRIPE))[2] == 66.8


def test_r02_a_refund_counts_on_its_day(business: Business) -> None:
    business.refund(business.charge(10_000, at=NOW - 40 * DAY), 3_000)
    assert money(business) == [0, 30, -30, 0]


def test_r03_a_dispute_takes_back_and_costs(business: Business) -> None:
    business.dispute(business.charge(10_000))
    assert money(business) == [100, 0, 0, 18.2]
    assert money(business, truth_of(business, MATCH_STRIPE))[2] == -18.2


def test_r05_a_failed_charge_is_nothing(business: Business) -> None:
    business.charge(5_000, failure_code="card_declined")
    assert money(business) == [0, 0, 0, 0]


def test_u01_u05_u06_revenue_for_each_customer_who_paid(business: Business) -> None:
    assert truth_of(business).arpu("last_month", NOW) is None
    for amount in (100_000, 15_000, 10_000):
        paid = business.charge(amount, customer=business.add_customer())
    business.refund(paid)
    business.charge(70_000)  # a guest
    assert truth_of(business).arpu("last_month", NOW) == Fraction(125_000, 3)


def test_a_partial_capture_is_collected_in_part_and_a_bounced_payment_not_at_all(
    business: Business,
) -> None:
    business.charge(10_000, captured=6_000, customer=business.add_customer())
    business.bounce(business.charge(5_000, customer=business.add_customer()))
    assert money(business)[0] == 60
    assert truth_of(business).arpu("last_month", NOW) == 6_000
