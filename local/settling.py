"""Knows when a tick and all that it caused are over.

Looks into the queue and the metrics table from outside, where an operator would; the keys are those
of `shared/adapters/dynamodb_keys.py`.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from local.deploy import Deployment

_PAUSE_SECONDS = 0.1
# After so long without anything queued, what still waits is waiting for a sweep.
_PATIENCE_SECONDS = 2.0
_QUIET = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

_Item = dict[str, Any]


class Settling:
    """Watches the queue of syncs, how they ended, and the outbox."""

    def __init__(self, deployment: Deployment, sweep: Callable[[], None]) -> None:
        self._sqs = deployment.emulator.client("sqs")
        self._dynamodb = deployment.emulator.client("dynamodb")
        self._queue_url = deployment.outputs["SyncQueueUrl"]
        self._table = deployment.outputs["MetricsTableName"]
        self._sweep = sweep

    async def wait(self) -> None:
        """Return when nothing is queued or running and nothing waits to be decided or sent."""
        sweep_at = 0.0
        while True:
            if not await asyncio.to_thread(self._queue_is_empty):
                sweep_at = 0.0
            elif await asyncio.to_thread(self._is_told):
                return
            elif not sweep_at:
                sweep_at = time.monotonic() + _PATIENCE_SECONDS
            elif time.monotonic() >= sweep_at:
                await asyncio.to_thread(self._sweep)
                sweep_at = 0.0
            await asyncio.sleep(_PAUSE_SECONDS)

    def _is_told(self) -> bool:
        # In this order: what an ended sync causes is in the outbox before it is looked after.
        return self._is_looked_after() and not self._collection("OUTBOX")

    def _queue_is_empty(self) -> bool:
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=list(_QUIET)
        )["Attributes"]
        return all(int(attributes[name]) == 0 for name in _QUIET)

    def _is_looked_after(self) -> bool:
        """Whether every ended sync has been looked at, with the values that it left behind."""
        return all(
            self._has_been_looked_at(integration["pk"]["S"])
            for integration in self._collection("INTEGRATIONS")
            if integration["is_connected"]["BOOL"]
        )

    def _has_been_looked_at(self, pk: str) -> bool:
        sync = self._item(pk, "SYNC")
        if sync is None or sync["state"]["S"] not in {"ok", "error"}:
            return True
        watch = self._item(pk, "WATCH")
        return watch is not None and int(watch["sequence"]["N"]) >= int(sync["sequence"]["N"])

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
