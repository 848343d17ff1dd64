"""Alerts, where they stand and what was decided, as clients see them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from functions.api.preview_alert import Preview
from functions.api.setting_schemas import RULE_SCHEMA
from functions.api.views.common import Instant, ListView, Number, json_numbers
from shared.domain.alerts import (
    Alert,
    AlertState,
    AlertStatus,
    Decision,
    Kind,
    Reason,
    describe_decision,
    describe_state,
    rule_to_dict,
)
from shared.domain.messages import short_id
from shared.domain.money import Unit
from shared.domain.notices import AlertEvent, Notice, NoticeStatus

# A gateway passes no answer of any length, and nobody reads one.
MOST_SHOWN = 1_000
_DISCONNECTED = "Paused: the integration is disconnected. Reconnect it for new values."


class AlertStateView(BaseModel):
    """Where an alert stands; `note` says it in words."""

    status: AlertStatus
    since: Instant | None
    last_value: Number | None
    last_as_of: Instant | None
    note: str


class AlertView(BaseModel):
    """A rule on a metric; `unit` and `currency` are those of its threshold."""

    id: str
    metric_id: str
    goal_id: str | None
    name: str
    rule: Annotated[dict[str, Any], WithJsonSchema(RULE_SCHEMA)]
    unit: Unit
    currency: str | None
    channels: list[str]
    enabled: bool
    notify_if_already_breached: bool
    notify_on_recovery: bool
    cooldown_hours: Number
    state: AlertStateView
    created_at: Instant


class NoticeView(BaseModel):
    """What became of one notice; `failure` says why it was not sent."""

    channel: str
    type: Literal["email", "sms"]
    address: str
    status: NoticeStatus
    attempts: int
    failure: str | None
    message_id: str | None
    sent_at: Instant | None


class DecisionView(BaseModel):
    """What an alert decided, or would have decided.

    `previous` is what the value was compared with; `change_percent` is null from zero; `held` says
    why people were not told.
    """

    at: Instant
    kind: Kind
    reason: Reason
    value: Number
    previous: Number | None
    previous_as_of: Instant | None
    change_percent: Number | None
    held: Literal["cooldown"] | None
    text: str


class AlertEventView(DecisionView):
    """One decision of an alert; its messages end in `notice_id`."""

    id: str
    notice_id: str
    as_of: Instant
    decided_at: Instant
    notices: list[NoticeView]


class Alerts(ListView):
    """A page of alerts."""

    data: list[AlertView]


class AlertEvents(ListView):
    """A page of decisions."""

    data: list[AlertEventView]


class PreviewView(BaseModel):
    """When an alert would have notified over `values` values, oldest first.

    `data` holds the newest of them only, where there are very many. `count` is of all, and leaves
    out what the cooldown would have held back.
    """

    data: list[DecisionView]
    count: int
    values: int
    first_at: Instant | None = Field(serialization_alias="from")
    last_at: Instant | None = Field(serialization_alias="to")
    note: str


def view_alert(
    alert: Alert, state: AlertState, *, is_connected: bool = True, is_new: bool = False
) -> AlertView:
    """Show an alert and where it stands.

    Args:
        alert: what was configured.
        state: where it stands; while its integration is disconnected it is shown as paused.
        is_connected: whether its integration is.
        is_new: it also says whether the value is beyond already.
    """
    return AlertView(
        id=alert.id,
        metric_id=alert.metric_id,
        goal_id=alert.goal_id,
        name=alert.name,
        rule=json_numbers(rule_to_dict(alert.rule)),
        unit=alert.unit,
        currency=alert.currency,
        channels=list(alert.channels),
        enabled=alert.is_enabled,
        notify_if_already_breached=alert.notify_if_already_breached,
        notify_on_recovery=alert.notify_on_recovery,
        cooldown_hours=alert.cooldown_hours,
        state=AlertStateView(
            status=state.status if is_connected else "paused",
            since=state.since,
            last_value=state.last and state.last.value,
            last_as_of=state.last and state.last.as_of,
            note=describe_state(alert, state, is_new=is_new) if is_connected else _DISCONNECTED,
        ),
        created_at=alert.created_at,
    )


def view_event(event: AlertEvent) -> AlertEventView:
    """Show one decision and what became of its notices."""
    decision = event.decision
    return AlertEventView(
        **_view_decision(decision, event.text).model_dump(),
        id=decision.key,
        notice_id=f"#{short_id(decision.key)}",
        as_of=decision.as_of,
        decided_at=event.decided_at,
        notices=[_view_notice(notice) for notice in event.notices],
    )


def view_preview(preview: Preview) -> PreviewView:
    """Show what an alert would have told."""
    alert, values = preview.alert, preview.values
    shown = preview.decisions[-MOST_SHOWN:]
    count = sum(not decision.is_held for decision in preview.decisions)
    return PreviewView(
        data=[_view_decision(it, describe_decision(alert, it)) for it in shown],
        count=count,
        values=len(values),
        first_at=values[0].as_of if values else None,
        last_at=values[-1].as_of if values else None,
        note=_preview_note(preview, count),
    )


def _preview_note(preview: Preview, count: int) -> str:
    if not preview.values:
        return "The metric has no values yet: there is nothing to try the rule on."
    first, last = preview.values[0].as_of, preview.values[-1].as_of
    times = "once" if count == 1 else f"{count} times" if count else "never"
    held = len(preview.decisions) - count
    said = f"Would have notified {times} from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    said += f"; the cooldown would have held back {held}." if held else "."
    if len(preview.decisions) > MOST_SHOWN:
        said += f" Only the newest {MOST_SHOWN:,} are listed."
    if any(value.origin == "reconstructed" for value in preview.values):
        said += " Values rebuilt from the account's past count, daily or weekly as they are."
    return said


def _view_decision(decision: Decision, text: str) -> DecisionView:
    previous = decision.previous
    return DecisionView(
        at=decision.as_of,
        kind=decision.kind,
        reason=decision.reason,
        value=decision.value,
        previous=previous and previous.value,
        previous_as_of=previous and previous.as_of,
        change_percent=decision.change_percent,
        held="cooldown" if decision.is_held else None,
        text=text,
    )


def _view_notice(notice: Notice) -> NoticeView:
    return NoticeView(
        channel=notice.channel_id,
        type=notice.channel_type,
        address=notice.address,
        status=notice.status,
        attempts=notice.attempts,
        failure=notice.failure,
        message_id=notice.message_id,
        sent_at=notice.sent_at,
    )
