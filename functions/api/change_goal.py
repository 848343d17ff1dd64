"""Use case: change a goal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from functions.api.revisions import refuse_stale, until_nobody_interferes
from functions.api.set_goal import refuse_contradictions
from shared.domain.goals import Goal, judge_anew
from shared.ports import GoalStore, MetricStore

# What progress is measured by: when it changes, what was reached and told counts no more.
_MEASURED_BY = ("target", "start", "direction", "due_on")


@dataclass(frozen=True, slots=True)
class ChangeGoal:
    """Stores a changed goal; with another target it is looked at afresh, and nobody is told."""

    goals: GoalStore
    metrics: MetricStore

    def __call__(
        self, goal_id: str, changes: Mapping[str, Any], expected: int | None = None
    ) -> Goal:
        """Change fields of the goal, by their names, and give it.

        Raises:
            NotFoundError: no such goal.
            InvalidInputError: its numbers contradict one another.
            VersionConflictError: it has not the expected revision; nothing is changed.
        """
        return until_nobody_interferes(lambda: self._change(goal_id, changes, expected), expected)

    def _change(self, goal_id: str, changes: Mapping[str, Any], expected: int | None) -> Goal:
        before = self.goals.goal(goal_id)
        refuse_stale(before.revision, expected)
        goal = replace(before, **changes)
        if goal == before:
            return goal
        refuse_contradictions(goal)
        if any(getattr(goal, name) != getattr(before, name) for name in _MEASURED_BY):
            values = self.metrics.latest([link.metric_id for link in goal.links])
            goal = judge_anew(goal, values)
        goal = replace(goal, revision=before.revision + 1)
        self.goals.save_goal(goal)
        return goal
