"""How long a timeline holds: until then the same facts tell nothing else."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.timelines import Timeline
from tests.builders import (
    NOW,
    Json,
    a_coupon,
    a_discount,
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
    a_past_account,
    a_waiting_item,
    amount_at,
    an_event,
    an_invoice,
    an_update,
    began,
    timeline_of,
    transitions,
    with_item,
)

A_MOMENT = timedelta(microseconds=1)
PRICES = [a_price(1000, id="price_ten"), a_price(2500, id="price_more")]
COUPONS = [
    a_coupon(percent_off=20, duration="forever"),
    a_coupon(percent_off=50, duration="once"),
    a_coupon(percent_off=30, duration="repeating", months=1),
]
# Before now and after it: whatever is read may lie in the future of the reading.
days = st.integers(-40, 60)


@st.composite
def some_discounts(draw: st.DrawFn) -> list[Json]:
    ends = st.one_of(st.none(), days.map(days_ago))
    return [
        a_discount(draw(st.sampled_from(COUPONS)), start=days_ago(draw(days)), end=draw(ends))
        for _ in range(draw(st.integers(0, 2)))
    ]


@st.composite
def subscriptions(draw: st.DrawFn) -> Json:
    items = [
        an_item(
            draw(st.sampled_from(PRICES)),
            draw(st.integers(1, 5)),
            discounts=draw(some_discounts()),
            created=seconds(days_ago(draw(days))),
        )
        for _ in range(draw(st.integers(1, 2)))
    ]
    for item in items:
        if draw(st.booleans()):
            end = seconds(days_ago(draw(days)))
            item["current_trial"] = {"start_date": end - 86_400 * 9, "end_date": end}
    statuses = st.sampled_from(["active", "trialing", "past_due", "paused", "canceled"])
    subscription = began(a_subscription(*items, status=draw(statuses)), draw(days))
    subscription["discounts"] = draw(some_discounts())
    if draw(st.booleans()):
        end = seconds(days_ago(draw(days)))
        subscription |= {"trial_start": end - 86_400 * draw(st.integers(1, 20)), "trial_end": end}
    if subscription["status"] == "canceled" or draw(st.booleans()):
        subscription["canceled_at"] = seconds(days_ago(draw(days)))
    if subscription["status"] == "canceled":
        subscription["ended_at"] = seconds(days_ago(draw(days)))
    return subscription


@st.composite
def invoices(draw: st.DrawFn, subscription: Json, gone: Json) -> Json:
    at, until = draw(days), draw(days)
    item = draw(st.sampled_from([*subscription["items"]["data"], gone]))
    lines = [a_line(item, at=days_ago(max(at, until)), until=days_ago(min(at, until)))]
    if draw(st.booleans()):
        lines = [a_debit(item, at=days_ago(at)), a_credit(item, PRICES[0], at=days_ago(at))]
    fields: Json = {"discounts": draw(some_discounts())}
    if draw(st.booleans()):
        fields |= {
            "collection_method": "send_invoice",
            "due_date": seconds(days_ago(draw(days))),
            "status": "open",
            "status_transitions": transitions(finalized=days_ago(at)),
        }
    return an_invoice(subscription, *lines, at=days_ago(at), **fields)


@st.composite
def pasts(draw: st.DrawFn) -> dict[str, Any]:
    """A subscription with anything that may be told of it, at times before and after now."""
    subscription = draw(subscriptions())
    gone = an_item(PRICES[1])
    events = [
        an_update(
            subscription | {"items": {"data": draw(st.sampled_from([[gone], [], [gone, gone]]))}},
            at=days_ago(draw(days)),
            items={"data": subscription["items"]["data"]},
            status=draw(st.sampled_from(["active", "past_due", "trialing"])),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    told = [draw(invoices(subscription, gone)) for _ in range(draw(st.integers(0, 3)))]
    taken = [it for invoice in told for it in invoice["discounts"] if draw(st.booleans())]
    events += [
        an_event(
            "customer.discount.deleted",
            it | {"subscription": subscription["id"]},
            at=days_ago(draw(days)),
        )
        for it in taken
    ]
    waiting = [a_waiting_item(subscription, a_debit(gone, at=days_ago(draw(days))))]
    return {
        "subscription": subscription,
        "invoices": told,
        "events": events,
        "waiting": waiting if draw(st.booleans()) else [],
    }


def told_at(past: dict[str, Any], as_of: datetime) -> Timeline:
    facts = {name: past[name] for name in ("invoices", "events", "waiting")}
    (timeline,) = a_past_account(
        [past["subscription"]], **facts, prices=PRICES, coupons=COUPONS, as_of=as_of
    ).timelines
    return timeline


@given(pasts(), st.integers(-30 * 24, 50 * 24), st.integers(1, 60 * 24))
@settings(max_examples=80, deadline=None)
def test_until_then_the_same_facts_tell_the_same_past_and_what_was_told_of_later(
    past: Any, hours: int, later: int
) -> None:
    as_of = days_ago(hours / 24)
    first = told_at(past, as_of)
    holds_until = first.holds_until
    assert holds_until is None or holds_until > as_of
    latest = as_of + timedelta(hours=later) if holds_until is None else holds_until - A_MOMENT
    for now in {latest, min(latest, as_of + timedelta(hours=later / 2))}:
        again = told_at(past, now)
        assert again.at(now) == first.at(now)
        assert again.paying_since == first.paying_since
        assert again.holds_until == holds_until
        for instant in instants_of(first, again, as_of):
            assert again.at(instant) == first.at(instant)


def instants_of(one: Timeline, other: Timeline, until: datetime) -> list[datetime]:
    every = {it.since for timeline in (one, other) for it in timeline.stretches}
    near = {at + way for at in every for way in (-A_MOMENT, timedelta(0))}
    return [until, *(at for at in near if at <= until)]


def test_a_sent_invoice_is_late_from_the_moment_after_its_date() -> None:
    subscription, item = with_item("price_1")
    due = NOW + timedelta(days=5)
    sent = an_invoice(
        subscription,
        a_line(item, at=days_ago(1)),
        at=days_ago(1),
        collection_method="send_invoice",
        due_date=seconds(due),
        status="open",
        status_transitions=transitions(finalized=days_ago(1)),
    )
    assert timeline_of(subscription, invoices=[sent]).holds_until == due + A_MOMENT


def test_what_nothing_can_change_holds_for_ever() -> None:
    subscription, item = with_item("price_1")
    invoice = an_invoice(subscription, a_line(item, at=days_ago(9)), at=days_ago(9))
    assert timeline_of(subscription, invoices=[invoice]).holds_until is None


def test_a_discount_that_will_end_is_told_beforehand() -> None:
    discount = a_discount(a_coupon(percent_off=20), start=days_ago(9), end=days_ago(-9))
    timeline = timeline_of(began(a_subscription(an_item(a_price(1000)), discounts=[discount]), 20))
    assert [amount_at(timeline, day) for day in (20, 9, 0, -9)] == [1000, 800, 800, 1000]
    assert timeline.holds_until is None
    assert all(one != other for one, other in pairwise(timeline.stretches))
