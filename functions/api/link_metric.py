"""Use case: have a metric serve a goal."""

from dataclasses import dataclass, replace

from functions.api.revisions import until_nobody_interferes
from shared.domain.goals import MOST_LINKS, Goal, GoalLink, judge_anew
from shared.errors import ConflictError
from shared.ports import ConfigStore, GoalStore, MetricStore


@dataclass(frozen=True, slots=True)
class LinkMetric:
    """Links a metric to a goal; the goal's way begins at the metric's present value."""

    config: ConfigStore
    metrics: MetricStore
    goals: GoalStore

    def __call__(self, goal_id: str, metric_id: str, *, is_primary: bool | None = None) -> Goal:
        """Link the metric, or make a linked one the primary one, and give the goal.

        Raises:
            NotFoundError: no such goal or metric.
            ConflictError: the goal has all the metrics that it may have, or would have no primary
                one any more.
            VersionConflictError: others kept changing it; it may be tried again.
        """
        return until_nobody_interferes(lambda: self._link(goal_id, metric_id, is_primary))

    def _link(self, goal_id: str, metric_id: str, is_primary: bool | None) -> Goal:  # noqa: FBT001 - as it is sent
        before = self.goals.goal(goal_id)
        goal, is_new = before, before.link_to(metric_id) is None
        if is_new:
            goal = self._with_new_link(goal, metric_id)
        if is_primary:
            goal = goal.with_primary(metric_id)
        elif is_primary is False and goal.links[0].metric_id == metric_id:
            _refuse_to_leave_none(goal)
        if goal == before:
            return goal
        goal = replace(goal, revision=before.revision + 1)
        if is_new:
            self.goals.save_link(goal, metric_id)
        else:
            self.goals.save_goal(goal)
        return goal

    def _with_new_link(self, goal: Goal, metric_id: str) -> Goal:
        metric = self.config.metric(metric_id)
        if len(goal.links) >= MOST_LINKS:
            raise ConflictError(f"A goal is served by {MOST_LINKS} metrics at most. Unlink one.")
        unit = metric.query.unit
        currency = self.config.integration(metric.integration_id).currency
        if not goal.links:
            goal = replace(goal, unit=unit, currency=currency if unit == "currency" else None)
        alone = replace(goal, links=(GoalLink(metric_id),))
        value = self.metrics.latest([metric_id]).get(metric_id)
        if value is not None and (not goal.links or goal.counts(value)):
            alone = judge_anew(alone, {metric_id: value})
        return replace(goal.with_link(alone.links[0]), unit=alone.unit, currency=alone.currency)


def _refuse_to_leave_none(goal: Goal) -> None:
    if len(goal.links) > 1:
        raise ConflictError("This is the goal's primary metric. Make another one primary instead.")
    raise ConflictError("This is the goal's only metric, and so its primary one.")
