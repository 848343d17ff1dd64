"""Values as DynamoDB takes them in and gives them back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT, Binary

from shared.errors import StorageError

_LARGEST = 400 * 1024
_AS_THEY_ARE = frozenset({type(None), str, bool, Binary})
# Of the keys of the table and of its index, in bytes.
_LONGEST = {"pk": 2048, "sk": 1024, "collection": 2048, "collected_at": 1024}


def stored(item: Mapping[str, Any]) -> dict[str, Any]:
    """Copy an item as DynamoDB takes it in; `StorageError` where it would not."""
    taken = {name: normal(value) for name, value in item.items()}
    for name, longest in _LONGEST.items():
        if name in taken or name in {"pk", "sk"}:
            _refuse_key(name, taken.get(name), longest)
    if sum(len(name.encode()) + _size(value) for name, value in taken.items()) > _LARGEST:
        raise StorageError("The item is larger than 400 KB.")
    return taken


def _refuse_key(name: str, value: Any, longest: int) -> None:
    if not isinstance(value, str) or not 0 < len(value.encode()) <= longest:
        raise StorageError(f"{name} is no text of 1 to {longest} bytes: {value!r}.")


def normal(value: Any) -> Any:
    """Copy a value as boto3 and DynamoDB make it: integers become decimals, nothing is rounded."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind in {int, Decimal}:
        return _number(value)
    if kind is dict:
        return {name: normal(inner) for name, inner in value.items()}
    if kind in {list, tuple}:
        return [normal(inner) for inner in value]
    if kind is bytes:
        return Binary(value)
    raise TypeError(f"DynamoDB takes no {kind.__name__}.")


def _number(value: int | Decimal) -> Decimal:
    number = DYNAMODB_CONTEXT.create_decimal(value)
    if isinstance(value, int):
        return number
    if not number.is_finite():
        raise TypeError("DynamoDB takes no infinite number.")
    if not number:
        return Decimal(0)
    # It gives numbers back without the zeros at their end.
    short = number.normalize(DYNAMODB_CONTEXT)
    is_whole = short == short.to_integral_value()
    return short.quantize(Decimal(1), context=DYNAMODB_CONTEXT) if is_whole else short


def copied(item: Mapping[str, Any]) -> dict[str, Any]:
    """Copy an item that is stored, so that nobody changes what is."""
    return {
        name: normal(inner) if isinstance(inner, list | dict) else inner
        for name, inner in item.items()
    }


def _size(value: Any) -> int:
    kind = type(value)
    if kind is str:
        return len(value) if value.isascii() else len(value.encode())
    if kind is Decimal:
        return 21  # at most
    if kind is Binary:
        return len(value.value)
    if kind is dict:
        return 3 + sum(1 + len(name.encode()) + _size(inner) for name, inner in value.items())
    if kind is list:
        return 3 + sum(1 + _size(inner) for inner in value)
    return 1
