"""Use case: take a new value into account in every goal that its metric serves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from functions.alerts.write_notices import write_notices
from shared.domain.configuration import Metric, MetricValue
from shared.domain.goals import Goal, GoalEvent, follow
from shared.domain.messages import GoalFacts, goal_message
from shared.domain.notices import Notice
from shared.errors import MetricsError, NotFoundError, VersionConflictError
from shared.ports import Clock, ConfigStore, GoalStore

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class FollowGoals:
    """Stores what a value changes of goals, with the notices that come of it."""

    config: ConfigStore
    goals: GoalStore
    clock: Clock

    def __call__(self, value: MetricValue) -> set[str]:
        """Take the value into account; gives the ids of the goals that it changed.

        One goal that cannot be followed holds up no other: all are looked at before the first
        error is raised.

        Raises:
            VersionConflictError: others kept writing first; the value may be offered again.
            MetricsError: a table failed; likewise.
        """
        try:
            metric = self.config.metric(value.metric_id)
        except NotFoundError:
            return set()
        changed, failures = set[str](), []
        for goal in self.goals.goals_by_id(metric.goals).values():
            try:
                if self._follow(goal, metric, value):
                    changed.add(goal.id)
            except MetricsError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return changed

    def _follow(self, goal: Goal, metric: Metric, value: MetricValue) -> bool:
        for attempt in range(1, _ATTEMPTS + 1):
            after, event = follow(goal, value)
            if after == goal:
                return False
            try:
                self.goals.save_goal(after, notices=tuple(self._notices(event, metric)))
            except VersionConflictError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return True
            found = self.goals.goals_by_id([goal.id])
            if goal.id not in found:
                return False  # it was removed meanwhile
            goal = found[goal.id]
        return False

    def _notices(self, event: GoalEvent | None, metric: Metric) -> Iterable[Notice]:
        if event is None:
            return ()
        told = self.config.notifications()
        if event.kind not in told.events:
            return ()
        return self._written(event, metric, told.channels)

    def _written(
        self, event: GoalEvent, metric: Metric, channels: Iterable[str]
    ) -> Iterator[Notice]:
        facts = GoalFacts(event, metric, self.config.integration(metric.integration_id))
        yield from write_notices(
            self.config,
            channels,
            key=event.key,
            source_id=event.goal.id,
            at=self.clock.now(),
            render=partial(goal_message, facts),
        )
