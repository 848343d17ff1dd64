"""The few calls that the stores make of a DynamoDB table, with plain values in and out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from shared.adapters.aws_errors import translated
from shared.adapters.dynamodb_keys import INDEX, Key
from shared.ports import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Entity = TypeVar("Entity")

_BATCH_GET_LIMIT = 100
_BATCH_WRITE_LIMIT = 25
_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def _wire(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serializer.serialize(value) for name, value in item.items()}


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: _deserializer.deserialize(value) for name, value in item.items()}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition expression with its names and plain values."""

    expression: str
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def as_arguments(self) -> dict[str, Any]:
        """Give the arguments of a boto3 call."""
        arguments: dict[str, Any] = {"ConditionExpression": self.expression}
        if self.values:
            arguments["ExpressionAttributeValues"] = _wire(self.values)
        if self.names:
            arguments["ExpressionAttributeNames"] = dict(self.names)
        return arguments


IS_NEW = Condition("attribute_not_exists(pk)")
EXISTS = Condition("attribute_exists(pk)")


def take_page(
    items: Iterator[Item], limit: int, read: Callable[[Item], Entity], cursor: Callable[[Item], str]
) -> Page[Entity]:
    """Take *limit* items of a list; one more is looked at, to know whether there is a next page."""
    taken = list(islice(items, limit + 1))
    shown = taken[:limit]
    return Page(
        items=tuple(read(item) for item in shown),
        next_cursor=cursor(shown[-1]) if len(taken) > limit else None,
    )


class DynamoDbTable:
    """One table. Reads by key are consistent; the index is not."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self.name = name

    def get(self, key: Key) -> Item | None:
        """Give one item, or None."""
        with translated("read an item"):
            answer = self._client.get_item(TableName=self.name, Key=_wire(key), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Give the items that exist, in no order."""
        items: list[Item] = []
        for start in range(0, len(keys), _BATCH_GET_LIMIT):
            asked: dict[str, Any] = {
                "Keys": [_wire(key) for key in keys[start : start + _BATCH_GET_LIMIT]],
                "ConsistentRead": True,
            }
            while asked:
                with translated("read items"):
                    answer = self._client.batch_get_item(RequestItems={self.name: asked})  # type: ignore[dict-item] # the stubs want the literal shape
                items += map(_plain, answer["Responses"].get(self.name, []))
                asked = dict(answer.get("UnprocessedKeys", {}).get(self.name, {}))
        return items

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write one item whole.

        Raises:
            VersionConflictError: the condition does not hold.
        """
        arguments = condition.as_arguments() if condition else {}
        with translated("write an item"):
            self._client.put_item(TableName=self.name, Item=_wire(item), **arguments)

    def delete(self, keys: Iterable[Key]) -> None:
        """Remove items; those that are not there are no error."""
        waiting = [{"DeleteRequest": {"Key": _wire(key)}} for key in keys]
        while waiting:
            batch, waiting = waiting[:_BATCH_WRITE_LIMIT], waiting[_BATCH_WRITE_LIMIT:]
            with translated("remove items"):
                answer = self._client.batch_write_item(RequestItems={self.name: batch})  # type: ignore[dict-item] # the stubs want the literal shape
            waiting += answer.get("UnprocessedItems", {}).get(self.name, [])  # type: ignore[arg-type] # same shape as asked

    def delete_partition(self, pk: str) -> None:
        """Remove every item of a partition, and last the one that it is found by."""
        items = self._pages(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=_wire({":pk": pk}),
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        keys = list(items)
        self.delete(key for key in keys if key["sk"] != "CONFIG")
        self.delete(key for key in keys if key["sk"] == "CONFIG")

    def update(
        self, key: Key, expression: str, condition: Condition, values: Mapping[str, Any]
    ) -> Item:
        """Change attributes of one item and give it as it is afterwards.

        Raises:
            VersionConflictError: the condition does not hold.
        """
        arguments = condition.as_arguments()
        arguments["ExpressionAttributeValues"] = _wire({**condition.values, **values})
        with translated("change an item"):
            answer = self._client.update_item(
                TableName=self.name,
                Key=_wire(key),
                UpdateExpression=expression,
                ReturnValues="ALL_NEW",
                **arguments,
            )
        return _plain(answer["Attributes"])

    def query(
        self,
        pk: str,
        prefix: str,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Item]:
        """Give the items of a partition whose sort key starts with *prefix*, in order.

        Args:
            pk: the partition.
            prefix: start of the sort keys.
            after: only keys beyond `prefix + after`, which may itself be gone.
            before: only keys up to `prefix + before`.
            limit: how many the caller will take; no more than that are read at a time.
        """
        # "!" sorts before, and "~" after, every character that stands in an id or a timestamp.
        low = f"{prefix}{after}!" if after else prefix
        high = f"{prefix}{before}" if before else f"{prefix}~"
        if low > high:
            return  # nothing lies between, and DynamoDB refuses to look
        yield from self._pages(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues=_wire({":pk": pk, ":low": low, ":high": high}),
            ConsistentRead=True,
            **({"Limit": limit} if limit else {}),
        )

    def collection(
        self, name: str, *, after: str | None = None, limit: int | None = None
    ) -> Iterator[Item]:
        """Give the items of a collection in order of creation; may miss the newest."""
        condition, values = "#c = :c", {":c": name}
        if after:
            condition, values = "#c = :c AND collected_at > :after", {**values, ":after": after}
        yield from self._pages(
            IndexName=INDEX,
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#c": "collection"},
            ExpressionAttributeValues=_wire(values),
            **({"Limit": limit} if limit else {}),
        )

    def _pages(self, **arguments: Any) -> Iterator[Item]:
        while True:
            with translated("read a list"):
                answer = self._client.query(TableName=self.name, **arguments)
            yield from map(_plain, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_in_transaction(self, item: Item, condition: Condition | None = None) -> Item:
        """Describe a put for `transact`."""
        arguments = condition.as_arguments() if condition else {}
        return {"Put": {"TableName": self.name, "Item": _wire(item), **arguments}}

    def delete_in_transaction(self, key: Key, condition: Condition) -> Item:
        """Describe a removal for `transact`."""
        removal = {"TableName": self.name, "Key": _wire(key), **condition.as_arguments()}
        return {"Delete": removal}

    def check_in_transaction(self, key: Key, condition: Condition) -> Item:
        """Describe a condition on an item that the transaction does not write."""
        check = {"TableName": self.name, "Key": _wire(key), **condition.as_arguments()}
        return {"ConditionCheck": check}

    def transact(self, writes: Sequence[Item]) -> None:
        """Carry out all of *writes* or none.

        Raises:
            VersionConflictError: a condition does not hold.
        """
        with translated("write items together"):
            self._client.transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type] # described above
