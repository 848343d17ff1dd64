"""The values of metrics."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.configuration import MetricValue
from shared.domain.ledger import Place
from shared.ports.common import Page
from shared.ports.syncing import Lease, SyncRequest


class MetricStore(Protocol):
    """Values of metrics: the latest and the past."""

    def commit(
        self,
        values: Sequence[MetricValue],
        lease: Lease,
        *,
        place: Place | None = None,
        done: SyncRequest | None = None,
    ) -> None:
        """Store values as latest and as history, with the place that they were computed at.

        Up to 90 values are one transaction with the place, the end of the lease and the slot of
        *done*; of more, the last transaction holds these. A metric that was removed meanwhile, or
        has another query by now, gets nothing. History rows follow the transaction;
        `Lease.is_recovery` tells that the sync before may have lacked the time, and they are then
        made up for.

        Args:
            values: of this sync, at most one of each metric.
            lease: its `sequence` is the fence.
            place: how far the ledger has come; None leaves it.
            done: the request whose slot has been run, which ends the lease; None goes on.

        Raises:
            LeaseHeldError: the lease has passed to another sync; nothing more is written.
        """
        ...

    def add_past(self, values: Iterable[MetricValue]) -> None:
        """Store reconstructed values of the past; one of the same series and instant is replaced.

        A metric that was removed, or has another query by now, gets none.
        """
        ...

    def latest(self, metric_ids: Sequence[str]) -> Mapping[str, MetricValue]:
        """Give the newest value of each metric that has one."""
        ...

    def baseline(self, value: MetricValue, until: datetime) -> MetricValue | None:
        """Give the newest value of the same metric at or before *until*, measured alike.

        Withheld values, empty ratios and values of other series are passed over. None where there
        is nothing so old.
        """
        ...

    def values(
        self,
        metric_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int,
        cursor: str | None = None,
        series: str | None = None,
    ) -> Page[MetricValue]:
        """List values with `start <= as_of < end`, oldest first; with *series* those of one."""
        ...

    def closing_value(
        self, metric_id: str, start: datetime, end: datetime, series: str | None = None
    ) -> MetricValue | None:
        """Give the one that stands for the values with `start <= as_of < end`; of one series.

        See `closing_value` in `shared/domain/periods.py`; no more values are read than it looks at.
        """
        ...
