"""What the items of a subscription were: what each fact tells, and which one wins."""

from datetime import timedelta

import pytest

from tests.builders import (
    a_price,
    a_subscription,
    an_item,
    days_ago,
    seconds,
)
from tests.history_builders import (
    a_credit,
    a_debit,
    a_line,
    a_waiting_item,
    amount_at,
    an_event,
    an_invoice,
    an_update,
    at,
    began,
    monthly_of,
    prices_at,
    timeline_of,
    with_item,
)


def test_a_credit_and_a_debit_tell_what_was_until_and_what_was_from_a_moment() -> None:
    subscription, item = with_item("price_new")
    old = a_price(5000)
    lines = [a_credit(item, old, at=days_ago(10)), a_debit(item, at=days_ago(10))]
    for facts in (
        {"invoices": [an_invoice(subscription, *lines, at=days_ago(2))]},
        {"waiting": [a_waiting_item(subscription, line) for line in lines]},
    ):
        timeline = timeline_of(subscription, prices=[old], **facts)
        assert prices_at(timeline, 10.01) == [old["id"]]
        assert prices_at(timeline, 10) == ["price_new"]
        assert at(timeline, 11).reconstructed
        assert not at(timeline, 10).reconstructed


def test_what_is_given_back_of_a_free_price_is_nothing_and_tells_what_was() -> None:
    subscription, item = with_item("price_new")
    free = a_price(0)
    credit = a_credit(item, free, at=days_ago(10)) | {"amount": 0}
    waiting = [a_waiting_item(subscription, it) for it in (credit, a_debit(item, at=days_ago(10)))]
    timeline = timeline_of(subscription, waiting=waiting, prices=[free])
    assert [prices_at(timeline, days) for days in (11, 10)] == [[free["id"]], ["price_new"]]


def test_a_debit_alone_means_that_an_item_joined() -> None:
    stays, joined = an_item(a_price(1000)), an_item(a_price(2000))
    subscription = began(a_subscription(stays, joined), 200)
    waiting = [a_waiting_item(subscription, a_debit(joined, at=days_ago(10)))]
    timeline = timeline_of(subscription, waiting=waiting)
    assert prices_at(timeline, 11) == [stays["price"]["id"]]
    assert len(prices_at(timeline, 10)) == 2


def test_an_item_made_later_than_the_others_joined_when_it_was_made() -> None:
    stays = an_item(a_price(1000), created=seconds(days_ago(200)))
    joined = an_item(a_price(2000), created=seconds(days_ago(10)))
    timeline = timeline_of(began(a_subscription(stays, joined), 200))
    assert [len(prices_at(timeline, days)) for days in (11, 10)] == [1, 2]


def test_a_credit_alone_means_that_an_item_went() -> None:
    stays, went = an_item(a_price(1000)), an_item(a_price(2000))
    subscription = began(a_subscription(stays), 200)
    waiting = [a_waiting_item(subscription, a_credit(went, went["price"], at=days_ago(10)))]
    timeline = timeline_of(subscription, waiting=waiting, prices=[went["price"]])
    assert [len(prices_at(timeline, days)) for days in (11, 10)] == [2, 1]


def test_what_went_without_a_credit_was_paid_to_the_end_of_its_period() -> None:
    stays, went = an_item(a_price(1000)), an_item(a_price(2000))
    subscription = began(a_subscription(stays), 200)
    lines = [a_line(item, at=days_ago(50), until=days_ago(20)) for item in (stays, went)]
    invoice = an_invoice(subscription, *lines, at=days_ago(50))
    timeline = timeline_of(subscription, invoices=[invoice], prices=[went["price"]])
    assert [len(prices_at(timeline, days)) for days in (21, 20)] == [2, 1]


def test_an_item_billed_for_one_period_alone_was_there_for_that_period() -> None:
    stays, went = an_item(a_price(1000)), an_item(a_price(5000))
    subscription = began(a_subscription(stays), 200)
    invoices = [
        an_invoice(
            subscription,
            *(a_line(item, at=days_ago(days)) for item in items),
            at=days_ago(days),
        )
        for days, items in ((105, [stays]), (75, [stays, went]), (45, [stays]))
    ]
    timeline = timeline_of(subscription, invoices=invoices, prices=[went["price"]])
    assert [len(prices_at(timeline, days)) for days in (76, 75, 46, 45)] == [1, 2, 2, 1]


def test_an_item_that_joined_took_the_place_of_one_that_went_without_a_credit() -> None:
    new = an_item(a_price(12000), created=seconds(days_ago(35)))
    old = an_item(a_price(120000, every="year"))
    subscription = began(a_subscription(new), 200)
    line = a_line(old, at=days_ago(200), until=days_ago(-165))
    invoice = an_invoice(subscription, line, at=days_ago(200))
    timeline = timeline_of(subscription, invoices=[invoice], prices=[old["price"]])
    assert prices_at(timeline, 36) == [old["price"]["id"]]
    assert prices_at(timeline, 35) == [new["price"]["id"]]


