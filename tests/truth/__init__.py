"""Every metric computed from the simulated business's own records: the judge of the product.

Independent on purpose: nothing of `shared` is imported, and the definitions are written anew from
what they say in words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.money import BalanceTransaction
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Customer
from tests.truth.past import Held, Past

Value = Fraction | int | None

DAYS = {"last_day": 1, "last_week": 7, "last_month": 30, "last_quarter": 90, "last_year": 365}

_TOTAL = ("charge", "partial_capture_reversal", "charge_failure")
_REFUNDS = ("refund", "refund_failure")
_DISPUTES = ("dispute", "dispute_reversal")


@dataclass(frozen=True)
class Choices:
    """The options of an integration's definitions."""

    past_due: str = "exclude"
    discounts: str = "recurring"
    paused_collection: str = "include"
    net_deducts: tuple[str, ...] = ("refunds", "disputes")
    revenue_churn: str = "cancellations"
    customer_churn: str = "cohort"
    churn_on: str = "ended"


MATCH_STRIPE = Choices(
    past_due="include",
    discounts="forever_only",
    net_deducts=("refunds", "disputes", "fees"),
    customer_churn="stripe",
)


@dataclass
class Truth:
    """The metrics of a business.

    Money is in minor units, rates in percent, both exact; a ratio with an empty base is None.
    Instants are epoch seconds; a window is named as in a metric query and ends at the instant.

    Attributes:
        past: what was when.
        without: ids of subscriptions and customers that are not looked at.
    """

    past: Past
    choices: Choices = field(default_factory=Choices)
    without: frozenset[str] = frozenset()

    @property
    def business(self) -> Business:
        """Whose truth it is."""
        return self.past.business

    def mrr(self, at: int, *, include_trials: bool = False) -> Fraction:
        """Return the monthly amounts of what counts at an instant."""
        return sum(self.amounts(at, include_trials=include_trials).values(), Fraction(0))

    def arr(self, at: int, *, include_trials: bool = False) -> Fraction:
        """Return twelve times the MRR."""
        return 12 * self.mrr(at, include_trials=include_trials)

    def amounts(self, at: int, *, include_trials: bool = False) -> dict[str, Fraction]:
        """Return what each subscription is in MRR with, by its id."""
        statuses = {"active"}
        statuses |= {"trialing"} if include_trials else set()
        statuses |= {"past_due"} if self.choices.past_due == "include" else set()
        return {
            held.change.subscription: self._counted(held)
            for held in self._at(at)
            if held.status in statuses and not self._is_lost(held)
        }

    def retained(self, at: int) -> dict[str, Fraction]:
        """Return the monthly amount of each retained subscription, by its id."""
        return {
            held.change.subscription: self._counted(held)
            for held in self._at(at)
            if self._is_retained(held)
        }

    def subscriptions(self, status: str, at: int) -> int:
        """Return how many subscriptions had a status, or any ("all")."""
        return sum(status in {"all", held.status} for held in self._at(at))

    def customers(self, kind: str, window: str, at: int) -> int:
        """Return how many customers there are, are active, are new or have left."""
        if kind == "active":
            statuses = {"active", "past_due"} if self.choices.past_due == "include" else {"active"}
            return len({held.customer for held in self._at(at) if held.status in statuses})
        if kind == "churned":
            return len(self.churned_customers(window, at))
        there = self.customers_at(at)
        if kind == "all":
            return len(there)
        return sum(each.created > at - DAYS[window] * DAY for each in there)

    def customers_at(self, at: int) -> list[Customer]:
        """Return the customers that existed at an instant."""
        return [
            each
            for each in self.business.state.customers
            if each.id not in self.without
            and each.test_clock is None
            and each.created <= at
            and (each.deleted_at is None or each.deleted_at > at)
        ]

    def churned_customers(self, window: str, at: int) -> set[str]:
        """Return who lost a subscription that was worth something, and has none retained."""
        start, still = at - DAYS[window] * DAY, self._retained_customers(at)
        return {
            before.customer
            for when, before, after in self._changes()
            if start < when <= at
            and self._is_retained(before)
            and self._counted(before) > 0
            and not self._is_retained(after)
        } - still

    def revenue(self, metric: str, window: str, at: int) -> Fraction:
        """Return what was collected, came back or went to Stripe in a window."""
        rows = list(self._rows(window, at))
        sums = {
            "total": _sum(rows, _TOTAL),
            "refunds": -_sum(rows, _REFUNDS),
            "disputes": -_sum(rows, _DISPUTES),
            "fees": _fees(rows),
        }
        if metric == "net":
            return sums["total"] - sum(sums[each] for each in self.choices.net_deducts)
        return sums[metric]

    def arpu(self, window: str, at: int) -> Fraction | None:
        """Return what customers paid in a window over how many of them paid."""
        charges = self.business.state.charges
        refunds = self.business.state.refunds
        collected, payers = Fraction(0), set()
        for row in self._rows(window, at):
            if row.category not in _TOTAL:
                continue
            source = row.source or ""
            paid = charges[refunds[source].charge if source in refunds else source]
            if paid.customer is None:
                continue
            collected += row.amount
            if row.category == "charge" and not self._failed_by(paid.failure_transaction, at):
                payers.add(paid.customer)
        return collected / len(payers) if payers else None

    def churn(self, metric: str, window: str, at: int) -> Fraction | None:
        """Return the customer churn rate, the revenue churn rate or the churned MRR."""
        start = at - DAYS[window] * DAY
        cohort, now = self._cohort(start), self._by_customer(at)
        lost = set(cohort) - set(now)
        churned = sum((cohort[each] for each in lost), Fraction(0))
        if metric == "churned_mrr":
            return churned
        if metric == "revenue_churn_rate":
            if self.choices.revenue_churn == "with_contraction":
                churned += sum(
                    (max(cohort[who] - now[who], Fraction(0)) for who in set(cohort) - lost),
                    Fraction(0),
                )
            return _percent(churned, sum(cohort.values(), Fraction(0)))
        if self.choices.customer_churn == "stripe":
            left = self.churned_customers(window, at)
            return _percent(len(left), len(cohort) + len(self._new_payers(start, at)))
        return _percent(len(lost), len(cohort))

    def nrr(self, window: str, at: int) -> Fraction | None:
        """Return what the customers of a window's start pay at its end, of what they paid."""
        cohort, now = self._cohort(at - DAYS[window] * DAY), self._by_customer(at)
        kept = sum((now.get(each, Fraction(0)) for each in cohort), Fraction(0))
        return _percent(kept, sum(cohort.values(), Fraction(0)))

    def _at(self, at: int) -> list[Held]:
        every = self.past.at(at, self.choices.discounts)
        return [held for held in every if held.change.subscription not in self.without]

    def _counted(self, held: Held) -> Fraction:
        left_out = held.change.collection_paused and self.choices.paused_collection == "exclude"
        return Fraction(0) if left_out else held.monthly

    def _is_lost(self, held: Held) -> bool:
        return held.ending and self.choices.churn_on == "cancel_requested"

    def _is_retained(self, held: Held) -> bool:
        return held.retained and not self._is_lost(held)

    def _retained_customers(self, at: int) -> set[str]:
        return {held.customer for held in self._at(at) if self._is_retained(held)}

    def _by_customer(self, at: int) -> dict[str, Fraction]:
        """Return the retained monthly amount of every customer with a retained subscription."""
        found: dict[str, Fraction] = {}
        for held in self._at(at):
            if self._is_retained(held):
                found[held.customer] = found.get(held.customer, Fraction(0)) + self._counted(held)
        return found

    def _cohort(self, at: int) -> dict[str, Fraction]:
        return {who: amount for who, amount in self._by_customer(at).items() if amount > 0}

    def _changes(self) -> Iterator[tuple[int, Held, Held]]:
        for sub_id in self.past.subscriptions() - self.without:
            yield from self.past.through(sub_id, self.choices.discounts)

    def _new_payers(self, start: int, end: int) -> set[str]:
        """Return who paid for the first time within (start, end], whether they stayed or not."""
        first: dict[str, int] = {}
        for when, held in self._moments():
            if self._is_retained(held) and self._counted(held) > 0:
                first[held.customer] = min(when, first.get(held.customer, when))
        return {who for who, when in first.items() if start < when <= end}

    def _moments(self) -> Iterator[tuple[int, Held]]:
        for sub_id in self.past.subscriptions() - self.without:
            yield self.past.begins(sub_id, self.choices.discounts)
        for when, _, after in self._changes():
            yield when, after

    def _rows(self, window: str, at: int) -> Iterator[BalanceTransaction]:
        start = at - DAYS[window] * DAY
        rows = self.business.state.balance_transactions
        return (row for row in rows if start < row.created <= at)

    def _failed_by(self, transaction: str | None, at: int) -> bool:
        rows = self.business.state.balance_transactions
        return transaction is not None and rows[transaction].created <= at


