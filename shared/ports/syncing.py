"""Syncs: what is asked for, who may run it, and where it waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from shared.domain.configuration import RefreshInterval


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """One sync to be run.

    Attributes:
        interval: the schedule that asks; None where a person or a new metric asks.
        slot: the scheduled time, or a text that is unique to the request; a slot is run once.
        metric_id: only this metric is computed; None means every metric that is due.
        step: how often the sync has been carried on by another message; 0 for the first.
    """

    integration_id: str
    slot: str
    interval: RefreshInterval | None = None
    metric_id: str | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to sync one integration, for a while.

    Attributes:
        sequence: number of this sync, strictly rising; the fence of all that it writes.
        is_recovery: whether the sync before it never ended its lease, because it was killed, or was
            killed between its commit and the history rows that follow it.
    """

    integration_id: str
    sequence: int
    is_recovery: bool = False


class SyncQueue(Protocol):
    """Syncs that are to be run, one at a time for each integration, in order."""

    def send(self, request: SyncRequest) -> None:
        """Queue a sync; the same integration, interval and slot twice is one."""
        ...

    def send_all(self, requests: Iterable[SyncRequest]) -> None:
        """Queue many syncs in few calls; see `send`.

        Raises:
            StorageUnavailableError: some of them were not taken; all may be sent again.
        """
        ...