def test_items_made_seconds_after_one_another_were_there_from_the_beginning() -> None:
    made = [seconds(days_ago(5)) + number for number in (1, 2)]
    items = [an_item(a_price(1000), created=at) for at in made]
    backdated = a_subscription(*items) | {
        "created": seconds(days_ago(5)),
        "start_date": seconds(days_ago(100)),
    }
    assert len(prices_at(timeline_of(backdated), 100)) == 2


def test_an_item_whose_last_change_was_billed_was_there_to_the_end_of_it() -> None:
    stays, went = an_item(a_price(1000)), an_item(a_price(5000), 3)
    subscription = began(a_subscription(stays), 200)
    lines = [
        a_credit(went, went["price"], at=days_ago(70), until=days_ago(50)),
        a_debit(went, at=days_ago(70), until=days_ago(50)),
    ]
    invoice = an_invoice(subscription, *lines, at=days_ago(65))
    timeline = timeline_of(subscription, invoices=[invoice], prices=[went["price"]])
    assert [amount_at(timeline, days) for days in (69, 49)] == [16000, 1000]


def test_a_period_billed_twice_counts_once() -> None:
    item = an_item(a_price(1000), 5)
    subscription = began(a_subscription(item), 200)
    invoices = [
        an_invoice(subscription, a_line(item, at=days_ago(45)), at=days_ago(45), status=status)
        for status in ("void", "paid")
    ]
    assert len(timeline_of(subscription, invoices=invoices).stretches) == 1


def test_an_invoice_of_the_customer_may_take_what_waited_for_a_subscription() -> None:
    subscription, item = with_item("price_new")
    old = a_price(5000)
    lines = [a_credit(item, old, at=days_ago(40)), a_debit(item, at=days_ago(40))]
    for line in lines:
        line["parent"]["subscription_item_details"]["subscription"] = subscription["id"]
    invoice = an_invoice(subscription, *lines, at=days_ago(39), parent=None)
    timeline = timeline_of(subscription, invoices=[invoice], prices=[old])
    assert [prices_at(timeline, days) for days in (41, 40)] == [[old["id"]], ["price_new"]]


@pytest.mark.parametrize("decimal", ["1E+3", "1e-7", "1e99"])
def test_a_quantity_may_come_as_any_decimal(decimal: str) -> None:
    subscription, item = with_item("price_new")
    line = a_line(item, at=days_ago(40)) | {"quantity": None, "quantity_decimal": decimal}
    invoice = an_invoice(subscription, line, at=days_ago(40))
    assert prices_at(timeline_of(subscription, invoices=[invoice]), 41) == ["price_new"]


def test_a_line_that_names_no_price_tells_nothing() -> None:
    subscription, item = with_item("price_new")
    line = a_line(item, at=days_ago(40)) | {"quantity": None, "pricing": None}
    timeline = timeline_of(subscription, invoices=[an_invoice(subscription, line, at=days_ago(40))])
    assert prices_at(timeline, 41) == ["price_new"]


def test_a_change_without_proration_shows_with_the_next_period() -> None:
    subscription, item = with_item("price_new")
    old = a_price(5000)
    invoices = [
        an_invoice(subscription, a_line(item, at=days_ago(50), price=old), at=days_ago(50)),
        an_invoice(subscription, a_line(item, at=days_ago(20)), at=days_ago(20)),
    ]
    timeline = timeline_of(subscription, invoices=invoices, prices=[old])
    assert prices_at(timeline, 20.01) == [old["id"]]
    assert prices_at(timeline, 20) == ["price_new"]


def test_the_current_object_holds_back_to_the_last_known_fact() -> None:
    subscription, item = with_item("price_new")
    old = a_price(5000)
    lines = a_line(item, at=days_ago(40), until=days_ago(-325), price=old)
    invoice = an_invoice(subscription, lines, at=days_ago(40))
    timeline = timeline_of(subscription, invoices=[invoice], prices=[old])
    assert prices_at(timeline, 41) == [old["id"]]
    assert prices_at(timeline, 39) == ["price_new"]


def test_an_event_tells_the_exact_moment_of_a_change() -> None:
    subscription, item = with_item("price_new")
    old = a_price(5000)
    proration = days_ago(10) - timedelta(seconds=40)
    lines = [a_credit(item, old, at=proration), a_debit(item, at=proration)]
    event = an_update(subscription, at=days_ago(10), items={"data": [item | {"price": old}]})
    timeline = timeline_of(
        subscription,
        waiting=[a_waiting_item(subscription, line) for line in lines],
        events=[event],
        prices=[old],
    )
    assert [it.since for it in timeline.stretches] == [days_ago(200), days_ago(10)]
    assert not at(timeline, 11).reconstructed


