"""Customer Count: how many customers there are, pay, are new, or have left."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
    Scope,
    count_nouns,
    is_in_scope,
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


@dataclass(frozen=True, slots=True)
class _Customers:
    """The customers that can count.

    Attributes:
        created: when each was created, oldest first.

        deleted: when each that is deleted was created and deleted.

        other_mode, in_clock: how many there are besides.
    """

    created: Sequence[datetime]
    deleted: Sequence[tuple[datetime, datetime]]
    other_mode: int
    in_clock: int

    def count(self, window: Window) -> tuple[int, int]:
        """Return how many were created in a window and exist at its end, and how many do not."""
        first = bisect_right(self.created, window.start)
        created = bisect_right(self.created, window.end) - first
        gone = sum(1 for at, end in self.deleted if at in window and end <= window.end)
        return created - gone, gone


def _gather(account: Account) -> _Customers:
    live = account.mode == "live"
    every = account.customers
    found = [it for it in every if it.livemode == live and not it.in_test_clock]
    return _Customers(
        created=sorted([it.created_at for it in found]),
        deleted=[(it.created_at, it.deleted_at) for it in found if it.deleted_at is not None],
        other_mode=sum(1 for it in every if it.livemode != live),
        in_clock=sum(1 for it in every if it.in_test_clock),
    )


def _count_existing(account: Account, at: datetime) -> Measurement:
    ever = Window(datetime.min.replace(tzinfo=UTC), at)
    count, _ = account.once(_gather).count(ever)
    return _measure(
        "Customers that exist",
        count,
        lambda: _list_existing(account, ever),
        warnings=_warn_of_strangers(account),
    )


def _count_new(account: Account, window: Window, in_words: str) -> Measurement:
    count, gone = account.once(_gather).count(window)
    words = f"{count_nouns(gone, 'customer')} deleted since"
    return _measure(
        f"Customers created in the {in_words}",
        count,
        lambda: _list_existing(account, window),
        warnings=_warn_of_strangers(account),
        left_out=(LeftOut("deleted", words, gone, None),) if gone else (),
    )


def _list_existing(account: Account, window: Window) -> list[tuple[str, str]]:
    return [
        (it.id, f"since {it.created_at:%d %B %Y}")
        for it in account.customers
        if is_in_scope(account, it) and it.created_at in window and it.exists_at(window.end)
    ]


def _warn_of_strangers(account: Account) -> list[MetricWarning]:
    found = account.once(_gather)
    warnings = warn_of_test_mode(account)
    if found.other_mode:
        said = count_nouns(found.other_mode, "customer")
        message = f"{said} of the other mode than the key's left out."
        warnings.append(MetricWarning("mode_mismatch", message))
    if found.in_clock:
        message = f"{count_nouns(found.in_clock, 'customer')} of a test clock left out."
        warnings.append(MetricWarning("test_clock", message))
    return warnings


def _count_active(account: Account, at: datetime, terms: Terms) -> Measurement:
    scope = select_scope(account, at)
    counted = {"active", "past_due"} if terms.definitions.past_due == "include" else {"active"}
    counts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for statuses, count in scope.customers:
        if counted & statuses:
            counts["active"] += count
            continue
        for status in statuses & {"past_due", "trialing"}:
            counts[status] += count
        if odd := statuses - set(STATUSES):
            unknown[f"unknown status {max(odd)}"] += count
    return _measure(
        f"Customers with a subscription {' or '.join(sorted(counted)).replace('_', ' ')}",
        counts["active"],
        lambda: _list_active(scope, counted),
        warnings=[
            *scope.warnings,
            *_warn_of_past_due(counts["past_due"]),
            *_warn_of_unknown("Active customers", unknown),
        ],
        left_out=(
            *_row("past_due", counts["past_due"], "with a failed payment and none active"),
            *_row("trialing", counts["trialing"], "in a trial and none active"),
            *_row("unreadable", sum(unknown.values()), "of unknown status"),
            *scope.left_out,
        ),
        companions=lambda: {"paying": _count_paying(scope, terms)},
    )


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
    return _measure(
        f"Customers who left in the {in_words}",
        len(departed.last),
        lambda: [
            (customer, f"{it.subscription_id} left on {it.at:%d %B %Y}")
            for customer, it in departed.last.items()
        ],
        warnings=[*scope.warnings, *_warn_of_unknown("Churned customers", unknown)],
        left_out=(*_row("unreadable", unknown.total(), "of unknown amount"), *scope.left_out),
    )


def _warn_of_unknown(name: str, reasons: Mapping[str, int]) -> list[MetricWarning]:
    return [warn_of_unreadable(name, "customer", reasons)] if reasons else []


def _row(reason: str, count: int, said: str) -> tuple[LeftOut, ...]:
    words = f"{count_nouns(count, 'customer')} {said}"
    return (LeftOut(reason, words, count, None),) if count else ()


def _measure(
    said: str,
    count: int,
    list_found: Callable[[], Iterable[tuple[str, str]]],
    *,
    warnings: Sequence[MetricWarning],
    left_out: Sequence[LeftOut] = (),
    companions: Callable[[], dict[str, Decimal | None]] = dict,
) -> Measurement:
    """Return a count; *list_found* gives (customer id, what to know of it) of each."""

    def explain() -> Explanation:
        return Explanation(
            formula=f"{said} = {count:,d}",
            parts=(Part(said, Decimal(count), count),) if count else (),
            contributions=tuple(
                Contribution("customer", customer, customer, Decimal(1), None, detail)
                for customer, detail in sorted(list_found())
            ),
            left_out=tuple(left_out),
            companions=companions(),
        )

    return Measurement(Decimal(count), "count", None, tuple(warnings), explain)
