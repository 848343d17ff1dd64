"""Use case: remove a metric."""

from dataclasses import dataclass

from functions.api.unlink_metric import UnlinkMetric
from shared.domain.configuration import Metric
from shared.errors import NotFoundError
from shared.ports import ConfigStore


@dataclass(frozen=True, slots=True)
class RemoveMetric:
    """Unlinks a metric from its goals, and removes it with its values and alerts."""

    config: ConfigStore
    unlink_metric: UnlinkMetric

    def __call__(self, metric: Metric) -> None:
        """Remove the metric; a removal that was cut short can be asked for again."""
        for goal_id in metric.goals:
            try:
                self.unlink_metric(goal_id, metric.id)
            except NotFoundError:
                continue  # the goal was removed, or somebody else has unlinked it
        self.config.remove_metric(metric)