def test_where_two_facts_disagree_the_later_one_wins_back_to_the_earlier() -> None:
    """A line says that from day 40 it was 10 seats, an event that until day 9 it had been 7."""
    item = an_item(a_price(1000), 5)
    subscription = began(a_subscription(item), 200)
    invoice = an_invoice(subscription, a_line(item, at=days_ago(40), quantity=10), at=days_ago(40))
    event = an_update(subscription, at=days_ago(9), items={"data": [item | {"quantity": 7}]})
    timeline = timeline_of(subscription, invoices=[invoice], events=[event])
    assert [amount_at(timeline, days) for days in (41, 39, 8)] == [10_000, 7000, 5000]


def test_changes_of_the_same_second_are_one() -> None:
    item = an_item(a_price(1000), 9)
    subscription = began(a_subscription(item), 200)
    moment = days_ago(10)
    lines = [
        a_credit(item, item["price"], at=moment, quantity=3),
        a_debit(item, at=moment, quantity=6),
        a_credit(item, item["price"], at=moment, quantity=6),
        a_debit(item, at=moment, quantity=9),
    ]
    waiting = [a_waiting_item(subscription, line) for line in lines]
    timeline = timeline_of(subscription, waiting=waiting)
    assert [monthly_of(it).total_minor for it in timeline.stretches] == [3000, 9000]


def test_an_event_of_an_old_api_version_names_the_plan() -> None:
    subscription, item = with_item("price_new")
    was = {"id": item["id"], "plan": {"id": "price_old", "interval": "month"}, "quantity": 1}
    event = an_update(subscription, at=days_ago(10), items={"data": [was]})
    old = a_price(5000, id="price_old")
    assert prices_at(timeline_of(subscription, events=[event], prices=[old]), 11) == ["price_old"]


def test_an_event_that_shows_only_the_first_items_leaves_them_to_the_lines() -> None:
    subscription, item = with_item("price_new")
    old, wrong = a_price(5000), a_price(1)
    cut = {"data": [item | {"price": wrong}], "has_more": True}
    event = an_update(subscription, at=days_ago(10), items=cut)
    lines = [a_credit(item, old, at=days_ago(10)), a_debit(item, at=days_ago(10))]
    timeline = timeline_of(
        subscription,
        waiting=[a_waiting_item(subscription, line) for line in lines],
        events=[event],
        prices=[old, wrong],
    )
    assert prices_at(timeline, 11) == [old["id"]]


def test_an_event_that_cannot_be_read_leaves_the_past_to_the_other_facts() -> None:
    subscription, item = with_item("price_new")
    nonsense = an_event("customer.subscription.updated", {"id": 7, "items": 8}, at=days_ago(10))
    timeline = timeline_of(subscription, events=[nonsense])
    assert prices_at(timeline, 11) == [item["price"]["id"]]


def test_a_proration_that_names_no_item_is_told_by_its_price_and_its_partner() -> None:
    subscription, item = with_item("price_new")
    old = a_price(5000)
    lines = [a_credit(item, old, at=days_ago(10)), a_debit(item, at=days_ago(10))]
    for line in lines:
        details = line["parent"].pop("subscription_item_details")
        line["parent"] |= {
            "type": "invoice_item_details",
            "invoice_item_details": {
                "invoice_item": "ii_1",
                "proration": True,
                "proration_details": details["proration_details"],
                "subscription": subscription["id"],
            },
        }
    invoice = an_invoice(subscription, *lines, at=days_ago(2))
    timeline = timeline_of(subscription, invoices=[invoice], prices=[old])
    assert [prices_at(timeline, days) for days in (11, 10)] == [[old["id"]], ["price_new"]]


def test_what_was_sold_once_tells_nothing_of_a_subscription() -> None:
    subscription, item = with_item("price_new")
    once = a_line(an_item(a_price(50000)), at=days_ago(50))
    once["parent"] = {
        "type": "invoice_item_details",
        "invoice_item_details": {"invoice_item": "ii_1", "proration": False},
    }
    invoice = an_invoice(subscription, once, at=days_ago(50))
    assert prices_at(timeline_of(subscription, invoices=[invoice]), 50) == [item["price"]["id"]]


def test_the_tiers_of_one_price_may_be_a_line_each() -> None:
    item = an_item(a_price(1000), 12)
    subscription = began(a_subscription(item), 200)
    lines = [a_line(item, at=days_ago(20), quantity=part) for part in (5, 7)]
    invoice = an_invoice(subscription, *lines, at=days_ago(20))
    timeline = timeline_of(subscription, invoices=[invoice])
    assert len(timeline.stretches) == 1


def test_a_past_price_that_cannot_be_read_is_named() -> None:
    subscription, item = with_item("price_new")
    gone = a_price(5000, id="price_gone")
    lines = [a_credit(item, gone, at=days_ago(10)), a_debit(item, at=days_ago(10))]
    timeline = timeline_of(
        subscription, waiting=[a_waiting_item(subscription, line) for line in lines]
    )
    assert at(timeline, 11).worth.amounts == ("price price_gone cannot be read",)
    assert amount_at(timeline, 10) == 8000
