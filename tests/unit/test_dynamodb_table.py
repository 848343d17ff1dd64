"""What DynamoDB leaves of a batch is asked for again, with patience, and not for ever."""

from typing import Any

import pytest

from shared.adapters.dynamodb_table import DynamoDbTable
from shared.errors import StorageUnavailableError


class BusyClient:
    """Takes or gives `pace` items of a batch at a time."""

    def __init__(self, paces):
        self.paces = iter(paces)
        self.taken = []

    def batch_write_item(self, RequestItems):  # noqa: N803 - boto3's name
        ((name, requests),) = RequestItems.items()
        assert 0 < len(requests) <= 25
        pace = next(self.paces)
        self.taken += requests[:pace]
        return {"UnprocessedItems": {name: requests[pace:]} if requests[pace:] else {}}

    def batch_get_item(self, RequestItems):  # noqa: N803 - boto3's name
        ((name, asked),) = RequestItems.items()
        keys, pace = asked["Keys"], next(self.paces)
        left = {name: {**asked, "Keys": keys[pace:]}} if keys[pace:] else {}
        return {"Responses": {name: keys[:pace]}, "UnprocessedKeys": left}


def table_of(*paces):
    slept: list[float] = []
    client: Any = BusyClient(paces)
    return DynamoDbTable(client, "t", slept.append), client, slept


KEYS = [{"pk": "p", "sk": f"{n:03}"} for n in range(60)]


def test_what_was_left_of_a_batch_is_written_in_the_end():
    table, client, slept = table_of(25, 3, 0, 0, 25, 10, 25, 25)
    table.write(KEYS)
    taken = [request["PutRequest"]["Item"]["sk"]["S"] for request in client.taken]
    assert sorted(taken) == [key["sk"] for key in KEYS]
    assert slept == [0.05, 0.1]


def test_what_was_left_of_a_batch_is_read_in_the_end():
    table, _, slept = table_of(40, 0, 7, 0, 100)
    assert [item["sk"] for item in table.get_many(KEYS)] == [key["sk"] for key in KEYS]
    assert slept == [0.05, 0.05]


def test_a_table_that_takes_nothing_for_seconds_is_busy():
    table, _, slept = table_of(*[0] * 20)
    with pytest.raises(StorageUnavailableError):
        table.delete(KEYS)
    assert sum(slept) > 3
