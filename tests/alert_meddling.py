"""Alerts that a person pauses, edits or removes at the very moment they are decided."""

from collections import Counter
from collections.abc import Callable

from functions.api.change_alert import ChangeAlert
from shared.adapters.dynamodb_keys import ALERT_PREFIX, metric_key
from shared.domain.alerts import Alert
from tests.alert_proof import Runner
from tests.alert_world import AlertWorld
from tests.fakes import InMemoryQueue
from tests.memory_table import Calls
from tests.stories import a_rule


def _change(world: AlertWorld, **changes: object) -> None:
    """Change every alert as the API does."""
    stores = world.services.evaluate
    use_case = ChangeAlert(
        stores.config, stores.metrics, stores.alerts, world.goals, InMemoryQueue()
    )
    for alert in stores.alerts.alerts_of("met_1"):
        use_case(alert.id, changes)


def _pause_for_a_moment(world: AlertWorld) -> None:
    _change(world, is_enabled=False)
    _change(world, is_enabled=True)


def _remove(world: AlertWorld) -> None:
    alerts = world.services.evaluate.alerts
    for alert in alerts.alerts_of("met_1"):
        alerts.remove_alert(alert)


MEDDLING: dict[str, Callable[[AlertWorld], None]] = {
    "paused": lambda world: _change(world, is_enabled=False),
    "paused for a moment": _pause_for_a_moment,
    "edited": lambda world: _change(world, rule=a_rule("above", "9.2")),
    "renamed": lambda world: _change(world, name="Another"),
    "removed": _remove,
}


class Meddler(Runner):
    """Tells one story, and again with a person at each call."""

    def meddle(self, at: int, name: str) -> None:
        """Tell the story while a person does that to the alerts, at one call."""

        def meet(number: int) -> None:
            if number == at:
                MEDDLING[name](self.world.of(Calls()))

        self.world.calls.before = meet
        self._tell_from(at)
        self._check_meddled(name)

    def interrupt(self, name: str) -> None:
        """Have a person do that before each step, and the step come at each call of it."""
        for step in range(len(self.steps)):
            is_met, at = True, 0
            while is_met:
                at += 1
                is_met = self._interrupt(step, at, name)

    def _interrupt(self, step: int, at: int, name: str) -> bool:
        self._return_to(self._before[step])
        self._store(step)
        met = []

        def meet(number: int) -> None:
            if number == at:
                met.append(number)
                self._take(self.world, self.steps[step])

        MEDDLING[name](self.world.of(Calls(before=meet)))
        for number in range(step, len(self.steps)):
            self._store(number)
            self._take(self.world, self.steps[number])
        self._sweep_up()
        self._check_meddled(f"{name}, interrupted")
        return bool(met)

    def _check_meddled(self, name: str) -> None:
        """No key is given twice, and the newest value has the last word."""
        self.findings.runs[name] += 1
        sent = Counter(self.world.sent())
        self.findings.sent += sent.total()
        for alert in self.story.alerts:
            told = [key for key, _, is_held in self._events(alert.id) if not is_held]
            if len(set(told)) < len(told):
                self._tell("wrong", f"{name}: {sorted(told)}")
            pointer = metric_key(alert.metric_id, ALERT_PREFIX + alert.id)
            if (pointer["pk"], pointer["sk"]) in self.table.items:
                self._check_standing(alert, name)
            elif any(alert.id in part for place in self.table.items for part in place):
                self._tell("wrong", f"{name}: something is left of a removed alert")
        for twice in (it for it, times in sent.items() if times > 1 and it[1] != "gone"):
            self._tell("excess", f"{name}: {twice}")
        if self._waiting():
            self._tell("lost", f"{name}: a notice waits for ever")

    def _check_standing(self, alert: Alert, name: str) -> None:
        now, state = self.world.alerts.alert(alert.id), self.world.alerts.state(alert.id)
        if (state.config_version, state.status != "paused") != (now.config_version, now.is_enabled):
            self._tell("wrong", f"{name}: {now} stands at {state}")
        newest = self.story.values[max(self.story.values)]
        if alert.notify_if_already_breached or newest.value is None or not now.is_enabled:
            return  # it may be waiting for the next value, or see none
        if state.last_version != newest.version:
            self._tell("wrong", f"{name}: {now} has not seen {newest.version}: {state}")
