"""Integrations and their sync status, as clients see them. No field here could hold a key."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, WithJsonSchema

from functions.api.setting_schemas import DEFINITIONS_SCHEMA
from functions.api.settings import Settings
from functions.api.views.common import (
    AccountView,
    Instant,
    ListView,
    Number,
    WarningView,
    view_account,
)
from shared.domain.account_watch import patience_of
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

    `stale` says that the numbers are older than their refresh interval explains, `requests` how
    many the newest sync made of Stripe, `notes` what should be known of it.
    """

    state: Literal["never", "running", "ok", "error"]
    last_success_at: Instant | None
    last_attempt_at: Instant | None
    data_through: Instant | None
    next_due_at: Instant | None
    stale: bool
    error: SyncErrorView | None
    progress: ProgressView | None
    requests: int
    notes: list[str]


class TermsView(BaseModel):
    """What values with this `definitions_version` were computed under, and from when until when.

    `until` is null of the present one.
    """

    version: str
    definitions: Annotated[dict[str, Any], WithJsonSchema(DEFINITIONS_SCHEMA)]
    currency: str
    fx_rates: dict[str, Number]
    since: Instant
    until: Instant | None


class IntegrationView(BaseModel):
    """A connection to a Stripe account.

    `definitions_version` stamps the values computed now: other definitions, another currency or
    other rates make another; `definitions_history` has all of them, oldest first. `connected_at` is
    when it was connected last, `key_set_at` when its present key was given.
    """

    id: str
    name: str
    mode: Literal["test", "live"]
    status: Literal["connected", "error", "disconnected"]
    key: str
    account: AccountView
    currency: str
    fx_rates: dict[str, Number]
    definitions: Annotated[dict[str, Any], WithJsonSchema(DEFINITIONS_SCHEMA)]
    definitions_version: str
    definitions_history: list[TermsView]
    sync: SyncView
    warnings: list[WarningView]
    created_at: Instant
    connected_at: Instant
    key_set_at: Instant


class Integrations(ListView):
    """A page of integrations."""

    data: list[IntegrationView]


TEST_MODE = WarningView(
    code="test_mode",
    message="This is a test-mode account: its numbers are not of real money.",
)
KEY_OLD = WarningView(
    code="key_old",
    message="The key is older than a year. Roll it in the Stripe dashboard and enter the new one.",
)
_KEY_AGE = timedelta(days=365)


def view_sync(
    status: SyncStatus, intervals: frozenset[RefreshInterval], settings: Settings, now: datetime
) -> SyncView:
    """Show a sync status; *intervals* are those that it is synced at, none once disconnected."""
    # Of a disconnected account nothing is under way, whatever a killed sync has left.
    status = status if intervals else status.at_rest()
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
    last = status.last_success_at
    error = status.error and SyncErrorView(code=status.error.code, message=status.error.message)
    return SyncView(
        state=status.state,
        last_success_at=last,
        last_attempt_at=status.last_attempt_at,
        data_through=status.data_through,
        next_due_at=min(ticks, default=None),
        stale=bool(intervals) and last is not None and now - last > patience_of(intervals),
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


def view_integration(
    integration: Integration, sync: SyncView, *, withheld: int, now: datetime
) -> IntegrationView:
    """Show an integration; of its key only what may be seen.

    Args:
        integration: what was configured.
        sync: see `view_sync`.
        withheld: how many metrics have no value for want of an exchange rate.
        now: the present instant.
    """
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
        definitions_version=integration.terms_version,
        definitions_history=list(_history(integration)),
        sync=sync,
        warnings=list(_warnings(integration, withheld, now)),
        created_at=integration.created_at,
        connected_at=integration.connected_at,
        key_set_at=integration.key_set_at,
    )


def _history(integration: Integration) -> Iterator[TermsView]:
    since, present = integration.created_at, integration.present_terms
    for terms in (*integration.past_terms, present):
        yield TermsView(
            version=terms.version,
            definitions=terms.definitions.to_dict(),
            currency=terms.currency,
            fx_rates=dict(terms.fx_rates),
            since=since,
            until=terms.until,
        )
        since = terms.until or since


def _warnings(integration: Integration, withheld: int, now: datetime) -> Iterator[WarningView]:
    if integration.mode == "test":
        yield TEST_MODE
    if integration.is_connected and now - integration.key_set_at > _KEY_AGE:
        yield KEY_OLD
    if withheld:
        have = "1 metric has" if withheld == 1 else f"{withheld} metrics have"
        yield WarningView(
            code="currency_rate_missing",
            message=f"{have} no value because an exchange rate is missing. Add it to fx_rates;"
            " the warnings of each metric say which.",
        )
