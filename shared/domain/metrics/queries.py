"""Metric queries: what can be asked, as JSON that people write and store.

One frozen dataclass for each type; `MetricQuery` is their union, told apart by `type`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, cast

from shared.domain.money import Unit
from shared.domain.settings import (
    InvalidSettingError,
    list_words,
    read_choice,
    read_flag,
    refuse_unknown_keys,
    require_mapping,
)
from shared.domain.subscriptions import STATUSES
from shared.domain.windows import LONG_TIME_RANGES, TIME_RANGES, LongTimeRange, TimeRange

CustomerType = Literal["all", "active", "new", "churned"]
CountedStatus = Literal[
    "all",
    "active",
    "trialing",
    "past_due",
    "canceled",
    "incomplete",
    "unpaid",
    "paused",
    "incomplete_expired",
]
RevenueMetric = Literal["total", "net", "refunds", "fees"]
ChurnMetric = Literal["customer_churn_rate", "revenue_churn_rate", "churned_mrr"]

CUSTOMER_TYPES = ("all", "active", "new", "churned")
COUNTED_STATUSES = ("all", *STATUSES)
REVENUE_METRICS = ("total", "net", "refunds", "fees")
CHURN_METRICS = ("customer_churn_rate", "revenue_churn_rate", "churned_mrr")


@dataclass(frozen=True, slots=True)
class Mrr:
    """Monthly recurring revenue; with trials if asked."""

    type: ClassVar[Literal["mrr"]] = "mrr"
    include_trials: bool = False

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "currency"


@dataclass(frozen=True, slots=True)
class Arr:
    """Annual recurring revenue: twelve times the unrounded MRR."""

    type: ClassVar[Literal["arr"]] = "arr"
    include_trials: bool = False

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "currency"


@dataclass(frozen=True, slots=True)
class CustomerCount:
    """How many customers there are, pay, are new, or have left; see `customer_count`."""

    type: ClassVar[Literal["customer_count"]] = "customer_count"
    customer_type: CustomerType = "all"
    time_range: TimeRange = "last_month"

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "count"


@dataclass(frozen=True, slots=True)
class SubscriptionCount:
    """How many subscriptions have a status; "all" counts every status, canceled included."""

    type: ClassVar[Literal["subscription_count"]] = "subscription_count"
    status: CountedStatus = "active"

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "count"


@dataclass(frozen=True, slots=True)
class Revenue:
    """Money collected in a range, what came back of it, or what Stripe took for it."""

    type: ClassVar[Literal["revenue"]] = "revenue"
    revenue_metric: RevenueMetric = "total"
    time_range: TimeRange = "last_month"

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "currency"


@dataclass(frozen=True, slots=True)
class Arpu:
    """Average revenue per paying customer, over the whole range."""

    type: ClassVar[Literal["arpu"]] = "arpu"
    time_range: LongTimeRange = "last_month"

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "currency"


@dataclass(frozen=True, slots=True)
class Churn:
    """What was lost over a range: customers or revenue, as a rate or an amount."""

    type: ClassVar[Literal["churn"]] = "churn"
    churn_metric: ChurnMetric = "customer_churn_rate"
    time_range: LongTimeRange = "last_month"

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "currency" if self.churn_metric == "churned_mrr" else "percent"


@dataclass(frozen=True, slots=True)
class Nrr:
    """Net revenue retention of the customers of the range's start."""

    type: ClassVar[Literal["nrr"]] = "nrr"
    time_range: LongTimeRange = "last_month"

    @property
    def unit(self) -> Unit:
        """What the value counts."""
        return "percent"


MetricQuery = Mrr | Arr | CustomerCount | SubscriptionCount | Revenue | Arpu | Churn | Nrr

_Given = Mapping[str, object]
# Why some types refuse a day and a week; a person reads it where the choice was made.
_TOO_SHORT = {
    "arpu": "ARPU needs monthly periods at least: within a day or a week most customers pay"
    " nothing, and the average says little.",
    "churn": "Churn needs monthly periods at least: within a day or a week a single cancellation"
    " swings the rate.",
    "nrr": "NRR needs monthly periods at least: within a day or a week a single change swings the"
    " rate.",
}


def _read_mrr(given: _Given) -> Mrr:
    return Mrr(read_flag(given, "include_trials", default=False))


def _read_arr(given: _Given) -> Arr:
    return Arr(read_flag(given, "include_trials", default=False))


def _read_customer_count(given: _Given) -> CustomerCount:
    kind = read_choice(given, "customer_type", CUSTOMER_TYPES, "all")
    return CustomerCount(cast("CustomerType", kind), _read_range(given))


def _read_subscription_count(given: _Given) -> SubscriptionCount:
    status = read_choice(given, "status", COUNTED_STATUSES, "active")
    return SubscriptionCount(cast("CountedStatus", status))


def _read_revenue(given: _Given) -> Revenue:
    kind = read_choice(given, "revenue_metric", REVENUE_METRICS, "total")
    return Revenue(cast("RevenueMetric", kind), _read_range(given))


def _read_arpu(given: _Given) -> Arpu:
    return Arpu(_read_long_range(given))


def _read_churn(given: _Given) -> Churn:
    kind = read_choice(given, "churn_metric", CHURN_METRICS, "customer_churn_rate")
    return Churn(cast("ChurnMetric", kind), _read_long_range(given))


def _read_nrr(given: _Given) -> Nrr:
    return Nrr(_read_long_range(given))


def _read_range(given: _Given) -> TimeRange:
    return cast("TimeRange", read_choice(given, "time_range", TIME_RANGES, "last_month"))


def _read_long_range(given: _Given) -> LongTimeRange:
    wanted = given.get("time_range")
    if isinstance(wanted, str) and wanted in set(TIME_RANGES) - set(LONG_TIME_RANGES):
        reason = _TOO_SHORT[str(given["type"])]
        raise InvalidSettingError("/time_range", f"{reason} Use {list_words(LONG_TIME_RANGES)}.")
    return cast("LongTimeRange", read_choice(given, "time_range", LONG_TIME_RANGES, "last_month"))


_READERS: Mapping[str, tuple[type[Any], Callable[[_Given], MetricQuery]]] = {
    "mrr": (Mrr, _read_mrr),
    "arr": (Arr, _read_arr),
    "customer_count": (CustomerCount, _read_customer_count),
    "subscription_count": (SubscriptionCount, _read_subscription_count),
    "revenue": (Revenue, _read_revenue),
    "arpu": (Arpu, _read_arpu),
    "churn": (Churn, _read_churn),
    "nrr": (Nrr, _read_nrr),
}
QUERY_TYPES = tuple(_READERS)


def query_from_dict(query: object) -> MetricQuery:
    """Read a metric query; settings left out take their defaults.

    Raises:
        InvalidSettingError: the type, a setting or a value is unknown, or the range too short.

    >>> query_from_dict({"type": "mrr", "include_trials": True})
    Mrr(include_trials=True)
    """
    given = require_mapping(query, "A metric query")
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        raise InvalidSettingError("/type", f"Must be {list_words(QUERY_TYPES)}.")
    made, read = _READERS[kind]
    known = ("type", *made.__dataclass_fields__)
    refuse_unknown_keys(given, known, f"A metric query of type {kind}")
    return read(given)


def query_to_dict(query: MetricQuery) -> dict[str, object]:
    """Return the query as JSON with every setting, as `query_from_dict` reads it.

    >>> query_to_dict(SubscriptionCount("trialing"))
    {'type': 'subscription_count', 'status': 'trialing'}
    """
    return {"type": query.type, **asdict(query)}
