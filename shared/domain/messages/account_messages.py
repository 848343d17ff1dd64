"""What people are told of an account's syncs, and of a channel that is tried out."""

from collections.abc import Mapping

from shared.domain.account_watch import AccountEvent
from shared.domain.configuration import AccountEventKind, ChannelType, SyncFailure
from shared.domain.messages.text import (
    block,
    fit_sms,
    fit_subject,
    in_prose,
    length,
    moment,
    one_line,
    paragraph,
    short_id,
)
from shared.domain.notices import Message

_LABELS: Mapping[AccountEventKind, str] = {
    "sync_failed": "Sync failed",
    "stale": "Stale",
    "recovered": "Recovered",
}
_CAUSES: Mapping[str, str] = {
    "stripe_key_invalid": "Stripe does not accept the key",
    "stripe_permission_missing": "the key lacks a permission",
    "stripe_unavailable": "Stripe does not answer as it should",
    "stripe_rate_limited": "Stripe asks to slow down",
}
_ADVICE: Mapping[str, str] = {
    "stripe_key_invalid": "Make a key in Stripe and give it to the integration: it goes on by "
    "itself from then on, and nothing is lost.",
    "stripe_permission_missing": "Give the key the permission in Stripe, or another key to the "
    "integration: it goes on by itself from then on, and nothing is lost.",
    "stripe_unavailable": "There is nothing to do: it is tried again at each refresh.",
    "stripe_rate_limited": "It is tried again at each refresh. If it stays so, look whether other "
    "software uses up the limits of the account.",
}
_USUAL_ADVICE = "If it stays so with the next refreshes, the log of the sync says why."
_SHORT_ADVICE: Mapping[str, str] = {
    "stripe_key_invalid": " Enter a new key.",
    "stripe_permission_missing": " Give the key the permission.",
}


def account_message(event: AccountEvent, channel_type: ChannelType) -> Message:
    """Write the message of what is to be told of an account's syncs."""
    if channel_type == "sms":
        return Message(subject="", body=_sms(event))
    return Message(subject=_subject(event), body=_body(event))


def channel_test_message(channel_type: ChannelType) -> Message:
    """Write the message that a channel is tried out with."""
    said = "Stripe Metrics: this channel works. Somebody has tried it out; there is nothing to do."
    if channel_type == "sms":
        return Message("", said)
    return Message("Stripe Metrics: this channel works", f"{paragraph(said)}\n")


def _subject(event: AccountEvent) -> str:
    integration = event.look.integration
    test = "[Test mode] " if integration.mode == "test" else ""
    head = f"{test}[{_LABELS[event.kind]}] {{account}} ({integration.mode}): {_verdict(event)}"
    return fit_subject([f"{head} #{short_id(event.key)}"], {"account": integration.name})


def _sms(event: AccountEvent) -> str:
    integration, error = event.look.integration, event.look.status.error
    sender = "Stripe Metrics test mode" if integration.mode == "test" else "Stripe Metrics"
    advice = _SHORT_ADVICE.get(error.code, "") if error else ""
    head = f"{sender}: {{account}} ({integration.mode}): {_verdict(event)}.{advice}"
    identity = f"#{short_id(event.key)}"
    return fit_sms(
        [f"{head}{_numbers_of(event)} {identity}", f"{head} {identity}"],
        {"account": integration.name},
    )


def _numbers_of(event: AccountEvent) -> str:
    if event.kind == "stale":
        return ""  # the verdict says it
    through = event.look.status.data_through
    return f" Numbers are of {moment(through)}." if through else " There are no numbers yet."


def _verdict(event: AccountEvent) -> str:
    status = event.look.status
    if event.kind == "recovered":
        return "the account is read again"
    if event.kind == "sync_failed":
        return _cause(status.error)
    since = status.last_success_at
    return f"no fresh numbers since {moment(since)}" if since else "no numbers yet"


def _cause(error: SyncFailure | None) -> str:
    return _CAUSES.get(error.code if error else "", "the sync failed")


def _body(event: AccountEvent) -> str:
    look = event.look
    integration, status = look.integration, look.status
    rows = [
        ("Integration", f"{integration.name} ({integration.mode} mode)"),
        ("Numbers of", moment(status.data_through) if status.data_through else "none yet"),
        ("Last success", moment(status.last_success_at)),
        ("Last attempt", moment(status.last_attempt_at)),
        *([("Reason", status.error.code)] if status.error else []),
        ("Notice", f"#{short_id(event.key)}"),
    ]
    why = (
        "You get this because this address hears of what concerns whole accounts. "
        "Change that under notifications in Stripe Metrics."
    )
    if integration.mode == "test":
        why += " The account is in Stripe's test mode: no real money is meant."
    return "\n\n".join([*map(paragraph, _sentences(event)), block(rows), f"{paragraph(why)}\n"])


def _sentences(event: AccountEvent) -> list[str]:
    look, name = event.look, in_prose(event.look.integration.name)
    error = look.status.error
    if event.kind == "recovered":
        return [
            f"{name} is read again, and its numbers follow at their next refresh.",
            "What changed meanwhile has been read, and alerts are decided again.",
        ]
    fact = f"The numbers of {name} could not be refreshed: {_cause(error)}."
    if event.kind == "stale":
        state = "are stale" if look.status.last_success_at else "are not there yet"
        patience = length(look.patience)
        fact = f"The numbers of {name} {state}: no refresh has succeeded in the last {patience}."
    said = [one_line(error.message)] if error else []
    advice = _ADVICE.get(error.code, _USUAL_ADVICE) if error else _USUAL_ADVICE
    return [fact, *said, f"{advice} {_meanwhile(event)}"]


def _meanwhile(event: AccountEvent) -> str:
    through = event.look.status.data_through
    if through is None:
        return "Until then there are no numbers, and no alert on them is decided."
    return (
        f"Until then the numbers stay as they were at {moment(through)}, and no alert on them is "
        "decided."
    )
