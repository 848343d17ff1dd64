"""Alerts, where they stand and what was decided, as clients see them."""

from typing import Any, Literal

from pydantic import BaseModel

from functions.api.views.common import Instant, ListView, Number, json_numbers
from shared.domain.alerts import Alert, AlertState
from shared.domain.notices import AlertEvent


class AlertStateView(BaseModel):
    """Where an alert stands."""

    status: Literal["waiting", "ok", "firing", "paused"]
    since: Instant | None
    last_value: Number | None
    note: str


class AlertView(BaseModel):
    """A rule on a metric."""

    id: str
    metric_id: str
    name: str
    rule: dict[str, Any]
    channels: list[str]
    enabled: bool
    notify_if_already_breached: bool
    notify_on_recovery: bool
    state: AlertStateView
    created_at: Instant


class NoticeView(BaseModel):
    """What became of one notice."""

    channel: str
    status: Literal["pending", "sending", "sent", "failed"]
    message_id: str | None
    sent_at: Instant | None


class AlertEventView(BaseModel):
    """One decision of an alert."""

    id: str
    kind: Literal["fire", "recover"]
    reason: str
    value: Number
    previous: Number | None
    as_of: Instant
    decided_at: Instant
    notices: list[NoticeView]


class Alerts(ListView):
    """A page of alerts."""

    data: list[AlertView]


class AlertEvents(ListView):
    """A page of decisions."""

    data: list[AlertEventView]


def view_alert(alert: Alert, state: AlertState, *, is_new: bool = False) -> AlertView:
    """Show an alert and where it stands; a new one says whether the value is beyond already."""
    rule = {
        "type": alert.rule.type,
        "threshold": alert.rule.threshold,
        "direction": alert.rule.direction,
        "hysteresis": alert.rule.hysteresis,
    }
    return AlertView(
        id=alert.id,
        metric_id=alert.metric_id,
        name=alert.name,
        rule=json_numbers(rule),
        channels=list(alert.channels),
        enabled=alert.is_enabled,
        notify_if_already_breached=alert.notify_if_already_breached,
        notify_on_recovery=alert.notify_on_recovery,
        state=AlertStateView(
            status=state.status,
            since=state.since,
            last_value=state.last_value,
            note=_note(alert, state, is_new=is_new),
        ),
        created_at=alert.created_at,
    )


def _note(alert: Alert, state: AlertState, *, is_new: bool) -> str:
    beyond = f"{alert.rule.direction} the threshold"
    if state.status == "paused":
        return "Paused: no value is looked at until the alert is enabled."
    if state.status == "waiting":
        return "Waiting for the first value."
    if state.status == "ok":
        return f"Notifies as soon as the value goes {beyond}."
    if is_new:
        return (
            f"The value is already {beyond}. Notifies the next time that it crosses, "
            "after it has come back."
        )
    return f"The value is {beyond}. Notifies again after it has come back and crosses anew."


def view_event(event: AlertEvent) -> AlertEventView:
    """Show one decision and what became of its notices."""
    decision = event.decision
    return AlertEventView(
        id=decision.key,
        kind=decision.kind,
        reason=decision.reason,
        value=decision.value,
        previous=decision.previous,
        as_of=decision.as_of,
        decided_at=event.decided_at,
        notices=[
            NoticeView(
                channel=notice.channel_id,
                status=notice.status,
                message_id=notice.message_id,
                sent_at=notice.sent_at,
            )
            for notice in event.notices
        ],
    )
