"""Metric queries: what can be asked, as JSON that people write and store.

One frozen dataclass for each type; `MetricQuery` is their union, told apart by `type`.
"""

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, fields
from typing import Any, ClassVar, Literal, get_args

from shared.domain.money import Unit
from shared.domain.settings import (
    InvalidSettingError,
    list_words,
    read_choice,
    read_flag,
    refuse_unknown_keys,
    require_mapping,
)
from shared.domain.subscriptions import Status
from shared.domain.windows import LONG_TIME_RANGES, TIME_RANGES, LongTimeRange, TimeRange

CustomerType = Literal["all", "active", "new", "churned"]
CountedStatus = Literal["all", Status]
RevenueMetric = Literal["total", "net", "refunds", "fees"]
ChurnMetric = Literal["customer_churn_rate", "revenue_churn_rate", "churned_mrr"]


@dataclass(frozen=True, slots=True)
class Mrr:
    """Monthly recurring revenue; with trials if asked."""

    type: ClassVar[Literal["mrr"]] = "mrr"
    unit: ClassVar[Unit] = "currency"
    include_trials: bool = False


@dataclass(frozen=True, slots=True)
class Arr:
    """Annual recurring revenue: twelve times the unrounded MRR."""

    type: ClassVar[Literal["arr"]] = "arr"
    unit: ClassVar[Unit] = "currency"
    include_trials: bool = False


@dataclass(frozen=True, slots=True)
class CustomerCount:
    """How many customers there are, pay, are new, or have left; see `customer_count`."""

    type: ClassVar[Literal["customer_count"]] = "customer_count"
    unit: ClassVar[Unit] = "count"
    customer_type: CustomerType = "all"
    time_range: TimeRange = "last_month"


@dataclass(frozen=True, slots=True)
class SubscriptionCount:
    """How many subscriptions have a status; "all" counts every status, canceled included."""

    type: ClassVar[Literal["subscription_count"]] = "subscription_count"
    unit: ClassVar[Unit] = "count"
    status: CountedStatus = "active"


@dataclass(frozen=True, slots=True)
class Revenue:
    """Money collected in a range, what came back of it, or what Stripe took for it."""

    type: ClassVar[Literal["revenue"]] = "revenue"
    unit: ClassVar[Unit] = "currency"
    revenue_metric: RevenueMetric = "total"
    time_range: TimeRange = "last_month"


@dataclass(frozen=True, slots=True)
class Arpu:
    """Average revenue per paying customer, over the whole range."""

    type: ClassVar[Literal["arpu"]] = "arpu"
    unit: ClassVar[Unit] = "currency"
    time_range: LongTimeRange = "last_month"


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
    unit: ClassVar[Unit] = "percent"
    time_range: LongTimeRange = "last_month"


MetricQuery = Mrr | Arr | CustomerCount | SubscriptionCount | Revenue | Arpu | Churn | Nrr
# Each type of query by its name, in the order in which they are offered.
QUERY_TYPES: Mapping[str, type[MetricQuery]] = {kind.type: kind for kind in get_args(MetricQuery)}

# Why some types refuse a day and a week; a person reads it where the choice is made.
TOO_SHORT = {
    "arpu": "ARPU needs monthly periods at least: within a day or a week most customers pay"
    " nothing, and the average says little.",
    "churn": "Churn needs monthly periods at least: within a day or a week a single cancellation"
    " swings the rate.",
    "nrr": "NRR needs monthly periods at least: within a day or a week a single change swings the"
    " rate.",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a type of queries.

    Attributes:
        choices: the words accepted; none for a switch, which is true or false.

        default: what holds where it is left out.
    """

    name: str
    choices: tuple[str, ...]
    default: bool | str


def settings_of(kind: type[MetricQuery]) -> tuple[Setting, ...]:
    """Return what can be set in a query of a type; its dataclass is the authority.

    >>> settings_of(Mrr)
    (Setting(name='include_trials', choices=(), default=False),)
    """
    return tuple(_setting_of(field) for field in fields(kind))


def query_from_dict(query: object) -> MetricQuery:
    """Read a metric query; settings left out take their defaults.

    Raises:
        InvalidSettingError: the type, a setting or a value is unknown, or the range too short.

    >>> query_from_dict({"type": "mrr", "include_trials": True})
    Mrr(include_trials=True)
    """
    given = require_mapping(query, "A metric query")
    name = given.get("type")
    if not isinstance(name, str) or name not in QUERY_TYPES:
        raise InvalidSettingError("/type", f"Must be {list_words(QUERY_TYPES)}.")
    kind = QUERY_TYPES[name]
    settings = settings_of(kind)
    known = ("type", *(setting.name for setting in settings))
    refuse_unknown_keys(given, known, f"A metric query of type {name}")
    _refuse_short_range(given, name)
    values: dict[str, Any] = {setting.name: _read(given, setting) for setting in settings}
    return kind(**values)


def query_to_dict(query: MetricQuery) -> dict[str, object]:
    """Return the query as JSON with every setting, as `query_from_dict` reads it.

    >>> query_to_dict(SubscriptionCount("trialing"))
    {'type': 'subscription_count', 'status': 'trialing'}
    """
    return {"type": query.type, **asdict(query)}


def _setting_of(field: Field[Any]) -> Setting:
    default: Any = field.default  # every setting has one
    return Setting(field.name, get_args(field.type), default)


def _refuse_short_range(given: Mapping[str, object], name: str) -> None:
    wanted = given.get("time_range")
    is_short = wanted in TIME_RANGES and wanted not in LONG_TIME_RANGES
    if name in TOO_SHORT and is_short:
        words = list_words(LONG_TIME_RANGES)
        raise InvalidSettingError("/time_range", f"{TOO_SHORT[name]} Use {words}.")


def _read(given: Mapping[str, object], setting: Setting) -> bool | str:
    if isinstance(setting.default, bool):
        return read_flag(given, setting.name, default=setting.default)
    return read_choice(given, setting.name, setting.choices, setting.default)
