"""Syncs in the queue: ten in a call, each once, and none lost that was refused."""

import json
from typing import Any

import pytest

from shared.adapters.sqs_queue import SqsSyncQueue, read_request, write_request
from shared.errors import StorageUnavailableError
from shared.ports import SyncRequest


class Sqs:
    """As much of SQS as the queue calls; `refusals` says how many entries of a call are refused."""

    def __init__(self, *refusals: int) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.taken: dict[str, str] = {}
        self._refusals = list(refusals)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert QueueUrl == "url"
        assert 0 < len(Entries) <= 10
        self.calls.append(Entries)
        refused = Entries[: self._refusals.pop(0) if self._refusals else 0]
        for entry in Entries[len(refused) :]:
            self.taken[entry["MessageDeduplicationId"]] = entry["MessageBody"]
        return {"Failed": [{"Id": entry["Id"]} for entry in refused]}


def requests(count: int) -> list[SyncRequest]:
    return [SyncRequest(f"int_{number}", slot="s", interval="hourly") for number in range(count)]


def test_thousands_of_integrations_take_a_tenth_as_many_calls():
    sqs = Sqs()
    SqsSyncQueue(sqs, "url").send_all(requests(2_345))  # type: ignore[arg-type] # as much as is called
    assert len(sqs.calls) == 235
    assert {read_request(body) for body in sqs.taken.values()} == set(requests(2_345))


def test_what_was_refused_is_sent_again_and_nothing_else():
    sqs = Sqs(3, 1)
    SqsSyncQueue(sqs, "url").send_all(requests(8))  # type: ignore[arg-type] # as much as is called
    assert [len(entries) for entries in sqs.calls] == [8, 3, 1]
    assert len(sqs.taken) == 8


def test_what_is_refused_again_and_again_is_told():
    sqs = Sqs(1, 1, 1)
    with pytest.raises(StorageUnavailableError):
        SqsSyncQueue(sqs, "url").send_all(requests(8))  # type: ignore[arg-type] # as much as is called


def test_a_message_of_before_there_were_steps_can_be_read():
    body = json.dumps({"integration_id": "int_1", "slot": "s", "interval": None, "metric_id": None})
    assert read_request(body) == SyncRequest("int_1", slot="s")
    assert read_request(write_request(SyncRequest("int_1", "s", step=3))).step == 3
