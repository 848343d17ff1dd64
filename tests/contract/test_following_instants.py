"""What happens while Stripe is being asked, and what clocks that go wrong do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from local.stripe_sandbox import Business, Sandbox, Settings, start
from local.stripe_sandbox.faults import DATE
from tests.syncing import Worker, differences

NOW = 1_800_000_000


class Interruption:
    """Fails a request for events once, when it is set, and lets something happen meanwhile."""

    def __init__(self) -> None:
        self.act: Callable[[], None] | None = None

    async def __call__(self, request: web.Request, _: str) -> web.Response | None:
        """Fail, or None where the sandbox is to answer."""
        if self.act is None or request.path != "/v1/events":
            return None
        act, self.act = self.act, None
        act()
        return web.Response(status=500, headers={"Date": request[DATE]})


def a_business() -> Business:
    business = Business.empty(NOW, bills=True)
    subscribe(business, 8)
    return business


def subscribe(business: Business, people: int) -> None:
    price = business.add_price(1_000)
    for _ in range(people):
        business.add_subscription(price, created=business.now)


def imported(sandbox: Sandbox) -> Worker:
    """An account that was imported; it seems to have taken so long that following is cheaper."""
    worker = Worker(sandbox).connect()
    worker.sync("1")
    keep(worker, requests=10_000)
    sandbox.advance(hours=2)
    return worker


def keep(worker: Worker, **changes: Any) -> None:
    worker.stores.ledger.places[worker.id] = replace(worker.place, **changes)


def differs_from_anew(sandbox: Sandbox, worker: Worker) -> list[str]:
    anew = Worker(sandbox).connect()
    anew.sync("1")
    one, other = worker.everything(), anew.everything()
    return differences(
        *({key: value for key, value in it.items() if key != "place"} for it in (one, other))
    )


def test_what_happens_between_two_tries_is_read_the_next_time() -> None:
    business, interruption = a_business(), Interruption()
    with start(business, settings=Settings(interceptors=[interruption])) as sandbox:
        worker = imported(sandbox)

        def act() -> None:
            sandbox.clock.skip(20)
            business.advance_to(sandbox.clock.now())
            subscribe(business, 3)

        interruption.act = act
        worker.sync("2")
        sandbox.advance(seconds=600)
        worker.sync("3")
        assert differs_from_anew(sandbox, worker) == []


def test_a_clock_that_was_fast_once_hides_nothing_for_long() -> None:
    business = a_business()
    with start(business) as sandbox:
        worker = imported(sandbox)
        assert worker.place.as_of is not None
        keep(worker, as_of=worker.place.as_of + timedelta(days=400))
        subscribe(business, 3)
        sandbox.advance(seconds=1_200)
        worker.sync("2")
        assert [note.startswith("The last refresh went by") for note in worker.status.notes] == [
            True
        ]
        assert differs_from_anew(sandbox, worker) == []


def test_after_a_pause_of_more_than_is_kept_the_account_is_imported_as_if_new() -> None:
    with start(a_business()) as sandbox:
        worker = imported(sandbox)
        sandbox.advance(days=500)
        worker.stores.clock.move(days=500)
        worker.sync("2")
        assert worker.status.notes[0].startswith("Stripe keeps events for 30 days")
        assert differs_from_anew(sandbox, worker) == []
        anew = Worker(sandbox).connect()
        anew.sync("1")
        assert worker.place.balance_since == anew.place.balance_since
        assert worker.place.history_since == anew.place.history_since


def test_a_quiet_tick_takes_two_requests_however_busy_the_minutes_before_were():
    business = Business.empty(NOW, bills=True)
    subscribe(business, 90)
    subs = list(business.state.subscriptions)

    def change_all(business: Business) -> None:
        for sub in subs:
            business.change_item(sub.items[0], quantity=2)

    with start(business) as sandbox:
        worker = imported(sandbox)
        worker.sync("2")
        sandbox.run(change_all)
        sandbox.advance(seconds=60)
        worker.sync("3")
        assert 90 < worker.requests <= 2 + 2 * 90
        for slot in ("4", "5"):
            sandbox.advance(seconds=60)
            worker.sync(slot)
            assert worker.requests == 2
        sandbox.run(lambda b: b.change_item(subs[0].items[0], quantity=3))
        worker.sync("6")
        assert worker.requests <= 2 + 2 + 2  # a further page of events, and of what waits
        fresh = Worker(sandbox).connect()
        fresh.sync("1")
        assert differences(worker.told(), fresh.told()) == []
