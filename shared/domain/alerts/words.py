"""Alerts in words: what each waits for, and what it has decided."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from shared.domain.alerts.alert import Alert, AlertState, Decision, Reason, Trouble
from shared.domain.alerts.rules import ChangeRule, CompareTo, ThresholdRule
from shared.domain.money import format_exactly, format_value, round_half_up
from shared.domain.settings import MOST_DIGITS

_BASELINES: Mapping[CompareTo, str] = {
    "previous": "the value before it",
    "day": "the value of a day before",
    "week": "the value of a week before",
    "month": "the value of a month before",
    "year": "the value of a year before",
    "last_alert": "the value that was told last",
}
_CROSSINGS: Mapping[Reason, str] = {
    "already_beyond": "Was already {} when the alert was set",
    "still_beyond": "Still {} after the cooldown",
    "recovered": "No longer {}",
}
_VERBS = {"increase": "rises", "decrease": "drops", "any": "changes"}
_TROUBLES: Mapping[Trouble, str] = {
    "currency_changed": "Values are in another currency than the threshold by now, and are not"
    " looked at: set the threshold anew.",
    "unit_changed": "Values are in another unit than the threshold by now, and are not looked at:"
    " set the threshold anew.",
    "not_a_number": "The newest value is no number and was not looked at.",
}


def describe_rule(alert: Alert) -> str:
    """Say what a value has to do for the alert to notify."""
    rule = alert.rule
    if isinstance(rule, ChangeRule):
        return (
            f"{_VERBS[rule.direction]} by {_percent(rule)} or more against "
            f"{_BASELINES[rule.compare_to]}"
        )
    back = ""
    if rule.hysteresis:
        is_above = rule.direction == "above"
        width = Fraction(-rule.hysteresis if is_above else rule.hysteresis)
        # Neither has more decimals; a sum of decimals would be rounded to the context's digits.
        limit = round_half_up(Fraction(rule.threshold) + width, MOST_DIGITS)
        side = "or below" if is_above else "or above"
        back = f"; over again at {_limit(alert, limit)} {side}"
    return f"{describe_breach(alert, rule)}{back}"


def describe_breach(alert: Alert, rule: ThresholdRule) -> str:
    """Say where a value breaches, such as "below $10,000"."""
    return f"{rule.direction} {_limit(alert, rule.threshold)}"


def describe_state(alert: Alert, state: AlertState, *, is_new: bool = False) -> str:
    """Say where an alert stands and what it waits for; a new one, what its first value meant."""
    if state.status == "paused":
        return "Paused: no value is looked at until the alert is enabled."
    if state.trouble is not None:
        return _TROUBLES[state.trouble]
    if isinstance(alert.rule, ChangeRule):
        return _describe_change(alert, alert.rule, state)
    return _describe_threshold(alert, alert.rule, state, is_new=is_new)


def _describe_change(alert: Alert, rule: ChangeRule, state: AlertState) -> str:
    if state.last is None:
        return "Waiting for the first value."
    if state.status == "waiting":
        meant = rule.meant_baseline(state.last.as_of)
        return (
            f"Waiting for a baseline: there is no value of {meant:%Y-%m-%d %H:%M} UTC or before "
            "to compare with."
        )
    said = f"Notifies when a value {describe_rule(alert)}."
    if rule.compare_to == "previous":
        said += " A slow drift is not seen so; compare with week or last_alert for that."
    return said + _held(alert, state)


def _describe_threshold(
    alert: Alert, rule: ThresholdRule, state: AlertState, *, is_new: bool
) -> str:
    beyond = describe_breach(alert, rule)
    if state.status == "waiting" and alert.notify_if_already_breached:
        return f"Waiting for the next value. Notifies if it is {beyond}, even if it was before."
    if state.status == "waiting":
        return "Waiting for the first value."
    if state.status == "ok":
        return f"Notifies as soon as the value goes {beyond}.{_held(alert, state)}"
    if state.is_untold:
        return f"The value went {beyond} during the cooldown. Notifies if it still is afterwards."
    if is_new:
        return (
            f"The value is already {beyond}. Notifies the next time that it crosses, "
            "after it has come back."
        )
    return f"The value is {beyond}. Notifies again after it has come back and crosses anew."


def describe_decision(alert: Alert, decision: Decision) -> str:
    """Say what an alert has decided, with both values."""
    was = f", was {_amount(alert, decision.previous.value)}" if decision.previous else ""
    said = f"{_verdict(alert, decision)}: {_amount(alert, decision.value)}{was}."
    return f"{said} Held back by the cooldown." if decision.is_held else said


def _verdict(alert: Alert, decision: Decision) -> str:
    if isinstance(alert.rule, ThresholdRule):
        beyond = describe_breach(alert, alert.rule)
        return _CROSSINGS.get(decision.reason, "Went {}").format(beyond)
    percent, before = decision.change_percent, decision.previous
    verb = "Rose" if before is None or decision.value > before.value else "Dropped"
    return f"{verb} from zero" if percent is None else f"{verb} by {abs(percent):f}%"


def _held(alert: Alert, state: AlertState) -> str:
    """Say until when the cooldown holds back, and what it has held back."""
    said = f" Held back since the last notice: {state.held}." if state.held else ""
    if state.told_at is None or state.last is None:
        return said
    until = state.told_at + alert.cooldown
    if state.last.as_of >= until:
        return said
    return f" The cooldown holds notices back until data of {until:%Y-%m-%d %H:%M} UTC.{said}"


def _percent(rule: ChangeRule) -> str:
    return f"{rule.percentage.normalize():f}%"


def _amount(alert: Alert, value: Decimal) -> str:
    return format_value(value, alert.unit, alert.currency)


def _limit(alert: Alert, value: Decimal) -> str:
    return format_exactly(value, alert.unit, alert.currency)
