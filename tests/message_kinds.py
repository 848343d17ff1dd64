"""One of each kind of message, ready to be rendered; their texts stand in tests/data/messages."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from shared.domain.account_watch import AccountEvent, Look, patience_of
from shared.domain.alerts import Alert, Decision, Point
from shared.domain.configuration import ChannelType, Integration, SyncFailure, SyncStatus
from shared.domain.goals import Goal, GoalEvent, GoalLink, progress_of
from shared.domain.messages import (
    AlertFacts,
    GoalFacts,
    account_message,
    alert_message,
    channel_test_message,
    goal_message,
)
from shared.domain.metrics import Churn, CustomerCount, SubscriptionCount
from shared.domain.money import format_value
from shared.domain.notices import Message
from tests.fakes import NOON
from tests.stories import a_change_rule, a_metric, a_rule, a_value, an_alert, an_integration

Render = Callable[[ChannelType], Message]
LIVE = an_integration(mode="live", name="Acme")
HOUR = timedelta(hours=1)


def facts(value: str, previous: str | None = None, **changes: Any) -> AlertFacts:
    """Facts of live MRR that went below 10,000 dollars, unless *changes* say otherwise."""
    made: dict[str, Any] = {
        "kind": "fire",
        "reason": "crossed",
        "age": HOUR,
        "held_before": 0,
        "alert": an_alert(name="MRR below $10,000"),
        "metric": a_metric(),
        "integration": LIVE,
        "currency": "usd",
        "unit": "currency",
    } | changes
    before = None if previous is None else Point(Decimal(previous), NOON - made["age"])
    decision = Decision(
        f"alt_1/1/1/{made['kind']}",
        made["kind"],
        made["reason"],
        Decimal(value),
        NOON,
        before,
        held_before=made["held_before"],
    )
    alert = replace(made["alert"], unit=made["unit"], currency=made["currency"])
    shown = a_value(value, unit=made["unit"], currency=made["currency"])
    return AlertFacts(decision, alert, made["metric"], made["integration"], shown)


def changed(value: str, previous: str, compare_to: str = "previous", **changes: Any) -> AlertFacts:
    """Facts of a change by 10 percent or more."""
    rule = a_change_rule("any", "10", compare_to)
    usual: dict[str, Any] = {"kind": "change", "reason": "changed"}
    usual["alert"] = an_alert(name="MRR changes by 10%", rule=rule)
    return facts(value, previous, **(usual | changes))


def named_alert(metric: str) -> Alert:
    return an_alert(name=f"{metric} changes by 10%", rule=a_change_rule())


CHURN = a_metric(name="Customer churn", query=Churn(), refresh_interval="daily")
ABOVE = an_alert(name="MRR above $50,000", rule=a_rule("above", "50000"))
CHURN_ABOVE = an_alert(name="Customer churn above 5%", rule=a_rule("above", "5"))
PERCENT: dict[str, Any] = {"metric": CHURN, "unit": "percent", "currency": None}
MONTHLY_CHURN = an_alert(
    name="Customer churn against last month", rule=a_change_rule("decrease", "10", "month")
)
CUSTOMERS = a_metric(name="New customers", query=CustomerCount(customer_type="new"))
COUNT: dict[str, Any] = {"metric": CUSTOMERS, "unit": "count", "currency": None}
CHURN_BELOW = an_alert(name="Customer churn below 3%", rule=a_rule("below", "3"))
TRIALS = a_metric(name="Trials", query=SubscriptionCount(status="trialing"))
TRIALS_ABOVE = an_alert(name="Trials above 50", rule=a_rule("above", "50"))
TEST = an_integration(name="Acme")
COOLING = an_alert(name="MRR below $10,000", cooldown_hours=Decimal(24))
YEN = an_alert(name="MRR below ¥1,000,000", rule=a_rule("below", "1000000"))
FINE = an_alert(name="MRR below 4.5 fils", rule=a_rule("below", "0.00450"))
HUGE = an_alert(name="MRR above a lot", rule=a_rule("above", "9" * 24))
WORDY = "Monthly recurring revenue of everything that we sell to people who pay us"

_ALERTS: Mapping[str, AlertFacts] = {
    "fire": facts("9840.12", "10120.50"),
    "fire-already-beyond": facts("9840.12", reason="already_beyond"),
    "fire-still-beyond": facts("9700", "9800", reason="still_beyond", held_before=1, alert=COOLING),
    "fire-still-beyond-unmoved": facts(
        "9700", "9700", reason="still_beyond", held_before=1, alert=COOLING
    ),
    "fire-held-back-before": facts("9700", "10050", held_before=3, alert=COOLING),
    "fire-good-news": facts("50120", "49800", alert=ABOVE),
    "fire-bad-rise": facts("5.75", "4.5", alert=CHURN_ABOVE, **PERCENT),
    "fire-good-fall": facts("2.9", "3.1", alert=CHURN_BELOW, **PERCENT),
    "fire-neither-good-nor-bad": facts(
        "51", "49", alert=TRIALS_ABOVE, metric=TRIALS, unit="count", currency=None
    ),
    "fire-test-mode": facts("9840.12", "10120.50", integration=TEST),
    "fire-yen": facts("984012", "1012050", alert=YEN, currency="jpy"),
    "fire-three-decimals": facts("0.004", "1.250", alert=FINE, currency="kwd"),
    "fire-very-large": facts(
        f"1{'0' * 24}", "-0.01", alert=HUGE, integration=TEST, metric=a_metric(name="MRR of all")
    ),
    "fire-names-beyond-ascii": facts(
        "9840.12",
        "10120.50",
        metric=a_metric(name="Erlös \N{EN DASH} Größe “L”"),
        integration=replace(LIVE, name="株式会社"),
        alert=an_alert(name="Erlös unter 10.000 €"),
        currency="eur",
    ),
    "fire-long-names": facts(
        "9840.12",
        "10120.50",
        metric=a_metric(name=WORDY),
        integration=replace(LIVE, name=f"{WORDY} in Europe"),
        alert=an_alert(name=f"Tell us when {WORDY} falls"),
    ),
    "recover": facts("10350", "9920", kind="recover", reason="recovered"),
    "recover-of-good-news": facts(
        "49000", "51000", kind="recover", reason="recovered", alert=ABOVE
    ),
    "change-up": changed("11240", "10000"),
    "change-down": changed("8800", "10000"),
    "change-over-a-week": changed("11240", "10000", "week", age=timedelta(days=7)),
    "change-since-the-last-alert": changed("11240", "10000", "last_alert", age=timedelta(days=40)),
    "change-over-a-gap": changed("11240", "10000", age=timedelta(hours=9)),
    "change-from-zero": changed(
        "5", "0", reason="changed_from_zero", alert=named_alert("New customers"), **COUNT
    ),
    "change-too-small-for-a-percentage": changed(
        "1000000.01",
        "1000000",
        alert=an_alert(name="Any change", rule=a_change_rule("any", "0.000001")),
    ),
    "change-for-the-better-of-a-rate": changed(
        "4.5", "5", "month", age=timedelta(days=31), alert=MONTHLY_CHURN, **PERCENT
    ),
    "change-of-a-rate": changed(
        "5.5", "5", age=timedelta(days=1), alert=named_alert("Customer churn"), **PERCENT
    ),
}


def event(
    kind: Any,
    code: str | None = None,
    message: str = "",
    integration: Integration = LIVE,
    **status: Any,
) -> AccountEvent:
    """Something of an account whose last success was nine hours ago."""
    usual = SyncStatus(
        state="error" if code else "ok",
        last_attempt_at=NOON - timedelta(minutes=2),
        last_success_at=NOON - 9 * HOUR,
        data_through=NOON - 9 * HOUR,
        error=SyncFailure(code, message) if code else None,
    )
    look = Look(integration, replace(usual, **status), NOON, patience_of({"hourly"}))
    return AccountEvent(f"int_1/1/{kind}", kind, look)


_REFUSED = "Stripe does not know this key: it was deleted, rolled, or mistyped."
_ACCOUNTS: Mapping[str, AccountEvent] = {
    "sync-failed-key": event("sync_failed", "stripe_key_invalid", _REFUSED),
    "sync-failed-key-test-mode": event(
        "sync_failed", "stripe_key_invalid", _REFUSED, integration=TEST
    ),
    "sync-failed-at-first": event(
        "sync_failed", "stripe_key_invalid", _REFUSED, last_success_at=None, data_through=None
    ),
    "sync-failed-slow-down": event(
        "sync_failed", "stripe_rate_limited", "Stripe asked to slow down for too long."
    ),
    "sync-failed-permission": event(
        "sync_failed",
        "stripe_permission_missing",
        "The key may not read invoices: the permission rak_invoice_read is missing.",
    ),
    "sync-failed-unavailable": event(
        "sync_failed", "stripe_unavailable", "Stripe could not be reached."
    ),
    "sync-failed-inside": event(
        "sync_failed", "internal", "The sync failed unexpectedly. It is tried again."
    ),
    "stale": event("stale"),
    "stale-with-a-reason": event("stale", "stripe_unavailable", "Stripe could not be reached."),
    "stale-never-read": event("stale", last_success_at=None, data_through=None),
    "recovered": event("recovered", last_success_at=NOON, data_through=NOON),
}


def goal_facts(
    kind: Any, value: str, first: str, target: str = "10000", **changes: Any
) -> GoalFacts:
    """Facts of a goal that MRR serves, linked a hundred days ago."""
    made: dict[str, Any] = {
        "name": "10k MRR",
        "due_on": None,
        "metric": a_metric(),
        "integration": LIVE,
        "unit": "currency",
        "currency": "usd",
    } | changes
    measured = {"unit": made["unit"], "currency": made["currency"]}
    began = Point(Decimal(first), NOON - timedelta(days=100))
    link = GoalLink("met_1", began)
    goal = Goal(
        "goal_1",
        made["name"],
        Decimal(target),
        NOON,
        due_on=made["due_on"],
        **measured,
        links=(link,),
    )
    shown = a_value(value, **measured)
    happened = GoalEvent(f"goal_1/1/{kind}", kind, goal, progress_of(goal, link, shown), shown)
    return GoalFacts(happened, made["metric"], made["integration"])


SOON, YESTERDAY = date(2026, 12, 31), date(2026, 11, 21)
LOWER_CHURN = {"name": "Churn down to 3%", **PERCENT}
_GOALS: Mapping[str, GoalFacts] = {
    "goal-reached": goal_facts("goal_reached", "10012", "5000"),
    "goal-reached-in-time": goal_facts("goal_reached", "10012", "5000", due_on=SOON),
    "goal-reached-downwards": goal_facts("goal_reached", "2.9", "5", "3", **LOWER_CHURN),
    "goal-reached-test-mode": goal_facts("goal_reached", "10012", "5000", integration=TEST),
    "goal-off-pace": goal_facts("goal_off_pace", "8125", "5000", due_on=SOON),
    "goal-off-pace-going-back": goal_facts("goal_off_pace", "4800", "5000", due_on=SOON),
    "goal-off-pace-too-late": goal_facts("goal_off_pace", "9200.50", "5000", due_on=YESTERDAY),
    "goal-off-pace-downwards": goal_facts(
        "goal_off_pace", "4.5", "5", "3", due_on=SOON, **LOWER_CHURN
    ),
    "goal-off-pace-long-names": goal_facts(
        "goal_off_pace",
        "8125",
        "5000",
        due_on=SOON,
        name=f"Twice as much of {WORDY}",
        metric=a_metric(name=WORDY),
        integration=replace(LIVE, name=f"{WORDY} in Europe"),
    ),
}
_REACHABLE = _GOALS["goal-off-pace"].event.goal
_ALERTS_FOR_GOALS: Mapping[str, AlertFacts] = {
    "fire-for-a-goal": replace(facts("8125", "10120.50"), goal=_REACHABLE),
    "fire-for-a-goal-without-a-day": replace(
        facts("8125", "10120.50"), goal=replace(_REACHABLE, due_on=None)
    ),
    "fire-for-a-goal-with-a-long-name": replace(
        facts("8125", "10120.50"), goal=replace(_REACHABLE, name=f"Twice as much of {WORDY}")
    ),
}

KINDS: Mapping[str, Render] = {
    **{name: partial(alert_message, it) for name, it in _ALERTS.items()},
    **{name: partial(alert_message, it) for name, it in _ALERTS_FOR_GOALS.items()},
    **{name: partial(goal_message, it) for name, it in _GOALS.items()},
    **{name: partial(account_message, it) for name, it in _ACCOUNTS.items()},
    "channel-test": channel_test_message,
}


def named(metric: str, alert: str, account: str) -> Mapping[str, Render]:
    """Every kind again, with other names."""
    alerts = {
        kind: replace(
            it,
            metric=replace(it.metric, name=metric),
            alert=replace(it.alert, name=alert),
            integration=replace(it.integration, name=account),
        )
        for kind, it in {**_ALERTS, **_ALERTS_FOR_GOALS}.items()
    }
    accounts = {
        kind: replace(
            it,
            look=replace(it.look, integration=replace(it.look.integration, name=account)),
        )
        for kind, it in _ACCOUNTS.items()
    }
    goals = {
        kind: replace(
            it,
            event=replace(it.event, goal=replace(it.event.goal, name=alert)),
            metric=replace(it.metric, name=metric),
            integration=replace(it.integration, name=account),
        )
        for kind, it in _GOALS.items()
    }
    return {
        **{kind: partial(goal_message, it) for kind, it in goals.items()},
        **{kind: partial(alert_message, it) for kind, it in alerts.items()},
        **{kind: partial(account_message, it) for kind, it in accounts.items()},
    }


def number_of(kind: str) -> str:
    """What a message must show in full: the value with its unit, as people read it."""
    if kind in _GOALS and _GOALS[kind].event.kind == "goal_off_pace":
        percent = _GOALS[kind].event.progress.percent
        return "" if percent is None else f"{percent.normalize():f}%"
    told = {
        **{name: it.value for name, it in {**_ALERTS, **_ALERTS_FOR_GOALS}.items()},
        **{name: it.event.value for name, it in _GOALS.items()},
    }
    if kind not in told:
        return ""
    value = told[kind]
    return format_value(value.value, value.unit, value.currency)


def is_test_mode(kind: str) -> bool:
    """Whether a kind is of an account in Stripe's test mode."""
    if kind in _ALERTS:
        return _ALERTS[kind].integration.mode == "test"
    if kind in _GOALS:
        return _GOALS[kind].integration.mode == "test"
    return kind in _ACCOUNTS and _ACCOUNTS[kind].look.integration.mode == "test"
