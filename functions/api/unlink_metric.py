"""Use case: have a metric serve a goal no more."""

from dataclasses import dataclass, replace

from functions.api.change_alert import ChangeAlert
from functions.api.revisions import until_nobody_interferes
from shared.domain.goals import Goal
from shared.errors import NotFoundError
from shared.ports import AlertStore, GoalStore


@dataclass(frozen=True, slots=True)
class UnlinkMetric:
    """Unlinks a metric from a goal, and pauses the alerts that were set on it for the goal."""

    goals: GoalStore
    alerts: AlertStore
    change_alert: ChangeAlert

    def __call__(self, goal_id: str, metric_id: str) -> Goal:
        """Unlink the metric, and give the goal; the next one linked is primary where it was that.

        Raises:
            NotFoundError: no such goal, or the metric is not linked to it.
            VersionConflictError: others kept changing it; it may be tried again.
        """
        goal = self.goals.goal(goal_id)
        if goal.link_to(metric_id) is None:
            raise NotFoundError(f"The metric {metric_id} is not linked to this goal.")
        # First the alerts: whoever is killed in between asks again, and goes on.
        for alert in self.alerts.alerts_of(metric_id):
            if alert.goal_id == goal_id:
                self.change_alert(alert.id, {"is_enabled": False, "goal_id": None})
        return until_nobody_interferes(lambda: self._unlink(goal_id, metric_id))

    def _unlink(self, goal_id: str, metric_id: str) -> Goal:
        goal = self.goals.goal(goal_id)
        if goal.link_to(metric_id) is None:
            return goal
        goal = replace(goal.without_link(metric_id), revision=goal.revision + 1)
        try:
            self.goals.save_link(goal, metric_id)
        except NotFoundError:
            self.goals.save_goal(goal)  # the metric is gone already
        return goal
