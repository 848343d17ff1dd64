"""An account that is disconnected while it is being imported is left alone within seconds."""

from dataclasses import replace

import pytest
from aiohttp import web

from local.stripe_sandbox import Sandbox, SeedOptions, seeded_business, start
from tests.fakes import NOON
from tests.stories import a_metric
from tests.syncing import Worker, differences

# The next look comes within five seconds; what is under way then is read to its end.
REQUESTS_TO_STOP = 15


class Disconnecting:
    """Disconnects the account at one of its requests; each takes a second."""

    def __init__(self, worker: Worker, at: int) -> None:
        self.worker, self.at, self.seen = worker, at, 0

    async def __call__(self, request: web.Request, _: str) -> None:
        del request
        self.seen += 1
        self.worker.stores.clock.move(seconds=1)
        if self.seen == self.at:
            set_connected(self.worker, is_connected=False)


def set_connected(worker: Worker, *, is_connected: bool) -> None:
    config = worker.stores.config
    now = config.integration(worker.id)
    config.save_integration(replace(now, is_connected=is_connected, revision=now.revision + 1))


@pytest.fixture(scope="module", name="sandbox")
def _sandbox():
    options = SeedOptions(customers=150, days=390)
    with start(seeded_business(NOON, options)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("at", [1, 5, 20, 35])
def test_an_import_stops_and_goes_on_once_it_is_connected_again(sandbox: Sandbox, at: int) -> None:
    whole = Worker(sandbox).connect([a_metric()])
    whole.sync("1")
    worker = Worker(sandbox).connect([a_metric()])
    disconnecting = Disconnecting(worker, at)
    sandbox.settings.interceptors = [disconnecting]
    worker.sync("1")
    sandbox.settings.interceptors = []
    assert at <= disconnecting.seen <= at + REQUESTS_TO_STOP
    assert (worker.status.state, worker.status.progress) == ("never", None)
    assert worker.stores.queue.requests == []
    worker.sync("2")
    assert worker.requests == 0
    set_connected(worker, is_connected=True)
    worker.sync("3")
    assert worker.status.state == "ok"
    assert differences(whole.told(), worker.told()) == []
