"""Integrations and their sync status, as clients see them. No field here could hold a key."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from functions.api.settings import Settings
from functions.api.views.common import (
    AccountView,
    Instant,
    ListView,
    Number,
    WarningView,
    view_account,
)
from shared.domain.configuration import Integration, RefreshInterval, SyncStatus
from shared.domain.ledger import Progress, progress_in_words
from shared.domain.schedule import next_tick


class SyncErrorView(BaseModel):
    """Why the last sync failed, and what to do."""

    code: str
    message: str


class ProgressView(BaseModel):
    """How far a first import is: in which phase, and requests of it made and expected.

    `message` says it in words; what cannot be told yet is null.
    """

    phase: Literal["subscriptions", "balance", "history", "following"]
    done: int
    expected: int | None
    seconds_left: int | None
    message: str


class SyncView(BaseModel):
    """How far an integration has been brought up to date.

    `requests` is how many the newest sync made of Stripe, `notes` what should be known of it.
    """

    state: Literal["never", "running", "ok", "error"]
    last_success_at: Instant | None
    last_attempt_at: Instant | None
    data_through: Instant | None
    next_due_at: Instant | None
    error: SyncErrorView | None
    progress: ProgressView | None
    requests: int
    notes: list[str]


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


class Integrations(ListView):
    """A page of integrations."""

    data: list[IntegrationView]


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
        progress=status.progress and _view_progress(status.progress),
        requests=status.requests,
        notes=list(status.notes),
    )


def _view_progress(progress: Progress) -> ProgressView:
    return ProgressView(
        phase=progress.phase,
        done=progress.done,
        expected=progress.expected,
        seconds_left=progress.seconds_left,
        message=progress_in_words(progress),
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
        account=view_account(integration.account),
        currency=integration.currency,
        fx_rates=dict(integration.fx_rates),
        definitions=integration.definitions.to_dict(),
        sync=sync,
        warnings=[TEST_MODE] if integration.mode == "test" else [],
        created_at=integration.created_at,
    )
