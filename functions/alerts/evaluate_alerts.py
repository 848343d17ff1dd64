"""Use case: offer a new value to every alert on its metric.

The decision and what it wants to say are stored in one transaction, on the condition that the
state is still the one that was looked at. Sending comes after, from the store.
"""

from dataclasses import dataclass
from functools import partial
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
from shared.domain.messages import AlertFacts, alert_message
from shared.domain.notices import AlertEvent, Notice
from shared.errors import MetricsError, NotFoundError, VersionConflictError
from shared.ports import AlertStore, Clock, ConfigStore, MetricStore

_ATTEMPTS = 5

# What became of a value offered to one alert.
Outcome = Literal["decided", "seen", "old", "rewritten", "gone"]


@dataclass(frozen=True, slots=True)
class EvaluateAlerts:
    """Decides the alerts of one value."""

    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    clock: Clock

    def __call__(self, value: MetricValue) -> dict[str, Outcome]:
        """Take the value into account; tells what became of it, by alert.

        One alert that cannot be decided holds up no other: all are looked at before the first error
        is raised.

        Raises:
            VersionConflictError: others kept writing first; the value may be offered again.
            StorageError: a table failed; likewise.
        """
        outcomes: dict[str, Outcome] = {}
        failures = []
        for alert in self.alerts.alerts_of(value.metric_id):
            try:
                outcomes[alert.id] = self._decide(alert, value)
            except MetricsError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return outcomes

    def _decide(self, alert: Alert, value: MetricValue) -> Outcome:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                seen = self.alerts.state(alert.id)
                if attempt > 1 or not _are_of_one_time(alert, seen):
                    # Read after its state: whatever changes it from here on changes that as well,
                    # and then nothing is written.
                    alert = self.alerts.alert(alert.id)
                return self._decide_once(alert, seen, value)
            except VersionConflictError:
                if attempt == _ATTEMPTS:
                    raise
            except NotFoundError:
                break  # the alert, its metric or its integration was removed meanwhile
        return "gone"

    def _decide_once(self, alert: Alert, seen: AlertState, value: MetricValue) -> Outcome:
        state, decision = step(seen, alert, value, self._baseline(alert, value))
        if state == seen:
            return "rewritten" if _is_rewritten(seen, value) else "old"
        self._commit(alert, seen, state, decision, value)
        return "decided" if decision else "seen"

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
        facts = AlertFacts(decision, alert, metric, integration, value)
        return write_notices(
            self.config,
            alert.channels,
            key=decision.key,
            source_id=alert.id,
            at=self.clock.now(),
            render=partial(alert_message, facts),
        )


def _are_of_one_time(alert: Alert, state: AlertState) -> bool:
    """Whether no edit, pause or end of a pause lies between the two."""
    is_paused = state.status == "paused"
    return state.config_version == alert.config_version and is_paused != alert.is_enabled


def _is_rewritten(seen: AlertState, value: MetricValue) -> bool:
    """Whether a version that was seen comes with another value, which must never happen."""
    return (
        seen.last is not None
        and value.version == seen.last_version
        and value.as_of == seen.last.as_of
        and value.value != seen.last.value
    )
