"""When an alert on changes notifies: the arithmetic, and what a value is compared with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from shared.domain.alerts import AlertState, Point, step
from tests.fakes import NOON
from tests.stories import a_change_rule, a_value, an_alert

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Baseline, value, percent, and whether 10% is reached upwards, downwards, in any direction. The
# first rows stand as files in `tests/scenarios` as well.
WORKED = [
    ("100", "110", "10", True, False),
    ("100", "109.99", "9.99", False, False),
    ("100", "90", "-10", False, True),
    ("0", "5", None, True, False),
    ("0", "0", None, False, False),
    ("0", "-5", None, False, True),
    ("-100", "-50", "50", True, False),
    ("-100", "-150", "-50", False, True),
    ("-100", "50", "150", True, False),
    ("5", "0", "-100", False, True),
    # Just short of 10%, by the last of 28 digits; then exactly.
    ("1", "1.099999999999999999999999999", "10", False, False),
    ("1", "1.100000000000000000000000000", "10", True, False),
    ("3", "3.299999999999999999999999999", "10", False, False),
    ("0.0000000000000000000000000001", "0.0000000000000000000000000002", "100", True, False),
    ("1000000000000000000000000000", "1099999999999999999999999999", "10", False, False),
    ("-7", "-7.7", "-10", False, True),
    ("-7", "-7.69", "-9.86", False, False),
    ("-0", "0.01", None, True, False),
]


@pytest.mark.parametrize(("base", "value", "percent", "is_up", "is_down"), WORKED, ids=str)
def test_a_change_in_percent(base, value, percent, is_up, is_down):
    now, before = Decimal(value), Decimal(base)
    assert a_change_rule("increase").is_met_by(now, before) == is_up
    assert a_change_rule("decrease").is_met_by(now, before) == is_down
    assert a_change_rule("any").is_met_by(now, before) == (is_up or is_down)
    alert = an_alert(rule=a_change_rule("any", "0.0000000001"))
    state, _ = step(AlertState(), alert, a_value(base, 1))
    _, decision = step(state, alert, a_value(value, 2))
    if now == before:
        assert decision is None
    else:
        assert decision is not None
        assert decision.change_percent == (None if percent is None else Decimal(percent))
        assert decision.reason == ("changed" if percent else "changed_from_zero")


def run(alert, *amounts, baselines=()):
    """Offer values an hour apart; give the state, and of each decision base, value and held."""
    state, told = AlertState(), []
    given = [*baselines, *[None] * len(amounts)]
    for version, amount in enumerate(amounts, start=1):
        value = a_value(amount, version, as_of=NOON + HOUR * version)
        state, decision = step(state, alert, value, given[version - 1])
        if decision is not None:
            assert decision.previous is not None
            told.append((str(decision.previous.value), str(decision.value), decision.is_held))
    return state, told


def test_compared_with_the_value_before_each_step_counts_by_itself():
    _, told = run(an_alert(rule=a_change_rule()), "100", "110", "121", "122", None, "100")
    assert told == [("100", "110", False), ("110", "121", False), ("122", "100", False)]


def test_compared_with_the_last_alert_small_steps_add_up():
    alert = an_alert(rule=a_change_rule(compare_to="last_alert"))
    state, told = run(alert, "100", "95", "105", "90", "95", "99")
    assert told == [("100", "90", False), ("90", "99", False)]
    assert state.baseline is not None
    assert state.baseline.value == 99


def test_compared_with_the_last_alert_what_was_held_back_is_told_after_the_cooldown():
    rule = a_change_rule(compare_to="last_alert")
    _, told = run(an_alert(rule=rule, cooldown_hours=Decimal(3)), "100", "90", "80", "80", "79")
    assert told == [
        ("100", "90", False),
        ("90", "80", True),
        ("90", "80", True),
        ("90", "79", False),
    ]


def test_compared_with_the_past_the_given_baseline_counts_and_not_the_value_before():
    alert = an_alert(rule=a_change_rule(compare_to="week"))
    old = Point(Decimal(50), NOON - 7 * DAY)
    state, told = run(alert, "100", "200", "52", baselines=[None, old, old])
    assert told == [("50", "200", False)]
    assert state.status == "ok"


def test_without_a_baseline_in_the_past_it_waits():
    state, told = run(an_alert(rule=a_change_rule(compare_to="year")), "100", "900")
    assert (state.status, told) == ("waiting", [])
    assert state.since == NOON + HOUR


def test_the_cooldown_counts_what_it_holds_back_and_the_next_notice_says_so():
    alert = an_alert(rule=a_change_rule(), cooldown_hours=Decimal(3))
    state, told = run(alert, "1", "2", "3", "4")
    assert [held for _, _, held in told] == [False, True, True]
    assert (state.held, state.told_at, state.is_untold) == (2, NOON + 2 * HOUR, False)
    state, decision = step(state, alert, a_value("5", 5, as_of=NOON + 5 * HOUR))
    assert decision is not None
    assert (decision.is_held, decision.held_before, state.held) == (False, 2, 0)


def test_a_change_is_an_event_and_no_state_that_lasts():
    state, _ = run(an_alert(rule=a_change_rule(), notify_on_recovery=True), "100", "200", "200")
    assert (state.status, state.episode, state.since) == ("ok", 1, NOON + HOUR)


AT = datetime(2024, 3, 31, 12, tzinfo=UTC)
LOOKS_BACK = [
    ("previous", None),
    ("last_alert", None),
    ("day", "2024-03-30T12:00:00+00:00"),
    ("week", "2024-03-24T12:00:00+00:00"),
    ("month", "2024-02-29T12:00:00+00:00"),
    ("year", "2023-03-31T12:00:00+00:00"),
]


@pytest.mark.parametrize(("compare_to", "until"), LOOKS_BACK)
def test_how_far_a_rule_looks_back(compare_to, until):
    rule = a_change_rule(compare_to=compare_to)
    meant, found = rule.meant_baseline(AT), rule.baseline_until(AT)
    assert (meant and meant.isoformat()) == until
    # Refreshes come some seconds or minutes early or late.
    assert found == (meant and meant + timedelta(minutes=30))


GAPS = [
    ("the value before, two hours old, of hourly ones", "previous", 2 * HOUR, False),
    ("the value before, a little late", "previous", 2 * HOUR + HOUR / 2, False),
    ("the value before, older than that", "previous", 3 * HOUR, True),
    ("a value of two days before, for one of a day", "day", 2 * DAY, False),
    ("a value older than that", "day", 2 * DAY + HOUR, True),
    ("a value of two weeks before", "week", 14 * DAY, False),
    ("the last alert may lie as far back as it likes", "last_alert", 900 * DAY, False),
]


@pytest.mark.parametrize(
    ("compare_to", "age", "is_gap"), [row[1:] for row in GAPS], ids=[row[0] for row in GAPS]
)
def test_a_baseline_that_is_twice_too_old_lies_beyond_a_gap(compare_to, age, is_gap):
    rule = a_change_rule(compare_to=compare_to)
    assert rule.is_over_a_gap(NOON, NOON - age, "hourly") == is_gap


def test_another_definition_begins_a_new_comparison():
    alert = an_alert(rule=a_change_rule(compare_to="last_alert"))
    state, _ = run(alert, "100", "150")
    state, decision = step(state, alert, a_value("300", 3, definitions_version="d2"))
    assert (decision, state.told_at) == (None, None)
    assert state.baseline == Point(Decimal(300), NOON)
    _, decision = step(state, alert, a_value("330", 4, definitions_version="d2"))
    assert decision is not None
    assert replace(decision, previous=None).key == "alt_1/1/2/change"
