"""The past of one subscription without further facts: what its object alone tells."""

from tests.builders import (
    NOW,
    a_price,
    days_ago,
    monthly,
    seconds,
)
from tests.history_builders import (
    an_update,
    at,
    began,
    prices_at,
    statuses,
    timeline_of,
    with_item,
)


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
    assert [it.is_ending for it in timeline.stretches] == [
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
