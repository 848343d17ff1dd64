"""Movements, churn and NRR over a month: the worked cases, by their ids.

Each case is told in Stripe's objects as they are today, with the traces that its past has left:
invoices, prorations that wait for one, and events.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Churn,
    CustomerCount,
    Measurement,
    MetricQuery,
    Mrr,
    Nrr,
    Revenue,
    compute,
)
from tests.balance_builders import a_balance, a_charge_row
from tests.builders import (
    MATCH_STRIPE,
    NOW,
    Json,
    a_coupon,
    a_customer,
    a_discount,
    a_price,
    a_subscription,
    an_item,
    days_ago,
    monthly,
    seconds,
    terms,
)
from tests.history_builders import (
    a_credit,
    a_debit,
    a_line,
    a_past_account,
    a_waiting_item,
    an_event,
    an_invoice,
    an_update,
    began,
    ended,
    transitions,
)

TEN_DAYS_AGO = days_ago(10)

QUERIES: Mapping[str, MetricQuery] = {
    "MRR": Mrr(),
    "NRR": Nrr(),
    "customer churn": Churn("customer_churn_rate"),
    "revenue churn": Churn("revenue_churn_rate"),
    "churned MRR": Churn("churned_mrr"),
    "churned customers": CustomerCount("churned"),
}

Case = tuple[str, Callable[[], Account], dict[str, str | None], Definitions]
DEFAULT = Definitions()
WITH_CONTRACTION = Definitions(revenue_churn="with_contraction")
ON_REQUEST = Definitions(churn_on="cancel_requested")


def measure(name: str, account: Account, definitions: Definitions = DEFAULT) -> Measurement:
    return compute(QUERIES[name], account, NOW, terms(definitions))


def old(unit_amount: int, *, status: str = "active", **fields: object) -> Json:
    """A monthly subscription that began 200 days ago."""
    began = seconds(days_ago(200))
    return monthly(unit_amount, status=status, created=began, start_date=began, **fields)


def changed(before: int, after: int, *, quantities: tuple[int, int] = (1, 1)) -> Account:
    """One subscription whose item moved from a price to another ten days ago, with prorations."""
    was = a_price(before)
    item = an_item(was if before == after else a_price(after), quantities[1])
    subscription = began(a_subscription(item), 200)
    credit = a_credit(item, was, at=TEN_DAYS_AGO, quantity=quantities[0])
    lines = (credit, a_debit(item, at=TEN_DAYS_AGO))
    waiting = [a_waiting_item(subscription, line) for line in lines]
    return a_past_account([subscription], waiting=waiting, prices=[was])


def two_items_of_which_one_went() -> Account:
    stays, went = an_item(a_price(6000)), an_item(a_price(4000))
    subscription = began(a_subscription(stays), 200)
    waiting = [a_waiting_item(subscription, a_credit(went, went["price"], at=TEN_DAYS_AGO))]
    return a_past_account([subscription], waiting=waiting, prices=[went["price"]])


def left_and_came_back() -> Account:
    left = ended(old(10000), 25)
    back = began(monthly(12000, customer=left["customer"]), 10)
    return a_past_account([left, back, old(10000)])


def a_trial_that_converted() -> Account:
    trial = began(monthly(3000), 24) | {
        "trial_start": seconds(days_ago(24)),
        "trial_end": seconds(TEN_DAYS_AGO),
    }
    return a_past_account([trial, old(10000)])


def a_trial_that_was_canceled() -> Account:
    trial = began(monthly(3000), 40) | {
        "trial_start": seconds(days_ago(40)),
        "trial_end": seconds(days_ago(-2)),
    }
    return a_past_account([ended(trial, 12), old(10000)])


def a_payment_that_failed() -> Account:
    failing = old(10000, status="past_due")
    invoice = an_invoice(
        failing,
        a_line(failing["items"]["data"][0], at=TEN_DAYS_AGO),
        at=TEN_DAYS_AGO,
        status="open",
        attempt_count=2,
        status_transitions=transitions(finalized=TEN_DAYS_AGO),
    )
    return a_past_account([failing, old(10000)], invoices=[invoice])


def an_end_that_was_requested() -> Account:
    ending = old(10000, cancel_at_period_end=True, canceled_at=seconds(TEN_DAYS_AGO))
    return a_past_account([ending, old(10000)])


def a_coupon_of_all_given(percent_off: float = 100) -> Account:
    free = old(10000, discounts=[a_discount(percent_off=percent_off, start=TEN_DAYS_AGO)])
    return a_past_account([free, old(10000)])


def a_discount_that_ended() -> Account:
    coupon = a_coupon(percent_off=50, duration="repeating", months=3)
    subscription = old(10000)
    item = subscription["items"]["data"][0]
    discount = a_discount(coupon, start=days_ago(100), end=TEN_DAYS_AGO)
    discount = discount | {"subscription": subscription["id"]}
    invoice = an_invoice(
        subscription, a_line(item, at=days_ago(35)), at=days_ago(35), discounts=[discount]
    )
    return a_past_account([subscription], invoices=[invoice], coupons=[coupon])


def a_year_of_all_movements() -> Account:
    """2,000 at the start: 300 more of some, 50 less of others, 150 gone, and 400 new."""
    before, more, less = a_price(50000), a_price(80000), a_price(45000)
    grown, shrunk = an_item(more), an_item(less)
    grows, shrinks = began(a_subscription(grown), 200), began(a_subscription(shrunk), 200)
    events = [
        an_update(it, at=TEN_DAYS_AGO, items={"data": [item | {"price": before}]})
        for it, item in ((grows, grown), (shrinks, shrunk))
    ]
    others = [ended(old(15000), 5), old(85000), began(monthly(40000), 3)]
    return a_past_account([grows, shrinks, *others], events=events, prices=[before])


def a_customer_deleted() -> Account:
    gone = ended(old(10000, customer="cus_gone"), 10)
    stays = old(10000, customer="cus_stays")
    person = a_customer(id="cus_gone", created=seconds(days_ago(300)))
    return a_past_account(
        [gone, stays],
        customers=[a_customer(id="cus_stays")],
        events=[an_event("customer.deleted", person, at=TEN_DAYS_AGO)],
    )


def yearly_to_monthly() -> Account:
    was = a_price(120000, every="year")
    item = an_item(a_price(12000))
    subscription = began(a_subscription(item), 200)
    credit = a_credit(item, was, at=TEN_DAYS_AGO)
    invoice = an_invoice(
        subscription,
        credit,
        a_line(item, at=TEN_DAYS_AGO, amount=12000),
        at=TEN_DAYS_AGO,
        billing_reason="subscription_update",
    )
    return a_past_account([subscription], invoices=[invoice], prices=[was])


def a_first_payment_that_never_came() -> Account:
    expired = began(monthly(10000, status="incomplete_expired"), 10)
    return a_past_account([expired | {"ended_at": seconds(days_ago(9))}, old(10000)])


CASES: list[Case] = [
    (
        "C01 A goes from 50 to 80",
        lambda: changed(5000, 8000),
        {"NRR": "160", "customer churn": "0", "revenue churn": "0"},
        DEFAULT,
    ),
    (
        "C02 A goes from 80 to 50",
        lambda: changed(8000, 5000),
        {"churned MRR": "0", "revenue churn": "0", "customer churn": "0", "NRR": "62.5"},
        DEFAULT,
    ),
    (
        "C02 with contraction counted as churn",
        lambda: changed(8000, 5000),
        {"revenue churn": "37.5"},
        WITH_CONTRACTION,
    ),
    (
        "C03 A with 100 ends, B with 100 stays",
        lambda: a_past_account([ended(old(10000), 10), old(10000)]),
        {"customer churn": "50", "churned MRR": "100", "revenue churn": "50", "NRR": "50"},
        DEFAULT,
    ),
    (
        "C04 of 60 and 40 the 40 ends",
        two_items_of_which_one_went,
        {"churned customers": "0", "churned MRR": "0", "NRR": "60"},
        DEFAULT,
    ),
    (
        "C04 of two subscriptions of 60 and 40 the 40 ends",
        lambda: a_past_account(
            [
                old(6000, customer="cus_1"),
                ended(old(4000, customer="cus_1"), 10),
            ]
        ),
        {"churned customers": "0", "churned MRR": "0", "NRR": "60"},
        DEFAULT,
    ),
    (
        "C06 A joins at 50 and leaves within the month",
        lambda: a_past_account([ended(began(monthly(5000), 20), 10), old(10000)]),
        {"customer churn": "0", "churned customers": "1", "churned MRR": "0"},
        DEFAULT,
    ),
    (
        "C06 as Stripe counts",
        lambda: a_past_account([ended(began(monthly(5000), 20), 10), old(10000)]),
        {"customer churn": "50"},
        MATCH_STRIPE,
    ),
    (
        "C07 A with 100 leaves and is back at 120",
        left_and_came_back,
        {"churned customers": "0", "NRR": "110"},
        DEFAULT,
    ),
    (
        "C09 B with 100 stays, A is new with 70",
        lambda: a_past_account([old(10000), began(monthly(7000), 10)]),
        {"MRR": "170", "NRR": "100"},
        DEFAULT,
    ),
    ("C10 a trial converts at 30", a_trial_that_converted, {"NRR": "100"}, DEFAULT),
    (
        "C11 a trial is canceled",
        a_trial_that_was_canceled,
        {"customer churn": "0", "churned customers": "0"},
        DEFAULT,
    ),
    (
        "C12 a payment fails",
        a_payment_that_failed,
        {"MRR": "100", "customer churn": "0", "NRR": "100"},
        DEFAULT,
    ),
    ("C12 as Stripe counts", a_payment_that_failed, {"MRR": "200"}, MATCH_STRIPE),
    (
        "C14 an end is requested, and comes after the month",
        an_end_that_was_requested,
        {"customer churn": "0"},
        DEFAULT,
    ),
    (
        "C14 churn on the request",
        an_end_that_was_requested,
        {"customer churn": "50"},
        ON_REQUEST,
    ),
    (
        "C15 a coupon of 100 % is given, the subscription goes on",
        a_coupon_of_all_given,
        {"customer churn": "0", "revenue churn": "0", "NRR": "50"},
        DEFAULT,
    ),
    ("C17 half off ends", a_discount_that_ended, {"NRR": "200"}, DEFAULT),
    (
        "C17 where only discounts for ever count",
        a_discount_that_ended,
        {"NRR": "100"},
        Definitions(discounts="forever_only"),
    ),
    (
        "C19 nobody paid at the start, one is new",
        lambda: a_past_account([began(monthly(5000), 10)]),
        {"customer churn": None, "revenue churn": None, "NRR": None},
        DEFAULT,
    ),
    (
        "C20 all movements at once",
        a_year_of_all_movements,
        {"MRR": "2500", "NRR": "105", "revenue churn": "7.5"},
        DEFAULT,
    ),
    (
        "C20 with contraction counted as churn",
        a_year_of_all_movements,
        {"revenue churn": "10"},
        WITH_CONTRACTION,
    ),
    (
        "C23 A is deleted, which ends its subscription",
        a_customer_deleted,
        {"customer churn": "50"},
        DEFAULT,
    ),
    (
        "C24 the same person under two ids",
        lambda: a_past_account([ended(old(10000), 10), began(monthly(10000), 9), old(10000)]),
        {"customer churn": "50", "NRR": "50"},
        DEFAULT,
    ),
    (
        "C26 five seats become eight at 10",
        lambda: changed(1000, 1000, quantities=(5, 8)),
        {"NRR": "160"},
        DEFAULT,
    ),
    ("C27 1,200 a year becomes 120 a month", yearly_to_monthly, {"NRR": "120"}, DEFAULT),
    (
        "C28 A ends exactly at the start",
        lambda: a_past_account([ended(old(10000), 30), old(10000)]),
        {"customer churn": "0", "churned customers": "0", "churned MRR": "0"},
        DEFAULT,
    ),
    (
        "C30 a first payment never comes",
        a_first_payment_that_never_came,
        {"customer churn": "0", "churned customers": "0", "NRR": "100"},
        DEFAULT,
    ),
]


@pytest.mark.parametrize(
    ("account", "expected", "definitions"),
    [row[1:] for row in CASES],
    ids=[row[0] for row in CASES],
)
def test_a_month(
    account: Callable[[], Account], expected: dict[str, str | None], definitions: Definitions
) -> None:
    found = {name: measure(name, account(), definitions).value for name in expected}
    assert found == {
        name: None if value is None else Decimal(value) for name, value in expected.items()
    }


MOVEMENTS = [
    ("C01 expansion", lambda: changed(5000, 8000), {"expansion_mrr": 30}),
    ("C02 contraction", lambda: changed(8000, 5000), {"contraction_mrr": 30}),
    ("C04 contraction", two_items_of_which_one_went, {"contraction_mrr": 40}),
    ("C10 new", a_trial_that_converted, {"new_mrr": 30}),
    ("C15 contraction", a_coupon_of_all_given, {"contraction_mrr": 100}),
    (
        "C17 expansion, because a discount ended",
        a_discount_that_ended,
        {"expansion_mrr": 50, "expansion_by_discount_mrr": 50},
    ),
    (
        "C20 all",
        a_year_of_all_movements,
        {
            "opening_mrr": 2000,
            "expansion_mrr": 300,
            "contraction_mrr": 50,
            "churned_mrr": 150,
            "new_mrr": 400,
            "closing_mrr": 2500,
        },
    ),
    ("C26 expansion", lambda: changed(1000, 1000, quantities=(5, 8)), {"expansion_mrr": 30}),
    ("C27 expansion", yearly_to_monthly, {"expansion_mrr": 20}),
]


@pytest.mark.parametrize(
    ("account", "expected"), [row[1:] for row in MOVEMENTS], ids=[row[0] for row in MOVEMENTS]
)
def test_the_movements_of_a_month_stand_beside_nrr(
    account: Callable[[], Account], expected: dict[str, int]
) -> None:
    companions = measure("NRR", account()).explanation.companions
    assert {name: companions[name] for name in expected} == expected


def test_c12_a_failed_payment_puts_its_mrr_at_risk() -> None:
    assert measure("MRR", a_payment_that_failed()).explanation.companions["at_risk"] == 100


def test_c12_what_is_at_risk_leads_from_the_closing_to_mrr() -> None:
    companions = measure("NRR", a_payment_that_failed()).explanation.companions
    names = ("opening_mrr", "closing_mrr", "opening_at_risk_mrr", "at_risk_mrr")
    assert [companions[name] for name in names] == [200, 200, 0, 100]


def test_c23_a_deleted_customer_is_none_of_all_customers() -> None:
    assert compute(CustomerCount("all"), a_customer_deleted(), NOW, terms()).value == 1


def test_m37_what_was_sold_once_is_revenue_and_no_mrr() -> None:
    subscription = old(2000)
    fee = a_line(an_item(a_price(50000, recurring=None)), at=days_ago(200), amount=50000)
    fee["parent"] = {
        "type": "invoice_item_details",
        "invoice_item_details": {"invoice_item": "ii_1", "proration": False},
    }
    line = a_line(subscription["items"]["data"][0], at=days_ago(200), amount=2000)
    first = an_invoice(subscription, line, fee, at=days_ago(200))
    account = a_past_account([subscription], invoices=[first])
    paid = a_balance(a_charge_row(52000, at=days_ago(200))).balance
    day_after = days_ago(199.5)
    both = replace(account, balance=paid)
    assert compute(Mrr(), both, day_after, terms()).value == 20
    assert compute(Revenue("total"), both, day_after, terms()).value == 520


def test_m28_a_discount_that_ends_shows_as_expansion_with_its_reason() -> None:
    (row,) = measure("NRR", a_discount_that_ended()).explanation.contributions
    assert row.detail == "expansion: $50.00 -> $100.00; discount_ended"


def test_m45_a_free_month_of_a_paying_customer_is_no_churn() -> None:
    free = old(10000, status="trialing") | {
        "trial_start": seconds(TEN_DAYS_AGO),
        "trial_end": seconds(days_ago(-20)),
    }
    account = a_past_account([free])
    assert measure("MRR", account).value == 0
    assert measure("NRR", account).value == 100
    assert measure("customer churn", account).value == 0
    assert measure("NRR", account).explanation.companions["closing_mrr"] == 100


def test_m45_paid_invoices_show_that_a_trial_is_a_free_month() -> None:
    free = old(10000, status="trialing") | {
        "trial_start": seconds(days_ago(200)),
        "trial_end": seconds(days_ago(-20)),
    }
    line = a_line(free["items"]["data"][0], at=days_ago(60), amount=10000)
    account = a_past_account([free], invoices=[an_invoice(free, line, at=days_ago(60))])
    assert measure("NRR", account).value == 100


def test_a_new_trial_of_a_customer_who_pays_elsewhere_is_not_retained() -> None:
    paying = old(10000, customer="cus_1")
    trial = began(monthly(5000, status="trialing", customer="cus_1"), 5) | {
        "trial_start": seconds(days_ago(5)),
        "trial_end": seconds(days_ago(-9)),
    }
    assert measure("NRR", a_past_account([paying, trial])).value == 100
