"""What clients are answered. No view has a field that a key could stand in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, PlainSerializer

from functions.api.answer_test_query import TestAnswer
from functions.api.settings import Settings
from shared.domain.alerts import Alert, AlertState
from shared.domain.configuration import (
    Channel,
    Integration,
    Metric,
    MetricValue,
    RefreshInterval,
    SyncStatus,
)
from shared.domain.metrics import MetricWarning, explanation_to_dict, query_to_dict
from shared.domain.money import format_value
from shared.domain.notices import AlertEvent
from shared.domain.schedule import next_tick


def json_number(value: Decimal | None) -> int | float | None:
    """Write an exact decimal as a JSON number.

    The shortest text of a double gives every number of up to 15 digits back exactly: more than
    any amount of money that is stored.
    """
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def json_numbers(value: Any) -> Any:
    """Write every decimal inside as a JSON number."""
    if isinstance(value, Decimal):
        return json_number(value)
    if isinstance(value, Mapping):
        return {key: json_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_numbers(inner) for inner in value]
    return value


def instant(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")


Number = Annotated[Decimal, PlainSerializer(json_number, return_type=int | float)]
Instant = Annotated[datetime, PlainSerializer(instant, return_type=str)]


class WarningView(BaseModel):
    """Something to know before relying on a number."""

    code: str
    message: str


class AccountView(BaseModel):
    """A Stripe account."""

    id: str
    name: str | None
    default_currency: str


class SyncErrorView(BaseModel):
    """Why the last sync failed, and what to do."""

    code: str
    message: str


class SyncView(BaseModel):
    """How far an integration has been brought up to date."""

    state: Literal["never", "running", "ok", "error"]
    last_success_at: Instant | None
    last_attempt_at: Instant | None
    data_through: Instant | None
    next_due_at: Instant | None
    error: SyncErrorView | None
    progress: dict[str, Any] | None


class IntegrationView(BaseModel):
    """A connection to a Stripe account."""

    id: str
    name: str
    mode: Literal["test", "live"]
    status: Literal["connected", "error", "disconnected"]
    key: str
    account: AccountView
    currency: str
    fx_rates: dict[str, Number]
    definitions: dict[str, Any]
    sync: SyncView
    warnings: list[WarningView]
    created_at: Instant


class ValueView(BaseModel):
    """One value of a metric."""

    value: Number | None
    as_of: Instant
    computed_at: Instant
    origin: Literal["observed", "reconstructed"]
    definitions_version: str


class CurrentView(BaseModel):
    """The newest value of a metric."""

    value: Number | None
    unit: Literal["currency", "percent", "count"]
    currency: str | None
    formatted: str | None
    as_of: Instant
    computed_at: Instant
    definitions_version: str
    warnings: list[WarningView]


class MetricView(BaseModel):
    """A configured number of an integration."""

    id: str
    integration_id: str
    name: str
    query: dict[str, Any]
    refresh_interval: RefreshInterval
    current: CurrentView | None
    sync: SyncView
    goals: list[dict[str, Any]]
    created_at: Instant


class TestAnswerView(BaseModel):
    """The answer to a test query."""

    __test__ = False

    ok: Literal[True]
    value: Number | None
    unit: Literal["currency", "percent", "count"]
    currency: str | None
    formatted: str | None
    as_of: Instant
    mode: Literal["test", "live"]
    account: AccountView
    warnings: list[WarningView]
    explanation: dict[str, Any]
    took_ms: int
    requests: int


class ChannelView(BaseModel):
    """Where notices go."""

    id: str
    type: Literal["email", "sms"]
    address: str
    status: Literal["pending_confirmation", "active", "not_receiving"]
    created_at: Instant


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


class OptionView(BaseModel):
    """One choice of a setting."""

    value: str
    label: str


class SettingView(BaseModel):
    """One setting of a metric type."""

    name: str
    label: str
    help: str
    kind: Literal["switch", "choice"]
    default: bool | str
    options: list[OptionView]


class MetricTypeView(BaseModel):
    """One type of metrics."""

    type: str
    title: str
    description: str
    unit: Literal["currency", "percent", "count"]
    settings: list[SettingView]


class ListView(BaseModel):
    """A page of a list."""

    data: list[Any]
    next_cursor: str | None


class MetricTypes(ListView):
    """The types of metrics; one page has them all."""

    data: list[MetricTypeView]


class Integrations(ListView):
    """A page of integrations."""

    data: list[IntegrationView]


class Metrics(ListView):
    """A page of metrics."""

    data: list[MetricView]


class Values(ListView):
    """A page of values."""

    data: list[ValueView]


class Channels(ListView):
    """A page of channels."""

    data: list[ChannelView]


class Alerts(ListView):
    """A page of alerts."""

    data: list[AlertView]


class AlertEvents(ListView):
    """A page of decisions."""

    data: list[AlertEventView]


TEST_MODE = WarningView(
    code="test_mode",
    message="This is a test-mode account: its numbers are not of real money.",
)


def view_sync(
    status: SyncStatus, intervals: frozenset[RefreshInterval], settings: Settings, now: datetime
) -> SyncView:
    """Show a sync status; *intervals* are those that the integration's metrics use."""
    ticks = [
        next_tick(
            interval,
            after=now,
            hour=settings.schedule_hour,
            weekday=settings.schedule_weekday,
            time_zone=settings.schedule_time_zone,
        )
        for interval in intervals
    ]
    error = status.error and SyncErrorView(code=status.error.code, message=status.error.message)
    return SyncView(
        state=status.state,
        last_success_at=status.last_success_at,
        last_attempt_at=status.last_attempt_at,
        data_through=status.data_through,
        next_due_at=min(ticks, default=None),
        error=error,
        progress=None,
    )


