"""The past of one subscription: what each fact tells, and which one wins."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.metrics import Mrr, compute
from shared.domain.timelines import Stretch, Timeline
from tests.builders import (
    NOW,
    Json,
    a_coupon,
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
    transitions,
)


def timeline_of(subscription: Json, **facts: Any) -> Timeline:
    (timeline,) = a_past_account([subscription], **facts).timelines
    return timeline


def at(timeline: Timeline, days: float) -> Stretch:
    stretch = timeline.at(days_ago(days))
    assert stretch is not None
    return stretch


def prices_at(timeline: Timeline, days: float) -> list[str]:
    return [item.price.id for item in at(timeline, days).subscription.items]


def statuses(timeline: Timeline) -> list[tuple[str, datetime]]:
    return [(it.subscription.status, it.since) for it in timeline.stretches]


def began(subscription: Json, days: float) -> Json:
    return subscription | {
        "created": seconds(days_ago(days)),
        "start_date": seconds(days_ago(days)),
    }


def with_item(price: str, *, days: float = 200) -> tuple[Json, Json]:
    """A subscription with one item at a price, begun so many days ago."""
    item = an_item(a_price(8000, id=price))
    return began(a_subscription(item), days), item


# ---- without facts


def test_without_facts_it_has_had_its_items_since_its_start() -> None:
    timeline = timeline_of(began(monthly(1000), 90))
    assert timeline.at(days_ago(91)) is None
    assert statuses(timeline) == [("active", days_ago(90))]
    assert not at(timeline, 90).reconstructed


def test_a_backdated_subscription_counts_from_its_start_date() -> None:
    backdated = monthly(1000) | {
        "created": seconds(days_ago(5)),
        "start_date": seconds(days_ago(300)),
    }
    assert timeline_of(backdated).stretches[0].since == days_ago(300)


def test_a_trial_came_before_paying_and_an_end_after_it() -> None:
    whole_life = began(monthly(1000), 60) | {
        "status": "canceled",
        "trial_start": seconds(days_ago(60)),
        "trial_end": seconds(days_ago(46)),
        "ended_at": seconds(days_ago(3)),
        "canceled_at": seconds(days_ago(20)),
    }
    timeline = timeline_of(whole_life)
    assert statuses(timeline) == [
        ("trialing", days_ago(60)),
        ("active", days_ago(46)),
        ("active", days_ago(20)),
        ("canceled", days_ago(3)),
    ]
    assert timeline.paying_since == days_ago(46)
    assert [it.subscription.is_scheduled_to_end for it in timeline.stretches] == [
        False,
        False,
        True,
        False,
    ]


def test_a_trial_that_never_converted_never_paid() -> None:
    tried = began(monthly(1000), 60) | {
        "status": "canceled",
        "trial_start": seconds(days_ago(60)),
        "trial_end": seconds(days_ago(46)),
        "ended_at": seconds(days_ago(46)),
    }
    assert timeline_of(tried).paying_since is None


def test_what_is_now_is_always_what_the_object_says() -> None:
    subscription, item = with_item("price_new")
    old = a_price(1000)
    late = an_update(subscription, at=NOW, items={"data": [item | {"price": old}]})
    timeline = timeline_of(subscription, events=[late], prices=[old])
    assert prices_at(timeline, 0) == ["price_new"]
    assert prices_at(timeline, 0.001) == [old["id"]]


# ---- items


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
    found = [sum(it.quantity or 0 for it in at(timeline, d).subscription.items) for d in (69, 49)]
    assert found == [4, 1]


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
    found = [at(timeline, days).subscription.items[0].quantity for days in (41, 39, 8)]
    assert found == [10, 7, 5]


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
    found = [it.subscription.items[0].quantity for it in timeline.stretches]
    assert found == [3, 9]


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
    assert at(timeline, 11).unreadable == "price price_gone cannot be read"
    assert at(timeline, 10).unreadable is None


# ---- statuses


def test_a_failed_payment_is_past_due_from_the_first_attempt_until_it_is_paid() -> None:
    subscription, item = with_item("price_1")
    invoice = an_invoice(
        subscription,
        a_line(item, at=days_ago(20)),
        at=days_ago(20),
        attempt_count=3,
        status_transitions=transitions(finalized=days_ago(19.9), paid=days_ago(12)),
    )
    timeline = timeline_of(subscription, invoices=[invoice])
    assert statuses(timeline) == [
        ("active", days_ago(200)),
        ("past_due", days_ago(19.9)),
        ("active", days_ago(12)),
    ]
    assert at(timeline, 15).reconstructed


def test_an_invoice_given_up_is_unpaid_until_it_is_paid() -> None:
    subscription, item = with_item("price_1")
    moved = transitions(
        finalized=days_ago(60), marked_uncollectible=days_ago(40), paid=days_ago(12)
    )
    invoice = an_invoice(
        subscription,
        a_line(item, at=days_ago(60)),
        at=days_ago(60),
        attempt_count=5,
        status_transitions=moved,
    )
    timeline = timeline_of(subscription, invoices=[invoice])
    assert [status for status, _ in statuses(timeline)] == [
        "active",
        "past_due",
        "unpaid",
        "active",
    ]


def test_an_invoice_that_was_never_attempted_says_nothing() -> None:
    subscription, item = with_item("price_1")
    invoice = an_invoice(
        subscription,
        a_line(item, at=days_ago(60)),
        at=days_ago(60),
        status="uncollectible",
        attempted=False,
        attempt_count=0,
        status_transitions=transitions(finalized=days_ago(60), marked_uncollectible=days_ago(60)),
    )
    timeline = timeline_of(subscription, invoices=[invoice])
    assert statuses(timeline) == [("active", days_ago(200))]


def test_a_sent_invoice_is_past_due_after_its_date() -> None:
    subscription, item = with_item("price_1")
    invoice = an_invoice(
        subscription,
        a_line(item, at=days_ago(60)),
        at=days_ago(60),
        collection_method="send_invoice",
        attempt_count=0,
        due_date=seconds(days_ago(30)),
        status_transitions=transitions(finalized=days_ago(60), paid=days_ago(25)),
    )
    timeline = timeline_of(subscription, invoices=[invoice])
    assert statuses(timeline)[1:] == [("past_due", days_ago(30)), ("active", days_ago(25))]


def test_a_first_payment_that_took_its_time_leaves_it_incomplete() -> None:
    subscription, item = with_item("price_1", days=50)
    invoice = an_invoice(
        subscription,
        a_line(item, at=days_ago(50)),
        at=days_ago(50),
        billing_reason="subscription_create",
        status_transitions=transitions(finalized=days_ago(50), paid=days_ago(49.5)),
    )
    timeline = timeline_of(subscription, invoices=[invoice])
    assert statuses(timeline) == [("incomplete", days_ago(50)), ("active", days_ago(49.5))]


def test_a_first_payment_by_bank_debit_leaves_nothing_incomplete() -> None:
    subscription, item = with_item("price_1", days=50)
    invoice = an_invoice(
        subscription,
        a_line(item, at=days_ago(50)),
        at=days_ago(50),
        billing_reason="subscription_create",
        status_transitions=transitions(finalized=days_ago(50), paid=days_ago(45)),
    )
    assert statuses(timeline_of(subscription, invoices=[invoice])) == [("active", days_ago(50))]


def test_events_tell_the_status_before_and_after() -> None:
    subscription, _ = with_item("price_1")
    events = [
        an_update(subscription | {"status": "unpaid"}, at=days_ago(20), status="past_due"),
        an_update(subscription, at=days_ago(5), status="unpaid"),
    ]
    timeline = timeline_of(subscription, events=events)
    assert [at(timeline, days).subscription.status for days in (21, 20, 6, 5)] == [
        "past_due",
        "unpaid",
        "unpaid",
        "active",
    ]


def a_trial(**fields: Any) -> tuple[Json, Json]:
    subscription, item = with_item("price_1", days=60)
    trial = {"trial_start": seconds(days_ago(60)), "trial_end": seconds(days_ago(46))}
    return subscription | trial | fields, item


def test_a_paused_subscription_is_so_since_the_time_on_its_object() -> None:
    subscription, _ = a_trial(
        status="paused", status_details={"paused": {"transitioned_at": seconds(days_ago(9))}}
    )
    assert statuses(timeline_of(subscription))[-1] == ("paused", days_ago(9))


def test_without_that_time_it_is_paused_since_its_trial_ended() -> None:
    subscription, _ = a_trial(status="paused")
    timeline = timeline_of(subscription)
    assert statuses(timeline) == [("trialing", days_ago(60)), ("paused", days_ago(46))]
    assert timeline.paying_since is None


def test_a_pause_after_a_trial_lasted_until_the_next_line() -> None:
    subscription, item = a_trial()
    invoice = an_invoice(subscription, a_line(item, at=days_ago(20)), at=days_ago(20))
    timeline = timeline_of(subscription, invoices=[invoice])
    assert statuses(timeline)[1:] == [("paused", days_ago(46)), ("active", days_ago(20))]
    seen_late = timeline_of(subscription, invoices=[invoice], since=days_ago(30))
    assert statuses(seen_late)[1:] == [("active", days_ago(46))]


def test_a_trial_that_is_not_set_to_pause_became_active() -> None:
    settings = {"end_behavior": {"missing_payment_method": "create_invoice"}}
    subscription, item = a_trial(trial_settings=settings)
    invoice = an_invoice(subscription, a_line(item, at=days_ago(20)), at=days_ago(20))
    timeline = timeline_of(subscription, invoices=[invoice])
    assert statuses(timeline)[1:] == [("active", days_ago(46))]


def test_the_end_of_a_pause_tells_when_it_began() -> None:
    subscription, _ = with_item("price_1")
    event = an_update(
        subscription | {"status_details": None},
        at=days_ago(5),
        status="paused",
        status_details={"paused": {"transitioned_at": seconds(days_ago(44))}},
    )
    timeline = timeline_of(subscription, events=[event])
    assert statuses(timeline)[1:] == [("paused", days_ago(44)), ("active", days_ago(5))]


def test_a_requested_end_that_was_taken_back_was_requested_meanwhile() -> None:
    subscription, _ = with_item("price_1")
    asked = subscription | {"cancel_at_period_end": True}
    events = [
        an_update(asked, at=days_ago(20), cancel_at_period_end=False),
        an_update(subscription, at=days_ago(5), cancel_at_period_end=True),
    ]
    timeline = timeline_of(subscription, events=events)
    found = [at(timeline, days).subscription.is_scheduled_to_end for days in (21, 20, 5)]
    assert found == [False, True, False]


def test_events_tell_when_collection_was_paused() -> None:
    paused = {"behavior": "void", "resumes_at": None}
    subscription, _ = with_item("price_1")
    events = [
        an_update(
            subscription | {"pause_collection": paused}, at=days_ago(20), pause_collection=None
        ),
        an_update(subscription, at=days_ago(5), pause_collection=paused),
    ]
    timeline = timeline_of(subscription, events=events)
    found = [at(timeline, days).subscription.collection_paused for days in (21, 20, 5)]
    assert found == [False, True, False]


# ---- discounts


def discounts_at(timeline: Timeline, days: float) -> list[str]:
    instant = days_ago(days)
    return [
        discount.id
        for discount in at(timeline, days).subscription.discounts
        if discount.start <= instant and (discount.end is None or instant < discount.end)
    ]


def a_discounted_invoice(subscription: Json, discount: Json, item: Json, days: float) -> Json:
    lines = a_line(item, at=days_ago(days), until=days_ago(days - 30))
    return an_invoice(subscription, lines, at=days_ago(days), discounts=[discount])


def test_a_discount_that_ran_out_stands_on_the_invoices_of_its_time() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=20, duration="repeating", months=3)
    discount = a_discount(coupon, start=days_ago(100), end=days_ago(10))
    invoice = a_discounted_invoice(subscription, discount, item, 40)
    timeline = timeline_of(subscription, invoices=[invoice], coupons=[coupon])
    assert discounts_at(timeline, 11) == [discount["id"]]
    assert discounts_at(timeline, 10) == []


def test_a_discount_taken_away_ended_when_its_event_says_so() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=20)
    discount = a_discount(coupon, start=days_ago(100)) | {"subscription": subscription["id"]}
    invoice = a_discounted_invoice(subscription, discount, item, 40)
    gone = an_event("customer.discount.deleted", discount, at=days_ago(7))
    timeline = timeline_of(subscription, invoices=[invoice], events=[gone], coupons=[coupon])
    assert [discounts_at(timeline, days) for days in (8, 7)] == [[discount["id"]], []]


def test_a_discount_taken_away_without_an_event_ended_with_the_period_that_had_it() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=20)
    discount = a_discount(coupon, start=days_ago(100))
    invoice = a_discounted_invoice(subscription, discount, item, 70)
    timeline = timeline_of(subscription, invoices=[invoice], coupons=[coupon])
    assert [discounts_at(timeline, days) for days in (41, 40)] == [[discount["id"]], []]


def test_a_current_discount_that_an_invoice_names_anew_counts_once() -> None:
    coupon = a_coupon(percent_off=20)
    item = an_item(a_price(1000))
    current = a_discount(coupon, start=days_ago(100))
    subscription = began(a_subscription(item, discounts=[current]), 200)
    copy = a_discount(coupon, start=days_ago(70))
    invoice = a_discounted_invoice(subscription, copy, item, 70)
    timeline = timeline_of(subscription, invoices=[invoice])
    assert discounts_at(timeline, 60) == [current["id"]]


def test_a_coupon_put_on_one_invoice_by_hand_is_no_discount_of_the_subscription() -> None:
    subscription, item = with_item("price_1")
    coupon = a_coupon(percent_off=50)
    gift = a_discount(coupon, start=days_ago(31)) | {
        "customer": subscription["customer"],
        "invoice": "in_1",
    }
    invoice = a_discounted_invoice(subscription, gift, item, 31)
    current = timeline_of(subscription, invoices=[invoice], coupons=[coupon]).current
    assert (current.discounts, current.customer_discounts) == ((), ())


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
    ends = [discount.end for discount in timeline.current.customer_discounts]
    assert ends == [days_ago(55), days_ago(10)]
