"""When a threshold alert notifies, step by step. Each row opens with the sentence that it proves.

Whole stories stand in `tests/scenarios`; here are the single steps, and the edges of the numbers.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.domain.alerts import AlertState, Point, starting_state, step
from tests.fakes import NOON
from tests.stories import a_change_rule, a_rule, a_value, an_alert

HOUR = timedelta(hours=1)
BEFORE = Point(Decimal(10500), NOON - HOUR)
# Below 10,000, back at 10,200.
ALERT = an_alert(rule=a_rule(hysteresis="200"), notify_on_recovery=True)


def standing(status, **changes):
    """Where an alert stands after some value of version 1."""
    usual = AlertState(status, 1, 1, 1, BEFORE, None, BEFORE.as_of, definitions_version="d1")
    return replace(usual, currency="usd", **changes)


WAITING = AlertState()
OK, FIRING = standing("ok"), standing("firing")

STEPS = [
    ("a first value that is fine says nothing", WAITING, "10500", ("ok", 0), None),
    ("a first value that is beyond says nothing", WAITING, "9000", ("firing", 1), None),
    ("what was fine and is fine says nothing", OK, "10001", ("ok", 1), None),
    ("what was fine and is beyond fires", OK, "9999", ("firing", 2), "alt_1/1/2/fire"),
    ("what was beyond and is beyond says nothing", FIRING, "9000", ("firing", 1), None),
    ("what was beyond and is nearly back says nothing", FIRING, "10199", ("firing", 1), None),
    ("what is back recovers", FIRING, "10200", ("ok", 1), "alt_1/1/1/recover"),
    ("missing data changes nothing", OK, None, ("ok", 1), None),
    ("missing data changes nothing of what fires", FIRING, None, ("firing", 1), None),
]


@pytest.mark.parametrize(
    ("state", "amount", "stands", "key"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS]
)
def test_each_step_of_a_threshold_alert(state, amount, stands, key):
    after, decision = step(state, ALERT, a_value(amount, 2))
    assert (after.status, after.episode) == stands
    assert (decision and decision.key) == key
    if amount is None:
        assert after == state


@pytest.mark.parametrize("version", [1, 0])
def test_a_value_that_is_no_newer_changes_nothing(version):
    assert step(OK, ALERT, a_value("1", version)) == (OK, None)


EDGES = [
    ("above", "10", "10", False),
    ("above", "10", "10.01", True),
    ("above", "10", "9.99", False),
    ("below", "10", "10", False),
    ("below", "10", "9.99", True),
    ("below", "10", "10.01", False),
    ("above", "0", "0", False),
    ("above", "0", "0.00", False),
    ("below", "0", "-0", False),
    ("below", "0", "-0.01", True),
    ("above", "-5", "-5", False),
    ("above", "-5", "-4.99", True),
    ("below", "-5", "-5.00", False),
    ("below", "-5", "-5.01", True),
    ("above", "9999999999999999999999999998", "9999999999999999999999999999", True),
    ("above", "0.1", "0.1000000000000000000000000001", True),
    ("below", "1", "0.9999999999999999999999999999", True),
    # A difference of decimals would be rounded to 28 digits, and be none.
    ("above", "1000000000000000000000000", "1000000000000000000000000.00000000001", True),
]


@pytest.mark.parametrize(("direction", "threshold", "amount", "is_beyond"), EDGES, ids=str)
def test_equality_is_no_breach_and_nothing_is_rounded(direction, threshold, amount, is_beyond):
    rule = a_rule(direction, threshold)
    assert rule.is_breached_by(Decimal(amount)) == is_beyond
    assert rule.is_recovered_by(Decimal(amount)) == (not is_beyond)


BACK = [
    ("above", "10", "2", "8", True),
    ("above", "10", "2", "8.0000000000000000000000000001", False),
    ("below", "10", "2", "12", True),
    ("below", "10", "2", "11.99999999999999999999999999", False),
    ("above", "0", "1", "-1", True),
    ("below", "-10", "5", "-5", True),
    ("below", "-10", "5", "-5.01", False),
    ("below", "100000000000000000000", "0.000000001", "100000000000000000000", False),
    ("below", "100000000000000000000", "0.000000001", "100000000000000000000.000000001", True),
]


@pytest.mark.parametrize(("direction", "threshold", "width", "amount", "is_back"), BACK, ids=str)
def test_it_is_back_when_it_has_come_back_by_the_hysteresis(
    direction, threshold, width, amount, is_back
):
    assert a_rule(direction, threshold, width).is_recovered_by(Decimal(amount)) == is_back


TROUBLES = [
    ("a value in another currency", {"currency": "eur"}, "currency_changed"),
    ("a value in another unit", {"unit": "count", "currency": None}, "unit_changed"),
    ("what is no number", {"value": Decimal("NaN")}, "not_a_number"),
    ("what has no end", {"value": Decimal("-Infinity")}, "not_a_number"),
]


@pytest.mark.parametrize(
    ("changes", "trouble"), [row[1:] for row in TROUBLES], ids=[row[0] for row in TROUBLES]
)
def test_what_the_rule_cannot_be_applied_to_is_noted_and_not_decided(changes, trouble):
    after, decision = step(OK, ALERT, a_value("1", 2, **changes))
    assert decision is None
    assert after == replace(OK, last_version=2, trouble=trouble)
    after, decision = step(after, ALERT, a_value("9000", 3))
    assert (after.trouble, decision and decision.previous) == (None, BEFORE)


def test_a_change_of_what_is_no_number_is_none_either():
    alert = an_alert(rule=a_change_rule())
    after, decision = step(OK, alert, a_value("1", 2, value=Decimal("Infinity")))
    assert (after.trouble, after.last, decision) == ("not_a_number", BEFORE, None)


def test_a_decision_says_what_it_is_of():
    _, decision = step(OK, ALERT, a_value("9000", 2, as_of=NOON))
    assert decision is not None
    assert (decision.kind, decision.reason) == ("fire", "crossed")
    assert (decision.value, decision.as_of, decision.previous) == (Decimal(9000), NOON, BEFORE)
    assert (decision.is_held, decision.held_before) == (False, 0)


def test_the_time_of_the_status_is_that_of_the_value_that_brought_it():
    state = AlertState()
    seen = []
    for version, amount in enumerate(["10500", "10400", "9000", "8900", "10300"], start=1):
        state, _ = step(state, ALERT, a_value(amount, version, as_of=NOON + HOUR * version))
        assert state.since is not None
        seen.append((state.status, (state.since - NOON) // HOUR))
    assert seen == [("ok", 1), ("ok", 1), ("firing", 3), ("firing", 3), ("ok", 5)]


COOLING = [
    ("before it is over, it is held back", "2.5", True),
    ("when it is over to the second, it is told", "2", False),
    ("an hour of a half counts half", "0.5", False),
    ("none holds nothing back", "0", False),
]


@pytest.mark.parametrize(
    ("hours", "is_held"), [row[1:] for row in COOLING], ids=[row[0] for row in COOLING]
)
def test_the_cooldown_is_counted_by_the_time_of_the_data(hours, is_held):
    alert = replace(ALERT, cooldown_hours=Decimal(hours))
    state = replace(OK, told_at=NOON - 2 * HOUR, held=3)
    after, decision = step(state, alert, a_value("9000", 2, as_of=NOON))
    assert decision is not None
    assert (decision.is_held, decision.held_before) == (is_held, 3)
    assert (after.is_untold, after.held) == ((True, 4) if is_held else (False, 0))
    assert after.told_at == (state.told_at if is_held else NOON)


def test_what_was_held_back_keeps_its_key_when_it_is_told():
    alert = replace(ALERT, cooldown_hours=Decimal(1))
    state = replace(FIRING, is_untold=True, told_at=NOON - HOUR, held=1)
    after, decision = step(state, alert, a_value("9000", 2, as_of=NOON))
    assert decision is not None
    assert (decision.key, decision.reason) == ("alt_1/1/1/fire", "still_beyond")
    assert (after.is_untold, after.held, after.episode) == (False, 0, 1)


def test_the_end_of_what_nobody_heard_of_is_held_back_too():
    state = replace(FIRING, is_untold=True, told_at=NOON - HOUR, held=1)
    after, decision = step(state, ALERT, a_value("10500", 2))
    assert decision is not None
    assert (decision.kind, decision.is_held) == ("recover", True)
    assert (after.status, after.is_untold, after.held) == ("ok", False, 1)


def test_a_changed_rule_starts_afresh_and_forgets_what_was_seen():
    edited = replace(ALERT, config_version=2)
    after, decision = step(replace(FIRING, last_version=9), edited, a_value("9000", 2))
    assert decision is None
    assert (after.status, after.config_version, after.episode) == ("firing", 2, 1)


def test_a_paused_alert_looks_at_nothing():
    paused = replace(ALERT, is_enabled=False)
    after, decision = step(FIRING, paused, a_value("10500", 2))
    assert (after, decision) == (replace(FIRING, status="paused"), None)


def test_a_paused_alert_that_goes_on_takes_the_next_value_as_its_first():
    after, decision = step(standing("paused"), ALERT, a_value("9000", 2))
    # The episodes count on, so that no key comes twice.
    assert (after.status, after.episode, decision) == ("firing", 2, None)


STARTS = [
    ("without a value it waits", {}, None, ("waiting", 0, None)),
    ("a value that is fine is the first", {}, "10500", ("ok", 0, 7)),
    ("a value that is beyond is the first, too", {}, "9000", ("firing", 1, 7)),
    (
        "to tell of what is there already, it leaves the first to the next value",
        {"notify_if_already_breached": True},
        "9000",
        ("waiting", 0, 6),
    ),
    ("a paused one waits for being enabled", {"is_enabled": False}, "9000", ("paused", 0, None)),
    ("a change has its baseline", {"rule": a_change_rule()}, "100", ("ok", 0, 7)),
    (
        "a look back waits for something so old",
        {"rule": a_change_rule(compare_to="week")},
        "100",
        ("waiting", 0, 7),
    ),
]


@pytest.mark.parametrize(
    ("changes", "amount", "stands"), [row[1:] for row in STARTS], ids=[row[0] for row in STARTS]
)
def test_a_new_alert_starts_from_the_current_value(changes, amount, stands):
    current = None if amount is None else a_value(amount, 7)
    state = starting_state(replace(ALERT, **changes), current)
    assert (state.status, state.episode, state.last_version) == stands


def test_a_look_back_that_has_its_baseline_does_not_wait():
    alert = an_alert(rule=a_change_rule(compare_to="week"))
    assert starting_state(alert, a_value("100", 7), has_baseline=True).status == "ok"
    empty = a_value(None, 7)
    assert starting_state(alert, empty, has_baseline=True).status == "waiting"


def test_an_alert_that_is_enabled_looks_again_at_the_present_value():
    before = replace(standing("paused", episode=3), last_version=7)
    state = starting_state(ALERT, a_value("9000", 7), before)
    assert (state.status, state.episode, state.last_version) == ("firing", 4, 7)
    edited = starting_state(replace(ALERT, config_version=2), a_value("9000", 7), before)
    assert (edited.status, edited.episode, edited.config_version) == ("firing", 1, 2)
