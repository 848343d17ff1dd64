"""The machine's clock, and new ids."""

import secrets
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, in sort order
_TIME_CHARACTERS = 10
_RANDOM_CHARACTERS = 26


class SystemClock:
    """The `Clock` port."""

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC)


def new_id(prefix: str, now: datetime) -> str:
    """Make an id such as `met_…`: 50 bits of milliseconds, then 130 random bits.

    Ids of one kind sort by the time they were made at, so lists come in order of creation.
    """
    milliseconds = int(now.timestamp() * 1000)
    time = "".join(_ALPHABET[(milliseconds >> shift) & 31] for shift in range(45, -1, -5))
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return f"{prefix}_{time[-_TIME_CHARACTERS:]}{random}"
