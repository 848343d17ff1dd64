"""What people are told of a goal: that it is reached, or has fallen behind its pace."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.domain.configuration import ChannelType, Integration, Metric, MetricValue
from shared.domain.goals import Goal, GoalEvent, GoalEventKind, GoalProgress, progress_of
from shared.domain.messages.text import (
    block,
    fit_sms,
    fit_subject,
    in_prose,
    moment,
    paragraph,
    short_id,
)
from shared.domain.money import format_value
from shared.domain.notices import Message

_LABELS: Mapping[GoalEventKind, str] = {
    "goal_reached": "Goal reached",
    "goal_off_pace": "Goal off pace",
}


@dataclass(frozen=True, slots=True)
class GoalFacts:
    """All that a message on a goal is written from."""

    event: GoalEvent
    metric: Metric
    integration: Integration


def goal_message(facts: GoalFacts, channel_type: ChannelType) -> Message:
    """Write the message on what has happened to a goal for a channel of that type."""
    if channel_type == "sms":
        return Message(subject="", body=_sms(facts))
    return Message(subject=_subject(facts), body=_body(facts))


def goal_line(goal: Goal, value: MetricValue) -> str:
    """Say how far a goal has come with a value of a metric that serves it; "" if none does."""
    link = goal.link_to(value.metric_id)
    progress = progress_of(goal, link, value)
    if link is None or progress.percent is None:
        return ""
    reached = "reached" if progress.reached_at else ""
    standing = reached or _standing(goal, progress)
    return f"{goal.name}: {_way(progress, value)}{f', {standing}' if standing else ''}"


def _standing(goal: Goal, progress: GoalProgress) -> str:
    if goal.due_on is None:
        return ""
    return f"{'on track' if progress.on_track else 'behind pace'} for {goal.due_on}"


def _way(progress: GoalProgress, value: MetricValue) -> str:
    start, target = _amount(progress.start, value), _amount(progress.target, value)
    return f"{_percent(progress)} of the way from {start} to {target}"


def _subject(facts: GoalFacts) -> str:
    event, integration = facts.event, facts.integration
    test = "[Test mode] " if integration.mode == "test" else ""
    head = f"{test}[{_LABELS[event.kind]}] {{goal}}: {_verdict(facts)}"
    identity = f"#{short_id(event.key)}"
    return fit_subject(
        [f"{head} ({{account}}, {integration.mode}) {identity}", f"{head} {identity}"],
        _names(facts),
    )


def _verdict(facts: GoalFacts) -> str:
    progress, goal = facts.event.progress, facts.event.goal
    if facts.event.kind == "goal_reached":
        return f"{{metric}} is {_amount(progress.current, facts.event.value)}"
    return f"{_percent(progress)}, {_due(facts)} {goal.due_on}"


def _due(facts: GoalFacts) -> str:
    goal, as_of = facts.event.goal, facts.event.value.as_of
    return "was due" if goal.due_on is not None and as_of.date() > goal.due_on else "due"


def _sms(facts: GoalFacts) -> str:
    event, mode = facts.event, facts.integration.mode
    progress, value = event.progress, event.value
    sender = "Stripe Metrics test mode" if mode == "test" else "Stripe Metrics"
    now, target = _amount(progress.current, value), _amount(progress.target, value)
    is_reached = event.kind == "goal_reached"
    head = f"{sender}: goal {{goal}} is {'reached' if is_reached else 'off pace'}"
    if not is_reached:
        head += f": {_percent(progress)}, {_due(facts)} {event.goal.due_on}"
    identity, at = f"#{short_id(event.key)}", moment(value.as_of)
    return fit_sms(
        [
            f"{head}. {{metric}} ({{account}} {mode}): {now}, target {target}. {at}. {identity}",
            f"{head}. {{metric}} ({{account}} {mode}): {now}, target {target}. {identity}",
            f"{head}. {{metric}}: {now}, target {target}. {identity}",
            f"{head}. {{metric}}: {now}. {identity}",
        ],
        _names(facts),
    )


def _names(facts: GoalFacts) -> Mapping[str, str]:
    return {
        "goal": facts.event.goal.name,
        "metric": facts.metric.name,
        "account": facts.integration.name,
    }


def _body(facts: GoalFacts) -> str:
    event, integration = facts.event, facts.integration
    goal, progress, value = event.goal, event.progress, event.value
    rows = [
        ("Goal", goal.name),
        ("Metric", facts.metric.name),
        ("Start", _amount(progress.start, value)),
        ("Target", _amount(progress.target, value)),
        ("Now", _amount(progress.current, value)),
        ("Progress", _percent(progress)),
        *([("Due", str(goal.due_on))] if goal.due_on else []),
        *([("Projected", str(progress.projected_on))] if progress.projected_on else []),
        ("As of", moment(value.as_of)),
        ("Integration", f"{integration.name} ({integration.mode} mode)"),
        ("Notice", f"#{short_id(event.key)}"),
    ]
    why = (
        "You get this because this address hears of goals. Change that under notifications in "
        "Stripe Metrics."
    )
    if integration.mode == "test":
        why += " The account is in Stripe's test mode: no real money is meant."
    return f"{paragraph(_fact(facts))}\n\n{block(rows)}\n\n{paragraph(why)}\n"


def _fact(facts: GoalFacts) -> str:
    event, progress, value = facts.event, facts.event.progress, facts.event.value
    goal, metric = in_prose(event.goal.name), in_prose(facts.metric.name)
    now = _amount(progress.current, value)
    if event.kind == "goal_reached":
        target = _amount(progress.target, value)
        return f'The goal "{goal}" is reached: {metric} is {now}, the target was {target}.'
    way = _way(progress, value)
    return f'The goal "{goal}" is off pace: {metric} is {now}, {way}. {progress.note}'


def _amount(amount: Decimal | None, value: MetricValue) -> str:
    return "-" if amount is None else format_value(amount, value.unit, value.currency)


def _percent(progress: GoalProgress) -> str:
    return "-" if progress.percent is None else f"{progress.percent.normalize():,f}%"
