"""A table of the emulator's that lets calls be counted, go wrong, and be taken back."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from shared.adapters.dynamodb_table import DynamoDbTable, Item
from tests.memory_table import Calls, Place

_deserializer = TypeDeserializer()
_NAMES = {
    "get_item": "get",
    "batch_get_item": "get_many",
    "put_item": "put",
    "update_item": "update",
    "batch_write_item": "write",
    "transact_write_items": "transact",
}


class EmulatedTable(DynamoDbTable):
    """A table with the keys and the index of ours, made for the test that uses it."""

    def __init__(self, client: Any, name: str, calls: Calls | None = None) -> None:
        counted: Any = client if calls is None else _CountedClient(client, calls)
        super().__init__(counted, name)
        self._own = client

    def of(self, calls: Calls) -> "EmulatedTable":
        """Give the same table as another process sees it, whose calls are counted by themselves."""
        return EmulatedTable(self._own, self.name, calls)

    def create(self) -> None:
        """Make the table."""
        names = ("pk", "sk", "collection", "collected_at")
        self._own.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            KeySchema=_keys("pk", "sk"),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "collections",
                    "KeySchema": _keys("collection", "collected_at"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )

    @property
    def items(self) -> dict[Place, Item]:
        """All items, by partition and sort key."""
        pages = self._own.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        found = [
            {name: _deserializer.deserialize(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]
        return {(item["pk"], item["sk"]): item for item in found}

    def restore(self, items: Mapping[Place, Item]) -> None:
        """Hold exactly these items, as `items` gave them before."""
        own = DynamoDbTable(self._own, self.name)
        own.delete({"pk": pk, "sk": sk} for pk, sk in self.items.keys() - items.keys())
        own.write(items.values())


class _CountedClient:
    """boto3's client, with each call counted."""

    def __init__(self, client: Any, calls: Calls) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            number = self._calls.begin(_NAMES.get(name, name))
            answer = getattr(self._client, name)(**arguments)
            self._calls.end(number)
            return answer

        return call


def _keys(first: str, second: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": first, "KeyType": "HASH"},
        {"AttributeName": second, "KeyType": "RANGE"},
    ]
