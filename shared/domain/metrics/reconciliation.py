"""Why a number is another under other definitions: option by option, what each changes.

One option after the other is set as the other definitions have it, in a fixed order, and the value
is computed anew. What each step changes is its cause's share, so the shares add up to the whole
difference, whatever the options do to each other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.domain.account import Account
from shared.domain.definitions import NET_DEDUCTS, Definitions, DiscountsOption
from shared.domain.metrics.dispatch import compute
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import MetricQuery, query_to_dict

# From one way of taking discounts off to the next; each step lets one kind of coupon in or out.
_DISCOUNT_STEPS: tuple[DiscountsOption, ...] = ("none", "forever_only", "recurring", "all")
_COUPONS = ("forever_coupons", "repeating_coupons", "once_coupons")
_RETAINED = ("discounts", "paused_collection", "churn_on")
# Which options can change the number of a query that has these settings.
_OPTIONS: tuple[tuple[tuple[Mapping[str, object], ...], tuple[str, ...]], ...] = (
    (({"type": "mrr"}, {"type": "arr"}), ("past_due", *_RETAINED)),
    (({"customer_type": "active"},), ("past_due",)),
    (({"churn_metric": "revenue_churn_rate"},), (*_RETAINED, "revenue_churn")),
    (({"churn_metric": "customer_churn_rate"},), (*_RETAINED, "customer_churn")),
    (({"type": "churn"}, {"type": "nrr"}, {"customer_type": "churned"}), _RETAINED),
    (({"revenue_metric": "net"},), ("net_deducts",)),
)

_CAUSES: Mapping[str, str] = {
    "past_due": "past_due",
    "paused_collection": "paused_collection",
    "churn_on": "requested_ends",
    "revenue_churn": "contraction",
    "customer_churn": "churn_formula",
}
_WORDS: Mapping[tuple[str, str], str] = {
    ("past_due", "include"): "subscriptions with a failed payment count",
    ("past_due", "exclude"): "subscriptions with a failed payment do not count",
    ("forever_coupons", "in"): "coupons without an end are taken off",
    ("forever_coupons", "out"): "coupons without an end are not taken off",
    ("repeating_coupons", "in"): "coupons for some months are taken off while they last",
    ("repeating_coupons", "out"): "coupons for some months are not taken off",
    ("once_coupons", "in"): "coupons for one invoice are taken off",
    ("once_coupons", "out"): "coupons for one invoice are not taken off",
    ("paused_collection", "include"): "subscriptions with paused collection count",
    ("paused_collection", "exclude"): "subscriptions with paused collection do not count",
    ("requested_ends", "ended"): "a subscription counts until it ends",
    ("requested_ends", "cancel_requested"): "a subscription counts until its end is requested",
    ("contraction", "cancellations"): "only what those who left had paid is churn",
    ("contraction", "with_contraction"): "lower amounts of those who stay are churn too",
    ("churn_formula", "cohort"): "those lost of who paid at the start / who paid at the start",
    ("churn_formula", "stripe"): "all who left / (who paid at the start + who came since)",
    ("refunds", "in"): "refunds are deducted",
    ("refunds", "out"): "refunds are not deducted",
    ("disputes", "in"): "disputes are deducted",
    ("disputes", "out"): "disputes are not deducted",
    ("fees", "in"): "Stripe's fees are deducted",
    ("fees", "out"): "Stripe's fees are not deducted",
}

# What no option can make equal, by type of query: docs/metrics.md, from Stripe's own texts.
_DAYS = "Stripe's dashboard counts whole days of your time zone; a value here is of an instant."
_REQUESTED = (
    "Stripe may take a subscription out as soon as its end is requested: set churn_on to"
    " cancel_requested to do the same."
)
_ZERO = "Stripe counts a customer whose MRR falls to 0 as churned, though they stay subscribed."
_NO_COUNTERPART = "Stripe's dashboard has no number of this name."
_STILL_DIFFERS: Mapping[str, tuple[str, ...]] = {
    "mrr": (_REQUESTED, _DAYS),
    "arr": (_REQUESTED, _DAYS),
    "customer_count": (
        "Stripe counts subscribers: customers worth more than 0, active or past due.",
        _DAYS,
    ),
    "subscription_count": ("Stripe counts active and past due together.", _DAYS),
    "revenue": (
        "Stripe's revenue reports spread invoices over their time; here money counts as it moves.",
        _DAYS,
    ),
    "arpu": (
        "Stripe divides MRR by active subscribers; here what was collected is divided by who paid.",
        _DAYS,
    ),
    "churn": (_ZERO, _REQUESTED, "Stripe's churned revenue holds contraction too.", _DAYS),
    "nrr": (f"{_NO_COUNTERPART} Its revenue retention is of cohorts of sign-up months.",),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One option that differs, and what it changes.

    Attributes:
        cause: a fixed code.

        option: of the definitions.

        detail: what holds after the step, in words.

        value: the number after this step and all before it; None where it has none.

        difference: what this step adds to the number; None where either side has none.
    """

    cause: str
    option: str
    detail: str
    value: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number under other definitions, and why it is another.

    Attributes:
        value: under the other definitions.

        difference: how much more that is; None where either has no value.

        causes: their differences add up to it exactly; of every option that differs and can matter.
    """

    definitions: Definitions
    value: Decimal | None
    difference: Decimal | None
    causes: tuple[Cause, ...]


def options_of(query: MetricQuery) -> tuple[str, ...]:
    """Return the options of the definitions that can change a number, in the order of the steps.

    >>> from shared.domain.metrics.queries import Revenue
    >>> options_of(Revenue("net")), options_of(Revenue("total"))
    (('net_deducts',), ())
    """
    for kinds, options in _OPTIONS:
        if any(query_to_dict(query).items() >= kind.items() for kind in kinds):
            return options
    return ()


def compare(
    query: MetricQuery,
    account: Account,
    at: datetime,
    terms: Terms,
    *,
    measured: Measurement,
    other: Definitions,
) -> Comparison:
    """Return what a number is under other definitions, and what each difference adds to it.

    Args:
        query: what is asked.

        account: what was read.

        at: the instant of the value.

        terms: what it was measured on.

        measured: the answer.

        other: the definitions to compare with.
    """
    value, causes = measured.value, []
    for cause, option, detail, definitions in _steps(query, terms.definitions, other):
        after = compute(query, account, at, replace(terms, definitions=definitions)).value
        causes.append(Cause(cause, option, detail, after, _difference(value, after)))
        value = after
    return Comparison(other, value, _difference(measured.value, value), tuple(causes))


def still_differs(query: MetricQuery) -> tuple[str, ...]:
    """Return why Stripe's dashboard may show another number all the same, in sentences."""
    return _STILL_DIFFERS[query.type]


