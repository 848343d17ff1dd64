"""A sync that is killed anywhere, or has no time left at any moment, ends as if nothing had been.

The process ends before or after each of its writes and requests, one after another; then its lease
runs out and the same message comes again. Prints how many such points there were.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

import pytest

from functions.sync import past_values
from local.stripe_sandbox import Business, Sandbox, SeedOptions, seeded_business, start
from local.stripe_sandbox.records import CurrencyOption
from shared.adapters import stripe_following
from shared.domain.metrics import CustomerCount, Revenue
from shared.domain.schedule import past_instants
from tests.following import Life
from tests.stories import a_metric
from tests.syncing import Process, Worker, differences

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
METRICS = (
    a_metric(id="met_mrr"),
    a_metric(id="met_revenue", query=Revenue("net", "last_month")),
    a_metric(id="met_churned", query=CustomerCount("churned", "last_month")),
)
IMPORTED_IN = 10_000


@pytest.fixture(autouse=True)
def _in_small(monkeypatch):
    """The values of the past are all alike: a few of them do. Few customers make a batch."""

    def few(*arguments: Any, **named: Any) -> Iterator[datetime]:
        return islice(past_instants(*arguments, **named), 3)

    monkeypatch.setattr(past_values, "past_instants", few)
    monkeypatch.setattr(stripe_following, "_CUSTOMERS_AT_ONCE", 3)


def a_business(seed: int = 3, **options: Any) -> Business:
    usual: dict[str, Any] = {"customers": 5, "days": 390, "exotic": False, "foreign_share": 0.5}
    return seeded_business(NOW, SeedOptions(seed=seed, **usual | options))


def imported(sandbox: Sandbox) -> Worker:
    """An account that was imported; it seems to have taken so long that following is cheaper."""
    worker = Worker(sandbox).connect(METRICS)
    worker.sync("0")
    keep(worker, requests=IMPORTED_IN)
    return worker


def keep(worker: Worker, **changes: Any) -> None:
    worker.stores.ledger.places[worker.id] = replace(worker.place, **changes)


def let_everything_change(sandbox: Sandbox, hours: int = 8) -> None:
    """Let people do all sorts of things, with prices of other currencies among them."""
    business = sandbox.business
    life = Life(business, 5, changes=130)
    life.live_in(sandbox, hours)
    price = next(it for it in business.state.prices if it.currency_options)
    sandbox.run(lambda _: business.update(price, currency_options={"eur": CurrencyOption("777")}))
    sandbox.advance(seconds=60)


def before_the_import(sandbox: Sandbox) -> Worker:
    return Worker(sandbox).connect(METRICS)


def before_catching_up(sandbox: Sandbox) -> Worker:
    worker = imported(sandbox)
    let_everything_change(sandbox)
    return worker


def before_a_recheck(sandbox: Sandbox) -> Worker:
    """The events of some hours are missed, as if Stripe had never told them."""
    worker = imported(sandbox)
    let_everything_change(sandbox)
    now = sandbox.clock.now()
    missed = datetime.fromtimestamp(now, UTC) + timedelta(minutes=11)
    keep(worker, as_of=missed, stamp=now + 660, checked_at=missed - timedelta(days=8))
    sandbox.advance(hours=1)
    return worker


def before_reading_all_again(sandbox: Sandbox) -> Worker:
    worker = imported(sandbox)
    let_everything_change(sandbox, 4)
    sandbox.advance(days=33)
    worker.stores.clock.move(days=33)
    return worker


SITUATIONS: dict[str, tuple[Callable[[Sandbox], Worker], Callable[[Worker], bool]]] = {
    "a first import": (before_the_import, lambda it: it.place.repair == "none"),
    "catching up": (before_catching_up, lambda it: it.place.requests == IMPORTED_IN),
    "a recheck": (before_a_recheck, lambda it: it.place.drifted > 1),
    "reading all again": (before_reading_all_again, lambda it: "30 days" in it.status.notes[0]),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_killed_anywhere_or_out_of_time_it_ends_the_same(situation: str) -> None:
    prepare, is_so = SITUATIONS[situation]
    with start(a_business()) as sandbox:
        before = prepare(sandbox)
        calm = before.copy()
        calm.sync("1")
        assert calm.status.state == "ok"
        assert is_so(calm)
        killed = sum(1 for _ in killed_everywhere(before, calm))
        late = sum(1 for _ in late_everywhere(before, calm))
    print(f"\n{situation}: killed at {killed} points, out of time at {late} moments")  # noqa: T201
    assert killed > 50
    assert late > 4


@pytest.mark.usefixtures("everlasting_events")
@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_while_the_business_goes_on_it_knows_the_same(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - choices that can be made again
    business = a_business(seed, events_days=None)
    with start(business) as sandbox:
        life = Life(business, seed, changes=100)
        worker = Worker(sandbox).connect(METRICS)
        for hour in range(30):
            worker.process = Process(chance.randint(5, 90))
            worker.questions = chance.choice((None, 3, 5))
            worker.try_once(f"{hour:02}")
            life.live_in(sandbox, 1)
            worker.stores.clock.move(hours=1)
        worker.process, worker.questions = Process(), None
        worker.sync("end")
        assert worker.status.state == "ok"
        anew = Worker(sandbox).connect()
        anew.sync("end")
    assert len(worker.kills) > 5
    assert differences(worker.told(), anew.told()) == []


def killed_everywhere(before: Worker, calm: Worker) -> Iterator[str]:
    for point in count(1):
        worker = before.copy()
        worker.process = Process(point)
        worker.sync("1")
        if not worker.kills:
            return
        assert same(worker, calm) == [], f"killed at point {point}, {worker.kills[0]}"
        yield worker.kills[0]


def late_everywhere(before: Worker, calm: Worker) -> Iterator[int]:
    for questions in range(1, calm.asked + 1):
        worker = before.copy()
        worker.questions = questions
        worker.sync("1")
        assert same(worker, calm) == [], f"out of time after {questions} questions"
        assert worker.status.state == "ok"
        # By these it is judged whether reading all again is cheaper: none may be forgotten.
        assert worker.place.requests >= calm.place.requests
        yield questions


def same(worker: Worker, calm: Worker) -> list[str]:
    """How two differ; of prices, one may have read some that the other knew from subscriptions."""
    one, other = worker.catalog(), calm.catalog()
    both = one.keys() & other.keys()
    return [
        *differences(worker.everything(), calm.everything()),
        *differences({it: one[it] for it in both}, {it: other[it] for it in both}),
    ]
