"""Once a week what could have drifted is read whole, put right, and told."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.stripe_sandbox import Business, Sandbox, start
from shared.domain.metrics import Mrr
from tests.fakes import NOON
from tests.stories import a_metric
from tests.syncing import Worker


@pytest.fixture(name="sandbox")
def _sandbox() -> Iterator[Sandbox]:
    with start(Business.empty(NOON, bills=True)) as sandbox:
        yield sandbox


def followed(sandbox: Sandbox) -> Worker:
    worker = Worker(sandbox).connect([a_metric(id="met_1", query=Mrr())])
    worker.sync("0")
    return worker


def mrr_of(worker: Worker) -> int:
    value = worker.stores.metrics.latest(["met_1"])["met_1"].value
    assert value is not None
    return int(value)


def test_what_changed_without_an_event_is_found_within_a_week(sandbox):
    business = sandbox.business
    price = business.add_price(10_000)
    subs = [business.add_subscription(price, created=NOON) for _ in range(3)]
    worker = followed(sandbox)
    assert mrr_of(worker) == 300

    def change_in_silence(business: Business) -> None:
        events = business.state.events
        before = {event.id for event in events}
        business.change_item(subs[0].items[0], quantity=5)
        business.cancel(subs[1], at_period_end=False)
        for event in [event for event in events if event.id not in before]:
            events.remove(event)

    sandbox.run(change_in_silence)
    sandbox.advance(days=1)
    worker.sync("1")
    assert (mrr_of(worker), worker.status.notes) == (300, ())
    sandbox.advance(days=7)
    worker.sync("2")
    assert mrr_of(worker) == 600
    (note,) = worker.status.notes
    assert note.startswith("The weekly check found 2 customers otherwise")


def test_a_check_that_finds_nothing_says_nothing_and_comes_a_week_later_again(sandbox):
    business = sandbox.business
    business.add_subscription(business.add_price(10_000), created=NOON)
    worker = followed(sandbox)
    checks = []
    for day in range(1, 17):
        sandbox.advance(days=1)
        worker.sync(f"{day:02}")
        checks.append(worker.place.checked_at)
        assert worker.status.notes == ()
    assert len(set(checks)) == 3


def test_a_customer_who_has_gone_without_a_word_is_noted_as_deleted(sandbox):
    business = sandbox.business
    business.add_subscription(business.add_price(10_000), created=NOON)
    guest = business.add_customer(created=NOON)
    worker = followed(sandbox)
    sandbox.run(lambda b: b.state.customers.remove(guest))
    sandbox.advance(days=8)
    worker.sync("1")
    (gone,) = [it for it in worker.account().customers if it.id == guest.id]
    assert gone.deleted_at is not None
    assert replace(worker.place, drifted=1) == worker.place
