"""Syncs to be run, in an SQS FIFO queue: one group for each integration."""

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from shared.adapters.aws_errors import translated
from shared.ports import SyncRequest

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsSyncQueue:
    """The `SyncQueue` port."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, request: SyncRequest) -> None:
        """See the port."""
        with translated("queue a sync"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=write_request(request),
                MessageGroupId=request.integration_id,
                # Hashed, since an id of this kind may be no longer than 128 characters.
                MessageDeduplicationId=hashlib.sha256(write_request(request).encode()).hexdigest(),
            )


def write_request(request: SyncRequest) -> str:
    """Write a request as a message body; the same request gives the same text."""
    return json.dumps(asdict(request), sort_keys=True)


def read_request(body: str) -> SyncRequest:
    """Read a message body.

    Raises:
        ValueError, TypeError, KeyError: the body is no sync request.
    """
    return SyncRequest(**json.loads(body))