def _sum(rows: list[BalanceTransaction], categories: tuple[str, ...]) -> Fraction:
    return Fraction(sum(row.amount for row in rows if row.category in categories))


def _fees(rows: list[BalanceTransaction]) -> Fraction:
    ours = (*_TOTAL, *_REFUNDS, *_DISPUTES)
    return Fraction(
        sum(
            amount
            for row in rows
            if row.category in ours
            for kind, amount, _ in row.fees
            if kind in {"stripe_fee", "tax"}
        )
    )


def _percent(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    return Fraction(part) / whole * 100 if whole else None


def measure(truth: Truth, query: dict[str, object], at: int) -> Value:
    """Answer a metric query as it stands in JSON."""
    wanted = {key: value for key, value in query.items() if key != "type"}
    window = str(wanted.get("time_range", "last_month"))
    trials = wanted.get("include_trials") is True
    answers: dict[str, Callable[[], Value]] = {
        "mrr": lambda: truth.mrr(at, include_trials=trials),
        "arr": lambda: truth.arr(at, include_trials=trials),
        "customer_count": lambda: truth.customers(str(wanted["customer_type"]), window, at),
        "subscription_count": lambda: truth.subscriptions(str(wanted["status"]), at),
        "revenue": lambda: truth.revenue(str(wanted["revenue_metric"]), window, at),
        "arpu": lambda: truth.arpu(window, at),
        "churn": lambda: truth.churn(str(wanted["churn_metric"]), window, at),
        "nrr": lambda: truth.nrr(window, at),
    }
    return answers[str(query["type"])]()
