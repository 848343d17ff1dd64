"""What holds of every alert, whatever values come: found by trying, and made small if it fails."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alerts import Alert, ChangeRule, ThresholdRule, replay, starting_state, step
from shared.domain.configuration import MetricValue
from tests.alert_oracle import Stretch, due
from tests.alert_sequences import Life, a_life, as_due, decided, live
from tests.stories import a_change_rule, an_alert

lives = st.randoms(use_true_random=False).map(a_life)
plain_lives = lives.map(lambda life: replace(life, stretches=life.stretches[:1]))
_MIRRORED = {
    "above": "below",
    "below": "above",
    "increase": "decrease",
    "decrease": "increase",
    "any": "any",
}


def with_records(life: Life, *records: Sequence[MetricValue]) -> Life:
    """Give the same life with other records in each stretch."""
    pairs = zip(life.stretches, records, strict=True)
    stretches = tuple(replace(stretch, records=tuple(taken)) for stretch, taken in pairs)
    return replace(life, stretches=stretches)


def of_values(life: Life, change) -> Life:
    """Give the same life with every value changed."""

    def taken(value: MetricValue) -> MetricValue:
        return value if value.value is None else replace(value, value=change(value.value))

    stretches = tuple(
        replace(
            it,
            current=None if it.current is None else taken(it.current),
            records=tuple(map(taken, it.records)),
        )
        for it in life.stretches
    )
    return Life(stretches, tuple(map(taken, life.past)))


def of_alerts(life: Life, change) -> Life:
    """Give the same life with the alert changed all along."""
    stretches = tuple(replace(it, alert=change(it.alert)) for it in life.stretches)
    return replace(life, stretches=stretches)


def outline(life: Life) -> list[tuple[str, str, bool]]:
    """What was decided, without the amounts."""
    return [(it.key, it.reason, it.is_held) for it in decided(life)]


@given(lives)
def test_what_is_decided_is_what_another_reckoning_finds(life):
    assert decided(life) == due(life.stretches, life.past)


@given(lives, st.data())
def test_after_a_crash_the_records_may_come_again_from_any_earlier_one(life, data):
    again = []
    for stretch in life.stretches:
        cut = data.draw(st.integers(0, len(stretch.records)))
        back = data.draw(st.integers(0, cut))
        again.append(stretch.records[:cut] + stretch.records[back:])
    assert decided(with_records(life, *again)) == decided(life)


@given(lives)
def test_each_record_may_come_twice(life):
    twice = [[it for it in stretch.records for _ in range(2)] for stretch in life.stretches]
    assert decided(with_records(life, *twice)) == decided(life)


@given(plain_lives, st.randoms(use_true_random=False))
def test_in_any_order_only_the_rising_versions_count(life, random):
    (stretch,) = life.stretches
    shuffled = random.sample(stretch.records, k=len(stretch.records))
    rising, newest = [], None
    for value in shuffled:
        if value.value is not None and (newest is None or value.version > newest):
            newest = value.version
            rising.append(value)
    assert decided(with_records(life, shuffled)) == decided(with_records(life, rising))


@given(plain_lives)
def test_in_the_end_the_status_agrees_with_the_newest_value(life):
    (stretch,) = life.stretches
    states = [state for state, _ in live(life)]
    rule = stretch.alert.rule
    if not states or states[-1].last is None or not isinstance(rule, ThresholdRule):
        return
    value = states[-1].last.value
    if rule.is_breached_by(value):
        assert states[-1].status == "firing"
    elif rule.is_recovered_by(value):
        assert states[-1].status == "ok"


@given(lives, st.decimals("0.001", "1000", places=3))
def test_scaling_values_and_threshold_alike_changes_nothing(life, factor):
    def scale(alert: Alert) -> Alert:
        rule = alert.rule
        if isinstance(rule, ChangeRule):
            return alert
        scaled = replace(
            rule, threshold=rule.threshold * factor, hysteresis=rule.hysteresis * factor
        )
        return replace(alert, rule=scaled)

    scaled = of_values(of_alerts(life, scale), lambda amount: amount * factor)
    assert outline(scaled) == outline(life)


@given(lives)
def test_upside_down_it_is_the_same(life):
    def mirror(alert: Alert) -> Alert:
        rule: Any = alert.rule
        mirrored = replace(rule, direction=_MIRRORED[rule.direction])
        if isinstance(mirrored, ThresholdRule):
            mirrored = replace(mirrored, threshold=-mirrored.threshold)
        return replace(alert, rule=mirrored)

    mirrored = of_values(of_alerts(life, mirror), lambda amount: -amount)
    assert outline(mirrored) == outline(life)


@given(plain_lives, lives, st.booleans())
def test_an_edited_alert_decides_what_a_new_one_would(before, after, already):
    (first,) = before.stretches
    stretch = after.stretches[0]
    edited = replace(stretch.alert, config_version=7, notify_if_already_breached=already)
    state = starting_state(first.alert, first.current)
    for value in first.records:
        state, _ = step(state, first.alert, value)
    whole = Life((first, replace(stretch, alert=edited)), (*before.past, *after.past))
    told = decided(replace(whole, past=after.past))
    since = [it for it in told if it.key.split("/")[1] == "7"]
    # So no recovery is ever told of what the old rule had fired, and no count goes on.
    assert since == decided(Life((replace(stretch, alert=edited),), after.past))


@given(lives, st.randoms(use_true_random=False))
def test_missing_values_anywhere_change_nothing(life, random):
    more: list[list[MetricValue]] = []
    fewer = []
    for stretch in life.stretches:
        present = [value for value in stretch.records if value.value is not None]
        fewer.append(present)
        more.append([])
        for value in present:
            # Of any version: of what is missing nothing counts.
            missing = replace(random.choice(present), value=None)
            more[-1] += [missing, value] if random.random() < 0.5 else [value, missing]
    assert decided(with_records(life, *fewer)) == decided(life)
    assert decided(with_records(life, *more)) == decided(life)


amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-99, max_value=99)


@given(amounts.filter(bool), amounts, st.decimals("0.01", "300", places=2))
def test_the_sign_of_a_change_is_that_of_the_difference(base, value, percentage):
    up, down, both = (
        a_change_rule(direction, str(percentage)).is_met_by(value, base)
        for direction in ("increase", "decrease", "any")
    )
    assert not up or value > base
    assert not down or value < base
    assert both == (up or down)
    assert both == (abs(value - base) * 100 >= percentage * abs(base) and value != base)


@given(lives)
def test_no_key_is_told_twice_and_keys_count_upwards(life):
    told = [it.key for it in decided(life) if not it.is_held]
    assert len(set(told)) == len(told)
    episodes = [tuple(map(int, it.key.split("/")[1:3])) for it in decided(life)]
    assert episodes == sorted(episodes)


@given(plain_lives)
def test_the_cooldown_lies_between_two_notices_and_is_never_the_end_of_a_breach(life):
    (stretch,) = life.stretches
    alert, told_at, measured = stretch.alert, None, None
    for state, decision in live(life):
        if measured != (state.definitions_version, state.currency):
            # It starts afresh, the cooldown with it.
            told_at, measured = None, (state.definitions_version, state.currency)
        if decision is not None and decision.kind != "recover" and not decision.is_held:
            assert told_at is None or decision.as_of >= told_at + alert.cooldown
            told_at = decision.as_of
        if state.is_untold and state.last is not None:
            beyond = isinstance(alert.rule, ThresholdRule) and alert.rule.is_breached_by(
                state.last.value
            )
            # What is beyond and untold is so only while the alert cools down.
            assert not beyond or state.last.as_of < (told_at or state.last.as_of) + alert.cooldown


@given(plain_lives)
def test_the_preview_tells_what_an_alert_would_have_told_all_along(life):
    alert = life.stretches[0].alert
    shown = [as_due(it) for it in replay(alert, life.past)]
    assert shown == due([Stretch(alert, None, life.past)], life.past)


@given(lives)
def test_a_paused_alert_tells_nothing(life):
    silent = of_alerts(life, lambda alert: replace(alert, is_enabled=False))
    assert decided(silent) == []


def test_an_alert_of_nothing_tells_nothing():
    assert decided(Life((Stretch(an_alert(), None, ()),), ())) == []
