"""DynamoDB's expressions, evaluated in memory: as much of their grammar as the stores use.

Anything else raises `NotImplementedError`, so that nothing is ever guessed. What DynamoDB itself
would refuse, such as a reserved word or a value that no expression uses, raises `StorageError`.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from shared.adapters.dynamodb_table import Condition
from shared.errors import StorageError, VersionConflictError

Item = Mapping[str, Any]
Values = Mapping[str, Any]
Operand = Callable[[Item, Values], Any]
Test = Callable[[Item, Values], bool]

_TOKEN = re.compile(r"\s*(#\w+|:\w+|\w+|<>|<=|>=|[=<>(),]|\S)")
_MISSING = object()
# Of DynamoDB's 573 reserved words those that an attribute of ours might be called by.
_RESERVED = frozenset(
    {"comment", "condition", "connection", "counter", "data", "date", "domain", "end", "error"}
    | {
        "index",
        "interval",
        "items",
        "key",
        "language",
        "level",
        "limit",
        "list",
        "location",
        "mode",
    }
    | {
        "name",
        "names",
        "number",
        "object",
        "owner",
        "path",
        "percent",
        "period",
        "plan",
        "position",
    }
    | {
        "range",
        "reference",
        "result",
        "role",
        "rule",
        "schema",
        "sequence",
        "set",
        "size",
        "source",
    }
    | {"size", "start", "state", "status", "time", "timestamp", "timezone", "token", "type", "unit"}
    | {"until", "user", "value", "values", "version", "view", "year", "zone"}
)
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Expression:
    """What was read of one expression: a test, or changes; and the placeholders that it uses."""

    used: frozenset[str]
    test: Test
    sets: tuple[tuple[str, Operand], ...] = ()
    removes: tuple[str, ...] = ()


def check(condition: Condition | None, item: Item) -> None:
    """Raise `VersionConflictError` where the condition does not hold of an item ({}: none)."""
    if condition is not None:
        expression = _read(condition.expression, tuple(condition.names.items()), is_update=False)
        _refuse_strays(expression.used, condition.names, condition.values)
        _decide(expression, item, condition.values)


def change(item: Item, update: str, condition: Condition, values: Values) -> dict[str, Any]:
    """Give the item as it is after an update; `VersionConflictError` as `check`."""
    names = tuple(condition.names.items())
    test = _read(condition.expression, names, is_update=False)
    changes = _read(update, names, is_update=True)
    given = {**condition.values, **values}
    _refuse_strays(test.used | changes.used, condition.names, given)
    _decide(test, item, given)
    changed = {**item, **{name: value(item, given) for name, value in changes.sets}}
    for name in changes.removes:
        changed.pop(name, None)
    return changed


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal to DynamoDB, for which a truth value is no number."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and bool(one == other)


def _refuse_strays(used: frozenset[str], *given: Iterable[str]) -> None:
    if used != set(chain.from_iterable(given)):
        raise StorageError("Placeholders are missing, or given without being used.")


def _decide(expression: Expression, item: Item, values: Values) -> None:
    if not expression.test(item, values):
        raise VersionConflictError("Somebody else wrote first: the condition does not hold.")


@cache
def _read(text: str, names: tuple[tuple[str, str], ...], *, is_update: bool) -> Expression:
    return _Reader(text, dict(names)).read(is_update=is_update)


class _Reader:
    """Reads one expression, by recursive descent."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self._text = text
        self._names = names
        self._rest: list[str] = _TOKEN.findall(text)[::-1]
        self._used: set[str] = set()

    def read(self, *, is_update: bool) -> Expression:
        if is_update:
            sets, removes = self._changes()
            found = Expression(frozenset(self._used), lambda *_: True, sets, removes)
        else:
            test = self._any()
            found = Expression(frozenset(self._used), test)
        if self._rest:
            raise self._unknown()
        return found

    def _any(self) -> Test:
        tests = [self._all()]
        while self._takes("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda i, v: any(test(i, v) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda i, v: all(test(i, v) for test in tests)

    def _one(self) -> Test:
        if self._takes("NOT"):
            denied = self._one()
            return lambda i, v: not denied(i, v)
        if self._takes("("):
            inner = self._any()
            self._expect(")")
            return inner
        if self._peek() in {"attribute_exists", "attribute_not_exists"}:
            return self._existence()
        return self._comparison()

    def _existence(self) -> Test:
        is_wanted = self._next() == "attribute_exists"
        self._expect("(")
        name = self._path()
        self._expect(")")
        return lambda item, _: (name in item) == is_wanted

    def _comparison(self) -> Test:
        left, sign, right = self._operand(), self._next(), self._operand()
        if sign == "=":
            return lambda i, v: is_same(left(i, v), right(i, v))
        if sign == "<>":
            return lambda i, v: not is_same(left(i, v), right(i, v))
        if sign not in _ORDERS:
            raise self._unknown()
        order = _ORDERS[sign]

        def is_in_order(item: Item, values: Values) -> bool:
            one, other = left(item, values), right(item, values)
            return type(one) is type(other) and one is not _MISSING and order(one, other)

        return is_in_order

    def _changes(self) -> tuple[tuple[tuple[str, Operand], ...], tuple[str, ...]]:
        sets: list[tuple[str, Operand]] = []
        removes: list[str] = []
        while self._rest:
            clause = self._next()
            if clause not in {"SET", "REMOVE"}:
                raise self._unknown()
            is_more = True
            while is_more:
                name = self._path()
                if clause == "SET":
                    self._expect("=")
                    sets.append((name, self._operand()))
                else:
                    removes.append(name)
                is_more = self._takes(",")
        return tuple(sets), tuple(removes)

    def _operand(self) -> Operand:
        if not self._peek().startswith(":"):
            name = self._path()
            return lambda item, _: item.get(name, _MISSING)
        placeholder = self._next()
        self._used.add(placeholder)
        return lambda _, values: values[placeholder]

    def _path(self) -> str:
        name = self._next()
        if name.startswith("#"):
            self._used.add(name)
            return self._names.get(name, name)
        if not name.isidentifier():
            raise self._unknown()
        if name.casefold() in _RESERVED:
            raise StorageError(f"{name} is a reserved word.")
        return name

    def _peek(self) -> str:
        return self._rest[-1] if self._rest else ""

    def _next(self) -> str:
        if not self._rest:
            raise self._unknown()
        return self._rest.pop()

    def _takes(self, token: str) -> bool:
        is_there = self._peek() == token
        if is_there:
            self._rest.pop()
        return is_there

    def _expect(self, token: str) -> None:
        if not self._takes(token):
            raise self._unknown()

    def _unknown(self) -> NotImplementedError:
        return NotImplementedError(f"The table in memory cannot read {self._text!r}.")
