"""What the status of a subscription was, from invoices, events and its own times."""

from typing import Any

from tests.builders import (
    Json,
    days_ago,
    seconds,
)
from tests.history_builders import (
    a_line,
    an_invoice,
    an_update,
    at,
    statuses,
    timeline_of,
    transitions,
    with_item,
)


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
    assert [at(timeline, days).status for days in (21, 20, 6, 5)] == [
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
    found = [at(timeline, days).is_ending for days in (21, 20, 5)]
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
    found = [at(timeline, days).collection_paused for days in (21, 20, 5)]
    assert found == [False, True, False]
