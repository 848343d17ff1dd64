"""Goals, with the metrics that they follow."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from shared.domain.goals import Goal
from shared.domain.notices import Notice
from shared.ports.common import Page


class GoalStore(Protocol):
    """Goals. An unknown id raises `NotFoundError`."""

    def add_goal(self, goal: Goal) -> None:
        """Store a new goal without links."""
        ...

    def save_goal(self, goal: Goal, *, notices: Sequence[Notice] = ()) -> None:
        """Store a changed goal with the notices that come of it: all or nothing.

        Its links are to the same metrics as before; they may have changed.

        Raises:
            VersionConflictError: the stored goal is not the revision before this one; nothing is
                written.
        """
        ...

    def save_link(self, goal: Goal, metric_id: str) -> None:
        """Store a changed goal that has a link to a metric now, or has it no more.

        The metric's `goals` follow, so that it is known from both sides.

        Raises:
            NotFoundError: there is no such metric.
            VersionConflictError: the stored goal is not the revision before this one, or the metric
                is being changed; nothing is written.
        """
        ...

    def goal(self, goal_id: str) -> Goal:
        """Give one goal."""
        ...

    def goals(self, *, limit: int, cursor: str | None = None) -> Page[Goal]:
        """List the goals; a new one may be missing for a moment."""
        ...

    def goals_by_id(self, goal_ids: Sequence[str]) -> Mapping[str, Goal]:
        """Give the goals that are there, by their ids."""
        ...

    def remove_goal(self, goal: Goal) -> None:
        """Remove a goal that has no links any more, with its notices."""
        ...
