"""Knows when a tick and all that it caused are over.

Looks into the queue and the metrics table from outside, where an operator would; the keys are those
of `shared/adapters/dynamodb_keys.py`.
"""

import asyncio
import time
from typing import Any

from local.deploy import Deployment

_PAUSE_SECONDS = 0.1
_QUIET = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

# Version of the newest value by metric, for the metrics that have an alert.
Versions = dict[str, int]
_Item = dict[str, Any]


class Settling:
    """Watches the queue of syncs, the newest values, the alerts and the outbox."""

    def __init__(self, deployment: Deployment) -> None:
        self._sqs = deployment.emulator.client("sqs")
        self._dynamodb = deployment.emulator.client("dynamodb")
        self._queue_url = deployment.outputs["SyncQueueUrl"]
        self._table = deployment.outputs["MetricsTableName"]

    async def versions(self) -> Versions:
        """The values as they are before a tick."""
        return await asyncio.to_thread(self._versions)

    async def wait(self, before: Versions) -> None:
        """Return when nothing is queued or running and nothing waits to be decided or sent.

        Only values newer than *before* count: an alert may be younger than the value it stands by,
        and then nobody owes it a decision.
        """
        await asyncio.to_thread(self._wait, before)

    def _wait(self, before: Versions) -> None:
        while not (self._queue_is_empty() and self._is_decided(before) and self._is_sent()):
            time.sleep(_PAUSE_SECONDS)

    def _queue_is_empty(self) -> bool:
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=list(_QUIET)
        )["Attributes"]
        return all(int(attributes[name]) == 0 for name in _QUIET)

    def _is_sent(self) -> bool:
        return not self._collection("OUTBOX")

    def _is_decided(self, before: Versions) -> bool:
        """Whether every enabled alert has seen the newest value of its metric."""
        return all(
            self._has_seen(alert["id"]["S"], version)
            for alert in self._collection("ALERTS")
            if alert["is_enabled"]["BOOL"]
            and (metric := alert["metric_id"]["S"]) in before
            and (version := self._version(metric)) > before[metric]
        )

    def _has_seen(self, alert_id: str, version: int) -> bool:
        state = self._item(f"ALERT#{alert_id}", "STATE")
        return state is None or int(state["last_version"].get("N", -1)) >= version

    def _versions(self) -> Versions:
        alerts = self._collection("ALERTS")
        return {metric: self._version(metric) for metric in {a["metric_id"]["S"] for a in alerts}}

    def _version(self, metric_id: str) -> int:
        """Version of a metric's newest value; -1 where it has none, which nobody decides on."""
        latest = self._item(f"METRIC#{metric_id}", "LATEST")
        return -1 if latest is None or "NULL" in latest["value"] else int(latest["version"]["N"])

    def _item(self, pk: str, sk: str) -> _Item | None:
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        )
        item: _Item | None = answer.get("Item")
        return item

    def _collection(self, name: str) -> list[_Item]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="collections",
            KeyConditionExpression="#collection = :name",
            ExpressionAttributeNames={"#collection": "collection"},
            ExpressionAttributeValues={":name": {"S": name}},
        )
        return [item for page in pages for item in page["Items"]]
