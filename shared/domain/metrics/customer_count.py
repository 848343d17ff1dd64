"""Customer Count: how many customers there are, pay, are new, or have left."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from shared.domain.account import Account
from shared.domain.metrics.assessments import assess_all
from shared.domain.metrics.counted_customers import measure_customers, row_of_customers
from shared.domain.metrics.created_customers import count_existing, count_new
from shared.domain.metrics.departures import departed_customers
from shared.domain.metrics.exclusions import warn_of_unreadable
from shared.domain.metrics.measurement import (
    Breakdown,
    Measurement,
    MetricWarning,
    Terms,
)
from shared.domain.metrics.price_rows import counts_by, items_of
from shared.domain.metrics.queries import CustomerCount
from shared.domain.metrics.retained_prices import break_down_departed
from shared.domain.metrics.scope import (
    Scope,
    count_nouns,
    select_scope,
)
from shared.domain.subscriptions import STATUSES
from shared.domain.windows import Window, range_in_words, window_ending
from shared.domain.worth import MonthlyItem


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
            return count_existing(account, at)
        case "new":
            return count_new(account, window, range_in_words(query.time_range))
        case "active":
            return _count_active(account, at, terms)
        case "churned":
            return _count_churned(account, window, terms, range_in_words(query.time_range))


def _count_active(account: Account, at: datetime, terms: Terms) -> Measurement:
    scope = select_scope(account, at)
    counted = {"active", "past_due"} if terms.definitions.past_due == "include" else {"active"}
    counts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    there = ((statuses, count) for statuses, count in scope.customers if statuses)
    for statuses, count in there:
        place = _place_of(statuses, counted)
        counts[place] += count
        if place == "unreadable":
            unknown[f"unknown status {max(statuses - set(STATUSES))}"] += count
    return measure_customers(
        f"Customers with a subscription {' or '.join(sorted(counted)).replace('_', ' ')}",
        counts["active"],
        lambda: _list_active(scope, counted),
        warnings=[
            *scope.warnings,
            *_warn_of_past_due(counts["past_due"]),
            *_warn_of_unknown("Active customers", unknown),
        ],
        left_out=(
            *row_of_customers(
                "past_due", counts["past_due"], "with a failed payment and none active"
            ),
            *row_of_customers("trialing", counts["trialing"], "in a trial and none active"),
            *row_of_customers("unreadable", counts["unreadable"], "of unknown status"),
            *row_of_customers("ended", counts["ended"], "without one that is active"),
            *scope.left_out,
        ),
        read=sum(counts.values()),
        break_down=lambda: _break_down_active(scope, counted, terms, counts["active"]),
        companions=lambda: {"paying": _count_paying(scope, terms)},
    )


def _place_of(statuses: frozenset[str], counted: set[str]) -> str:
    """Return where a customer with subscriptions of these statuses is counted, or left out."""
    if counted & statuses:
        return "active"
    for status in ("past_due", "trialing"):
        if status in statuses:
            return status
    return "unreadable" if statuses - set(STATUSES) else "ended"


def _break_down_active(scope: Scope, counted: set[str], terms: Terms, count: int) -> Breakdown:
    """Return the customers by what is active of them; of some of it no price may be known."""
    states = scope.states
    groups: list[tuple[list[MonthlyItem] | None, int]] = []
    for state, customers in Counter(scope.snapshot.states).items():
        kinds = [states.kinds[it] for it in states.kinds_in(state)]
        active = [it for it in kinds if it.status in counted]
        if active:
            items = [item for it in active for item in items_of(it, terms.definitions) or ()]
            groups.append((items, customers))
    return Breakdown(*counts_by([*groups, (None, count - sum(it for _, it in groups))]))


def _list_active(scope: Scope, counted: set[str]) -> list[tuple[str, str]]:
    kinds = scope.states.kinds
    found = Counter(
        it.customer_id for it, kind in scope.subscriptions() if kinds[kind].status in counted
    )
    found.update(it.customer_id for it in scope.unreadable if it.status in counted)
    return [(it, count_nouns(count, "subscription")) for it, count in found.items()]


def _count_paying(scope: Scope, terms: Terms) -> Decimal | None:
    """Return how many customers add to MRR; None where an amount cannot be told."""
    assessed, unreadable = assess_all(scope.alike, terms.definitions, include_trials=False)
    if unreadable or scope.unreadable:
        return None
    paying = {it.alike.number for it in assessed if not it.reason and it.minor}
    found = (
        count
        for state, count in Counter(scope.snapshot.states).items()
        if paying.intersection(scope.states.kinds_in(state))
    )
    return Decimal(sum(found))


def _warn_of_past_due(customers: int) -> list[MetricWarning]:
    if not customers:
        return []
    message = (
        f"{count_nouns(customers, 'customer')} whose payment failed not counted as active."
        " Stripe's dashboard counts active and past due together."
    )
    return [MetricWarning("status_counts_differ", message)]


def _count_churned(account: Account, window: Window, terms: Terms, in_words: str) -> Measurement:
    departed = departed_customers(account, window, terms.definitions)
    scope = select_scope(account, window.end)
    unknown = Counter(departed.unreadable.values())
    stayed = departed.stayed
    others = departed.read - stayed - len(departed.last) - unknown.total()
    return measure_customers(
        f"Customers who left in the {in_words}",
        len(departed.last),
        lambda: [
            (customer, f"{it.subscription_id} left on {it.at:%d %B %Y}")
            for customer, it in departed.last.items()
        ],
        warnings=[*scope.warnings, *_warn_of_unknown("Churned customers", unknown)],
        left_out=(
            *row_of_customers("unreadable", unknown.total(), "of unknown amount"),
            *row_of_customers("retained", stayed, "with a subscription at the end"),
            *row_of_customers("not_paying", others, "who paid for none in the range"),
            *scope.left_out,
        ),
        read=departed.read,
        break_down=lambda: break_down_departed(
            scope.states, departed.last.values(), terms.definitions
        ),
    )


def _warn_of_unknown(name: str, reasons: Mapping[str, int]) -> list[MetricWarning]:
    return [warn_of_unreadable(name, "customer", reasons)] if reasons else []
