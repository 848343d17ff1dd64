"""Metric queries: what can be asked, as JSON that people write and store.

One frozen dataclass for each type; `MetricQuery` is their union, told apart by `type`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

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

COUNTED_STATUSES = ("all", *STATUSES)


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
class SubscriptionCount:
    """How many subscriptions have a status; "all" counts every status, canceled included."""

    type: ClassVar[Literal["subscription_count"]] = "subscription_count"
    unit: ClassVar[Unit] = "count"
    status: str = "active"


MetricQuery = Mrr | Arr | SubscriptionCount

_READERS: Mapping[str, Callable[[Mapping[str, object]], MetricQuery]] = {
    "mrr": lambda given: Mrr(read_flag(given, "include_trials", default=False)),
    "arr": lambda given: Arr(read_flag(given, "include_trials", default=False)),
    "subscription_count": lambda given: SubscriptionCount(
        read_choice(given, "status", COUNTED_STATUSES, "active")
    ),
}
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "mrr": ("type", "include_trials"),
    "arr": ("type", "include_trials"),
    "subscription_count": ("type", "status"),
}
QUERY_TYPES = tuple(_READERS)


def query_from_dict(query: object) -> MetricQuery:
    """Read a metric query; settings left out take their defaults.

    Raises:
        InvalidSettingError: the type, a setting or a value is unknown.

    >>> query_from_dict({"type": "mrr", "include_trials": True})
    Mrr(include_trials=True)
    """
    given = require_mapping(query, "A metric query")
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        raise InvalidSettingError("/type", f"Must be {list_words(QUERY_TYPES)}.")
    refuse_unknown_keys(given, _SETTINGS[kind], f"A metric query of type {kind}")
    return _READERS[kind](given)


def query_to_dict(query: MetricQuery) -> dict[str, object]:
    """Return the query as JSON with every setting, as `query_from_dict` reads it.

    >>> query_to_dict(SubscriptionCount("trialing"))
    {'type': 'subscription_count', 'status': 'trialing'}
    """
    return {"type": query.type, **asdict(query)}
