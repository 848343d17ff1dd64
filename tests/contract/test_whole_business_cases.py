"""What was once read wrongly, each as the smallest business that shows it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.stripe_sandbox import Business, Item, Sandbox, Subscription, start
from local.stripe_sandbox.periods import DAY
from tests.business_scripts import NOW
from tests.whole_business import QUERIES, Query, read_case

BEGAN = NOW - 150 * DAY


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with start(Business.empty(NOW)) as sandbox:
        yield sandbox


@pytest.fixture(name="business")
def _business() -> Business:
    """A business that is lived from its beginning, so that nothing is told beforehand."""
    return Business.empty(BEGAN, bills=True)


def subscribe(business: Business, amount: int = 10_000) -> Subscription:
    return business.add_subscription(business.add_price(amount), created=business.now)


def assert_true_now(sandbox: Sandbox, business: Business, definitions: Query | None = None) -> None:
    """Live on until now, and compare everything that can be asked, now and at every change."""
    business.advance_to(NOW)
    case = read_case(sandbox, "case", business)
    differences = [*case.misread_timelines(), *case.compare_all(QUERIES, definitions or {}, NOW)]
    assert not differences, "\n\n".join(differences[:3])


def test_a_pause_that_ended_lately_began_when_its_event_says(
    sandbox: Sandbox, business: Business
) -> None:
    sub = subscribe(business)
    business.advance(days=110)
    business.set_status(sub, "paused")
    business.advance(days=30)
    business.set_status(sub, "active")
    assert_true_now(sandbox, business)


def test_discounts_stack_in_the_order_in_which_they_came(
    sandbox: Sandbox, business: Business
) -> None:
    sub = subscribe(business)
    business.discount(sub, business.add_coupon(amount_off=700))
    business.advance(days=1)
    fifth = business.add_coupon(percent_off=20, duration="repeating", duration_in_months=2)
    business.discount(sub, fifth)
    assert_true_now(sandbox, business)


def test_two_discounts_of_one_coupon_are_two(sandbox: Sandbox, business: Business) -> None:
    sub = subscribe(business)
    coupon = business.add_coupon(amount_off=1_300, duration="repeating", duration_in_months=4)
    business.discount(sub, coupon)
    business.advance(days=55)
    business.discount(sub, coupon)
    assert_true_now(sandbox, business)


def test_a_coupon_that_moves_from_subscription_to_item_counts_once(
    sandbox: Sandbox, business: Business
) -> None:
    sub = subscribe(business)
    coupon = business.add_coupon(amount_off=1_300, duration="repeating", duration_in_months=4)
    business.discount(sub, coupon)
    business.advance(days=35)
    business.remove_discounts(sub)
    business.advance(days=40)
    business.discount(sub.items[0], coupon)
    assert_true_now(sandbox, business)


@pytest.mark.parametrize("days", [40, 145])
def test_a_free_month_of_one_who_paid_is_a_trial(
    sandbox: Sandbox, business: Business, days: int
) -> None:
    sub = subscribe(business)
    business.advance(days=days)
    business.give_trial(sub, business.now + 30 * DAY)
    assert_true_now(sandbox, business)


def test_a_discount_lasts_until_its_own_end(sandbox: Sandbox, business: Business) -> None:
    coupon = business.add_coupon(percent_off=20, duration="repeating", duration_in_months=2)
    quarterly = business.add_price(30_000, interval_count=3)
    business.add_subscription(quarterly, created=business.now, discounts=[coupon])
    assert_true_now(sandbox, business)


def test_what_no_event_of_the_last_month_changed_was_so_when_events_begin(
    sandbox: Sandbox, business: Business
) -> None:
    yearly = business.add_price(120_000, interval="year")
    coupon = business.add_coupon(percent_off=50)
    sub = business.add_subscription(yearly, created=business.now, discounts=[coupon])
    business.advance(days=119)
    business.remove_discounts(sub)
    assert_true_now(sandbox, business)


def test_items_changed_in_a_trial_were_so_when_events_begin(
    sandbox: Sandbox, business: Business
) -> None:
    business.advance(days=100)
    sub = business.add_subscription(
        business.add_price(10_000),
        created=business.now,
        status="trialing",
        trial_end=business.now + 40 * DAY,
        has_payment_method=False,
        when_trial_ends="cancel",
    )
    business.advance(days=10)
    business.change_item(sub.items[0], quantity=3)
    assert_true_now(sandbox, business)


def test_who_only_had_something_free_is_new_with_the_first_payment(
    sandbox: Sandbox, business: Business
) -> None:
    customer = business.state.customers[subscribe(business, 0).customer]
    business.advance(days=140)
    price = business.add_price(10_000)
    business.add_subscription(price, created=business.now, customer=customer)
    assert_true_now(sandbox, business, {"customer_churn": "stripe"})


def test_who_paid_and_stays_for_nothing_was_new(sandbox: Sandbox, business: Business) -> None:
    business.advance(days=130)
    sub = subscribe(business)
    business.advance(days=5)
    business.discount(sub, business.add_coupon(percent_off=100))
    business.cancel(subscribe(business))
    assert_true_now(sandbox, business, {"customer_churn": "stripe"})


def test_the_discount_of_a_deleted_customer_is_told_by_the_event(
    sandbox: Sandbox, business: Business
) -> None:
    customer = business.state.customers[subscribe(business).customer]
    business.advance(days=112)
    business.discount(customer, business.add_coupon(percent_off=50))
    business.advance(days=20)
    business.delete(customer)
    assert_true_now(sandbox, business)


def test_a_payment_that_was_tried_again_was_past_due_until_then(
    sandbox: Sandbox, business: Business
) -> None:
    sub = subscribe(business)
    business.advance(days=40)
    business.decline_payments(sub)
    business.advance(days=27)
    business.set_status(sub, "active")
    assert_true_now(sandbox, business)


def test_an_end_asked_for_and_taken_back_lately_was_asked_for(
    sandbox: Sandbox, business: Business
) -> None:
    sub = subscribe(business)
    business.advance(days=130)
    business.cancel(sub, at_period_end=True)
    business.advance(seconds=int(timedelta(days=2).total_seconds()))
    business.keep(sub)
    business.add_item(sub, Item(business.add_price(5_000)))
    assert_true_now(sandbox, business, {"churn_on": "cancel_requested"})


def test_a_replaced_discount_of_a_customer_lasts_until_then(
    sandbox: Sandbox, business: Business
) -> None:
    half, tenth = (business.add_coupon(percent_off=off) for off in (50, 10))
    business.advance(days=60)
    customer = business.add_customer(created=business.now, discount=half)
    price = business.add_price(10_000)
    business.advance(days=65)
    business.add_subscription(price, created=business.now, customer=customer)
    business.advance(days=10)
    business.discount(customer, tenth)
    business.advance(days=3)
    business.remove_discounts(customer)
    assert_true_now(sandbox, business)


def test_a_debt_settled_lately_began_with_the_invoice_that_was_paid(
    sandbox: Sandbox, business: Business
) -> None:
    sub = business.add_subscription(business.add_price(10_000), created=BEGAN - 4 * DAY)
    business.advance(days=110)
    business.decline_payments(sub)
    business.advance_to(NOW - 31 * DAY)
    assert sub.status == "past_due"
    business.advance_to(NOW - 29 * DAY)
    business.set_status(sub, "active")
    assert_true_now(sandbox, business)


def test_an_item_was_not_there_before_an_invoice_without_it(
    sandbox: Sandbox, business: Business
) -> None:
    price = business.add_price(10_000)
    sub = business.add_subscription(price, created=business.now, prorates="none")
    business.advance(days=40)
    business.add_item(sub, Item(business.add_price(5_000)))
    business.advance(days=30)
    business.remove_item(sub.items[1])
    assert_true_now(sandbox, business)


def test_a_customers_discount_that_was_gone_when_events_begin_was_gone(
    sandbox: Sandbox, business: Business
) -> None:
    weekly = business.add_price(10_000, interval="week")
    sub = business.add_subscription(weekly, created=business.now)
    customer = business.state.customers[sub.customer]
    business.advance(days=88)
    coupon = business.add_coupon(percent_off=50, duration="repeating", duration_in_months=12)
    business.discount(customer, coupon)
    business.advance_to(NOW - 31 * DAY)
    business.remove_discounts(customer)
    assert_true_now(sandbox, business)


def test_who_is_in_a_first_trial_has_not_paid_yet(sandbox: Sandbox, business: Business) -> None:
    business.advance(days=90)
    sub = business.add_subscription(
        business.add_price(10_000),
        created=business.now,
        status="trialing",
        trial_end=business.now + 35 * DAY,
    )
    business.advance(days=50)
    business.give_trial(sub, business.now + 25 * DAY)
    assert_true_now(sandbox, business)


def test_a_customers_discount_on_a_single_item_is_known(
    sandbox: Sandbox, business: Business
) -> None:
    sub = subscribe(business)
    customer = business.state.customers[sub.customer]
    business.advance(days=2)
    coupon = business.add_coupon(amount_off=1_300, duration="repeating", duration_in_months=3)
    business.discount(customer, coupon)
    business.advance(days=10)
    business.add_invoice_item(sub, 2_700)
    business.cancel(sub, at_period_end=True)
    assert_true_now(sandbox, business)


def test_who_paid_went_free_and_left_was_new(sandbox: Sandbox, business: Business) -> None:
    business.advance(days=125)
    sub = subscribe(business)
    business.advance(days=5)
    business.change_item(sub.items[0], business.add_price(0))
    business.advance(days=5)
    business.cancel(sub)
    assert_true_now(sandbox, business, {"customer_churn": "stripe"})


def test_any_invoice_of_a_customer_tells_that_their_discount_is_gone(
    sandbox: Sandbox, business: Business
) -> None:
    customer = business.state.customers[subscribe(business).customer]
    business.advance(days=21)
    price = business.add_price(5_000)
    business.add_subscription(price, created=business.now, customer=customer)
    business.advance(days=5)
    business.discount(customer, business.add_coupon(amount_off=700))
    business.advance(days=8)
    business.remove_discounts(customer)
    assert_true_now(sandbox, business)


def test_a_discount_of_the_customer_that_gave_way_to_another_was_there_before(
    sandbox: Sandbox, business: Business
) -> None:
    business.advance(days=135)
    sub, coupon = subscribe(business), business.add_coupon(percent_off=50)
    customer = business.state.customers[sub.customer]
    business.advance(days=5)
    business.discount(customer, coupon)
    business.advance(days=2)
    business.discount(customer, coupon)
    assert_true_now(sandbox, business)
