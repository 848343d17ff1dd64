"""Subscription Count: how many subscriptions have a status."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics.measurement import (
    Breakdown,
    Contribution,
    Coverage,
    Explanation,
    LeftOut,
    Measurement,
    MetricWarning,
    Part,
    Terms,
)
from shared.domain.metrics.price_rows import counts_by, items_of
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
    scope = select_scope(account, at)
    counts = Counter(it.status for it in scope.unreadable)
    for it in scope.alike:
        counts[it.kind.status] += it.count
    count = sum(counts.values()) if query.status == "all" else counts[query.status]

    def explain() -> Explanation:
        return Explanation(
            formula=f"Subscriptions {_words(query.status)} = {count:,d}",
            parts=_parts(query.status, counts),
            breakdown=_break_down(query.status, scope, terms.definitions),
            contributions=_contributions(query.status, scope),
            left_out=(*_other_statuses(query.status, counts), *scope.left_out),
            coverage=Coverage("subscription", scope.read, count),
            companions={
                status: Decimal(counts[status])
                for status in _known_first(counts)
                if status != query.status
            },
        )

    warnings = (*scope.warnings, *_status_warnings(query.status, counts))
    return Measurement(Decimal(count), "count", None, warnings, explain)


def _other_statuses(status: str, counts: Counter[str]) -> list[LeftOut]:
    others = [] if status == "all" else [it for it in _known_first(counts) if it != status]
    return [
        LeftOut(it, f"{count_nouns(counts[it], 'subscription')} with status {it}", counts[it], None)
        for it in others
        if counts[it]
    ]


def _break_down(status: str, scope: Scope, definitions: Definitions) -> Breakdown:
    """Return the count by price; of what has ended, or cannot be read, none is known."""
    known = [
        (items_of(it.kind, definitions), it.count)
        for it in scope.alike
        if status in {"all", it.kind.status}
    ]
    unreadable = sum(1 for it in scope.unreadable if status in {"all", it.status})
    return Breakdown(*counts_by([*known, (None, unreadable)]))


def _known_first(counts: Counter[str]) -> list[str]:
    """Return every known status, then the unknown ones met."""
    return [*STATUSES, *sorted(counts.keys() - set(STATUSES))]


def _parts(status: str, counts: Counter[str]) -> tuple[Part, ...]:
    shown = _known_first(counts) if status == "all" else [status]
    return tuple(Part(name, Decimal(counts[name]), counts[name]) for name in shown if counts[name])


def _contributions(status: str, scope: Scope) -> tuple[Contribution, ...]:
    """Return what is counted, also what cannot be valued."""
    kinds = scope.states.kinds
    found = [
        *(
            (it.subscription_id, it.customer_id, kinds[kind].status)
            for it, kind in scope.subscriptions()
        ),
        *((it.subscription_id, it.customer_id, it.status) for it in scope.unreadable),
    ]
    return tuple(
        Contribution("subscription", found_id, customer, Decimal(1), None, found_status)
        for found_id, customer, found_status in sorted(found)
        if status in {"all", found_status}
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
