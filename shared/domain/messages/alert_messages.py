"""What people are told of an alert: the verdict first, then from, to, change and time.

Good news is worded as good: what rises may be bad, and what falls may be good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.domain.alerts import (
    Alert,
    ChangeRule,
    CompareTo,
    Decision,
    Reason,
    ThresholdRule,
    describe_breach,
    describe_rule,
)
from shared.domain.configuration import ChannelType, Integration, Metric, MetricValue
from shared.domain.goals import Goal
from shared.domain.messages.goal_messages import goal_line
from shared.domain.messages.movement import amount_moved, percent_moved, unsigned
from shared.domain.messages.text import (
    block,
    fit_sms,
    fit_subject,
    in_prose,
    length,
    moment,
    paragraph,
    short_id,
)
from shared.domain.metrics import good_direction
from shared.domain.money import format_value
from shared.domain.notices import Message

_THAN: Mapping[CompareTo, str] = {
    "previous": "the value before",
    "day": "a day ago",
    "week": "a week ago",
    "month": "a month ago",
    "year": "a year ago",
    "last_alert": "when this alert last notified or was set",
}
_WHEN: Mapping[Reason, str] = {
    "already_beyond": "already ",
    "still_beyond": "still ",
    "recovered": "no longer ",
}
_MORE: Mapping[Reason, str] = {
    "already_beyond": " It was so when the alert was set.",
    "still_beyond": " It went there during the cooldown, and nobody was told then.",
}


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """All that a message on an alert is written from.

    Attributes:
        goal: that the alert was set for.
    """

    decision: Decision
    alert: Alert
    metric: Metric
    integration: Integration
    value: MetricValue
    goal: Goal | None = None


def alert_message(facts: AlertFacts, channel_type: ChannelType) -> Message:
    """Write the message on a decision for a channel of that type."""
    if channel_type == "sms":
        return Message(subject="", body=_sms(facts))
    return Message(subject=_subject(facts), body=_body(facts))


def _subject(facts: AlertFacts) -> str:
    test = "[Test mode] " if facts.integration.mode == "test" else ""
    label, now = f"{test}[{_label(facts)}]", _amount(facts, facts.decision.value)
    head = f"{label} {{metric}} {_verdict(facts)}: now {now}"
    identity = f"#{short_id(facts.decision.key)}"
    return fit_subject(
        [
            f"{head} ({{account}}, {facts.integration.mode}) {identity}",
            f"{head} {identity}",
            f"{label} {{metric}}: now {now} {identity}",
        ],
        _names(facts),
    )


def _sms(facts: AlertFacts) -> str:
    decision, mode = facts.decision, facts.integration.mode
    sender = "Stripe Metrics test mode" if mode == "test" else "Stripe Metrics"
    head = f"{sender}: {{metric}} ({{account}} {mode}) is {_verdict(facts)}."
    now, identity = f"Now {_amount(facts, decision.value)}", f"#{short_id(decision.key)}"
    was = "" if decision.previous is None else f", was {_amount(facts, decision.previous.value)}"
    change, gap = _change_in_short(facts), _gap(facts)
    return fit_sms(
        [
            f"{head} {now}{was}{change}{gap}. {moment(decision.as_of)}. {identity}",
            f"{head} {now}{was}{change}{gap}. {identity}",
            f"{head} {now}{was}. {identity}",
            f"{head} {now}. {identity}",
            f"{sender}: {{metric}}: {now}. {identity}",
        ],
        _names(facts),
    )


def _names(facts: AlertFacts) -> Mapping[str, str]:
    return {"metric": facts.metric.name, "account": facts.integration.name}


def _body(facts: AlertFacts) -> str:
    decision, integration = facts.decision, facts.integration
    rows = [
        ("Metric", facts.metric.name),
        ("Alert", facts.alert.name),
        ("Rule", describe_rule(facts.alert)),
        ("Was", _was(facts)),
        ("Now", _amount(facts, decision.value)),
        ("Change", _change(facts)),
        ("As of", moment(decision.as_of)),
        ("Integration", f"{integration.name} ({integration.mode} mode)"),
        *_goal_row(facts),
        *([("Held back", _held_back(decision.held_before))] if decision.held_before else []),
        ("Notice", f"#{short_id(decision.key)}"),
    ]
    why = (
        "You get this because this address is a channel of the alert "
        f'"{in_prose(facts.alert.name)}" ({facts.alert.id}). Change or pause the alert in Stripe '
        "Metrics."
    )
    if integration.mode == "test":
        why += " The account is in Stripe's test mode: no real money is meant."
    return f"{paragraph(_fact(facts))}\n\n{block(rows)}\n\n{paragraph(why)}\n"


def _goal_row(facts: AlertFacts) -> list[tuple[str, str]]:
    line = "" if facts.goal is None else goal_line(facts.goal, facts.value)
    return [("Goal", line)] if line else []


def _fact(facts: AlertFacts) -> str:
    decision, name = facts.decision, in_prose(facts.metric.name)
    now, gap = _amount(facts, decision.value), _gap(facts)
    over = f" This is{gap}." if gap else ""
    if decision.reason == "changed_from_zero":
        zero = _amount(facts, Decimal(0))
        return f"{name} went from {zero} to {now} ({percent_moved(decision)}).{over}"
    was = "" if decision.previous is None else f", was {_amount(facts, decision.previous.value)}"
    verdict = _comparison(facts) or _verdict(facts)
    return f"{name} is {verdict}: now {now}{was}.{_MORE.get(decision.reason, '')}{over}"


def _comparison(facts: AlertFacts) -> str:
    """Say what a value that changed is compared with; "" where the rule is a threshold."""
    rule, decision = facts.alert.rule, facts.decision
    if not isinstance(rule, ChangeRule) or decision.previous is None:
        return ""
    size = unsigned(percent_moved(decision))
    if facts.value.unit == "percent":
        size = f"{unsigned(amount_moved(decision, facts.value))} ({size})"
    side = "higher" if _is_up(decision) else "lower"
    return f"{size} {side} than {_THAN[rule.compare_to]} ({moment(decision.previous.as_of)})"


def _verdict(facts: AlertFacts) -> str:
    """Say what happened, such as "below $10,000" or "up 12.5%"."""
    decision, rule = facts.decision, facts.alert.rule
    if isinstance(rule, ThresholdRule):
        return f"{_WHEN.get(decision.reason, '')}{describe_breach(facts.alert, rule)}"
    side = "up" if _is_up(decision) else "down"
    if decision.reason == "changed_from_zero":
        return f"{side} from zero"
    # Ten percent of a rate are taken for ten points.
    is_rate = facts.value.unit == "percent"
    moved = _points(facts) if is_rate else percent_moved(decision)
    return f"{side} {unsigned(moved)}"


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
    return f"{_amount(facts, previous.value)} ({moment(previous.as_of)})"


def _change(facts: AlertFacts) -> str:
    if facts.decision.previous is None:
        return "first value"
    moved = amount_moved(facts.decision, facts.value)
    return f"{moved} ({percent_moved(facts.decision)})" if moved else "none"


def _change_in_short(facts: AlertFacts) -> str:
    """Say what the verdict does not say of how far the value moved."""
    decision, moved = facts.decision, _points(facts)
    if not moved or decision.change_percent is None:
        return ""
    percent, is_rate = percent_moved(decision), facts.value.unit == "percent"
    if isinstance(facts.alert.rule, ChangeRule):
        return f" ({percent if is_rate else moved})"
    return f" ({moved}, {percent})" if is_rate else f" ({percent})"


def _points(facts: AlertFacts) -> str:
    return amount_moved(facts.decision, facts.value).replace("percentage points", "points")


def _gap(facts: AlertFacts) -> str:
    """Say that the baseline is much older than the rule means it to be."""
    rule, previous, as_of = facts.alert.rule, facts.decision.previous, facts.decision.as_of
    if not isinstance(rule, ChangeRule) or previous is None:
        return ""
    if not rule.is_over_a_gap(as_of, previous.as_of, facts.metric.refresh_interval):
        return ""
    return f" over a gap of {length(as_of - previous.as_of)}"


def _held_back(count: int) -> str:
    # Not of how many hours: the cooldown may have been changed since then.
    times = "once" if count == 1 else f"{count} times"
    return f"{times} since the last message, by the cooldown"


def _amount(facts: AlertFacts, value: Decimal) -> str:
    return format_value(value, facts.value.unit, facts.value.currency)
