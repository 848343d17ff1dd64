"""When a threshold alert notifies. Each row opens with the sentence that it proves."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alerts import Alert, AlertState, Decision, Sample, step
from tests.fakes import NOON
from tests.stories import a_rule, an_alert


def run(alert: Alert, values: Sequence[str | None]) -> tuple[AlertState, list[Decision]]:
    """Offer values as versions 1, 2, ... and give the final state and all that was decided."""
    state, decided = AlertState(), []
    for version, text in enumerate(values, start=1):
        value = None if text is None else Decimal(text)
        state, decision = step(state, alert, Sample(version, value, NOON))
        if decision is not None:
            decided.append(decision)
    return state, decided


CASES = [
    ("T01 fires on each crossing", {}, "10500 9900 9800 10100 9700", ["9900", "9700"]),
    ("T03 stays silent if already below when set", {}, "9000 10200 9900", ["9900"]),
    ("a first value that is fine says nothing", {}, "10500", []),
    ("equality is no breach below", {}, "10500 10000", []),
    ("equality is no breach above", {"rule": a_rule("above", "10")}, "9 10", []),
    ("fires just beyond", {"rule": a_rule("above", "10")}, "9 10.01", ["10.01"]),
    ("stays silent while it remains beyond", {}, "10500 9900 9000 100", ["9900"]),
    (
        "T11 needs to come back by the hysteresis before it fires again",
        {"rule": a_rule(hysteresis="200")},
        "10500 9990 10050 9980 10250 9900",
        ["9990", "9900"],
    ),
    ("missing data changes nothing", {}, "10500 _ 9900 _ 9800", ["9900"]),
    (
        "says so at once if asked to, when already beyond",
        {"notify_if_already_breached": True},
        "9000 8000",
        ["9000"],
    ),
    ("a paused alert says nothing", {"is_enabled": False}, "10500 9900", []),
    ("a negative value crosses zero", {"rule": a_rule("below", "0")}, "5 -1", ["-1"]),
]


@pytest.mark.parametrize(("sentence", "changes", "values", "fired"), CASES, ids=str)
def test_threshold_alert(sentence, changes, values, fired):
    samples = [None if text == "_" else text for text in values.split()]
    _, decided = run(an_alert(**changes), samples)
    assert [str(d.value) for d in decided if d.kind == "fire"] == fired, sentence


def test_recovery_is_told_only_if_asked_for():
    values = ["10500", "9900", "10100"]
    assert [d.kind for d in run(an_alert(), values)[1]] == ["fire"]
    told = run(an_alert(notify_on_recovery=True), values)[1]
    assert [(d.kind, d.reason) for d in told] == [("fire", "crossed"), ("recover", "recovered")]


def test_each_notice_has_a_key_of_its_own():
    decided = run(an_alert(notify_on_recovery=True), ["2", "10001", "1", "10002", "3"])[1]
    assert [d.key for d in decided] == [
        "alt_1/1/1/recover",
        "alt_1/1/2/fire",
        "alt_1/1/2/recover",
        "alt_1/1/3/fire",
    ]


def test_t15_a_changed_threshold_starts_afresh_without_a_notice():
    state, _ = run(an_alert(), ["10500", "9700"])
    edited = an_alert(rule=a_rule(threshold="9500"), config_version=2)
    state, decision = step(state, edited, Sample(2, Decimal(9700), NOON))
    assert decision is None
    assert (state.status, state.config_version, state.episode) == ("ok", 2, 0)


def test_a_paused_alert_that_is_enabled_again_takes_the_next_value_as_its_first():
    state, _ = run(an_alert(is_enabled=False), ["10500"])
    assert state.status == "paused"
    state, decision = step(state, an_alert(), Sample(2, Decimal(9000), NOON))
    assert (state.status, decision) == ("firing", None)


values_strategy = st.lists(
    st.one_of(st.none(), st.integers(-30, 30).map(str)), min_size=1, max_size=20
)
alerts = st.builds(
    lambda direction, threshold, hysteresis, recovery, already: an_alert(
        rule=a_rule(direction, str(threshold), str(hysteresis)),
        notify_on_recovery=recovery,
        notify_if_already_breached=already,
    ),
    st.sampled_from(["above", "below"]),
    st.integers(-10, 10),
    st.integers(0, 5),
    st.booleans(),
    st.booleans(),
)


@given(alerts, values_strategy)
def test_repeating_every_value_changes_nothing(alert, values):
    state, once = AlertState(), []
    twice_state, twice = AlertState(), []
    for version, text in enumerate(values, start=1):
        sample = Sample(version, None if text is None else Decimal(text), NOON)
        state, decision = step(state, alert, sample)
        once.append(decision)
        twice_state, decision = step(twice_state, alert, sample)
        twice.append(decision)
        twice_state, repeated = step(twice_state, alert, sample)
        assert repeated is None or sample.value is None
    assert (state, once) == (twice_state, twice)


@given(alerts, values_strategy, st.randoms())
def test_late_values_change_nothing(alert, values, random):
    samples = [
        Sample(version, None if text is None else Decimal(text), NOON)
        for version, text in enumerate(values, start=1)
    ]
    shuffled = samples[:]
    random.shuffle(shuffled)
    newest, rising = 0, []
    for sample in shuffled:
        if sample.value is not None and sample.version > newest:
            newest = sample.version
            rising.append(sample)
    state_all, state_rising = AlertState(), AlertState()
    decided_all, decided_rising = [], []
    for sample in shuffled:
        state_all, decision = step(state_all, alert, sample)
        decided_all += [decision] if decision else []
    for sample in rising:
        state_rising, decision = step(state_rising, alert, sample)
        decided_rising += [decision] if decision else []
    assert (state_all, decided_all) == (state_rising, decided_rising)


@given(alerts, values_strategy)
def test_above_on_a_value_is_below_on_its_negative(alert, values):
    flipped = "below" if alert.rule.direction == "above" else "above"
    mirror = replace(
        alert, rule=replace(alert.rule, direction=flipped, threshold=-alert.rule.threshold)
    )
    negated = [None if v is None else str(-Decimal(v)) for v in values]
    assert [d.key for d in run(alert, values)[1]] == [d.key for d in run(mirror, negated)[1]]


@given(alerts, values_strategy)
def test_missing_values_anywhere_change_nothing(alert, values):
    present = [v for v in values if v is not None]
    assert [d.value for d in run(alert, values)[1]] == [d.value for d in run(alert, present)[1]]


@given(alerts, values_strategy, st.integers(1, 9))
def test_scaling_values_and_threshold_alike_changes_nothing(alert, values, factor):
    rule = alert.rule
    scaled = replace(
        alert,
        rule=replace(rule, threshold=rule.threshold * factor, hysteresis=rule.hysteresis * factor),
    )
    larger = [None if v is None else str(Decimal(v) * factor) for v in values]
    assert [d.key for d in run(alert, values)[1]] == [d.key for d in run(scaled, larger)[1]]
