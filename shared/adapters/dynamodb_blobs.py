"""Bytes of any size under a key, compressed; what is more than an item holds lies in parts.

The item under the key (the head) names the parts by the digest of all of them, so that a reader
never puts together what does not belong together: parts are written before their head, and those of
the head before are removed after it.
"""

import zlib
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from shared.adapters.dynamodb_keys import Key, part_sk, parts_prefix
from shared.adapters.dynamodb_table import DynamoDbTable, Item
from shared.errors import StorageError

# DynamoDB takes 400 KB in an item, names and keys included.
_PART_BYTES = 300_000
# Measured on records and facts: level 6 takes a quarter longer for 3 % less, level 1 is no faster.
_LEVEL = 3
_READING_ATTEMPTS = 5


class Blobs:
    """Reads and writes blobs of one table."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table
        self._divided: set[tuple[str, str]] = set()

    def put(self, blobs: Iterable[tuple[Key, bytes]]) -> None:
        """Write blobs, each whole or not at all, in any order; no key may come twice."""
        digests: dict[tuple[str, str], str] = {}
        self._table.write(self._heads(blobs, digests))
        for (pk, sk), digest in digests.items():
            self._remove_parts(pk, sk, but=digest)

    def get(self, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
        """Give the blobs that exist, in any order; no key may come twice."""
        for item in self._table.get_many(keys):
            body = self._body(item)
            if body is not None:
                yield {"pk": item["pk"], "sk": item["sk"]}, body

    def between(
        self, pk: str, low: str, high: str, *, limit: int | None = None, is_reversed: bool = False
    ) -> Iterator[tuple[str, bytes]]:
        """Give the blobs of a partition from one sort key to another, both in, in order."""
        for item in self._table.between(pk, low, high, limit=limit, is_reversed=is_reversed):
            body = self._body(item)
            if body is not None:
                yield item["sk"], body

    def remove(self, pk: str, sks: Iterable[str]) -> None:
        """Remove blobs; those that are not there are no error."""
        for sk in sks:
            self._table.delete([{"pk": pk, "sk": sk}])
            self._remove_parts(pk, sk)

    def remove_all(self, pk: str, prefix: str) -> None:
        """Remove every blob of a partition whose sort key starts with *prefix*."""
        for start in (prefix, parts_prefix(prefix)):
            self._table.delete(list(self._keys(pk, start)))

    def _heads(
        self, blobs: Iterable[tuple[Key, bytes]], digests: dict[tuple[str, str], str]
    ) -> Iterator[Item]:
        for key, plain in blobs:
            place = key["pk"], key["sk"]
            body = zlib.compress(plain, _LEVEL)
            if len(body) <= _PART_BYTES:
                if place in self._divided:
                    digests[place] = ""
                yield {**key, "body": body}
            else:
                digests[place] = digest = blake2b(body, digest_size=16).hexdigest()
                yield {**key, "digest": digest, "parts": self._put_parts(key, digest, body)}

    def _put_parts(self, key: Key, digest: str, body: bytes) -> int:
        cuts = range(0, len(body), _PART_BYTES)
        self._table.write(
            {
                "pk": key["pk"],
                "sk": part_sk(key["sk"], digest, number),
                "body": body[start : start + _PART_BYTES],
            }
            for number, start in enumerate(cuts)
        )
        return len(cuts)

    def _body(self, head: Item | None) -> bytes | None:
        for _ in range(_READING_ATTEMPTS):
            if head is None:
                return None
            if "digest" not in head:
                return zlib.decompress(head["body"].value)
            self._divided.add((head["pk"], head["sk"]))
            parts = list(self._table.get_many(self._part_keys(head)))
            if len(parts) == head["parts"]:
                whole = b"".join(it["body"].value for it in sorted(parts, key=lambda it: it["sk"]))
                return zlib.decompress(whole)
            # Written anew between our two looks: the head names other parts by now.
            head = self._table.get({"pk": head["pk"], "sk": head["sk"]})
        raise StorageError("Parts of the ledger are missing.")

    @staticmethod
    def _part_keys(head: Item) -> Iterator[Key]:
        for number in range(int(head["parts"])):
            yield {"pk": head["pk"], "sk": part_sk(head["sk"], head["digest"], number)}

    def _remove_parts(self, pk: str, sk: str, *, but: str = "") -> None:
        prefix = parts_prefix(sk) + "#"
        doomed = [key for key in self._keys(pk, prefix) if not but or prefix + but not in key["sk"]]
        self._table.delete(doomed)

    def _keys(self, pk: str, prefix: str) -> Iterator[Key]:
        for item in self._table.between(pk, prefix, f"{prefix}~", keys_only=True):
            yield {"pk": item["pk"], "sk": item["sk"]}
