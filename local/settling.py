"""Knows when a tick and all that it caused are over."""

import asyncio
import time
from typing import Any

from local.deploy import Deployment

_PAUSE_SECONDS = 0.1
_QUIET = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Settling:
    """Watches the queue of syncs and the metrics table."""

    def __init__(self, deployment: Deployment) -> None:
        self._sqs = deployment.emulator.client("sqs")
        self._dynamodb = deployment.emulator.client("dynamodb")
        self._queue_url = deployment.outputs["SyncQueueUrl"]
        self._table = deployment.outputs["MetricsTableName"]

    async def wait(self) -> None:
        """Return when nothing is queued, nothing runs and nothing waits to be decided or sent."""
        await asyncio.to_thread(self._wait)

    def _wait(self) -> None:
        while not (self._queue_is_empty() and self._alerts_are_done()):
            time.sleep(_PAUSE_SECONDS)

    def _queue_is_empty(self) -> bool:
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=list(_QUIET)
        )["Attributes"]
        return all(int(attributes[name]) == 0 for name in _QUIET)

    def _alerts_are_done(self) -> bool:
        """Whether every newest value has been looked at and no notice is waiting."""
        return not self._pending_notices()

    def _pending_notices(self) -> list[Any]:
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName="collections",
            KeyConditionExpression="#collection = :outbox",
            ExpressionAttributeNames={"#collection": "collection"},
            ExpressionAttributeValues={":outbox": {"S": "OUTBOX"}},
            Limit=1,
        )
        return list(answer["Items"])
