"""Lets a subscription that is added with a past live through it, invoice by invoice."""

from local.stripe_sandbox.actions import begin
from local.stripe_sandbox.collecting import (
    DRAFT_SECONDS,
    RETRIES,
    draft,
    give_up,
    mark_delinquency,
    proceed,
)
from local.stripe_sandbox.journal import changing
from local.stripe_sandbox.lifecycle import drop_once, period_of, set_periods, watch
from local.stripe_sandbox.records import Subscription
from local.stripe_sandbox.state import State

_OWING = frozenset({"past_due", "unpaid"})
_GIVEN_UP_AFTER = DRAFT_SECONDS + sum(RETRIES)


def live_through(state: State, sub: Subscription, until: int) -> None:
    """Begin a subscription at its creation and bring it to the status that it has now."""
    status, reason, paused_at = sub.status, sub.pause_reason, sub.paused_at
    sub.status, sub.pause_reason, sub.paused_at = _first_status(sub, status), None, None
    at = sub.created
    set_periods(state, sub, max(sub.billing_cycle_anchor, at))
    next_at = _next(sub)
    sub.card_declines = status == "incomplete" or (status in _OWING and next_at > until)
    begin(state, sub)
    while (at := _next(sub)) <= until and not _stops(sub, status, at):
        sub.card_declines = status in _OWING and _is_last(state, sub, at, until)
        _renew(state, sub, at)
    if sub.status != status:
        sub.pause_reason, when = reason, _when(state, sub, status, paused_at, until)
        with changing(state, sub, when):
            sub.status, sub.paused_at = status, paused_at
        mark_delinquency(state, sub, when)
        if status == "unpaid":
            give_up(state, sub, when)
    watch(state, sub)


def _first_status(sub: Subscription, status: str) -> str:
    if status == "incomplete":
        return status
    tries = sub.trial_end is not None and sub.trial_end > sub.created
    return "trialing" if tries else "active"


def _next(sub: Subscription) -> int:
    """Return the next instant at which a period of the subscription ends."""
    return min(item.period_end for item in sub.items)


def _stops(sub: Subscription, status: str, at: int) -> bool:
    return status == "incomplete" or (status in {"paused", "trialing"} and sub.trial_end == at)


def _is_last(state: State, sub: Subscription, at: int, until: int) -> bool:
    ends = [
        period_of(state, sub, item, at)[1] if item.period_end == at else item.period_end
        for item in sub.items
    ]
    return min(ends) > until


def _renew(state: State, sub: Subscription, at: int) -> None:
    due = [item for item in sub.items if item.period_end == at]
    with changing(state, sub, at):
        if sub.status == "trialing":
            sub.status, sub.billing_cycle_anchor = "active", at
        for item in due:
            item.period_start, item.period_end = period_of(state, sub, item, at)
        invoice = draft(state, sub, due, at, "subscription_cycle")
    proceed(state, sub, invoice)
    drop_once(state, sub, at)


def _when(state: State, sub: Subscription, status: str, paused_at: int | None, until: int) -> int:
    """Return when the last change of status took place."""
    if status == "paused" and paused_at is not None:
        return paused_at
    newest = state.invoices[sub.latest_invoice or ""].created
    wait = _GIVEN_UP_AFTER if status == "unpaid" else DRAFT_SECONDS
    return min(until, newest + wait)
