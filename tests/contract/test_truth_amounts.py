"""The judge is judged first: what subscriptions are worth, where the answer is known."""

from fractions import Fraction

import pytest

from local.stripe_sandbox import Business, Item, Tier
from local.stripe_sandbox.periods import add_months
from tests.truth import MATCH_STRIPE
from tests.truth.small import BEFORE, NOW, a_small_business, dollars, monthly, since_long, truth_of


@pytest.fixture(name="business")
def _business() -> Business:
    return a_small_business()


TIERS = (Tier(5, 1_000), Tier(20, 800), Tier(None, 600))


@pytest.mark.parametrize(
    ("case", "price", "quantity", "expected"),
    [
        ("M01 a month", {"unit_amount": 10_000}, 1, 100),
        ("M03 a week", {"unit_amount": 1_000, "interval": "week"}, 1, Fraction(130, 3)),
        ("M05 a day", {"unit_amount": 100, "interval": "day"}, 1, Fraction(365, 12)),
        ("M06 three months", {"unit_amount": 3_000, "interval_count": 3}, 1, 10),
        ("M08 seven seats", {"unit_amount": 1_500}, 7, 105),
        ("M11 graduated", {"tiers": TIERS}, 12, 106),
        ("M11 graduated, last tier", {"tiers": TIERS}, 25, 200),
        ("M12 volume", {"tiers": TIERS, "tiers_mode": "volume"}, 12, 96),
        ("M12 volume, last tier", {"tiers": TIERS, "tiers_mode": "volume"}, 25, 150),
        ("M14 packages, up", {"unit_amount": 1_500, "transform": (10, "up")}, 23, 45),
        ("M14 packages, down", {"unit_amount": 1_500, "transform": (10, "down")}, 23, 30),
        ("M15 parts of a cent", {"unit_amount": "1.25"}, 1_000, Fraction(25, 2)),
        ("M38 free", {"unit_amount": 0}, 1, 0),
    ],
)
def test_a_price_is_worth_what_the_definitions_say(
    business: Business, case: str, price: dict[str, object], quantity: int, expected: Fraction
) -> None:
    business.add_subscription(business.add_price(**price), quantity=quantity)  # type: ignore[arg-type]
    assert dollars(business) == expected, case


def test_m02_a_discounted_year_is_a_twelfth(business: Business) -> None:
    year = business.add_price(120_000, interval="year")
    business.add_subscription(year, discounts=[business.add_coupon(percent_off=25)])
    assert dollars(business) == 75
    assert truth_of(business).arr(NOW) == 90_000


def test_m09_m10_items_add_up_and_meters_do_not_count(business: Business) -> None:
    year = business.add_price(24_000, interval="year")
    metered = business.add_price(1, meter="mtr_test_calls")
    business.add_subscription([monthly(business, 50), year, metered])
    assert dollars(business) == 70


def test_m20_m21_trials_count_only_where_they_are_asked_for(business: Business) -> None:
    half = business.add_coupon(percent_off=50)
    business.add_subscription(monthly(business, 100))
    business.add_subscription(monthly(business, 50), status="trialing", discounts=[half])
    assert dollars(business) == 100
    assert truth_of(business).mrr(NOW, include_trials=True) == 12_500


def test_m22_m23_m24_statuses_decide(business: Business) -> None:
    for status, amount in (("active", 100), ("past_due", 80), ("unpaid", 7), ("paused", 9)):
        business.add_subscription(monthly(business, amount), status=status, created=BEFORE)
    business.add_subscription(monthly(business, 11), status="incomplete", created=NOW - 60)
    assert dollars(business) == 100
    assert truth_of(business, MATCH_STRIPE).mrr(NOW) == 18_000


def test_m25_m26_what_ends_and_what_is_held_counts_unless_it_is_chosen_not_to(
    business: Business,
) -> None:
    business.cancel(since_long(business, 60), at_period_end=True)
    held = since_long(business, 40)
    business.update(held, pause_collection={"behavior": "void", "resumes_at": None})
    assert dollars(business) == 100
    assert dollars(business, churn_on="cancel_requested") == 40
    assert dollars(business, paused_collection="exclude") == 60


@pytest.mark.parametrize(
    ("duration", "months_later", "expected", "match_stripe"),
    [("once", 0, 50, 50), ("repeating", 2, 40, 50), ("repeating", 3, 50, 50)],
)
def test_m28_a_discount_counts_while_it_is_in_force(
    business: Business, duration: str, months_later: int, expected: int, match_stripe: int
) -> None:
    coupon = business.add_coupon(amount_off=1_000, duration=duration)
    coupon.duration_in_months = 3 if duration == "repeating" else None
    business.add_subscription(monthly(business, 50), created=NOW, discounts=[coupon])
    business.advance_to(add_months(NOW, months_later))
    assert dollars(business) == expected
    assert truth_of(business, MATCH_STRIPE).mrr(business.now) == match_stripe * 100


@pytest.mark.parametrize(
    ("option", "expected"), [("recurring", 90), ("forever_only", 90), ("all", 81), ("none", 100)]
)
def test_which_discounts_count_is_a_choice(business: Business, option: str, expected: int) -> None:
    coupons = [business.add_coupon(percent_off=10, duration=each) for each in ("forever", "once")]
    business.add_subscription(monthly(business, 100), created=NOW, discounts=coupons)
    assert dollars(business, discounts=option) == expected


def test_m30_m32_m34_discounts_stack_and_stop_at_nothing(business: Business) -> None:
    half, tenth, other = (business.add_coupon(percent_off=off) for off in (50, 10, 10))
    business.add_subscription(monthly(business, 100), discounts=[tenth, other])
    assert dollars(business) == 81
    fifteen = business.add_coupon(amount_off=1_500)
    business.add_subscription(monthly(business, 10), discounts=[fifteen])
    assert dollars(business) == 81
    business.add_subscription(
        [Item(monthly(business, 40), discounts=[half]), monthly(business, 60)], discounts=[tenth]
    )
    assert dollars(business) == 81 + 72


def test_a_customers_discount_applies_where_none_of_the_subscription_recurs(
    business: Business,
) -> None:
    fifth, half, once = (
        business.add_coupon(percent_off=20),
        business.add_coupon(percent_off=50),
        business.add_coupon(percent_off=10, duration="once"),
    )
    customer = business.add_customer(discount=fifth)
    price = monthly(business, 100)
    business.add_subscription(price, customer=customer, discounts=[once])
    assert dollars(business) == 80
    business.add_subscription(price, customer=customer, discounts=[half])
    assert dollars(business) == 80 + 50
    business.add_subscription([Item(price, discounts=[half])], customer=customer)
    assert dollars(business) == 80 + 50 + 40


def test_m36_tax_within_the_price_is_not_revenue(business: Business) -> None:
    within, on_top = business.add_tax_rate(inclusive=True), business.add_tax_rate()
    business.add_subscription(monthly(business, 120), default_tax_rates=[within])
    business.add_subscription(monthly(business, 100), default_tax_rates=[on_top])
    assert dollars(business) == 200
