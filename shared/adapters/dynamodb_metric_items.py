"""Metrics as items: the metric, its pointer, the marker of its interval, and room for a value."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import (
    DUE_PREFIX,
    METRIC_PREFIX,
    due_collection,
    integration_key,
    metric_key,
)
from shared.adapters.dynamodb_table import DynamoDbTable, Item
from shared.domain.configuration import Metric, RefreshInterval
from shared.domain.metrics import query_from_dict, query_to_dict


def metric_item(metric: Metric) -> Item:
    """Write a metric."""
    # A query names its type, which is no field of its class.
    return {**to_item(metric), **metric_key(metric.id), "query": query_to_dict(metric.query)}


def read_metric(item: Item) -> Metric:
    """Read a metric back."""
    return from_item(Metric, {**item, "query": query_from_dict(item["query"])})


def read_metrics(table: DynamoDbTable, ids: Iterable[str]) -> Mapping[str, Metric]:
    """Read the metrics that are there, by their ids."""
    items = table.get_many(metric_key(key) for key in dict.fromkeys(ids))
    return {item["id"]: read_metric(item) for item in items}


def pointer_item(metric: Metric) -> Item:
    """Write what its integration finds a metric by."""
    key = integration_key(metric.integration_id, METRIC_PREFIX + metric.id)
    return {**key, "interval": metric.refresh_interval, "id": metric.id}


def no_value_yet(metric: Metric) -> Item:
    """Write the room for a value of the metric's present query: none is stored anywhere else."""
    key = metric_key(metric.id, "LATEST")
    return {**key, "metric_id": metric.id, "value": None, "edition": metric.edition}


def is_without_value(latest: Mapping[str, Any]) -> bool:
    """Whether there is only room for a value; see `no_value_yet`."""
    return "computed_at" not in latest and latest.get("value", "") is None


def due_item(integration_id: str, interval: RefreshInterval) -> Item:
    """Write the marker of an integration that is synced at an interval."""
    listed = {"collection": due_collection(interval), "collected_at": integration_id}
    return {**integration_key(integration_id, DUE_PREFIX + interval), **listed}
