"""A DynamoDB table in memory that stops in the middle of its writes, and reads page by page."""

from collections.abc import Iterable, Iterator
from itertools import islice
from random import Random
from typing import Any

from boto3.dynamodb.types import Binary

from shared.adapters.dynamodb_table import DynamoDbTable

_BATCH = 25


class KilledError(Exception):
    """The process was killed."""


class InMemoryTable(DynamoDbTable):
    """As much of a table as the ledger's book uses.

    Attributes:
        items: by partition and sort key.

        writes_left: how many more items are written before the process is killed; None for all.

        page: how many items one look at a partition gives.
    """

    def __init__(self, *, seed: int = 0, page: int = 3) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.writes_left: int | None = None
        self.page = page
        self.reads = 0
        self.writes = 0
        self._random = Random(seed)  # noqa: S311 - a test's

    def write(self, items: Iterable[dict[str, Any]]) -> None:
        rest = iter(items)
        # A batch is carried out in any order, and keys in it must differ.
        while batch := list(islice(rest, _BATCH)):
            assert len({(item["pk"], item["sk"]) for item in batch}) == len(batch)
            self._random.shuffle(batch)
            for item in batch:
                self._count()
                stored = {k: Binary(v) if isinstance(v, bytes) else v for k, v in item.items()}
                self.items[item["pk"], item["sk"]] = stored

    def delete(self, keys: Iterable[dict[str, str]]) -> None:
        for key in keys:
            self._count()
            self.items.pop((key["pk"], key["sk"]), None)

    def get(self, key: dict[str, str]) -> dict[str, Any] | None:
        self.reads += 1
        return self.items.get((key["pk"], key["sk"]))

    def get_many(self, keys: Iterable[dict[str, str]]) -> Iterator[dict[str, Any]]:
        found = [self.get(key) for key in keys]
        self._random.shuffle(found)
        return (item for item in found if item is not None)

    def between(
        self,
        pk: str,
        low: str,
        high: str,
        *,
        limit: int | None = None,
        is_reversed: bool = False,
        keys_only: bool = False,
    ) -> Iterator[dict[str, Any]]:
        assert low <= high
        last: str | None = None
        while True:
            within = sorted((sk for p, sk in self.items if p == pk and low <= sk <= high))
            if is_reversed:
                within.reverse()
            if last is not None:
                within = [sk for sk in within if (sk < last if is_reversed else sk > last)]
            shown = within[: limit or self.page]
            self.reads += len(shown)
            for sk in shown:
                item = self.items[pk, sk]
                yield {"pk": pk, "sk": sk} if keys_only else item
            if len(shown) == len(within):
                return
            last = shown[-1]

    def _count(self) -> None:
        self.writes += 1
        if self.writes_left is not None:
            if not self.writes_left:
                raise KilledError
            self.writes_left -= 1
