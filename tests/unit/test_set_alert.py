"""Setting an alert: it starts from the current value, and says what it will do."""

from decimal import Decimal
from typing import Any

import pytest

from functions.api.alert_settings import AlertSettings
from functions.api.set_alert import SetAlert
from functions.api.views.alerts import view_alert
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import metric_key
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.domain.alerts import Point
from shared.errors import NotFoundError
from tests.fakes import NOON, FakeClock, InMemoryQueue, id_maker
from tests.memory_table import InMemoryTable
from tests.stories import a_channel, a_metric, a_rule, a_value, an_integration


class World:
    """A metric, a channel, and perhaps a current value."""

    def __init__(self, amount: str | None = None) -> None:
        table = self.table = InMemoryTable()
        self.queue = InMemoryQueue()
        self.config, self.alerts = DynamoDbConfig(table), DynamoDbAlerts(table)
        self.config.add_integration(an_integration())
        self.config.add_metric(a_metric())
        self.config.add_channel(a_channel())
        self.metrics = DynamoDbMetrics(table)
        if amount is not None:
            table.put({**to_item(a_value(amount, 7)), **metric_key("met_1", "LATEST")})
        self._set = SetAlert(
            self.config,
            self.metrics,
            self.alerts,
            DynamoDbGoals(table),
            self.queue,
            FakeClock(),
            id_maker(),
        )

    def set(self, **changes):
        usual: dict[str, Any] = {"rule": a_rule("below", "10000"), "channels": ("chn_1",)}
        return self._set("met_1", AlertSettings(**(usual | changes)))


def note_of(world: World, **changes) -> tuple[str, str]:
    alert, state = world.set(**changes)
    shown = view_alert(alert, state, is_new=True).state
    return shown.status, shown.note


def test_without_a_value_it_waits_for_one():
    assert note_of(World()) == ("waiting", "Waiting for the first value.")


def test_it_starts_from_the_current_value():
    world = World("10500")
    assert note_of(world) == ("ok", "Notifies as soon as the value goes below $10,000.")
    (alert,) = world.alerts.alerts_of("met_1")
    state = world.alerts.state(alert.id)
    assert (state.last_version, state.last) == (7, Point(Decimal(10500), NOON))


def test_t03_it_says_plainly_that_the_value_is_already_beyond():
    status, note = note_of(World("9000"))
    assert status == "firing"
    assert note.startswith("The value is already below $10,000.")


def test_a_disabled_alert_is_paused():
    assert note_of(World("9000"), is_enabled=False)[0] == "paused"


def test_one_that_is_to_speak_up_if_already_beyond_asks_for_a_new_value():
    world = World("9000")
    alert, state = world.set(notify_if_already_breached=True)
    assert state.status == "waiting"
    (request,) = world.queue.requests
    assert (request.integration_id, request.metric_id) == ("int_1", "met_1")
    assert request.slot == f"{alert.id}-1"


def test_its_usual_name_says_what_it_watches():
    assert World().set()[0].name == "MRR below $10,000"


def test_a_channel_named_twice_hears_once():
    assert World().set(channels=("chn_1", "chn_1"))[0].channels == ("chn_1",)


@pytest.mark.parametrize("channels", [("chn_9",), ("chn_1", "chn_9")])
def test_an_unknown_channel_is_refused(channels):
    world = World()
    with pytest.raises(NotFoundError):
        world.set(channels=channels)
    assert world.alerts.alerts_of("met_1") == ()


def test_a_value_that_comes_while_the_alert_is_set_is_its_first(monkeypatch):
    world = World("12000")
    add, values = world.alerts.add_alert, [a_value("9000", 8)]

    def overtaken(_, *args, **how):
        if values:
            world.table.put({**to_item(values.pop()), **metric_key("met_1", "LATEST")})
        add(*args, **how)

    monkeypatch.setattr(type(world.alerts), "add_alert", overtaken)
    alert, state = world.set()
    assert (state.status, state.last_version) == ("firing", 8)
    assert world.alerts.state(alert.id) == state
