"""An API world with much in it, of which any number of times as much can be made."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count

from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import metric_key, value_sk
from shared.domain.alerts import AlertState
from shared.domain.configuration import SyncStatus
from shared.domain.goals import Goal, GoalLink
from tests.api_world import ApiWorld
from tests.decided import a_notice, commit, fired
from tests.fakes import NOON
from tests.stories import a_channel, a_metric, a_value, an_alert, an_integration

METRICS = 10
EVENTS = 4
SERVED = 2
# Twelve hours apart: two a day.
APART = timedelta(hours=12)


def stock(world: ApiWorld, *, integrations: int, values: int) -> None:
    """Put integrations in, each with ten metrics, and as many goals, channels and alerts.

    Every metric has *values* values, serves one goal (every goal two metrics of one integration)
    and has an alert with four events, each told to two channels, one of which was sent.
    """
    channels = [a_channel(id=f"chn_{n:03d}") for n in range(2, integrations + 2)]
    for channel in channels:
        world.config.add_channel(channel)
        world.notifier.subscribe(channel)
    for number in range(integrations):
        owner = f"int_{number + 2:03d}"
        world.config.add_integration(an_integration(id=owner))
        metrics = [f"met_{owner}_{n}" for n in range(METRICS)]
        for metric_id in metrics:
            world.config.add_metric(a_metric(id=metric_id, integration_id=owner))
            add_values(world, metric_id, values)
            _add_alert(world, metric_id, owner)
        status = SyncStatus("ok", 1, NOON, NOON, NOON, withheld=(metrics[0],))
        world.config.save_sync_status(owner, status)
        for n in range(0, METRICS, SERVED):
            _add_goal(world, f"gol_{owner}_{n}", metrics[n : n + SERVED])


def add_values(world: ApiWorld, metric_id: str, values: int) -> None:
    """Give a metric so many values, past the fence, which is of no concern here."""
    for version in range(1, values + 1):
        as_of = NOON + version * APART
        value = to_item(a_value("100", version, metric_id=metric_id, as_of=as_of))
        for sk in (value_sk(as_of, version), "LATEST"):
            key = metric_key(metric_id, sk)
            world.table.items[key["pk"], key["sk"]] = {**value, **key}


def _add_alert(world: ApiWorld, metric_id: str, owner: str) -> None:
    alert = an_alert(
        id=f"alt_{metric_id}",
        metric_id=metric_id,
        integration_id=owner,
        channels=("chn_002", "chn_003"),
    )
    world.alerts.add_alert(alert, AlertState())
    seen = AlertState()
    for version in range(1, EVENTS + 1):
        at = NOON + version * APART
        state, event, _ = fired(alert, seen, version, as_of=at)
        notices = [a_notice(alert.id, event.decision.key, key) for key in alert.channels]
        commit(world, alert, seen, (state, event, notices))
        claimed = world.outbox.claim(notices[0], now=NOON, until=NOON)
        assert claimed is not None
        world.outbox.settle(replace(claimed, status="sent"))
        seen = state


def _add_goal(world: ApiWorld, goal_id: str, metrics: list[str]) -> None:
    goal = Goal(goal_id, "More", Decimal(200), NOON)
    world.goals.add_goal(goal)
    for metric_id, revision in zip(metrics, count(2), strict=False):
        goal = replace(goal.with_link(GoalLink(metric_id)), revision=revision)
        world.goals.save_link(goal, metric_id)
