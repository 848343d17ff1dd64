"""What a notice says: subject and body of an e-mail, and one part of SMS.

Verdict first, then from, to, change, time of data and the id of the notice. ASCII without line
breaks in the subject and the SMS, so that no name can add a header or leave the GSM-7 alphabet.
"""

import hashlib
import textwrap
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from shared.domain.account_watch import AccountEvent
from shared.domain.alerts import Alert, Decision, ThresholdRule
from shared.domain.configuration import ChannelType, Integration, Metric, MetricValue
from shared.domain.money import format_value
from shared.domain.notices import Message

SUBJECT_LIMIT = 99
SMS_LIMIT = 160


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """All that a message is written from."""

    decision: Decision
    alert: Alert
    metric: Metric
    integration: Integration
    value: MetricValue


def alert_message(facts: AlertFacts, channel_type: ChannelType) -> Message:
    """Write the message for a channel of that type."""
    return _email(facts) if channel_type == "email" else Message(subject="", body=_sms(facts))


def account_message(event: AccountEvent, channel_type: ChannelType) -> Message:
    """Write the message of what is to be told of an account's syncs."""
    text = f"Stripe Metrics: {event.kind} #{short_id(event.key)}"
    return Message(subject=text if channel_type == "email" else "", body=text)


def channel_test_message(channel_type: ChannelType) -> Message:
    """Write the message that a channel is tried out with."""
    text = "Stripe Metrics: this channel works."
    return Message(subject=text if channel_type == "email" else "", body=text)


def short_id(key: str) -> str:
    """Give the short form of a decision's key that stands in each message."""
    return hashlib.sha256(key.encode()).hexdigest()[:6].upper()


def _email(facts: AlertFacts) -> Message:
    decision = facts.decision
    label = "Firing" if decision.kind == "fire" else "Recovered"
    test = "[Test mode] " if facts.integration.mode == "test" else ""
    tail = f" ({{account}}, {facts.integration.mode}) #{short_id(decision.key)}"
    verdict = f"{test}[{label}] {{metric}} {_relation(facts)}: now {_amount(facts)}"
    subject = _fit(verdict + tail, facts, SUBJECT_LIMIT)
    return Message(subject=subject, body=_body(facts))


def _sms(facts: AlertFacts) -> str:
    was = _was(facts)
    text = (
        f"Stripe Metrics: {{metric}} ({{account}} {facts.integration.mode}) is "
        f"{_relation(facts)}. Now {_amount(facts)}{f', was {was}' if was else ''}. "
        f"{facts.decision.as_of:%Y-%m-%d %H:%M} UTC. #{short_id(facts.decision.key)}"
    )
    return _fit(text, facts, SMS_LIMIT)


def _body(facts: AlertFacts) -> str:
    decision, integration = facts.decision, facts.integration
    first = f"{_line(facts.metric.name)} is {_relation(facts)}: now {_amount(facts)}."
    if decision.reason == "already_beyond":
        first += " It was already so when the alert was set."
    rows = [
        ("Metric", _line(facts.metric.name)),
        ("Alert", _line(facts.alert.name)),
        ("Rule", _threshold(facts)),
        ("Was", _was(facts) or "no value before"),
        ("Now", _amount(facts)),
        ("Change", _change(facts)),
        ("As of", f"{decision.as_of:%Y-%m-%d %H:%M} UTC"),
        ("Integration", f"{_line(integration.name)} ({integration.mode} mode)"),
        ("Notice", f"#{short_id(decision.key)}"),
    ]
    block = "\n".join(f"{label + ':':<13}{text}" for label, text in rows)
    why = (
        "You get this because this address is a channel of the alert "
        f'"{_line(facts.alert.name)}". Change or mute it in Stripe Metrics.'
    )
    if integration.mode == "test":
        why += " The account is in Stripe's test mode: no real money is meant."
    return f"{textwrap.fill(first, 72)}\n\n{block}\n\n{textwrap.fill(why, 72)}\n"


def _relation(facts: AlertFacts) -> str:
    if facts.decision.kind != "recover":
        return _threshold(facts)
    return f"no longer {_threshold(facts)}"


def _threshold(facts: AlertFacts) -> str:
    rule = facts.alert.rule
    if isinstance(rule, ThresholdRule):
        return f"{rule.direction} {_format(facts, rule.threshold)}"
    return f"changed by {rule.percentage}%"


def _amount(facts: AlertFacts) -> str:
    return _format(facts, facts.decision.value)


def _was(facts: AlertFacts) -> str | None:
    previous = facts.decision.previous
    return None if previous is None else _format(facts, previous.value)


def _change(facts: AlertFacts) -> str:
    previous = facts.decision.previous
    if previous is None:
        return "first value"
    difference = facts.decision.value - previous.value
    sign = "+" if difference >= 0 else ""
    text = f"{sign}{_format(facts, difference)}"
    if previous.value == 0:
        return f"{text} (no percentage from zero)"
    percent = (difference / abs(previous.value) * 100).quantize(Decimal("0.01"))
    return f"{text} ({percent:+}%)"


def _format(facts: AlertFacts, value: Decimal) -> str:
    return format_value(value, facts.value.unit, facts.value.currency)


def _fit(template: str, facts: AlertFacts, limit: int) -> str:
    # The names give way, never the number, its unit or the id.
    metric, account = _ascii(facts.metric.name), _ascii(facts.integration.name)
    room = limit - len(_ascii(template.format(metric="x", account="x"))) + 2
    account = account[: max(room - len(metric), room // 3, 0)]
    metric = metric[: max(room - len(account), 0)]
    return _ascii(template.format(metric=metric, account=account))[:limit]


def _line(text: str) -> str:
    """One line without control characters."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(shown.split())


_CURRENCY_SIGNS = {"€": "EUR ", "£": "GBP ", "¥": "JPY ", "₹": "INR "}


def _ascii(text: str) -> str:
    for sign, code in _CURRENCY_SIGNS.items():
        text = text.replace(sign, code)
    folded = unicodedata.normalize("NFKD", _line(text))
    return " ".join(folded.encode("ascii", "ignore").decode().split())
