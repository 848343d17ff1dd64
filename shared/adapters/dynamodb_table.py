"""The few calls that the stores make of a DynamoDB table, with plain values in and out."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from shared.adapters.aws_errors import translated
from shared.adapters.dynamodb_keys import INDEX, Key
from shared.errors import StorageUnavailableError
from shared.ports import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Entity = TypeVar("Entity")

_BATCH_GET_LIMIT = 100
_BATCH_WRITE_LIMIT = 25
# What DynamoDB leaves of a batch is asked for again after these pauses; they start anew as soon as
# something of it was done.
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
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

    def __init__(
        self,
        client: "DynamoDBClient",
        name: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self.name = name
        self._sleep = sleep

    def get(self, key: Key) -> Item | None:
        """Give one item, or None."""
        with translated("read an item"):
            answer = self._client.get_item(TableName=self.name, Key=_wire(key), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Iterable[Key]) -> Iterator[Item]:
        """Give the items that exist, in no order; no key may come twice."""
        rest = iter(keys)
        waiting, pauses = [_wire(key) for key in islice(rest, _BATCH_GET_LIMIT)], iter(_PAUSES)
        while waiting:
            asked: dict[str, Any] = {"Keys": waiting, "ConsistentRead": True}
            with translated("read items"):
                answer = self._client.batch_get_item(RequestItems={self.name: asked})  # type: ignore[dict-item] # the stubs want the literal shape
            unread: Mapping[str, Any] = answer["UnprocessedKeys"]
            left = list(unread[self.name]["Keys"]) if self.name in unread else []
            pauses = self._pause(pauses, is_stuck=len(left) == len(waiting))
            yield from map(_plain, answer["Responses"].get(self.name, []))
            waiting = [*left, *(_wire(key) for key in islice(rest, _BATCH_GET_LIMIT - len(left)))]

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write one item whole.

        Raises:
            VersionConflictError: the condition does not hold.
        """
        arguments = condition.as_arguments() if condition else {}
        with translated("write an item"):
            self._client.put_item(TableName=self.name, Item=_wire(item), **arguments)

    def write(self, items: Iterable[Item]) -> None:
        """Write items whole, in their order as far as batches keep it; no key may come twice."""
        self._write_batches({"PutRequest": {"Item": _wire(item)}} for item in items)

    def delete(self, keys: Iterable[Key]) -> None:
        """Remove items; those that are not there are no error."""
        self._write_batches({"DeleteRequest": {"Key": _wire(key)}} for key in keys)

    def _write_batches(self, requests: Iterator[Item]) -> None:
        waiting, pauses = list(islice(requests, _BATCH_WRITE_LIMIT)), iter(_PAUSES)
        while waiting:
            with translated("write items"):
                answer = self._client.batch_write_item(RequestItems={self.name: waiting})  # type: ignore[dict-item] # the stubs want the literal shape
            left: list[Any] = list(answer.get("UnprocessedItems", {}).get(self.name, []))
            pauses = self._pause(pauses, is_stuck=len(left) == len(waiting))
            waiting = [*left, *islice(requests, _BATCH_WRITE_LIMIT - len(left))]

    def _pause(self, pauses: Iterator[float], *, is_stuck: bool) -> Iterator[float]:
        if not is_stuck:
            return iter(_PAUSES)
        pause = next(pauses, None)
        if pause is None:
            raise StorageUnavailableError(
                "AWS is busy: it took nothing of a batch, again and again."
            )
        self._sleep(pause)
        return pauses

    def delete_partition(self, pk: str, *, but: str | None = None) -> None:
        """Remove every item of a partition, and last the one that it is found by; *but* stays."""
        # Nothing that an sk begins with sorts before " " or after "~".
        keys = [it["sk"] for it in self.between(pk, " ", "~", keys_only=True) if it["sk"] != but]
        self.delete({"pk": pk, "sk": sk} for sk in keys if sk != "CONFIG")
        self.delete({"pk": pk, "sk": sk} for sk in keys if sk == "CONFIG")

    def update(
        self, key: Key, expression: str, condition: Condition, values: Mapping[str, Any]
    ) -> Item:
        """Change attributes of one item and give it as it is afterwards.

        Raises:
            VersionConflictError: the condition does not hold.
        """
        arguments = self._change(key, expression, condition, values)
        with translated("change an item"):
            answer = self._client.update_item(**arguments, ReturnValues="ALL_NEW")
        return _plain(answer["Attributes"])

    def _change(
        self, key: Key, expression: str, condition: Condition, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            "TableName": self.name,
            "Key": _wire(key),
            "UpdateExpression": expression,
            **condition.as_arguments(),
            "ExpressionAttributeValues": _wire({**condition.values, **values}),
        }

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
        yield from self.between(pk, low, high, limit=limit)

    def between(
        self,
        pk: str,
        low: str,
        high: str,
        *,
        limit: int | None = None,
        is_reversed: bool = False,
        keys_only: bool = False,
    ) -> Iterator[Item]:
        """Give the items of a partition from one sort key to another, both in, in order.

        Args:
            pk: the partition.
            low: the first sort key.
            high: the last; not below *low*.
            limit: how many are read at a time.
            is_reversed: whether the last comes first.
            keys_only: whether the keys suffice; it costs as much, but less comes over.
        """
        yield from self._pages(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues=_wire({":pk": pk, ":low": low, ":high": high}),
            ConsistentRead=True,
            ScanIndexForward=not is_reversed,
            **({"Limit": limit} if limit else {}),
            **({"ProjectionExpression": "pk, sk"} if keys_only else {}),
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

    def delete_in_transaction(self, key: Key, condition: Condition | None = None) -> Item:
        """Describe a removal for `transact`."""
        arguments = condition.as_arguments() if condition else {}
        return {"Delete": {"TableName": self.name, "Key": _wire(key), **arguments}}

    def check_in_transaction(self, key: Key, condition: Condition) -> Item:
        """Describe a condition on an item that the transaction does not write."""
        check = {"TableName": self.name, "Key": _wire(key), **condition.as_arguments()}
        return {"ConditionCheck": check}

    def update_in_transaction(
        self, key: Key, expression: str, condition: Condition, values: Mapping[str, Any]
    ) -> Item:
        """Describe a change of attributes for `transact`."""
        arguments = self._change(key, expression, condition, values)
        return {"Update": arguments}

    def transact(self, writes: Sequence[Item]) -> None:
        """Carry out all of *writes* or none.

        Raises:
            VersionConflictError: a condition does not hold.
        """
        with translated("write items together"):
            self._client.transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type] # described above
