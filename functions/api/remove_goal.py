"""Use case: remove a goal."""

from dataclasses import dataclass

from functions.api.unlink_metric import UnlinkMetric
from shared.ports import GoalStore


@dataclass(frozen=True, slots=True)
class RemoveGoal:
    """Unlinks all metrics of a goal, and removes it."""

    goals: GoalStore
    unlink_metric: UnlinkMetric

    def __call__(self, goal_id: str) -> None:
        """Remove the goal; a removal that was cut short can be asked for again.

        Raises:
            NotFoundError: no such goal.
        """
        goal = self.goals.goal(goal_id)
        for link in goal.links:
            goal = self.unlink_metric(goal_id, link.metric_id)
        self.goals.remove_goal(goal)
