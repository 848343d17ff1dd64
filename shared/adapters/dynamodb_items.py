"""Domain objects to items and back; DynamoDB's own types are dealt with by the table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

from shared.adapters.dynamodb_keys import timestamp

Entity = TypeVar("Entity")


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    # Building one takes milliseconds, and a function needs only some of them.
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_item(entity: object) -> dict[str, Any]:
    """Write a dataclass as plain values; instants become text."""
    item: dict[str, Any] = _plain(_adapter(type(entity)).dump_python(entity))
    return item


def from_item(kind: type[Entity], item: Mapping[str, Any]) -> Entity:
    """Read a dataclass back; keys and other attributes of the item are passed over."""
    entity: Entity = _adapter(kind).validate_python(dict(item))
    return entity


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return timestamp(value)
    return value
