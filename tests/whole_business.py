"""Lets the product read a simulated business, and holds what it says against the truth.

A difference names the query, the instant, both values, and the subscriptions that the two see
differently at that instant and at the window's start: there the fault is to be found.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from local.stripe_sandbox import Business, Clock, Sandbox
from local.stripe_sandbox.periods import DAY
from shared.adapters.stripe_pace import UNLIMITED
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import EVERYTHING, Account, Needs
from shared.domain.definitions import Definitions
from shared.domain.metrics import Terms, compute, query_from_dict
from shared.domain.stripe_key import StripeKey, parse_key
from shared.domain.timelines import Timeline
from tests.truth import DAYS, Choices, Truth, Value, measure
from tests.truth.past import Held, Past
from tests.truth.unknowable import Unknowable, forgotten_customers, unknowable_times

Query = dict[str, Any]

# An amount in these statuses is in no value.
WORTHLESS = frozenset({"canceled", "incomplete_expired", "incomplete", "unpaid", "paused"})
HISTORY_DAYS = 365
BALANCE_DAYS = 400
NEEDS = Needs(
    subscriptions=True,
    history=timedelta(days=HISTORY_DAYS),
    customers=EVERYTHING,
    balance=timedelta(days=BALANCE_DAYS),
)
LONG = ("last_month", "last_quarter", "last_year")
STATUSES = (
    *("all", "active", "trialing", "past_due", "canceled"),
    *("incomplete", "unpaid", "paused", "incomplete_expired"),
)
# Every type with every setting; those that a time range does not change have one.
QUERIES: tuple[Query, ...] = (
    *({"type": kind, "include_trials": on} for kind in ("mrr", "arr") for on in (False, True)),
    *(
        {"type": "customer_count", "customer_type": kind, "time_range": "last_month"}
        for kind in ("all", "active")
    ),
    *(
        {"type": "customer_count", "customer_type": kind, "time_range": window}
        for kind in ("new", "churned")
        for window in DAYS
    ),
    *({"type": "subscription_count", "status": status} for status in STATUSES),
    *(
        {"type": "revenue", "revenue_metric": metric, "time_range": window}
        for metric in ("total", "net", "refunds", "fees")
        for window in DAYS
    ),
    *({"type": "arpu", "time_range": window} for window in LONG),
    *(
        {"type": "churn", "churn_metric": metric, "time_range": window}
        for metric in ("customer_churn_rate", "revenue_churn_rate", "churned_mrr")
        for window in LONG
    ),
    *({"type": "nrr", "time_range": window} for window in LONG),
)
DEFINITIONS: tuple[Query, ...] = (
    {},
    {"preset": "match_stripe"},
    {"past_due": "include"},
    {"discounts": "forever_only"},
    {"discounts": "all"},
    {"discounts": "none"},
    {"revenue_churn": "with_contraction"},
    {"customer_churn": "stripe"},
    {"churn_on": "cancel_requested"},
    {"paused_collection": "exclude"},
    {"net_deducts": []},
    {"net_deducts": ["refunds"]},
    {"net_deducts": ["refunds", "disputes", "fees"]},
    {"churn_on": "cancel_requested", "discounts": "none", "customer_churn": "stripe"},
)


@dataclass
class Case:
    """One business as it was read, and its truth.

    Attributes:
        name: tells how to make it again.
        as_of: the instant of the reading, in epoch seconds.
    """

    name: str
    business: Business
    account: Account
    as_of: int
    truth: Truth

    @cached_property
    def unknowable(self) -> list[Unknowable]:
        """What nobody can know of its subscriptions."""
        return unknowable_times(self.business)

    def differences(self, seed: int, *, past: int = 3, queries: int = 25) -> Iterator[str]:
        """Yield what differs: every query now, and some at instants of the past."""
        yield from self.misread_timelines()
        chance = random.Random(seed)  # noqa: S311 - choices that can be made again
        yield from self.compare_all(QUERIES, {}, self.as_of)
        for at in [self.as_of, *self.instants(chance, past)]:
            some = chance.sample(QUERIES, queries)
            yield from self.compare_all(some, chance.choice(DEFINITIONS), at)

    def instants(self, chance: random.Random, how_many: int) -> Iterator[int]:
        """Yield instants of the past: any, and those at and just before something changed."""
        since = self.as_of - HISTORY_DAYS * DAY
        history = self.business.state.history
        changes = [
            change.at
            for sub in self.business.state.subscriptions
            for change in history.of(sub.id)
            if since < change.at <= self.as_of
        ]
        for number in range(how_many):
            if number % 2 and changes:
                yield max(since, chance.choice(changes) - chance.choice((0, 1)))
            else:
                yield chance.randrange(since, self.as_of)

    def compare_all(
        self, queries: tuple[Query, ...] | list[Query], definitions: Query, at: int
    ) -> Iterator[str]:
        """Yield a paragraph for each query whose two answers differ."""
        for query in queries:
            start = at - _days(query) * DAY
            if start < self._known_since(query):
                continue
            case = self._without_unknowable(definitions, start, at)
            if (difference := case.compare(query, definitions, at)) is not None:
                yield difference

    def compare(self, query: Query, definitions: Query, at: int) -> str | None:
        """Return how the product's answer differs from the truth, or None."""
        terms = Terms(Definitions.from_dict(definitions), "usd")
        truth = replace(self.truth, choices=choices_of(terms.definitions))
        parsed = query_from_dict(query)
        said: object
        try:
            said = compute(parsed, self.account, _moment(at), terms).value
        except Exception as error:  # noqa: BLE001 - told with the query and the seed
            said = repr(error)[:200]
        true = rounded(measure(truth, query, at), parsed.unit)
        if said == true:
            return None
        start = at - _days(query) * DAY
        return "\n".join(
            [
                f"{self.name}: {query} with {definitions} at {_moment(at)}",
                f"  product {said}, truth {true}",
                *(f"  at the end: {line}" for line in self.describe(at, terms)),
                *(f"  at the start: {line}" for line in self.describe(start, terms)),
            ]
        )

    def describe(self, at: int, terms: Terms) -> Iterator[str]:
        """Yield the subscriptions that the two see differently, and the customers."""
        option = terms.definitions.discounts
        true = {held.change.subscription: _shown(held) for held in self.truth.past.at(at, option)}
        said = {it.subscription_id: _said(it, at, terms) for it in self.account.timelines}
        for sub_id in sorted((true.keys() | said.keys()) - self.truth.without):
            if true.get(sub_id) != said.get(sub_id):
                yield f"{sub_id}: product {said.get(sub_id)}, truth {true.get(sub_id)}"
        true_customers = {each.id for each in self.truth.customers_at(at)}
        customers = {each.id for each in self.account.customers if each.exists_at(_moment(at))}
        for each in sorted(customers ^ true_customers):
            yield f"customer {each}: {'only' if each in customers else 'not'} in the product"

    def misread_timelines(self) -> Iterator[str]:
        """Yield the subscriptions of which status or amount is wrong where something changed."""
        terms = Terms(Definitions(), "usd")
        for timeline in self.account.timelines:
            sub_id = timeline.subscription_id
            for at in self._turning_points(sub_id):
                held = self.truth.past.one_at(sub_id, at)
                true = held and _shown(held)[:2]
                said = _said(timeline, at, terms)
                if true != (said and said[:2]) and not self._is_unknowable(sub_id, at):
                    yield (
                        f"{self.name}: {sub_id} at {_moment(at)}\n"
                        f"  product {said and said[:2]}, truth {true}"
                    )

    def _turning_points(self, sub_id: str) -> Iterator[int]:
        since = self.as_of - HISTORY_DAYS * DAY
        yield since
        for change in self.business.state.history.of(sub_id):
            if since < change.at <= self.as_of:
                yield change.at - 1
                yield change.at

    def _is_unknowable(self, sub_id: str, at: int) -> bool:
        return any(
            each.subscription == sub_id and each.matters({}, at, at) for each in self.unknowable
        )

    def _known_since(self, query: Query) -> int:
        days = BALANCE_DAYS if query["type"] in {"revenue", "arpu"} else HISTORY_DAYS
        return self.as_of - days * DAY

    def _without_unknowable(self, definitions: Query, start: int, at: int) -> "Case":
        """Leave out, on both sides, what no reader of Stripe's objects could know."""
        gone = frozenset(
            each.subscription for each in self.unknowable if each.matters(definitions, start, at)
        ) | forgotten_customers(self.business, at)
        if not gone:
            return self
        account = replace(
            self.account,
            timelines=tuple(it for it in self.account.timelines if it.subscription_id not in gone),
            customers=tuple(it for it in self.account.customers if it.id not in gone),
        )
        return replace(self, account=account, truth=replace(self.truth, without=gone))


