"""Use case: tell what an alert would have told over the history of its metric."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.api.alert_settings import AlertSettings
from functions.api.set_alert import SetAlert
from shared.domain.alerts import Alert, Decision, replay
from shared.domain.configuration import MetricValue
from shared.ports import MetricStore, pages_of

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What an alert would have told.

    Attributes:
        alert: as it would have been set.
        values: those that it was tried on, oldest first.
    """

    alert: Alert
    values: tuple[MetricValue, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class PreviewAlert:
    """Tries an alert on all that is stored, and saves nothing."""

    metrics: MetricStore
    set_alert: SetAlert

    def __call__(self, metric_id: str, settings: AlertSettings) -> Preview:
        """Replay the rule over every value of the newest one's series, with those of the past.

        Raises:
            NotFoundError: no such metric.
        """
        alert = self.set_alert.draft(metric_id, settings)
        values = tuple(self._values(metric_id))
        return Preview(alert, values, tuple(replay(alert, values)))

    def _values(self, metric_id: str) -> Iterator[MetricValue]:
        newest = self.metrics.latest([metric_id]).get(metric_id)
        series = newest.definitions_version if newest else None
        for page in pages_of(
            lambda cursor: self.metrics.values(metric_id, limit=_PAGE, cursor=cursor, series=series)
        ):
            yield from page
