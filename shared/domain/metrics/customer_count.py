"""Customer Count: how many customers there are, pay, are new, or have left."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from shared.domain.account import Account
from shared.domain.metrics.assessments import assess_all
from shared.domain.metrics.departures import departed_customers
from shared.domain.metrics.exclusions import warn_of_unreadable
from shared.domain.metrics.measurement import (
    Contribution,
    Explanation,
    LeftOut,
    Measurement,
    MetricWarning,
    Part,
    Terms,
)
from shared.domain.metrics.queries import CustomerCount
from shared.domain.metrics.scope import (
    count_nouns,
    customers_in_scope,
    select_scope,
    warn_of_test_mode,
)
from shared.domain.subscriptions import STATUSES
from shared.domain.windows import Window, range_in_words, window_ending


def compute_customer_count(
    query: CustomerCount, account: Account, at: datetime, terms: Terms
) -> Measurement:
    """Return how many customers are of a kind at an instant; an integer, 0 for none.

    all: exist. active: have an active subscription (or one past due, if the definitions include
    it), whatever it is worth. new: were created in the range that ends at the instant and still
    exist. churned: a subscription of theirs that was worth something ended, or became unpaid or
    paused, in the range, and they have no retained one at its end. A customer is an id of Stripe's.

    >>> from datetime import UTC
    >>> from shared.domain.definitions import Definitions
    >>> terms = Terms(Definitions(), currency="usd")
    >>> now = datetime(2026, 11, 22, tzinfo=UTC)
    >>> compute_customer_count(CustomerCount("all"), Account("live"), now, terms).value
    Decimal('0')
    """
    window = window_ending(at, query.time_range)
    match query.customer_type:
        case "all":
            return _count_existing(account, at)
        case "new":
            return _count_new(account, window, range_in_words(query.time_range))
        case "active":
            return _count_active(account, at, terms)
        case "churned":
            return _count_churned(account, window, terms, range_in_words(query.time_range))


def _count_existing(account: Account, at: datetime) -> Measurement:
    found = [it for it in customers_in_scope(account) if it.exists_at(at)]
    return _measure(
        "Customers that exist",
        [(it.id, f"since {it.created_at:%d %B %Y}") for it in found],
        warnings=_warn_of_strangers(account),
    )


def _count_new(account: Account, window: Window, in_words: str) -> Measurement:
    created = [it for it in customers_in_scope(account) if it.created_at in window]
    found = [it for it in created if it.exists_at(window.end)]
    gone = len(created) - len(found)
    words = f"{count_nouns(gone, 'customer')} deleted since"
    return _measure(
        f"Customers created in the {in_words}",
        [(it.id, f"since {it.created_at:%d %B %Y}") for it in found],
        warnings=_warn_of_strangers(account),
        left_out=(LeftOut("deleted", words, gone, None),) if gone else (),
    )


def _warn_of_strangers(account: Account) -> list[MetricWarning]:
    others = sum(1 for it in account.customers if it.livemode != (account.mode == "live"))
    in_clock = sum(1 for it in account.customers if it.in_test_clock)
    warnings = warn_of_test_mode(account)
    if others:
        message = f"{count_nouns(others, 'customer')} of the other mode than the key's left out."
        warnings.append(MetricWarning("mode_mismatch", message))
    if in_clock:
        message = f"{count_nouns(in_clock, 'customer')} of a test clock left out."
        warnings.append(MetricWarning("test_clock", message))
    return warnings


def _count_active(account: Account, at: datetime, terms: Terms) -> Measurement:
    scope = select_scope(account, at)
    every = [
        *((it.customer_id, it.status) for it in scope.subscriptions),
        *((it.customer_id, it.status) for it in scope.unreadable),
    ]
    counted = {"active", "past_due"} if terms.definitions.past_due == "include" else {"active"}
    active = {customer for customer, status in every if status in counted}
    only_past_due = {customer for customer, status in every if status == "past_due"} - active
    trialing = {customer for customer, status in every if status == "trialing"} - active
    unknown = {who: f"unknown status {it}" for who, it in every if it not in STATUSES}
    unknown = {who: reason for who, reason in unknown.items() if who not in active}
    assessed, unreadable = assess_all(scope.subscriptions, terms.definitions, include_trials=False)
    paying = {it.subscription.customer_id for it in assessed if not it.reason and it.minor}
    is_known = not (unreadable or scope.unreadable)
    subscriptions = Counter(customer for customer, status in every if status in counted)
    return _measure(
        f"Customers with a subscription {' or '.join(sorted(counted)).replace('_', ' ')}",
        [(it, count_nouns(subscriptions[it], "subscription")) for it in sorted(active)],
        warnings=[
            *scope.warnings,
            *_warn_of_past_due(only_past_due),
            *_warn_of_unknown("Active customers", unknown),
        ],
        left_out=(
            *_row("past_due", only_past_due, "with a failed payment and none active"),
            *_row("trialing", trialing, "in a trial and none active"),
            *_row("unreadable", unknown, "of unknown status"),
            *scope.left_out,
        ),
        companions={"paying": Decimal(len(paying)) if is_known else None},
    )


def _warn_of_past_due(customers: set[str]) -> list[MetricWarning]:
    if not customers:
        return []
    message = (
        f"{count_nouns(len(customers), 'customer')} whose payment failed not counted as active."
        " Stripe's dashboard counts active and past due together."
    )
    return [MetricWarning("status_counts_differ", message)]


def _count_churned(account: Account, window: Window, terms: Terms, in_words: str) -> Measurement:
    departed = departed_customers(account, window, terms.definitions)
    scope = select_scope(account, window.end)
    return _measure(
        f"Customers who left in the {in_words}",
        [
            (customer, f"{it.subscription_id} left on {it.at:%d %B %Y}")
            for customer, it in sorted(departed.last.items())
        ],
        warnings=[*scope.warnings, *_warn_of_unknown("Churned customers", departed.unreadable)],
        left_out=(*_row("unreadable", departed.unreadable, "of unknown amount"), *scope.left_out),
    )


def _warn_of_unknown(name: str, reasons: Mapping[str, str]) -> list[MetricWarning]:
    return [warn_of_unreadable(name, "customer", list(reasons.values()))] if reasons else []


def _row(reason: str, customers: Collection[str], said: str) -> tuple[LeftOut, ...]:
    count = len(customers)
    words = f"{count_nouns(count, 'customer')} {said}"
    return (LeftOut(reason, words, count, None),) if count else ()


def _measure(
    said: str,
    found: Sequence[tuple[str, str]],
    *,
    warnings: Sequence[MetricWarning],
    left_out: Sequence[LeftOut] = (),
    companions: dict[str, Decimal | None] | None = None,
) -> Measurement:
    """Return the count of (customer id, what to know of it)."""
    value = Decimal(len(found))
    return Measurement(
        value=value,
        unit="count",
        currency=None,
        warnings=tuple(warnings),
        explanation=Explanation(
            formula=f"{said} = {len(found):,d}",
            parts=(Part(said, value, len(found)),) if found else (),
            contributions=tuple(
                Contribution("customer", customer, customer, Decimal(1), None, detail)
                for customer, detail in sorted(found)
            ),
            left_out=tuple(left_out),
            companions=companions or {},
        ),
    )
