"""However the time is divided into ticks, and however events come, the ledger says the same."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from local.stripe_sandbox import Business, SeedOptions, Settings, seeded_business, start
from local.stripe_sandbox.server import Interceptor
from tests.following import Life
from tests.syncing import Worker, differences

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
HOURS = 48


def a_business(seed: int) -> Business:
    options = SeedOptions(seed=seed, customers=20, days=300, exotic=False, foreign_share=0.3)
    return seeded_business(NOW, options)


def followed(
    seed: int, hours_of_ticks: set[int], interceptor: Interceptor | None = None
) -> dict[str, Any]:
    """Return what the ledger says of a business that was synced at these hours, and at last."""
    business = a_business(seed)
    interceptors = () if interceptor is None else (interceptor,)
    with start(business, settings=Settings(interceptors=interceptors)) as sandbox:
        worker = Worker(sandbox).connect()
        worker.sync("00")
        life = Life(business, seed, changes=40)
        for hour in range(1, HOURS + 1):
            life.live_in(sandbox, 1)
            worker.stores.clock.move(hours=1)
            if hour in hours_of_ticks or hour == HOURS:
                worker.sync(f"{hour:02}")
                assert worker.status.state == "ok"
        return worker.told()


@pytest.mark.parametrize("seed", [1, 2])
def test_however_the_time_is_divided_into_ticks_the_ledger_says_the_same(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - choices that can be made again
    hourly = followed(seed, set(range(HOURS)))
    for some in (set(), {24}, set(chance.sample(range(HOURS), 9))):
        assert differences(followed(seed, some), hourly) == []


class Scrambled:
    """Repeats events on the page they are on, and shuffles the page but for its end.

    A page ends with the event that the next one goes on from.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - choices that can be made again
        self.repeated = 0
        self.front: Any = None

    async def __call__(self, request: web.Request, _: str) -> web.StreamResponse | None:
        if request.path != "/v1/events":
            return None
        settings = self.front.settings
        settings.interceptors, kept = (), settings.interceptors
        try:
            response = await self.front.handle(request)
        finally:
            settings.interceptors = kept
        page = json.loads(response.body)
        *others, last = page["data"] or [None]
        again = [it for it in others if self._chance.random() < 0.3]
        self.repeated += len(again)
        others += again
        self._chance.shuffle(others)
        page["data"] = [*others, last] if last else []
        return web.json_response(page, headers={"Date": response.headers["Date"]})


def test_events_in_any_order_and_told_again_change_nothing() -> None:
    as_told = followed(3, set(range(HOURS)))
    scrambled = Scrambled(3)
    business = a_business(3)
    with start(business) as sandbox:
        scrambled.front = sandbox._front
        sandbox.settings.interceptors = (scrambled,)
        worker = Worker(sandbox).connect()
        worker.sync("00")
        life = Life(business, 3, changes=40)
        for hour in range(1, HOURS + 1):
            life.live_in(sandbox, 1)
            worker.stores.clock.move(hours=1)
            worker.sync(f"{hour:02}")
    assert scrambled.repeated > 20
    assert differences(worker.told(), as_told) == []
