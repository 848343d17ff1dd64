"""When people hear of an account's syncs: that they fail, that its numbers age, that all is well.

A pure decision on how the newest sync went and what time it is. Each is told once in an episode,
which begins with the first trouble and ends with the next success.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.configuration import (
    EVERYBODYS_INTERVAL,
    INTERVAL_LENGTHS,
    AccountEventKind,
    Integration,
    RefreshInterval,
    SyncStatus,
)

# A tick may start late, and its sync takes its time.
_GRACE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class AccountWatch:
    """What has been decided of an integration's syncs.

    Attributes:
        sequence: number of the newest ended sync that was looked at.
        episode: counts the times that trouble began; with a kind it names a notice.
        is_failed: whether the failure of this episode has been decided.
        is_stale: whether the age of the numbers has been, in this episode.
    """

    sequence: int = 0
    episode: int = 0
    is_failed: bool = False
    is_stale: bool = False

    @property
    def is_in_trouble(self) -> bool:
        """Whether an episode is under way."""
        return self.is_failed or self.is_stale


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of an account at one moment.

    Attributes:
        status: how the newest sync went.
        at: the present instant, by our clock.
        patience: how long the account may go without a successful sync; see `patience_of`.
    """

    integration: Integration
    status: SyncStatus
    at: datetime
    patience: timedelta

    @property
    def has_ended(self) -> bool:
        """Whether the newest sync has come to an end, good or bad."""
        return self.status.state in {"ok", "error"}

    @property
    def is_stale(self) -> bool:
        """Whether the last success is too long ago; a sync under way may take its time."""
        status = self.status
        connected_at = self.integration.connected_at
        # Nobody could read it while it was disconnected.
        since = max(status.last_success_at or connected_at, connected_at)
        if status.state == "running" and status.last_attempt_at is not None:
            since = max(since, status.last_attempt_at)
        return self.at - since > self.patience


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something to tell of an account's syncs.

    Attributes:
        key: `integration / episode / kind`, the identity of the notice for ever.
    """

    key: str
    kind: AccountEventKind
    look: Look


def patience_of(intervals: AbstractSet[RefreshInterval]) -> timedelta:
    """Return how long an account may go without a successful sync before its numbers are stale.

    Args:
        intervals: those that its metrics use; without any it is refreshed as every account is.

    >>> str(patience_of({"hourly", "weekly"})), str(patience_of(frozenset()))
    ('2:15:00', '2 days, 0:15:00')
    """
    used = intervals or {EVERYBODYS_INTERVAL}
    return 2 * min(INTERVAL_LENGTHS[interval] for interval in used) + _GRACE


def watch_account(watch: AccountWatch, look: Look) -> tuple[AccountWatch, tuple[AccountEvent, ...]]:
    """Take a look at an account into account: the new state, and what to tell people.

    The same look again tells nothing, so it may be taken at any time and by several at once.
    """
    status, is_stale = look.status, look.is_stale
    sequence = status.sequence if look.has_ended else watch.sequence
    seen = replace(watch, sequence=max(watch.sequence, sequence))
    if status.state == "ok" and not is_stale:
        if status.sequence <= watch.sequence:
            return seen, ()  # fresh only by other measures: no sync has succeeded since
        well = replace(seen, is_failed=False, is_stale=False)
        return well, _events(well, ["recovered"] if watch.is_in_trouble else [], look)
    kinds: list[AccountEventKind] = []
    if status.state == "error" and not watch.is_failed:
        kinds.append("sync_failed")
    elif is_stale and not watch.is_stale:
        kinds.append("stale")
    if not kinds:
        return seen, ()
    troubled = replace(
        seen,
        episode=watch.episode + (not watch.is_in_trouble),
        is_failed=watch.is_failed or "sync_failed" in kinds,
        # Whoever hears that syncs fail while the numbers are old need not hear the latter as well.
        is_stale=watch.is_stale or is_stale,
    )
    return troubled, _events(troubled, kinds, look)


def _events(
    watch: AccountWatch, kinds: Sequence[AccountEventKind], look: Look
) -> tuple[AccountEvent, ...]:
    owner = look.integration.id
    return tuple(AccountEvent(f"{owner}/{watch.episode}/{kind}", kind, look) for kind in kinds)
