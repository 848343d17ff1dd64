"""How subscriptions come to an end that somebody asks for: at once, later, or not after all."""

from local.stripe_sandbox.journal import changing
from local.stripe_sandbox.lifecycle import end_subscription, set_periods
from local.stripe_sandbox.records import Subscription
from local.stripe_sandbox.state import State


def request_cancel(state: State, sub: Subscription, at: int, feedback: str | None = None) -> None:
    """Ask for the end of the running period."""
    set_periods(state, sub, max(sub.billing_cycle_anchor, at))
    ends = min(item.period_end for item in sub.items)
    request_end(state, sub, ends, at, at_period_end=True, feedback=feedback)
    state.note("cancellations requested")


def request_end(
    state: State,
    sub: Subscription,
    ends: int,
    at: int,
    *,
    at_period_end: bool,
    feedback: str | None = None,
) -> None:
    """Ask for the end at an instant, which may be that of the running period."""
    with changing(state, sub, at):
        sub.cancel_at_period_end, sub.cancel_at, sub.canceled_at = at_period_end, ends, at
        sub.cancel_reason = sub.cancel_reason or "cancellation_requested"
        sub.cancel_feedback = feedback
    state.plan(ends, "cancel", sub.id)


def keep(state: State, sub: Subscription, at: int) -> None:
    """Take back a cancellation that was asked for."""
    with changing(state, sub, at):
        sub.cancel_at_period_end, sub.cancel_at, sub.canceled_at = False, None, None
        sub.cancel_reason = sub.cancel_feedback = None
    state.note("cancellations taken back")


def cancel_now(
    state: State, sub: Subscription, at: int, reason: str = "cancellation_requested"
) -> None:
    """End a subscription at once."""
    end_subscription(state, sub, at, reason)
