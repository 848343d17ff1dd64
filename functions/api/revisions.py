"""Changing what others may be changing too."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from shared.errors import VersionConflictError

Result = TypeVar("Result")

_ATTEMPTS = 5


def until_nobody_interferes(work: Callable[[], Result], expected: int | None = None) -> Result:
    """Do *work* again while others write what it has read; once only for an expected revision.

    Raises:
        VersionConflictError: others kept writing; nothing was stored, it may be tried again.
    """
    if expected is None:
        for _ in range(_ATTEMPTS - 1):
            with suppress(VersionConflictError):
                return work()
    return work()


def refuse_stale(revision: int, expected: int | None) -> None:
    """Refuse to change what is no longer the revision that a client has read.

    Raises:
        VersionConflictError: it was changed meanwhile.
    """
    if expected is not None and expected != revision:
        raise VersionConflictError(
            "This was changed since you read it. Read it again, and repeat your change if it is "
            "still wanted."
        )