def _difference(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else after - before


def _steps(
    query: MetricQuery, mine: Definitions, other: Definitions
) -> Iterator[tuple[str, str, str, Definitions]]:
    """Yield (cause, option, what holds then, the definitions after the step)."""
    for option in options_of(query):
        if option == "discounts":
            steps = _discount_steps(mine, other)
        elif option == "net_deducts":
            steps = _deduct_steps(mine, other)
        elif getattr(mine, option) != getattr(other, option):
            cause, word = _CAUSES[option], getattr(other, option)
            steps = iter([(cause, _WORDS[cause, word], {option: word})])
        else:
            continue
        for cause, detail, change in steps:
            mine = replace(mine, **change)
            yield cause, option, detail, mine


def _discount_steps(
    mine: Definitions, other: Definitions
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    at, end = _DISCOUNT_STEPS.index(mine.discounts), _DISCOUNT_STEPS.index(other.discounts)
    while at != end:
        is_in = at < end
        cause = _COUPONS[at if is_in else at - 1]
        at += 1 if is_in else -1
        yield cause, _WORDS[cause, "in" if is_in else "out"], {"discounts": _DISCOUNT_STEPS[at]}


def _deduct_steps(
    mine: Definitions, other: Definitions
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    deducts = set(mine.net_deducts)
    for name in NET_DEDUCTS:
        is_in = name in other.net_deducts
        if is_in == (name in deducts):
            continue
        deducts ^= {name}
        ordered = tuple(it for it in NET_DEDUCTS if it in deducts)
        yield name, _WORDS[name, "in" if is_in else "out"], {"net_deducts": ordered}
