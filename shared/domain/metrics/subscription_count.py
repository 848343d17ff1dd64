"""Subscription Count: how many subscriptions have a status."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from shared.domain.account import Account
from shared.domain.metrics.measurement import (
    Contribution,
    Explanation,
    Measurement,
    MetricWarning,
    Part,
    Terms,
)
from shared.domain.metrics.queries import SubscriptionCount
from shared.domain.metrics.scope import Scope, count_nouns, select_scope
from shared.domain.subscriptions import STATUSES


def compute_subscription_count(
    query: SubscriptionCount, account: Account, at: datetime, terms: Terms
) -> Measurement:
    """Return how many subscriptions have the status now; "all" counts every status.

    A count by Stripe's own status, whatever a subscription is worth: free ones count, and so do
    those whose amount cannot be told. An integer; no subscriptions give 0.

    >>> from datetime import UTC
    >>> from shared.domain.definitions import Definitions
    >>> terms = Terms(Definitions(), currency="usd")
    >>> now = datetime(2026, 11, 22, tzinfo=UTC)
    >>> compute_subscription_count(SubscriptionCount("all"), Account("live"), now, terms).value
    Decimal('0')
    """
    del terms  # a count is the same in every currency
    scope = select_scope(account, at)
    found = _found(scope)
    counts = Counter(status for status, _, _ in found)
    chosen = [row for row in found if query.status in {"all", row[0]}]
    value = Decimal(len(chosen))
    return Measurement(
        value=value,
        unit="count",
        currency=None,
        warnings=(*scope.warnings, *_status_warnings(query.status, counts)),
        explanation=Explanation(
            formula=f"Subscriptions {_words(query.status)} = {len(chosen):,d}",
            parts=_parts(query.status, counts),
            contributions=_contributions(chosen),
            left_out=scope.left_out,
            companions={
                status: Decimal(counts[status])
                for status in _known_first(counts)
                if status != query.status
            },
        ),
    )


def _found(scope: Scope) -> list[tuple[str, str, str]]:
    """Return (status, id, customer) of everything that exists, also what cannot be valued."""
    return [
        *((it.status, it.id, it.customer_id) for it in scope.subscriptions),
        *((it.status, it.subscription_id, it.customer_id) for it in scope.unreadable),
    ]


def _known_first(counts: Counter[str]) -> list[str]:
    """Return every known status, then the unknown ones met."""
    return [*STATUSES, *sorted(counts.keys() - set(STATUSES))]


def _parts(status: str, counts: Counter[str]) -> tuple[Part, ...]:
    shown = _known_first(counts) if status == "all" else [status]
    return tuple(Part(name, Decimal(counts[name]), counts[name]) for name in shown if counts[name])


def _contributions(chosen: list[tuple[str, str, str]]) -> tuple[Contribution, ...]:
    return tuple(
        Contribution("subscription", found_id, customer, Decimal(1), None, status)
        for status, found_id, customer in sorted(chosen, key=lambda row: row[1])
    )


def _words(status: str) -> str:
    return "of every status" if status == "all" else f"with status {status}"


def _status_warnings(status: str, counts: Counter[str]) -> list[MetricWarning]:
    warnings = []
    past_due = counts["past_due"]
    if status == "active" and past_due:
        message = (
            f"{count_nouns(past_due, 'subscription')} past due not counted as active. Stripe's"
            " dashboard counts active and past due together."
        )
        warnings.append(MetricWarning("status_counts_differ", message))
    unknown = sum(counts[name] for name in counts if name not in STATUSES)
    if unknown:
        message = (
            f"{count_nouns(unknown, 'subscription')} with a status that is not known here: in the"
            " count of all, and in no other."
        )
        warnings.append(MetricWarning("unreadable", message))
    return warnings
