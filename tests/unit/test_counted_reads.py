"""No route reads more than it shows, however much is stored beside it.

What may be read for an answer is a few items whatever it shows (`AT_ANY_RATE`: the object that the
path names, how its account's sync went, the one item beyond a page that says whether there is
another), and for each object that it shows so many as `COSTS` says: its own item, its pointer, its
newest value, and what else it is shown with.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.api.handler import app, handle
from tests.api_events import CONTEXT, an_event
from tests.api_world import ApiWorld
from tests.builders import an_account, monthly
from tests.stocked_world import add_values, stock

METRIC = "met_int_002_0"
ALERT = f"alt_{METRIC}"
AT_ANY_RATE = 6
CALLS = 7
RESOLUTIONS = ("raw", "day", "week", "month")
# Each day, week or month is looked for by itself.
CALLS_PER_PERIOD = 1
# One for each shard of the ledger, and one for the rates.
CALLS_OF_LEDGER = 17


def of_integration(shown: Any) -> int:
    """Its item, how its sync went, a marker of each interval; the metrics that a warning counts."""
    return 1 + 1 + 3 + len(shown["warnings"])


def of_metric(shown: Any) -> int:
    """Its pointer, its item, its newest value; the goals that it serves."""
    return 3 + len(shown["goals"])


def of_goal(shown: Any) -> int:
    """Its item; of each metric that serves it the item and the newest value."""
    return 1 + 2 * len(shown["metrics"])


def of_alert(_: Any) -> int:
    """Its item, its state, and the integration that may be disconnected."""
    return 3


def of_event(shown: Any) -> int:
    """Its item and its notices, each looked for where it is once sent and where it waits."""
    return 1 + 2 * len(shown["notices"])


def of_nothing_else(_: Any) -> int:
    """Its item."""
    return 1


def of_period(_: Any) -> int:
    """Its last value and a dozen around it, for which DynamoDB asks as much as for one."""
    return 1 + 12


def of_explanation(shown: Any) -> int:
    """The integration and two values; of the ledger each customer's range once, and the rates."""
    return 3 + shown["contributions"]["total"] + 1


def of_what_is_not_stored(_: Any) -> int:
    """Nothing."""
    return 0


Cost = Callable[[Any], int]
# By route, what is asked for, and what one object of the answer may cost.
COSTS: dict[str, tuple[list[str], Cost]] = {
    "/health": (["/health"], of_what_is_not_stored),
    "/openapi.json": (["/openapi.json"], of_what_is_not_stored),
    "/docs": (["/docs"], of_what_is_not_stored),
    "/v1/metric-types": (["/v1/metric-types"], of_what_is_not_stored),
    "/v1/integrations": (["/v1/integrations?limit=3&cursor=int_1"], of_integration),
    "/v1/integrations/<integration_id>": (["/v1/integrations/int_002"], of_integration),
    "/v1/integrations/<integration_id>/metrics": (
        ["/v1/integrations/int_002/metrics?limit=3", "/v1/integrations/int_002/metrics"],
        of_metric,
    ),
    "/v1/metrics/<metric_id>": ([f"/v1/metrics/{METRIC}"], of_metric),
    "/v1/metrics/<metric_id>/values": (
        [f"/v1/metrics/{METRIC}/values?limit=3&resolution={it}" for it in RESOLUTIONS],
        of_period,
    ),
    "/v1/metrics/<metric_id>/explain": (
        [
            f"/v1/metrics/{METRIC}/explain?at=2026-11-22T12:00:00Z",
            f"/v1/metrics/{METRIC}/explain?at=2026-11-22T12:00:00Z&compare_to=match_stripe&limit=1",
        ],
        of_explanation,
    ),
    "/v1/goals": (["/v1/goals?limit=3"], of_goal),
    "/v1/goals/<goal_id>": (["/v1/goals/gol_int_002_0"], of_goal),
    "/v1/alerts": (["/v1/alerts?limit=3"], of_alert),
    "/v1/alerts/<alert_id>": ([f"/v1/alerts/{ALERT}"], of_alert),
    "/v1/alerts/<alert_id>/events": ([f"/v1/alerts/{ALERT}/events?limit=3"], of_event),
    "/v1/channels": (["/v1/channels?limit=3"], of_nothing_else),
    "/v1/notifications": (["/v1/notifications"], of_nothing_else),
}
ASKED = [
    pytest.param(target, cost, id=target) for targets, cost in COSTS.values() for target in targets
]


def a_world(integrations: int, values: int) -> ApiWorld:
    world = ApiWorld()
    stock(world, integrations=integrations, values=values // 10)
    add_values(world, METRIC, values)
    account = an_account(monthly(4900), monthly(9900), monthly(1900), mode="test")
    for integration in ("int_001", "int_002", "int_003"):
        world.read_account(account, integration)
    return world


@pytest.fixture(name="usual", scope="module")
def _usual() -> ApiWorld:
    return a_world(integrations=5, values=200)


@pytest.fixture(name="tenfold", scope="module")
def _tenfold() -> ApiWorld:
    return a_world(integrations=50, values=2_000)


@pytest.fixture(name="reads_of")
def _reads_of(monkeypatch):
    """Ask a world's API; gives the answer, the items that it read, and its calls of the table."""

    def ask(world: ApiWorld, target: str) -> tuple[Any, int, int]:
        world.answer_the_handler(monkeypatch)
        world.table.reads = world.ledger_table.reads = 0
        before = world.table.calls.made + world.ledger_table.calls.made
        answer = handle(an_event("GET", target), CONTEXT)
        assert answer["statusCode"] == 200, answer
        calls = world.table.calls.made + world.ledger_table.calls.made - before
        is_page = answer["headers"]["Content-Type"].startswith("text/html")
        body = {} if is_page else json.loads(answer["body"])
        return body, world.table.reads + world.ledger_table.reads, calls

    return ask


def test_every_route_that_reads_is_counted():
    routes = [*app._static_routes, *app._dynamic_routes]
    assert {route.path for route in routes if route.method == "GET"} == COSTS.keys()


@pytest.mark.parametrize(("target", "cost"), ASKED)
def test_no_route_reads_more_than_what_it_shows_costs(usual, reads_of, target, cost):
    answer, reads, calls = reads_of(usual, target)
    shown = answer.get("data", [answer])
    assert reads <= AT_ANY_RATE + sum(map(cost, shown))
    beside = CALLS_PER_PERIOD * len(shown) if "resolution" in target else 0
    assert calls <= CALLS + (CALLS_OF_LEDGER if "explain" in target else beside)


@pytest.mark.parametrize(("target", "cost"), ASKED)
def test_ten_times_as_much_beside_it_changes_nothing(usual, tenfold, reads_of, target, cost):
    del cost
    few, *counted = reads_of(usual, target)
    many, *counted_beside_more = reads_of(tenfold, target)
    assert counted == counted_beside_more
    assert len(few.get("data", [])) == len(many.get("data", []))