def view_integration(integration: Integration, sync: SyncView) -> IntegrationView:
    """Show an integration; of its key only what may be seen."""
    status: Literal["connected", "error", "disconnected"] = "connected"
    if not integration.is_connected:
        status = "disconnected"
    elif sync.state == "error":
        status = "error"
    return IntegrationView(
        id=integration.id,
        name=integration.name,
        mode=integration.mode,
        status=status,
        key=integration.key_masked,
        account=_view_account(integration.account),
        currency=integration.currency,
        fx_rates=dict(integration.fx_rates),
        definitions=integration.definitions.to_dict(),
        sync=sync,
        warnings=[TEST_MODE] if integration.mode == "test" else [],
        created_at=integration.created_at,
    )


def view_metric(metric: Metric, value: MetricValue | None, sync: SyncView) -> MetricView:
    """Show a metric with its newest value."""
    return MetricView(
        id=metric.id,
        integration_id=metric.integration_id,
        name=metric.name,
        query=query_to_dict(metric.query),
        refresh_interval=metric.refresh_interval,
        current=None if value is None else _view_current(value),
        sync=sync,
        goals=[],
        created_at=metric.created_at,
    )


def _view_current(value: MetricValue) -> CurrentView:
    return CurrentView(
        value=value.value,
        unit=value.unit,
        currency=value.currency,
        formatted=_format(value.value, value.unit, value.currency),
        as_of=value.as_of,
        computed_at=value.computed_at,
        definitions_version=value.definitions_version,
        warnings=[WarningView(code=code, message=text) for code, text in value.warnings],
    )


def view_value(value: MetricValue) -> ValueView:
    """Show one value of a metric's history."""
    return ValueView(
        value=value.value,
        as_of=value.as_of,
        computed_at=value.computed_at,
        origin=value.origin,
        definitions_version=value.definitions_version,
    )


def view_test_answer(answer: TestAnswer) -> TestAnswerView:
    """Show what a test query found."""
    found = answer.measurement
    explanation = {
        "value": found.value,
        "unit": found.unit,
        "currency": found.currency,
        "as_of": instant(answer.as_of),
        **explanation_to_dict(found.explanation),
        "warnings": [_view_warning(w).model_dump() for w in found.warnings],
    }
    return TestAnswerView(
        ok=True,
        value=found.value,
        unit=found.unit,
        currency=found.currency,
        formatted=_format(found.value, found.unit, found.currency),
        as_of=answer.as_of,
        mode=answer.mode,
        account=_view_account(answer.account),
        warnings=[_view_warning(warning) for warning in found.warnings],
        explanation=json_numbers(explanation),
        took_ms=answer.took_ms,
        requests=answer.requests,
    )


def view_channel(channel: Channel) -> ChannelView:
    """Show a channel."""
    return ChannelView(
        id=channel.id,
        type=channel.type,
        address=channel.address,
        status=channel.status,
        created_at=channel.created_at,
    )


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


def _view_account(account: Any) -> AccountView:
    return AccountView(id=account.id, name=account.name, default_currency=account.default_currency)


def _view_warning(warning: MetricWarning) -> WarningView:
    return WarningView(code=warning.code, message=warning.message)


def _format(value: Decimal | None, unit: Any, currency: str | None) -> str | None:
    return None if value is None else format_value(value, unit, currency)
