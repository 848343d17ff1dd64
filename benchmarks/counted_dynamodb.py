"""As much of boto3's DynamoDB client as the sync uses, in a file, counting units as AWS bills them.

A write unit is 1 KB of an item, the larger of before and after; a read unit is 4 KB. Items of a
batch are rounded one by one, those of a query together; a transaction takes twice. What the index
of the metrics table takes is not counted: a sync writes nothing that is in it.
"""

import pickle
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

Wire = dict[str, Any]
Row = tuple[str, str, str]

_WRITE_BYTES, READ_BYTES = 1_024, 4_096
_QUERY_BYTES, _BATCH_GET_BYTES = 2**20, 16 * 2**20
# Of each item, for the index by which DynamoDB finds it.
_STORED_BESIDES = 100
_TABLE = """CREATE TABLE IF NOT EXISTS items (
    name TEXT, pk TEXT, sk TEXT, size INTEGER, body BLOB, PRIMARY KEY (name, pk, sk)
) WITHOUT ROWID"""


class CountedDynamoDb:
    """The tables of one file; it may be read by another process later.

    Attributes:
        units: `read`, `write` and the calls of each kind, since they were last cleared.
    """

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.units: Counter[str] = Counter()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(_TABLE)
        self._lock = threading.RLock()

    def stored_bytes(self, name: str) -> dict[str, int]:
        """Give the bytes that are stored in a table, by what the sort keys begin with."""
        found: Counter[str] = Counter()
        for sk, size in self._file.execute("SELECT sk, size FROM items WHERE name = ?", (name,)):
            found[sk.partition("#")[0]] += size + _STORED_BESIDES
        return dict(found)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def get_item(self, *, TableName: str, Key: Wire, **_: Any) -> Wire:  # noqa: N803 - boto3's
        """Read one item."""
        with self._lock:
            found = self._find(_row(TableName, Key))
            self._count("get_item", read=_units(found, READ_BYTES))
        return {"Item": found} if found is not None else {}

    def batch_get_item(self, *, RequestItems: Wire) -> Wire:  # noqa: N803
        """Read items up to 16 MB."""
        ((name, asked),) = RequestItems.items()
        items, left, size = [], [], 0
        with self._lock:
            self._count("batch_get_item")
            for key in asked["Keys"]:
                if size > _BATCH_GET_BYTES:
                    left.append(key)
                    continue
                found = self._find(_row(name, key))
                self.units["read"] += _units(found, READ_BYTES)
                if found is not None:
                    size += item_size(found)
                    items.append(found)
        unread = {name: {"Keys": left}} if left else {}
        return {"Responses": {name: items}, "UnprocessedKeys": unread}

    def query(self, **arguments: Any) -> Wire:
        """Read items of a partition between two sort keys, up to 1 MB."""
        found, size = [], 0
        limit = arguments.get("Limit", 2**31)
        last: Wire = {}
        with self._lock:
            for body, length in self._between(arguments):
                item = pickle.loads(body)  # noqa: S301 - written by this class
                found.append(item)
                size += length
                if len(found) == limit or size > _QUERY_BYTES:
                    last = {"LastEvaluatedKey": {key: item[key] for key in ("pk", "sk")}}
                    break
            self._count("query", read=max(1, -(-size // READ_BYTES)))
        if "ProjectionExpression" in arguments:
            found = [{key: item[key] for key in ("pk", "sk")} for item in found]
        return {"Items": found, **last}

    def put_item(self, **arguments: Any) -> Wire:
        """Write one item whole."""
        with self._lock:
            self._count("put_item", write=self._carry_out(*self._put(arguments)))
        return {}

    def update_item(self, **arguments: Any) -> Wire:
        """Change attributes of one item."""
        with self._lock:
            row, item = self._update(arguments)
            self._count("update_item", write=self._carry_out(row, item))
        return {"Attributes": item}

    def batch_write_item(self, *, RequestItems: Wire) -> Wire:  # noqa: N803
        """Write and delete items."""
        ((name, requests),) = RequestItems.items()
        with self._lock, self._file:
            self._file.execute("BEGIN")
            self._count("batch_write_item")
            for request in requests:
                put = request.get("PutRequest")
                key = put["Item"] if put else request["DeleteRequest"]["Key"]
                item = put["Item"] if put else None
                self.units["write"] += self._carry_out(_row(name, key), item)
        return {}

    def transact_write_items(self, *, TransactItems: list[Wire]) -> Wire:  # noqa: N803
        """Carry out all or none."""
        prepare = {"Put": self._put, "Update": self._update, "ConditionCheck": self._check}
        with self._lock:
            steps = [prepare[kind](it) for each in TransactItems for kind, it in each.items()]
            units = sum(self._carry_out(*step) for step in steps)
            self._count("transact_write_items", write=2 * units)
        return {}

    def _count(self, call: str, *, read: int = 0, write: int = 0) -> None:
        self.units.update({call: 1, "read": read, "write": write})

    def _find(self, row: Row) -> Wire | None:
        sql = "SELECT body FROM items WHERE name = ? AND pk = ? AND sk = ?"
        found = self._file.execute(sql, row).fetchone()
        return pickle.loads(found[0]) if found else None  # noqa: S301 - written by this class

    def _between(self, arguments: Wire) -> Iterator[tuple[bytes, int]]:
        values = arguments["ExpressionAttributeValues"]
        pk, low, high = (values[name]["S"] for name in (":pk", ":low", ":high"))
        is_reversed = not arguments["ScanIndexForward"]
        beyond, after = "", list[str]()
        if "ExclusiveStartKey" in arguments:
            beyond = f"AND sk {'<' if is_reversed else '>'} ? "
            after = [arguments["ExclusiveStartKey"]["sk"]["S"]]
        sql = (
            "SELECT body, size FROM items WHERE name = ? AND pk = ? AND sk BETWEEN ? AND ? "  # noqa: S608 - of words above
            f"{beyond}ORDER BY sk {'DESC' if is_reversed else 'ASC'}"
        )
        return self._file.execute(sql, (arguments["TableName"], pk, low, high, *after))

    def _carry_out(self, row: Row, item: Wire | None) -> int:
        """Store or remove an item, and give its units; an item that is there already is a check."""
        sql = "SELECT size FROM items WHERE name = ? AND pk = ? AND sk = ?"
        found = self._file.execute(sql, row).fetchone()
        before = found[0] if found else 0
        if item is None:
            self._file.execute("DELETE FROM items WHERE name = ? AND pk = ? AND sk = ?", row)
            return max(1, -(-before // _WRITE_BYTES))
        size = item_size(item)
        body = pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
        self._file.execute("REPLACE INTO items VALUES (?, ?, ?, ?, ?)", (*row, size, body))
        return -(-max(size, before) // _WRITE_BYTES)

    def _put(self, arguments: Wire) -> tuple[Row, Wire]:
        row = _row(arguments["TableName"], arguments["Item"])
        _require(arguments, self._find(row))
        return row, arguments["Item"]

    def _check(self, arguments: Wire) -> tuple[Row, Wire | None]:
        row = _row(arguments["TableName"], arguments["Key"])
        found = self._find(row)
        _require(arguments, found)
        return row, found

    def _update(self, arguments: Wire) -> tuple[Row, Wire]:
        row = _row(arguments["TableName"], arguments["Key"])
        found = self._find(row)
        _require(arguments, found)
        item = dict(found or arguments["Key"])
        names = arguments.get("ExpressionAttributeNames", {})
        expression = arguments["UpdateExpression"]
        for verb, parts in re.findall(r"(SET|REMOVE) (.+?)(?= SET | REMOVE |$)", expression):
            for part in parts.split(", "):
                name, _, value = part.partition(" = ")
                name = names.get(name, name)
                if verb == "REMOVE":
                    item.pop(name, None)
                else:
                    item[name] = arguments["ExpressionAttributeValues"][value]
        return row, item


def _row(name: str, key: Wire) -> Row:
    return name, key["pk"]["S"], key["sk"]["S"]


def _require(arguments: Wire, found: Wire | None) -> None:
    """Hold an item to a condition: some of the few forms that the stores use, joined by OR."""
    condition = arguments.get("ConditionExpression")
    if condition and not any(_holds(it, arguments, found or {}) for it in condition.split(" OR ")):
        code = "ConditionalCheckFailedException"
        raise ClientError({"Error": {"Code": code, "Message": condition}}, "Write")


def _holds(clause: str, arguments: Wire, item: Wire) -> bool:
    names = arguments.get("ExpressionAttributeNames", {})
    if asked := re.fullmatch(r"attribute_(not_)?exists\((.+)\)", clause):
        return (names.get(asked[2], asked[2]) in item) is not bool(asked[1])
    name, operator, value = clause.split(" ")
    found = item.get(names.get(name, name))
    if found is None:
        return False
    one, other = _comparable(found), _comparable(arguments["ExpressionAttributeValues"][value])
    return bool(one == other if operator == "=" else one <= other)


def _comparable(value: Mapping[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    return float(inner) if kind == "N" else inner


def _units(item: Wire | None, unit: int) -> int:
    return max(1, -(-item_size(item) // unit)) if item else 1


def item_size(item: Mapping[str, Any]) -> int:
    """Give the bytes that DynamoDB counts an item as."""
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def _size_of(value: Mapping[str, Any]) -> int:
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            return (len(inner.strip("-0.")) + 1) // 2 + 1
        case "B":
            return len(inner)
        case "L":
            return 3 + sum(1 + _size_of(each) for each in inner)
        case "M":
            return 3 + item_size(inner) + len(inner)
        case _:
            return 1
