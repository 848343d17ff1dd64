"""Two ways to act a scenario out: by the pure decision alone, and through the alerts function."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from functions.api.alert_settings import start
from functions.api.change_alert import ChangeAlert
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import metric_key, value_sk
from shared.domain.alerts import (
    Alert,
    AlertState,
    ChangeRule,
    Decision,
    Point,
    describe_decision,
    describe_state,
    starting_state,
    step,
)
from shared.domain.configuration import MetricValue
from tests.alert_scenarios import AlertStory, Change, Scenario
from tests.alert_world import AlertWorld
from tests.fakes import InMemoryQueue
from tests.stories import a_change_rule, a_metric, an_alert


@dataclass(frozen=True)
class Told:
    """A decision, and the number of the value that brought it."""

    at: int
    decision: Decision
    text: str


@dataclass(frozen=True)
class Run:
    """What came of one alert.

    Attributes:
        shown: status and note after each value, and after 0, when it has been set.
    """

    told: tuple[Told, ...]
    shown: Mapping[int, tuple[str, str]]


def alert_of(scenario: Scenario, story: AlertStory, number: int = 1) -> Alert:
    """Make the alert as it is set."""
    unit = scenario.query.unit
    currency = "usd" if unit == "currency" else None
    name = f"alt_{number}"
    return an_alert(id=name, rule=story.rule, unit=unit, currency=currency, **story.options)


def decide(scenario: Scenario, story: AlertStory, *, is_skipping: bool = False) -> Run:
    """Act it out on the pure decision; *is_skipping*: what has no value does not come at all."""
    alert, latest = alert_of(scenario, story), scenario.current
    state = _begin(scenario, alert, latest, None)
    told, shown = [], {0: _show(alert, state, is_new=True)}
    changes = dict(story.changes)
    for number in scenario.arrive:
        if number in changes:
            alert = _changed(alert, changes.pop(number))
            state = _begin(scenario, alert, latest, state)
        value = scenario.values[number - 1]
        if not (is_skipping and value.value is None):
            latest = value if latest is None or value.version > latest.version else latest
            state, decision = step(state, alert, value, _baseline(scenario, alert, value))
            if decision is not None:
                told.append(Told(number, decision, describe_decision(alert, decision)))
        shown[number] = _show(alert, state)
    return Run(tuple(told), shown)


def _begin(
    scenario: Scenario, alert: Alert, latest: MetricValue | None, before: AlertState | None
) -> AlertState:
    has_baseline = latest is not None and _baseline(scenario, alert, latest) is not None
    return starting_state(alert, latest, before, has_baseline=has_baseline)


def _show(alert: Alert, state: AlertState, *, is_new: bool = False) -> tuple[str, str]:
    return state.status, describe_state(alert, state, is_new=is_new)


def _changed(alert: Alert, change: Change) -> Alert:
    if isinstance(change, str):
        return replace(alert, is_enabled=change == "enable", revision=alert.revision + 1)
    version = alert.config_version + 1
    return replace(alert, rule=change, config_version=version, revision=alert.revision + 1)


def _baseline(scenario: Scenario, alert: Alert, value: MetricValue) -> Point | None:
    until = alert.rule.baseline_until(value.as_of) if isinstance(alert.rule, ChangeRule) else None
    current = (scenario.current,) if scenario.current else ()
    known = (*scenario.history, *current, *scenario.values)
    old = [it for it in known if until and it.value is not None and it.as_of <= until]
    if not old or not old[-1].is_measured_as(value):
        return None
    return Point(old[-1].value or Decimal(0), old[-1].as_of)


def run_through(scenario: Scenario) -> tuple[Run, ...]:
    """Act it out through the alerts function and its stores, beside an alert that is restless.

    Checks at once that people are sent exactly what the cooldown does not hold back.
    """
    return Stage(scenario).act()


class Stage:
    """The alerts function with a scenario's alerts."""

    def __init__(self, scenario: Scenario) -> None:
        restless = an_alert(id="alt_0", rule=a_change_rule("any", "0.001"), channels=("chn_2",))
        metric = a_metric(query=scenario.query)
        self.scenario, self.world = scenario, AlertWorld(restless, metric=metric)
        world = self.world
        self._change = ChangeAlert(
            world.config, world.metrics, world.alerts, world.goals, InMemoryQueue()
        )
        self._changes = [dict(story.changes) for story in scenario.alerts]
        self._latest: MetricValue | None = None
        for value in scenario.history:
            self._store(value)
        if scenario.current is not None:
            self._store(scenario.current, is_latest=True)
        self._ids = [f"alt_{number}" for number in range(1, len(scenario.alerts) + 1)]
        for number, story in enumerate(scenario.alerts, start=1):
            alert = alert_of(scenario, story, number)
            state, latest = start(world.metrics, alert)
            world.alerts.add_alert(alert, state, latest=latest)

    def act(self) -> tuple[Run, ...]:
        """Have everything happen; gives what came of each alert."""
        told: dict[str, list[Told]] = {key: [] for key in self._ids}
        shown = {key: {0: self._shown(key, is_new=True)} for key in self._ids}
        for number in self.scenario.arrive:
            self._edit(number)
            self._bring(number)
            for key in self._ids:
                told[key] += self._news(key, number, len(told[key]))
                shown[key][number] = self._shown(key)
        sent = [key for _, key in self.world.sent() if not key.startswith("alt_0/")]
        due = [it.decision.key for all_of in told.values() for it in all_of if not _is_held(it)]
        assert sorted(sent) == sorted(due)
        return tuple(Run(tuple(told[key]), shown[key]) for key in self._ids)

    def _store(self, value: MetricValue, *, is_latest: bool = False) -> None:
        places = ["LATEST"] if is_latest else []
        for sk in (*places, value_sk(value.as_of, value.version)):
            self.world.table.put({**to_item(value), **metric_key("met_1", sk)})

    def _edit(self, number: int) -> None:
        for key, changes in zip(self._ids, self._changes, strict=True):
            change = changes.pop(number, None)
            if isinstance(change, str):
                self._change(key, {"is_enabled": change == "enable"})
            elif change is not None:
                self._change(key, {"rule": change})

    def _bring(self, number: int) -> None:
        """Have the value's sync write it, unless a later one has already, and its record come."""
        value, clock = self.scenario.values[number - 1], self.world.clock
        if self._latest is None or value.version > self._latest.version:
            self._store(value, is_latest=True)
            self._latest = value
        clock.at = max(clock.at, value.as_of) + timedelta(seconds=1)
        assert self.world.offer(value) == {"batchItemFailures": []}

    def _news(self, key: str, number: int, known: int) -> Iterator[Told]:
        for event in self.world.alerts.events(key, limit=100).items[known:]:
            yield Told(number, event.decision, event.text)

    def _shown(self, key: str, *, is_new: bool = False) -> tuple[str, str]:
        alerts = self.world.alerts
        return _show(alerts.alert(key), alerts.state(key), is_new=is_new)


def _is_held(told: Told) -> bool:
    return told.decision.is_held
