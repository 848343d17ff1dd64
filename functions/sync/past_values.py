"""The values that metrics had before they were configured, computed from the ledger."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from functions.sync.measuring import measure
from shared.domain.account import Account
from shared.domain.configuration import Integration, Metric, MetricValue
from shared.domain.ledger import Place
from shared.domain.metrics import needs_of
from shared.domain.schedule import past_instants
from shared.ports import Clock, MetricStore, pages_of

# Past values rank below every sync's.
PAST_VERSION = 0
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class PastValues:
    """Writes the past of metrics, so that charts and comparisons are there from the first day."""

    metrics: MetricStore
    clock: Clock

    def __call__(
        self,
        integration: Integration,
        chosen: list[Metric],
        account: Account,
        place: Place,
        is_time_up: Callable[[], bool],
    ) -> bool:
        """Write what is missing of the past of metrics; False where the time was up before.

        Daily for 90 days and weekly before that, as far as the ledger covers a metric's range and
        the account had anything at all. What is there of the same series is not written again: a
        value that was stored stays what it was.
        """
        since = _first_instant(account)
        if since is None or place.as_of is None:
            return True
        for metric in chosen:
            instants = list(_instants(metric, since, place.as_of, place))
            written = self._written(metric, integration) if instants else set()
            missing = [at for at in instants if at not in written]
            if not missing:
                continue
            if is_time_up():
                return False
            self.metrics.add_past(self._values(integration, metric, account, missing))
        return True

    def _written(self, metric: Metric, integration: Integration) -> set[datetime]:
        """Give the instants that values of the metric's present series are there for."""
        series = metric.series_under(integration.terms_version)
        pages = pages_of(
            lambda cursor: self.metrics.values(metric.id, limit=_PAGE, cursor=cursor, series=series)
        )
        return {value.as_of for page in pages for value in page}

    def _values(
        self,
        integration: Integration,
        metric: Metric,
        account: Account,
        instants: list[datetime],
    ) -> Iterator[MetricValue]:
        for at in instants:
            value = measure(
                metric,
                integration,
                account,
                at,
                version=PAST_VERSION,
                computed_at=self.clock.now(),
            )
            yield replace(value, origin="reconstructed")


def _instants(
    metric: Metric, since: datetime, before: datetime, place: Place
) -> Iterator[datetime]:
    needs = needs_of(metric.query)
    return (at for at in past_instants(before, since=since) if place.covers_past(needs, at))


def _first_instant(account: Account) -> datetime | None:
    """Return when the account's first object was made: earlier, every number is nothing."""
    starts = [
        *(it.created_at for it in account.customers),
        *(it.stretches[0].since for it in account.timelines),
        *(it.created_at for it in account.balance),
    ]
    return min(starts, default=None)
