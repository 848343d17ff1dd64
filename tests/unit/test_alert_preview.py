"""Trying a rule on the past: what an alert would have told over the values that are stored."""

from datetime import timedelta
from decimal import Decimal

import pytest

from functions.api.views.alerts import MOST_SHOWN
from shared.domain.alerts import Point, replay
from tests.api_world import ApiWorld
from tests.fakes import NOON
from tests.stories import a_change_rule, a_value, an_alert

BELOW = {"type": "threshold", "threshold": 10000, "direction": "below"}
CHANGE = {"type": "change", "percentage": 10, "direction": "any"}


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def hourly(*amounts):
    return [
        a_value(amount, version, as_of=NOON + timedelta(hours=version))
        for version, amount in enumerate(amounts, start=1)
    ]


def test_a_preview_says_when_the_alert_would_have_notified_and_saves_nothing(world):
    world.store(*hourly("10500", "9900", None, "9800", "10100", "9700"))
    before = dict(world.table.items)
    found = world.ok("POST", "/v1/alerts/preview", {"metric_id": "met_1", "rule": BELOW})
    assert [(it["at"], it["value"], it["previous"]) for it in found["data"]] == [
        ("2026-11-22T14:00:00Z", 9900, 10500),
        ("2026-11-22T18:00:00Z", 9700, 10100),
    ]
    assert found["data"][0]["text"] == "Went below $10,000: $9,900.00, was $10,500.00."
    assert (found["count"], found["values"]) == (2, 6)
    assert found["note"] == "Would have notified 2 times from 2026-11-22 to 2026-11-22."
    assert world.table.items == before


def test_a_preview_counts_what_the_cooldown_would_have_held_back(world):
    world.store(*hourly("10500", "9900", "10100", "9700"))
    body = {"metric_id": "met_1", "rule": BELOW, "cooldown_hours": 24}
    found = world.ok("POST", "/v1/alerts/preview", body)
    assert [it["held"] for it in found["data"]] == [None, "cooldown"]
    assert found["data"][1]["text"].endswith("Held back by the cooldown.")
    assert found["count"] == 1
    assert "the cooldown would have held back 1" in found["note"]


def test_a_preview_without_values_says_so(world):
    found = world.ok("POST", "/v1/alerts/preview", {"metric_id": "met_1", "rule": CHANGE})
    assert (found["data"], found["values"]) == ([], 0)
    assert found["note"] == "The metric has no values yet: there is nothing to try the rule on."


def test_a_preview_says_which_stretch_it_looked_at_and_that_it_was_rebuilt(world):
    past, recent = hourly("10500", "9900")
    world.store(a_value("10500", 1, as_of=past.as_of, origin="reconstructed"), recent)
    found = world.ok("POST", "/v1/alerts/preview", {"metric_id": "met_1", "rule": BELOW})
    assert (found["from"], found["to"]) == ("2026-11-22T13:00:00Z", "2026-11-22T14:00:00Z")
    assert found["note"] == (
        "Would have notified once from 2026-11-22 to 2026-11-22. "
        "Values rebuilt from the account's past count, daily or weekly as they are."
    )


def test_a_preview_of_very_many_notices_lists_the_newest_and_counts_all(world):
    world.store(*hourly(*("100", "200") * 600))
    found = world.ok("POST", "/v1/alerts/preview", {"metric_id": "met_1", "rule": CHANGE})
    assert (found["count"], len(found["data"])) == (1_199, MOST_SHOWN)
    assert found["data"][-1]["at"] == found["to"]
    assert "Only the newest 1,000 are listed." in found["note"]


DAY = timedelta(days=1)
BASES = [
    ("a value of just a day before", [a_value("50", as_of=NOON - DAY)], "50"),
    (
        "the newest of those that are old enough",
        [
            a_value("40", as_of=NOON - 3 * DAY),
            a_value("50", as_of=NOON - 2 * DAY),
            a_value("60", as_of=NOON - DAY / 2),
        ],
        "50",
    ),
    (
        "one that was withheld is passed over",
        [a_value("40", as_of=NOON - 2 * DAY), a_value(None, as_of=NOON - DAY)],
        "40",
    ),
    (
        "one under other definitions is passed over",
        [
            a_value("40", as_of=NOON - 2 * DAY),
            a_value("50", as_of=NOON - DAY, definitions_version="d2"),
        ],
        "40",
    ),
    (
        "one in another currency compares with nothing",
        [a_value("50", as_of=NOON - DAY, currency="eur")],
        None,
    ),
    ("nothing is old enough", [a_value("50", as_of=NOON - DAY / 2)], None),
]


@pytest.mark.parametrize(("sentence", "past", "base"), BASES, ids=[it[0] for it in BASES])
def test_a_preview_compares_with_what_the_alert_would_find(world, sentence, past, base):
    rule, value = a_change_rule(compare_to="day"), a_value("100", 9)
    world.store(*past, value)
    told = [it for it in replay(an_alert(rule=rule), [*past, value]) if it.as_of == NOON]
    compared_with = [it.previous.value for it in told if isinstance(it.previous, Point)]
    assert compared_with == ([] if base is None else [Decimal(base)])
    # The same that the store gives a living alert.
    until = rule.baseline_until(NOON)
    assert until is not None
    found = world.metrics.baseline(value, until)
    assert (found and found.value) == (base and Decimal(base))
