"""When an alert notifies: a pure decision on rule, state and value.

A threshold alert fires on crossing. The first value that an alert sees only sets its state, so an
alert set while the value is already beyond says nothing until the value comes back and crosses
again (unless `notify_if_already_breached`). Breach is strict: equality never breaches. A change
alert compares two values and has no state that lasts; reaching the percentage is enough.
"""

from dataclasses import replace
from decimal import Decimal

from shared.domain.alerts.alert import Alert, AlertState, Decision, Kind, Point, Reason, Trouble
from shared.domain.alerts.rules import ChangeRule, ThresholdRule
from shared.domain.configuration import MetricValue


def step(
    state: AlertState, alert: Alert, value: MetricValue, baseline: Point | None = None
) -> tuple[AlertState, Decision | None]:
    """Take one value into account.

    A value that is not newer than the last one seen, or is missing, changes nothing, so records may
    come twice or out of order. A changed configuration, or values computed under other definitions,
    start afresh: the value is then the first.

    Args:
        state: where the alert stands.
        alert: the alert as it is configured now.
        value: the value offered.
        baseline: what a change rule that looks back into the history compares with; None where
            there is nothing so old. See `ChangeRule.baseline_until`.

    Returns:
        The new state, and what to tell people, if anything.
    """
    if not alert.is_enabled:
        return _paused(state, alert), None
    if state.config_version != alert.config_version:
        state = AlertState(config_version=alert.config_version)
    is_old = state.last_version is not None and value.version <= state.last_version
    if is_old or value.value is None:
        return state, None
    return _take(state, alert, value, value.value, baseline)


def _take(
    state: AlertState, alert: Alert, value: MetricValue, number: Decimal, baseline: Point | None
) -> tuple[AlertState, Decision | None]:
    trouble = _trouble(alert, value, number)
    if trouble is not None:
        return replace(state, last_version=value.version, trouble=trouble), None
    if state.status == "paused" or _is_measured_anew(state, value):
        state = fresh_state(alert, state)
    seen = replace(
        state,
        last_version=value.version,
        last=Point(number, value.as_of),
        definitions_version=value.definitions_version,
        currency=value.currency,
        trouble=None,
    )
    if isinstance(alert.rule, ChangeRule):
        return _compare(state, seen, alert, alert.rule, baseline)
    if state.status == "firing":
        return _while_firing(state, seen, alert, alert.rule)
    return _while_quiet(state, seen, alert, alert.rule)


def fresh_state(alert: Alert, before: AlertState) -> AlertState:
    """Return the state of an alert that starts afresh: created, edited or enabled.

    Under the same configuration the episodes count on, so that no key comes twice, and an older
    value that comes late stays old.
    """
    if before.config_version != alert.config_version:
        return AlertState(config_version=alert.config_version)
    return AlertState(
        config_version=alert.config_version,
        episode=before.episode,
        last_version=before.last_version,
    )


def starting_state(
    alert: Alert,
    current: MetricValue | None,
    before: AlertState | None = None,
    *,
    has_baseline: bool = False,
) -> AlertState:
    """Return the state of an alert that is created, edited or enabled while a metric has a value.

    The value is taken as the first: it sets state and baseline, and nobody is told of it. Where a
    threshold alert is to tell of that too, it is left to the next value to be the first.

    Args:
        alert: as it is from now on.
        current: the newest value of its metric, if there is one.
        before: the state until now; None for a new alert.
        has_baseline: whether the history holds what a change rule compares the value with.
    """
    fresh = AlertState(config_version=alert.config_version)
    if before is not None:
        fresh = fresh_state(alert, before)
    if not alert.is_enabled:
        return _paused(fresh, alert)
    if current is None:
        return fresh
    # The present value may be looked at again, whatever the alert has seen before.
    fresh = replace(fresh, last_version=current.version - 1)
    if alert.notify_if_already_breached and isinstance(alert.rule, ThresholdRule):
        return fresh
    state = step(fresh, alert, current)[0]
    return replace(state, status="ok") if has_baseline and state.last is not None else state


def _paused(state: AlertState, alert: Alert) -> AlertState:
    return replace(state, status="paused", config_version=alert.config_version)


