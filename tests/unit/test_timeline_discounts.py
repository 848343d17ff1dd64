"""Which discounts were in force in the past, and until when."""

from fractions import Fraction

from shared.domain.metrics import Mrr, compute
from shared.domain.timelines import Timeline
from shared.domain.worth import MonthlyAmount
from tests.builders import (
    NOW,
    Json,
    a_coupon,
    a_discount,
    a_price,
    a_subscription,
    an_item,
    days_ago,
    terms,
)
from tests.history_builders import (
    a_line,
    a_past_account,
    amount_at,
    an_event,
    an_invoice,
    at,
    began,
    timeline_of,
    with_item,
)


def discounts_at(timeline: Timeline, days: float) -> Fraction:
    """What the discounts of the time took off so many days ago, in percent of the price."""
    stretch = at(timeline, days)
    listed = stretch.worth.under("none", include_trials=False)
    assert isinstance(listed, MonthlyAmount)
    return 100 - 100 * amount_at(timeline, days) / listed.total_minor


def a_discounted_invoice(subscription: Json, discount: Json, item: Json, days: float) -> Json:
    lines = a_line(item, at=days_ago(days), until=days_ago(days - 30))
    return an_invoice(subscription, lines, at=days_ago(days), discounts=[discount])


def test_a_discount_that_ran_out_stands_on_the_invoices_of_its_time() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=20, duration="repeating", months=3)
    discount = a_discount(coupon, start=days_ago(100), end=days_ago(10))
    invoice = a_discounted_invoice(subscription, discount, item, 40)
    timeline = timeline_of(subscription, invoices=[invoice], coupons=[coupon])
    assert [discounts_at(timeline, days) for days in (11, 10)] == [20, 0]


def test_a_discount_taken_away_ended_when_its_event_says_so() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=20)
    discount = a_discount(coupon, start=days_ago(100)) | {"subscription": subscription["id"]}
    invoice = a_discounted_invoice(subscription, discount, item, 40)
    gone = an_event("customer.discount.deleted", discount, at=days_ago(7))
    timeline = timeline_of(subscription, invoices=[invoice], events=[gone], coupons=[coupon])
    assert [discounts_at(timeline, days) for days in (8, 7)] == [20, 0]


def test_a_discount_taken_away_without_an_event_ended_with_the_period_that_had_it() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=20)
    discount = a_discount(coupon, start=days_ago(100))
    invoice = a_discounted_invoice(subscription, discount, item, 70)
    timeline = timeline_of(subscription, invoices=[invoice], coupons=[coupon])
    assert [discounts_at(timeline, days) for days in (41, 40)] == [20, 0]


def test_a_current_discount_that_an_invoice_names_anew_counts_once() -> None:
    coupon = a_coupon(percent_off=20)
    item = an_item(a_price(1000))
    current = a_discount(coupon, start=days_ago(100))
    subscription = began(a_subscription(item, discounts=[current]), 200)
    copy = a_discount(coupon, start=days_ago(70))
    invoice = a_discounted_invoice(subscription, copy, item, 70)
    timeline = timeline_of(subscription, invoices=[invoice])
    assert discounts_at(timeline, 60) == 20


def test_a_coupon_put_on_one_invoice_by_hand_is_no_discount_of_the_subscription() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=50)
    gift = a_discount(coupon, start=days_ago(31)) | {
        "customer": subscription["customer"],
        "invoice": "in_1",
    }
    invoice = a_discounted_invoice(subscription, gift, item, 31)
    timeline = timeline_of(subscription, invoices=[invoice], coupons=[coupon])
    assert [discounts_at(timeline, days) for days in (30, 1, 0)] == [0, 0, 0]


def test_a_discount_that_is_over_need_not_be_readable() -> None:
    subscription, _ = with_item("price_1")
    discount = a_discount(start=days_ago(5)) | {"subscription": subscription["id"]}
    gone = an_event("customer.discount.deleted", discount, at=days_ago(3))
    account = a_past_account([subscription], events=[gone])
    assert compute(Mrr(), account, NOW, terms()).value == 80
    assert compute(Mrr(), account, days_ago(4), terms()).value is None


def test_a_customers_new_discount_ends_the_one_before() -> None:
    subscription, item = with_item("price_1")
    coupons = [a_coupon(percent_off=20), a_coupon(percent_off=30)]
    starts = (days_ago(100), days_ago(55))
    first, second = (
        a_discount(coupon, start=start) | {"customer": subscription["customer"]}
        for coupon, start in zip(coupons, starts, strict=True)
    )
    invoices = [
        a_discounted_invoice(subscription, first, item, 70),
        a_discounted_invoice(subscription, second, item, 40),
    ]
    timeline = timeline_of(subscription, invoices=invoices, coupons=coupons)
    steps = [discounts_at(timeline, days) for days in (101, 100, 56, 55, 11, 10)]
    assert steps == [0, 20, 20, 30, 30, 0]
