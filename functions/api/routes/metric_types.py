"""The types of metrics, with all that a form needs to ask for one."""

from typing import Any

from functions.api.routes.router import Routes
from functions.api.views.metric_types import MetricTypes
from shared.domain.metrics.queries import COUNTED_STATUSES

router = Routes("Metrics")

_INCLUDE_TRIALS = {
    "name": "include_trials",
    "label": "Include trials",
    "help": "Count subscriptions in their trial at the price that they will convert to.",
    "kind": "switch",
    "default": False,
    "options": [],
}
_STATUS_LABELS = {"all": "All, ended ones too", "past_due": "Past due"}
_STATUS = {
    "name": "status",
    "label": "Status",
    "help": "By the status that each subscription has now.",
    "kind": "choice",
    "default": "active",
    "options": [
        {"value": value, "label": _STATUS_LABELS.get(value, value.replace("_", " ").capitalize())}
        for value in COUNTED_STATUSES
    ],
}
_TYPES: list[dict[str, Any]] = [
    {
        "type": "mrr",
        "title": "MRR",
        "description": (
            "Monthly recurring revenue: what the active subscriptions are worth in a month, "
            "after recurring discounts, without tax and metered usage."
        ),
        "unit": "currency",
        "settings": [_INCLUDE_TRIALS],
    },
    {
        "type": "arr",
        "title": "ARR",
        "description": "Annual recurring revenue: twelve times the unrounded MRR.",
        "unit": "currency",
        "settings": [_INCLUDE_TRIALS],
    },
    {
        "type": "subscription_count",
        "title": "Subscriptions",
        "description": "How many subscriptions have a status.",
        "unit": "count",
        "settings": [_STATUS],
    },
]


@router.add("GET", "/v1/metric-types")
def list_metric_types() -> MetricTypes:
    """List the types of metrics with their settings, options and texts."""
    return MetricTypes.model_validate({"data": _TYPES, "next_cursor": None})