def _trouble(alert: Alert, value: MetricValue, number: Decimal) -> Trouble | None:
    if not number.is_finite():
        return "not_a_number"
    if isinstance(alert.rule, ChangeRule):
        return None  # a percentage of whatever it is
    if value.unit != alert.unit:
        return "unit_changed"
    return "currency_changed" if value.currency != alert.currency else None


def _is_measured_anew(state: AlertState, value: MetricValue) -> bool:
    measured = (state.definitions_version, state.currency)
    return state.last is not None and measured != (value.definitions_version, value.currency)


def _while_quiet(
    before: AlertState, seen: AlertState, alert: Alert, rule: ThresholdRule
) -> tuple[AlertState, Decision | None]:
    now, is_first = _newest(seen), before.status == "waiting"
    if not rule.is_breached_by(now.value):
        return replace(seen, status="ok", since=now.as_of if is_first else before.since), None
    firing = replace(seen, status="firing", episode=before.episode + 1, since=now.as_of)
    if is_first and not alert.notify_if_already_breached:
        return firing, None
    return _notify(firing, alert, "fire", "already_beyond" if is_first else "crossed", before.last)


def _while_firing(
    before: AlertState, seen: AlertState, alert: Alert, rule: ThresholdRule
) -> tuple[AlertState, Decision | None]:
    now = _newest(seen)
    if rule.is_breached_by(now.value):
        if before.is_untold and not _is_cooling(seen, alert):
            return _notify(seen, alert, "fire", "still_beyond", before.last)
        return seen, None
    if not rule.is_recovered_by(now.value):
        return seen, None
    recovered = replace(seen, status="ok", since=now.as_of, is_untold=False)
    if not alert.notify_on_recovery:
        return recovered, None
    # Of what nobody has heard, nobody hears that it is over.
    decision = _decide(recovered, alert, "recover", "recovered", before.last)
    return recovered, replace(decision, is_held=before.is_untold)


def _compare(
    before: AlertState,
    seen: AlertState,
    alert: Alert,
    rule: ChangeRule,
    baseline: Point | None,
) -> tuple[AlertState, Decision | None]:
    now = _newest(seen)
    if rule.compare_to == "last_alert":
        baseline = before.baseline
        seen = replace(seen, baseline=before.baseline or now)
    elif rule.compare_to == "previous":
        baseline = before.last
    elif baseline is None:
        return replace(seen, status="waiting", since=before.since or now.as_of), None
    is_first = before.status == "waiting"
    seen = replace(seen, status="ok", since=now.as_of if is_first else before.since)
    if baseline is None or not rule.is_met_by(now.value, baseline.value):
        return seen, None
    changed = replace(seen, episode=before.episode + 1)
    reason: Reason = "changed" if baseline.value else "changed_from_zero"
    after, decision = _notify(changed, alert, "change", reason, baseline)
    # A change that is held back counts on, or what comes of it would never be told.
    return (after if decision.is_held else replace(after, baseline=now)), decision


def _notify(
    state: AlertState, alert: Alert, kind: Kind, reason: Reason, previous: Point | None
) -> tuple[AlertState, Decision]:
    """Decide to tell people, or to hold it back while the alert cools down."""
    decision = _decide(state, alert, kind, reason, previous)
    if _is_cooling(state, alert):
        held = replace(state, held=state.held + 1, is_untold=kind == "fire")
        return held, replace(decision, is_held=True)
    return replace(state, told_at=decision.as_of, held=0, is_untold=False), decision


def _is_cooling(state: AlertState, alert: Alert) -> bool:
    return state.told_at is not None and _newest(state).as_of < state.told_at + alert.cooldown


def _decide(
    state: AlertState, alert: Alert, kind: Kind, reason: Reason, previous: Point | None
) -> Decision:
    now = _newest(state)
    return Decision(
        key=f"{alert.id}/{alert.config_version}/{state.episode}/{kind}",
        kind=kind,
        reason=reason,
        value=now.value,
        as_of=now.as_of,
        previous=previous,
        held_before=state.held,
    )


def _newest(state: AlertState) -> Point:
    if state.last is None:  # pragma: no cover - set before any rule is applied
        raise TypeError("no value has been seen")
    return state.last
