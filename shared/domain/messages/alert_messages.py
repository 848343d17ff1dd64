"""What people are told of an alert: the verdict first, then from, to, change and time.

Good news is worded as good: what rises may be bad, and what falls may be good.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from shared.domain.alerts import (
    BASELINES,
    Alert,
    ChangeRule,
    Decision,
    Point,
    ThresholdRule,
    describe_breach,
    describe_rule,
)
from shared.domain.configuration import ChannelType, Integration, Metric, MetricValue
from shared.domain.messages.text import (
    block,
    fit_sms,
    fit_subject,
    in_prose,
    paragraph,
    short_id,
)
from shared.domain.metrics import good_direction
from shared.domain.money import format_percent, format_value, round_half_up
from shared.domain.notices import Message

_DAY_HOURS = 48


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """All that a message on an alert is written from."""

    decision: Decision
    alert: Alert
    metric: Metric
    integration: Integration
    value: MetricValue


def alert_message(facts: AlertFacts, channel_type: ChannelType) -> Message:
    """Write the message on a decision for a channel of that type."""
    if channel_type == "sms":
        return Message(subject="", body=_sms(facts))
    return Message(subject=_subject(facts), body=_body(facts))


def _subject(facts: AlertFacts) -> str:
    label, verdict, now = _label(facts), _verdict(facts), _amount(facts, facts.decision.value)
    head = f"{_test_mode(facts)}[{label}] {{0}} {verdict}: now {now}"
    mode, identity = facts.integration.mode, short_id(facts.decision.key)
    return fit_subject(
        [f"{head} ({{1}}, {mode}) #{identity}", f"{head} #{identity}", f"{{0}}: {now} #{identity}"],
        [facts.metric.name, facts.integration.name],
    )


def _sms(facts: AlertFacts) -> str:
    decision, mode = facts.decision, facts.integration.mode
    sender = "Stripe Metrics test mode" if mode == "test" else "Stripe Metrics"
    head = f"{sender}: {{0}} ({{1}} {mode}) is {_verdict(facts)}. "
    now, identity = f"Now {_amount(facts, decision.value)}", f"#{short_id(decision.key)}"
    was = "" if decision.previous is None else f", was {_amount(facts, decision.previous.value)}"
    change = "" if decision.change_percent is None else f" ({_signed(decision.change_percent)}%)"
    at = _time(decision.as_of)
    return fit_sms(
        [
            f"{head}{now}{was}{change}. {at}. {identity}",
            f"{head}{now}{was}{change}. {identity}",
            f"{head}{now}{was}. {identity}",
            f"{head}{now}. {identity}",
            f"{sender}: {{0}} {now}. {identity}",
        ],
        [facts.metric.name, facts.integration.name],
    )


def _body(facts: AlertFacts) -> str:
    decision, integration = facts.decision, facts.integration
    rows = [
        ("Metric", facts.metric.name),
        ("Alert", facts.alert.name),
        ("Rule", describe_rule(facts.alert)),
        ("Was", _was(facts)),
        ("Now", _amount(facts, decision.value)),
        ("Change", _change(facts)),
        ("As of", _time(decision.as_of)),
        ("Integration", f"{integration.name} ({integration.mode} mode)"),
        *([("Held back", _held_back(facts))] if decision.held_before else []),
        ("Notice", f"#{short_id(decision.key)}"),
    ]
    why = (
        "You get this because this address is a channel of the alert "
        f'"{in_prose(facts.alert.name)}". Change or pause the alert in Stripe Metrics.'
    )
    if integration.mode == "test":
        why += " The account is in Stripe's test mode: no real money is meant."
    return f"{paragraph(_fact(facts))}\n\n{block(rows)}\n\n{paragraph(why)}\n"


def _fact(facts: AlertFacts) -> str:
    decision, name = facts.decision, in_prose(facts.metric.name)
    now = _amount(facts, decision.value)
    if decision.reason == "changed_from_zero":
        return f"{name} went from {_amount(facts, Decimal(0))} to {now}.{_gap(facts)}"
    was = "" if decision.previous is None else f", was {_amount(facts, decision.previous.value)}"
    against = ""
    if isinstance(facts.alert.rule, ChangeRule):
        against = f" against {BASELINES[facts.alert.rule.compare_to]}"
    said = f"{name} is {_verdict(facts)}{against}: now {now}{was}."
    if decision.reason == "already_beyond":
        said += " It was already so when the alert was set."
    if decision.reason == "still_beyond":
        said += " It crossed while the alert was cooling down, and is there still."
    return said + _gap(facts)


def _verdict(facts: AlertFacts) -> str:
    """Say what happened, such as "below $10,000" or "up 12.5%"."""
    decision, rule = facts.decision, facts.alert.rule
    if isinstance(rule, ThresholdRule):
        breach = describe_breach(facts.alert, rule)
        return f"no longer {breach}" if decision.kind == "recover" else breach
    side = "up" if _is_up(decision) else "down"
    percent = decision.change_percent
    return f"{side} from zero" if percent is None else f"{side} {format_percent(abs(percent))}"


def _label(facts: AlertFacts) -> str:
    is_good = _is_good(facts)
    match facts.decision.kind:
        case "fire":
            return "Good news" if is_good else "Firing"
        case "recover":
            return "Back" if is_good else "Recovered"
        case "change":
            return "Good news" if is_good else "Change"


def _is_good(facts: AlertFacts) -> bool:
    """Whether it is good news that the value rose, or fell, or that it is beyond the threshold."""
    rule = facts.alert.rule
    if isinstance(rule, ThresholdRule):
        direction = "up" if rule.direction == "above" else "down"
    else:
        direction = "up" if _is_up(facts.decision) else "down"
    return good_direction(facts.metric.query) == direction


def _is_up(decision: Decision) -> bool:
    return decision.previous is None or decision.value > decision.previous.value


def _was(facts: AlertFacts) -> str:
    previous = facts.decision.previous
    if previous is None:
        return "no value before"
    return f"{_amount(facts, previous.value)} ({_time(previous.as_of)})"


def _change(facts: AlertFacts) -> str:
    decision = facts.decision
    if decision.previous is None:
        return "first value"
    difference = _difference(decision.value, decision.previous)
    if facts.value.unit == "percent":
        points = round_half_up(difference, 2)
        text = f"{_signed(points)} percentage points"
    else:
        sign = "+" if difference >= 0 else ""
        text = f"{sign}{_amount(facts, _exact(difference))}"
    percent = decision.change_percent
    return f"{text} ({'no percentage from zero' if percent is None else _signed(percent) + '%'})"


def _difference(value: Decimal, previous: Point) -> Fraction:
    return Fraction(value) - Fraction(previous.value)


def _exact(value: Fraction) -> Decimal:
    # More decimals than any amount is shown with.
    return round_half_up(value, 12)


def _signed(number: Decimal) -> str:
    digits = f"{number:+,f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _gap(facts: AlertFacts) -> str:
    """Say that the baseline is much older than the rule means it to be."""
    rule, previous, as_of = facts.alert.rule, facts.decision.previous, facts.decision.as_of
    if not isinstance(rule, ChangeRule) or previous is None:
        return ""
    if not rule.is_over_a_gap(as_of, previous.as_of, facts.metric.refresh_interval):
        return ""
    hours = round((as_of - previous.as_of).total_seconds() / 3600)
    age = f"{hours} hours" if hours < _DAY_HOURS else f"{round(hours / 24)} days"
    return f" This is over a gap: what it is compared with is {age} older."


def _held_back(facts: AlertFacts) -> str:
    count, hours = facts.decision.held_before, f"{facts.alert.cooldown_hours.normalize():f}"
    times = "once" if count == 1 else f"{count} times"
    return f"{times} since the last message, by the cooldown of {hours} h"


def _amount(facts: AlertFacts, value: Decimal) -> str:
    return format_value(value, facts.value.unit, facts.value.currency)


def _test_mode(facts: AlertFacts) -> str:
    return "[Test mode] " if facts.integration.mode == "test" else ""


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
