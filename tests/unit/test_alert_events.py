"""The history of an alert is read in a few looks at the table, however long it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.alerts import AlertState
from shared.domain.notices import Notice
from tests.api_world import ApiWorld
from tests.decided import a_notice, commit, fired
from tests.fakes import NOON
from tests.stories import an_alert

CHANNELS = ("chn_1", "chn_2", "chn_3")


@pytest.fixture(name="world")
def _world() -> ApiWorld:
    world = ApiWorld()
    world.alerts.add_alert(an_alert(), AlertState())
    return world


def tell(world, events):
    """Decide something each hour and tell three channels of it; gives the notices."""
    seen = AlertState()
    waiting: list[Notice] = []
    for version in range(1, events + 1):
        at = NOON + timedelta(hours=version)
        state, event, _ = fired(an_alert(), seen, version, as_of=at)
        notices = [a_notice("alt_1", event.decision.key, channel) for channel in CHANNELS]
        commit(world, an_alert(), seen, (state, event, notices))
        seen, waiting = state, waiting + notices
    return waiting


def send(world, notice):
    claimed = world.outbox.claim(notice, now=NOON, until=NOON)
    world.outbox.settle(replace(claimed, status="sent"))


def test_a_page_of_sent_notices_takes_one_look_at_events_and_one_at_notices(world):
    for notice in tell(world, 20):
        send(world, notice)
    world.table.calls.names.clear()
    world.table.reads = 0
    page = world.alerts.events("alt_1", limit=20)
    assert [len(event.notices) for event in page.items] == [3] * 20
    assert world.table.calls.names == ["query", "get_many"]
    assert world.table.reads == 20 + 60


def test_what_waits_is_shown_beside_what_was_sent(world):
    first, *_ = tell(world, 1)
    send(world, first)
    (event,) = world.alerts.events("alt_1", limit=1).items
    assert [(it.channel_id, it.status) for it in event.notices] == [
        ("chn_1", "sent"),
        ("chn_2", "pending"),
        ("chn_3", "pending"),
    ]


def test_a_notice_that_is_settled_between_two_looks_is_not_missed(world):
    first, *_ = tell(world, 1)
    calls = world.table.calls

    def settle_after_the_first_look(number):
        if calls.names[number - 1] == "get_many":
            calls.after = None
            send(world, first)

    calls.after = settle_after_the_first_look
    (event,) = world.alerts.events("alt_1", limit=1).items
    assert calls.after is None
    assert [it.status for it in event.notices] == ["sent", "pending", "pending"]
