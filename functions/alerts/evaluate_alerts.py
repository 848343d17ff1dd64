"""Use case: offer a new value to every alert on its metric.

The decision and what it wants to say are stored in one transaction, on the condition that the
state is still the one that was looked at. Sending comes after, from the store.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Literal

from functions.alerts.write_notices import write_notices
from shared.domain.alerts import (
    Alert,
    AlertState,
    ChangeRule,
    Decision,
    Point,
    describe_decision,
    step,
)
from shared.domain.configuration import MetricValue
from shared.domain.goals import Goal
from shared.domain.messages import AlertFacts, alert_message
from shared.domain.notices import AlertEvent, Notice
from shared.errors import MetricsError, NotFoundError, VersionConflictError
from shared.ports import AlertStore, Clock, ConfigStore, GoalStore, MetricStore, pages_of

_ATTEMPTS = 5
_PAGE = 100

_MissedSince = Callable[[datetime, int], Sequence[MetricValue]]
# What became of a value offered to one alert.
Outcome = Literal["decided", "seen", "old", "rewritten", "gone"]


@dataclass(frozen=True, slots=True)
class EvaluateAlerts:
    """Decides the alerts of one value."""

    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    goals: GoalStore
    clock: Clock

    def __call__(self, value: MetricValue) -> dict[str, Outcome]:
        """Take the value into account; tells what became of it, by alert.

        What an alert has missed is offered before, from the history: whoever sees the newest value
        first has no eye for a crossing before it. One alert that cannot be decided holds up no
        other: all are looked at before the first error is raised.

        Raises:
            VersionConflictError: others kept writing first; the value may be offered again.
            MetricsError: a table failed, or an alert cannot be decided; likewise.
        """
        outcomes: dict[str, Outcome] = {}
        failures = []
        missed_since = cache(partial(self._missed_since, value))
        for alert in self._alerts_of(value.metric_id):
            try:
                outcomes[alert.id] = self._decide(alert, value, missed_since)
            except MetricsError as error:
                failures.append(error)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one alert
                failures.append(_undecided(error))
        if failures:
            raise failures[0]
        return outcomes

    def _alerts_of(self, metric_id: str) -> Sequence[Alert]:
        try:
            return self.alerts.alerts_of(metric_id)
        except MetricsError:
            raise
        except Exception as error:
            # One that cannot be read must keep no other metric, or account, from being looked at.
            raise _undecided(error) from error

    def _missed_since(
        self, value: MetricValue, start: datetime, version: int
    ) -> Sequence[MetricValue]:
        """Give the values between a version, which is of the instant *start*, and this value's."""
        versions = range(version + 1, value.version)
        if not versions:
            return ()
        pages = pages_of(
            lambda cursor: self.metrics.values(
                value.metric_id, start=start, limit=_PAGE, cursor=cursor
            )
        )
        found = (it for page in pages for it in page if it.version in versions)
        return sorted(found, key=lambda missed: missed.version)

    def _decide(self, alert: Alert, value: MetricValue, missed_since: _MissedSince) -> Outcome:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                seen = self.alerts.state(alert.id)
                if attempt > 1 or not _are_of_one_time(alert, seen):
                    # Read after its state: whatever changes it from here on changes that as well,
                    # and then nothing is written.
                    alert = self.alerts.alert(alert.id)
                missed = _look_for_missed(alert, seen, value, missed_since)
                return self._decide_in_turn(alert, seen, (*missed, value))
            except VersionConflictError:
                if attempt == _ATTEMPTS:
                    raise
            except NotFoundError:
                break  # the alert, its metric or its integration was removed meanwhile
        return "gone"

    def _decide_in_turn(
        self, alert: Alert, seen: AlertState, values: Sequence[MetricValue]
    ) -> Outcome:
        outcome: Outcome = "old"
        for value in values:
            is_new = seen.last_version is None or value.version > seen.last_version
            baseline = self._baseline(alert, value) if is_new and alert.is_enabled else None
            state, decision = step(seen, alert, value, baseline)
            if state != seen:
                self._commit(alert, seen, state, decision, value)
                outcome = "decided" if decision or outcome == "decided" else "seen"
            elif _is_rewritten(seen, value):
                outcome = "rewritten"
            seen = state
        return outcome

    def _baseline(self, alert: Alert, value: MetricValue) -> Point | None:
        if not isinstance(alert.rule, ChangeRule):
            return None
        until = alert.rule.baseline_until(value.as_of)
        found = None if until is None else self.metrics.baseline(value, until)
        return None if found is None or found.value is None else Point(found.value, found.as_of)

    def _commit(
        self,
        alert: Alert,
        seen: AlertState,
        state: AlertState,
        decision: Decision | None,
        value: MetricValue,
    ) -> None:
        event: AlertEvent | None = None
        notices: tuple[Notice, ...] = ()
        if decision is not None:
            text = describe_decision(alert, decision)
            event = AlertEvent(decision, self.clock.now(), text)
        if decision is not None and not decision.is_held:
            notices = self._notices(alert, decision, value)
        self.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)

    def _notices(self, alert: Alert, decision: Decision, value: MetricValue) -> tuple[Notice, ...]:
        metric = self.config.metric(alert.metric_id)
        integration = self.config.integration(metric.integration_id)
        goal = self._goal(alert.goal_id)
        facts = AlertFacts(decision, alert, metric, integration, value, goal)
        return write_notices(
            self.config,
            alert.channels,
            key=decision.key,
            source_id=alert.id,
            at=self.clock.now(),
            render=partial(alert_message, facts),
        )

    def _goal(self, goal_id: str | None) -> Goal | None:
        return None if goal_id is None else self.goals.goals_by_id([goal_id]).get(goal_id)


def _look_for_missed(
    alert: Alert, seen: AlertState, value: MetricValue, missed_since: _MissedSince
) -> Sequence[MetricValue]:
    """Give what an alert has missed before a value that it is going to look at."""
    if not alert.is_enabled or value.value is None or seen.trouble is not None:
        return ()
    if seen.last is None or seen.last_version is None:
        return ()
    return missed_since(seen.last.as_of, seen.last_version)


def _are_of_one_time(alert: Alert, state: AlertState) -> bool:
    """Whether no edit, pause or end of a pause lies between the two."""
    is_paused = state.status == "paused"
    return state.config_version == alert.config_version and is_paused != alert.is_enabled


def _is_rewritten(seen: AlertState, value: MetricValue) -> bool:
    """Whether a version that was seen comes with another value, which must never happen."""
    if value.version != seen.last_version or seen.trouble is not None or seen.last is None:
        return False
    return (value.value, value.as_of) != (seen.last.value, seen.last.as_of)


def _undecided(error: Exception) -> MetricsError:
    found = MetricsError("An alert could not be decided.")
    found.__cause__ = error
    return found
