"""What people are told of an account's syncs, and of a channel that is tried out."""

from collections.abc import Mapping
from datetime import datetime

from shared.domain.account_watch import AccountEvent
from shared.domain.configuration import ChannelType
from shared.domain.messages.text import (
    block,
    fit_sms,
    fit_subject,
    in_prose,
    paragraph,
    short_id,
)
from shared.domain.notices import Message

_LABELS = {"sync_failed": "Sync failed", "stale": "Stale", "recovered": "Recovered"}
_CAUSES: Mapping[str, str] = {
    "stripe_key_invalid": "Stripe does not accept the key",
    "stripe_permission_missing": "the key lacks a permission",
    "stripe_unavailable": "Stripe does not answer",
    "stripe_rate_limited": "Stripe asks to slow down",
}
_ADVICE: Mapping[str, str] = {
    "stripe_key_invalid": "Make a key in Stripe and give it to the integration: it goes on by "
    "itself from then on, and nothing is lost.",
    "stripe_permission_missing": "Give the key the permission in Stripe, or another key to the "
    "integration: it goes on by itself from then on.",
    "stripe_unavailable": "There is nothing to do: it is tried again at each refresh.",
    "stripe_rate_limited": "It is tried again at each refresh. If it stays so, look whether other "
    "software uses up the limits of the account.",
}
_USUAL_ADVICE = "It is tried again at each refresh. If it stays so, the log of the sync says why."


def account_message(event: AccountEvent, channel_type: ChannelType) -> Message:
    """Write the message of what is to be told of an account's syncs."""
    integration = event.look.integration
    names, mode = [integration.name], integration.mode
    identity, verdict = f"#{short_id(event.key)}", _verdict(event)
    if channel_type == "sms":
        sender = "Stripe Metrics test mode" if mode == "test" else "Stripe Metrics"
        last = f" Numbers are of {_time(event.look.status.data_through)}."
        head = f"{sender}: {{0}} ({mode}): {verdict}."
        return Message("", fit_sms([f"{head}{last} {identity}", f"{head} {identity}"], names))
    test = "[Test mode] " if mode == "test" else ""
    head = f"{test}[{_LABELS[event.kind]}] {{0}} ({mode})"
    subject = fit_subject([f"{head}: {verdict} {identity}", f"{head} {identity}"], names)
    return Message(subject, _body(event))


def channel_test_message(channel_type: ChannelType) -> Message:
    """Write the message that a channel is tried out with."""
    said = "Stripe Metrics: this channel works. Somebody has tried it out; there is nothing to do."
    if channel_type == "sms":
        return Message("", said)
    return Message("Stripe Metrics: this channel works", f"{paragraph(said)}\n")


def _verdict(event: AccountEvent) -> str:
    status = event.look.status
    if event.kind == "recovered":
        return "the numbers are fresh again"
    if event.kind == "sync_failed":
        return _CAUSES.get(status.error.code if status.error else "", "the sync failed")
    return f"no fresh numbers since {_time(status.last_success_at)}"


def _body(event: AccountEvent) -> str:
    look = event.look
    integration, status = look.integration, look.status
    rows = [
        ("Integration", f"{integration.name} ({integration.mode} mode)"),
        ("Succeeded", _time(status.last_success_at)),
        ("Attempted", _time(status.last_attempt_at)),
        ("Numbers of", _time(status.data_through)),
        *([("Reason", status.error.code)] if status.error else []),
        ("Notice", f"#{short_id(event.key)}"),
    ]
    why = (
        "You get this because this address hears of what concerns whole accounts. "
        "Change that under notifications in Stripe Metrics."
    )
    return "\n\n".join([*map(paragraph, _sentences(event)), block(rows), f"{paragraph(why)}\n"])


def _sentences(event: AccountEvent) -> list[str]:
    look = event.look
    name, error = in_prose(look.integration.name), look.status.error
    if event.kind == "recovered":
        return [
            f"The numbers of {name} are fresh again.",
            "What changed meanwhile has been read, and alerts are decided again.",
        ]
    meanwhile = "Until then the numbers stay as they are, and no alert on them is decided."
    advice = _ADVICE.get(error.code, _USUAL_ADVICE) if error else _USUAL_ADVICE
    said = [error.message] if error else []
    if event.kind == "sync_failed":
        return [
            f"The numbers of {name} could not be refreshed: {_verdict(event)}.",
            *said,
            f"{advice} {meanwhile}",
        ]
    hours = f"{look.patience.total_seconds() / 3600:g}"
    return [
        f"The numbers of {name} are stale: no refresh has succeeded for more than {hours} hours.",
        *said,
        f"{advice} {meanwhile}",
    ]


def _time(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
