"""Stripe-like ids that follow from the seed alone, so that the same history has the same ids."""

import hashlib
from collections import Counter

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Ids:
    """Counts per prefix and turns each count into letters."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def new(self, prefix: str, length: int = 24) -> str:
        """Return the next id of a prefix, such as `sub_1` followed by *length* - 1 letters."""
        self._counts[prefix] += 1
        source = f"{self._seed}/{prefix}/{self._counts[prefix]}".encode()
        number = int.from_bytes(hashlib.blake2b(source, digest_size=20).digest())
        letters = ["1"]
        while len(letters) < length:
            number, index = divmod(number, 62)
            letters.append(_ALPHABET[index])
        return f"{prefix}_{''.join(letters)}"
