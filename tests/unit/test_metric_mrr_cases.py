"""The worked cases of MRR and ARR: what is in the account, and the number that must come out.

Amounts in the objects are Stripe's, in the smallest unit: 10000 is 100.00 dollars.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.domain.definitions import Definitions
from shared.domain.metrics import Arr, Measurement, Mrr, compute
from shared.domain.money import format_value
from tests.builders import (
    MATCH_STRIPE,
    NOW,
    Json,
    a_discount,
    a_price,
    a_subscription,
    a_tax_rate,
    a_tiered_price,
    an_account,
    an_item,
    monthly,
    terms,
)

THREE_STEPS = ((5, 1000), (20, 800), (None, 600))


def mrr(*subscriptions: Json, definitions: Definitions | None = None) -> Decimal | None:
    return measure(*subscriptions, definitions=definitions).value


def measure(
    *subscriptions: Json,
    definitions: Definitions | None = None,
    include_trials: bool = False,
    at: datetime = NOW,
    currency: str = "usd",
) -> Measurement:
    account = an_account(*subscriptions)
    return compute(Mrr(include_trials), account, at, terms(definitions, currency))


def discounted(*discounts: Json, unit_amount: int = 5000) -> Json:
    return monthly(unit_amount, discounts=list(discounts))


def a_repeating_discount(start: datetime, end: datetime | None = None) -> Json:
    return a_discount(start=start, end=end, amount_off=1000, duration="repeating", months=3)


PLAIN: list[tuple[str, Callable[[], Json], str]] = [
    ("M01 a subscription of 100 a month", lambda: monthly(10000), "100.00"),
    (
        "M02 1,200 a year with 25 % off for ever",
        lambda: a_subscription(
            a_price(120000, every="year"), discounts=[a_discount(percent_off=25)]
        ),
        "75.00",
    ),
    ("M03 10 a week", lambda: a_subscription(a_price(1000, every="week")), "43.33"),
    ("M05 1 a day", lambda: a_subscription(a_price(100, every="day")), "30.42"),
    ("M06 30 every 3 months", lambda: a_subscription(a_price(3000, interval_count=3)), "10.00"),
    ("M08 quantity 7 at 15", lambda: a_subscription(an_item(a_price(1500), 7)), "105.00"),
    (
        "M09 items of 50 a month and 240 a year",
        lambda: a_subscription(a_price(5000), a_price(24000, every="year")),
        "70.00",
    ),
    (
        "M10 a licensed item of 20 and a metered one",
        lambda: a_subscription(a_price(2000), a_price(1, usage_type="metered")),
        "20.00",
    ),
    (
        "M11 graduated tiers at quantity 12",
        lambda: a_subscription(an_item(a_tiered_price("graduated", *THREE_STEPS), 12)),
        "106.00",
    ),
    (
        "M11 graduated tiers at quantity 25",
        lambda: a_subscription(an_item(a_tiered_price("graduated", *THREE_STEPS), 25)),
        "200.00",
    ),
    (
        "M12 volume tiers at quantity 12",
        lambda: a_subscription(an_item(a_tiered_price("volume", *THREE_STEPS), 12)),
        "96.00",
    ),
    (
        "M12 volume tiers at quantity 25",
        lambda: a_subscription(an_item(a_tiered_price("volume", *THREE_STEPS), 25)),
        "150.00",
    ),
    (
        "M14 packages of 10 rounded up",
        lambda: a_subscription(
            an_item(a_price(1500, transform_quantity={"divide_by": 10, "round": "up"}), 23)
        ),
        "45.00",
    ),
    (
        "M14 packages of 10 rounded down",
        lambda: a_subscription(
            an_item(a_price(1500, transform_quantity={"divide_by": 10, "round": "down"}), 23)
        ),
        "30.00",
    ),
    (
        "M15 a fraction of a cent for each of 1,000",
        lambda: a_subscription(an_item(a_price(unit_amount_decimal="1.25"), 1000)),
        "12.50",
    ),
    ("M23 unpaid", lambda: monthly(8000, status="unpaid"), "0.00"),
    ("M24 incomplete", lambda: monthly(8000, status="incomplete"), "0.00"),
    ("M24 incomplete_expired", lambda: monthly(8000, status="incomplete_expired"), "0.00"),
    ("M24 paused", lambda: monthly(8000, status="paused"), "0.00"),
    ("M24 canceled", lambda: monthly(8000, status="canceled"), "0.00"),
    (
        "M25 will end with the period",
        lambda: monthly(6000, cancel_at_period_end=True),
        "60.00",
    ),
    (
        "M27 a coupon of 100 %",
        lambda: discounted(a_discount(percent_off=100), unit_amount=3000),
        "0.00",
    ),
    (
        "M28 10 off once",
        lambda: discounted(a_discount(amount_off=1000, duration="once")),
        "50.00",
    ),
    (
        "M28 10 off for 3 months, in month 2",
        lambda: discounted(a_repeating_discount(datetime(2026, 10, 10, tzinfo=UTC))),
        "40.00",
    ),
    (
        "M28 10 off for 3 months, in month 4",
        lambda: discounted(a_repeating_discount(datetime(2026, 8, 10, tzinfo=UTC))),
        "50.00",
    ),
    (
        "M30 two discounts of 10 % after one another",
        lambda: discounted(
            a_discount(percent_off=10), a_discount(percent_off=10), unit_amount=10000
        ),
        "81.00",
    ),
    (
        "M32 15 off of 10 is nothing, not a debt",
        lambda: discounted(a_discount(amount_off=1500), unit_amount=1000),
        "0.00",
    ),
    (
        "M34 half off one item, then 10 % off both",
        lambda: a_subscription(
            an_item(a_price(4000), discounts=[a_discount(percent_off=50)]),
            an_item(a_price(6000)),
            discounts=[a_discount(percent_off=10)],
        ),
        "72.00",
    ),
    (
        "M36 120 with 20 % tax inside",
        lambda: a_subscription(
            a_price(12000, tax_behavior="inclusive"),
            default_tax_rates=[a_tax_rate(20, inclusive=True)],
        ),
        "100.00",
    ),
    (
        "M36 100 with 20 % tax on top",
        lambda: a_subscription(
            a_price(10000, tax_behavior="exclusive"),
            default_tax_rates=[a_tax_rate(20, inclusive=False)],
        ),
        "100.00",
    ),
    ("M38 a plan that costs nothing", lambda: monthly(0), "0.00"),
    (
        "M40 twelve items at 5",
        lambda: a_subscription(*(an_item(a_price(500)) for _ in range(12))),
        "60.00",
    ),
    ("M43 upgraded from 50 to 80 today: the items of now count", lambda: monthly(8000), "80.00"),
    (
        "M44 a price archived since",
        lambda: a_subscription(a_price(2500, active=False)),
        "25.00",
    ),
]


@pytest.mark.parametrize(
    ("subscription", "expected"), [row[1:] for row in PLAIN], ids=[row[0] for row in PLAIN]
)
def test_mrr_of_one_subscription(subscription: Callable[[], Json], expected: str) -> None:
    assert mrr(subscription()) == Decimal(expected)


ANNUAL: list[tuple[str, Callable[[], Json], str]] = [
    ("M01 100 a month", lambda: monthly(10000), "1200.00"),
    (
        "M02 1,200 a year with 25 % off",
        lambda: a_subscription(
            a_price(120000, every="year"), discounts=[a_discount(percent_off=25)]
        ),
        "900.00",
    ),
    ("M03 10 a week", lambda: a_subscription(a_price(1000, every="week")), "520.00"),
    ("M05 1 a day", lambda: a_subscription(a_price(100, every="day")), "365.00"),
]


@pytest.mark.parametrize(
    ("subscription", "expected"), [row[1:] for row in ANNUAL], ids=[row[0] for row in ANNUAL]
)
def test_arr_is_twelve_times_the_mrr_before_rounding(
    subscription: Callable[[], Json], expected: str
) -> None:
    assert compute(Arr(), an_account(subscription()), NOW, terms()).value == Decimal(expected)


CURRENCIES = [
    ("M16 1,000 yen a month", a_price(1000, currency="jpy"), "¥1,000"),
    ("M16 10,000 yen a year", a_price(10000, currency="jpy", every="year"), "¥833"),
    ("M17 10 Kuwaiti dinars a month", a_price(10000, currency="kwd"), "10.000 KWD"),
]


@pytest.mark.parametrize(
    ("price", "shown"), [row[1:] for row in CURRENCIES], ids=[row[0] for row in CURRENCIES]
)
def test_mrr_in_currencies_without_cents(price: Json, shown: str) -> None:
    measured = measure(a_subscription(price), currency=price["currency"])
    assert format_value(measured.value, measured.unit, measured.currency) == shown


def test_m19_two_currencies_are_added_at_the_rate_given() -> None:
    account = an_account(monthly(10000), a_subscription(a_price(10000, currency="eur")))
    assert compute(Mrr(), account, NOW, terms(eur="1.10")).value == Decimal("210.00")


def test_m19_without_a_rate_the_value_is_withheld_and_each_currency_shown() -> None:
    account = an_account(monthly(10000), a_subscription(a_price(10000, currency="eur")))
    measured = compute(Mrr(), account, NOW, terms())
    rows = measured.explanation.breakdown.by_currency
    assert measured.value is None
    assert {row.currency: row.value for row in rows} == {"usd": 100, "eur": 100}
    (warning,) = [it for it in measured.warnings if it.code == "currency_rate_missing"]
    assert "EUR" in warning.message
    assert "fx_rates" in warning.message


def test_m20_trials_count_only_if_asked() -> None:
    both = monthly(10000), monthly(5000, status="trialing")
    assert measure(*both).value == Decimal("100.00")
    assert measure(*both, include_trials=True).value == Decimal("150.00")


def test_m21_a_trial_counts_at_the_price_it_will_convert_to() -> None:
    trial = monthly(5000, status="trialing", discounts=[a_discount(percent_off=50)])
    assert measure(trial, include_trials=True).value == Decimal("25.00")


def test_m22_past_due_is_at_risk_beside_mrr_and_inside_it_as_stripe_counts() -> None:
    both = monthly(10000), monthly(8000, status="past_due")
    ours, stripes = measure(*both), measure(*both, definitions=MATCH_STRIPE)
    assert (ours.value, stripes.value) == (Decimal("100.00"), Decimal("180.00"))
    assert ours.explanation.companions["at_risk"] == Decimal("80.00")
    assert stripes.explanation.companions["at_risk"] == Decimal("80.00")


def test_m23_unpaid_is_nothing_as_stripe_counts_too() -> None:
    assert mrr(monthly(8000, status="unpaid"), definitions=MATCH_STRIPE) == 0


def test_m25_on_cancel_requested_a_requested_end_counts_at_once() -> None:
    ending = monthly(6000, cancel_at_period_end=True)
    on_request = Definitions(churn_on="cancel_requested")
    assert mrr(ending, definitions=on_request) == 0
    assert measure(ending).explanation.companions["scheduled_to_end"] == Decimal("60.00")


def test_m26_paused_collection_counts_with_a_note_unless_excluded() -> None:
    paused = monthly(4000, pause_collection={"behavior": "void", "resumes_at": None})
    measured = measure(paused)
    assert measured.value == Decimal("40.00")
    assert measured.explanation.companions["collection_paused"] == Decimal("40.00")
    assert "collection_paused" in {warning.code for warning in measured.warnings}
    assert mrr(paused, definitions=Definitions(paused_collection="exclude")) == 0


@pytest.mark.parametrize(
    "discount",
    [
        a_discount(amount_off=1000, duration="once"),
        a_repeating_discount(datetime(2026, 10, 10, tzinfo=UTC)),
        a_repeating_discount(datetime(2026, 8, 10, tzinfo=UTC)),
    ],
    ids=["once", "repeating in month 2", "repeating in month 4"],
)
def test_m28_as_stripe_counts_only_discounts_for_ever_lower_mrr(discount: Json) -> None:
    assert mrr(discounted(discount), definitions=MATCH_STRIPE) == Decimal("50.00")


def test_m39_all_of_250_subscriptions_count() -> None:
    assert mrr(*(monthly(1000) for _ in range(250))) == Decimal("2500.00")


def test_m46_objects_of_the_other_mode_are_never_in_one_value() -> None:
    mixed = an_account(monthly(10000), monthly(7000, livemode=False), mode="live")
    measured = compute(Mrr(), mixed, NOW, terms())
    assert measured.value == Decimal("100.00")
    assert "mode_mismatch" in {warning.code for warning in measured.warnings}


def test_m46_a_value_of_test_mode_says_so() -> None:
    account = an_account(monthly(7000, livemode=False), mode="test")
    measured = compute(Mrr(), account, NOW, terms())
    assert measured.value == Decimal("70.00")
    assert [warning.code for warning in measured.warnings] == ["test_mode"]