def read_case(sandbox: Sandbox, name: str, business: Business) -> Case:
    """Let a running sandbox show a business, and the product read it as it does in production."""
    front = sandbox._front
    front.business, front.clock = business, Clock(business.now)
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    reading = StripeSource(key, api_base=sandbox.url, pace=UNLIMITED).read(NEEDS)
    assert reading.account.unreadable == ()
    as_of = int(reading.as_of.timestamp())
    return Case(name, business, reading.account, as_of, Truth(Past(business)))


def choices_of(definitions: Definitions) -> Choices:
    """Return the same options for the truth."""
    options = definitions.to_dict()
    return Choices(
        **{key: value for key, value in options.items() if key not in {"preset", "net_deducts"}},  # type: ignore[arg-type]
        net_deducts=definitions.net_deducts,
    )


def rounded(value: Value, unit: str) -> Decimal | None:
    """Round half-up as the definitions say: money from cents to two decimals, rates to two."""
    if value is None:
        return None
    exact = Fraction(value) / 100 if unit == "currency" else Fraction(value)
    digits = 0 if unit == "count" else 2
    units = int(abs(exact) * 10**digits + Fraction(1, 2))
    return Decimal(-units if exact < 0 else units).scaleb(-digits)


def _said(timeline: Timeline, at: int, terms: Terms) -> tuple[object, ...] | None:
    stretch = timeline.at(_moment(at))
    if stretch is None:
        return None
    if stretch.status in WORTHLESS:
        return (stretch.status,)
    monthly = stretch.worth.under(terms.definitions.discounts, include_trials=True)
    if isinstance(monthly, str):
        return stretch.status, monthly
    return stretch.status, monthly.total_minor, stretch.collection_paused, stretch.is_ending


def _shown(held: Held) -> tuple[object, ...]:
    """Return what the truth says, in the same form; where no value has the amount, not that."""
    if held.status in WORTHLESS:
        return (held.status,)
    return held.status, held.monthly, held.change.collection_paused, held.ending


def _days(query: Query) -> int:
    if query.get("customer_type") in {"all", "active"} or "time_range" not in query:
        return 0
    return DAYS[query["time_range"]]


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
