"""Stripe-like ids that follow from the seed alone, so that the same history has the same ids."""

import hashlib
from collections import Counter

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


class Ids:
    """Counts per prefix and turns each count into letters."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def new(self, prefix: str, length: int = 24) -> str:
        """Return the next id of a prefix, such as `sub_1` followed by *length* - 1 letters."""
        self._counts[prefix] += 1
        source = f"{self._seed}/{prefix}/{self._counts[prefix]}".encode()
        letters = hashlib.blake2b(source, digest_size=length - 1).digest().translate(_LETTERS)
        return f"{prefix}_1{letters.decode()}"
