"""Syncs to be run, in an SQS FIFO queue: one group for each integration."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

from shared.adapters.aws_errors import translated
from shared.errors import StorageUnavailableError
from shared.ports import SyncRequest

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


# SQS takes ten messages in a call.
_BATCH = 10
_ATTEMPTS = 3


class SqsSyncQueue:
    """The `SyncQueue` port."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, request: SyncRequest) -> None:
        """See the port."""
        with translated("queue a sync"):
            self._client.send_message(QueueUrl=self._url, **_entry(request))  # type: ignore[arg-type] # the stubs want each by its name

    def send_all(self, requests: Iterable[SyncRequest]) -> None:
        """See the port."""
        rest = iter(requests)
        while batch := list(islice(rest, _BATCH)):
            self._send_batch(batch)

    def _send_batch(self, requests: Sequence[SyncRequest]) -> None:
        waiting = {str(number): _entry(request) for number, request in enumerate(requests)}
        for _ in range(_ATTEMPTS):
            entries = [{"Id": number, **entry} for number, entry in waiting.items()]
            with translated("queue syncs"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type] # the stubs want the literal shape
            refused = {failure["Id"] for failure in answer.get("Failed", [])}
            waiting = {number: entry for number, entry in waiting.items() if number in refused}
            if not waiting:
                return
        raise StorageUnavailableError("AWS is busy: could not queue all syncs.")


def _entry(request: SyncRequest) -> dict[str, str]:
    body = write_request(request)
    return {
        "MessageBody": body,
        "MessageGroupId": request.integration_id,
        # Hashed, since an id of this kind may be no longer than 128 characters.
        "MessageDeduplicationId": hashlib.sha256(body.encode()).hexdigest(),
    }


def write_request(request: SyncRequest) -> str:
    """Write a request as a message body; the same request gives the same text."""
    return json.dumps(asdict(request), sort_keys=True)


def read_request(body: str) -> SyncRequest:
    """Read a message body.

    Raises:
        ValueError, TypeError, KeyError: the body is no sync request.
    """
    return SyncRequest(**json.loads(body))
