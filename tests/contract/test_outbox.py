"""What the outbox promises: one sender at a time, and nothing lost until it is settled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.alerts import AlertState
from shared.domain.notices import Message
from tests.decided import a_notice, commit, fired, left
from tests.emulated import over_tables
from tests.fakes import NOON

pytestmark = over_tables
LATER = NOON + timedelta(seconds=60)


@pytest.fixture(name="notice")
def _notice(stores, alert):
    told = fired(alert, AlertState())
    commit(stores, alert, AlertState(), told)
    return told[2][0]


def test_a_notice_is_claimed_by_one_at_a_time(stores, alert, notice):
    claimed = stores.outbox.claim(notice, now=NOON, until=LATER)
    assert (claimed.status, claimed.attempts, claimed.lease_until) == ("sending", 1, LATER)
    assert stores.outbox.pending_of(alert.id) == (claimed,)
    assert stores.outbox.claim(notice, now=NOON, until=LATER) is None
    assert stores.outbox.claim(claimed, now=LATER - timedelta(seconds=1), until=LATER) is None


def test_a_claim_that_has_run_out_can_be_taken_over_at_that_very_instant(stores, notice):
    claimed = stores.outbox.claim(notice, now=NOON, until=LATER)
    again = stores.outbox.claim(claimed, now=LATER, until=LATER + timedelta(seconds=60))
    assert (again.status, again.attempts) == ("sending", 2)


@pytest.mark.parametrize("status", ["sent", "failed", "not_receiving"])
def test_what_is_settled_leaves_the_outbox_and_stays_in_the_history(stores, alert, notice, status):
    claimed = stores.outbox.claim(notice, now=NOON, until=LATER)
    settled = replace(
        claimed, status=status, lease_until=None, message_id="m1", sent_at=NOON, failure="words"
    )
    stores.outbox.settle(settled)
    assert stores.outbox.pending_of(alert.id) == ()
    assert stores.alerts.events(alert.id, limit=1).items[0].notices == (settled,)
    assert stores.outbox.claim(claimed, now=LATER, until=LATER) is None
    stores.outbox.settle(settled)  # whoever lost its answer settles once more
    assert stores.alerts.events(alert.id, limit=1).items[0].notices == (settled,)


def test_what_could_not_be_sent_goes_back_and_may_be_claimed_at_once(stores, alert, notice):
    claimed = stores.outbox.claim(notice, now=NOON, until=LATER)
    back = replace(claimed, status="pending", lease_until=None, failure="busy")
    stores.outbox.settle(back)
    assert stores.outbox.pending_of(alert.id) == (back,)
    assert stores.outbox.claim(back, now=NOON, until=LATER).attempts == 2


def test_who_was_too_slow_does_not_take_back_what_somebody_else_is_sending(stores, alert, notice):
    slow = stores.outbox.claim(notice, now=NOON, until=NOON)
    other = stores.outbox.claim(slow, now=LATER, until=LATER + timedelta(seconds=60))
    stores.outbox.settle(replace(slow, status="pending", lease_until=None))
    assert stores.outbox.pending_of(alert.id) == (other,)


@pytest.mark.parametrize("status", ["pending", "sent"])
def test_a_notice_whose_alert_was_removed_while_it_was_sent_does_not_come_back(
    stores, alert, notice, status
):
    claimed = stores.outbox.claim(notice, now=NOON, until=LATER)
    stores.alerts.remove_alert(alert)
    stores.outbox.settle(replace(claimed, status=status, lease_until=None))
    assert left(stores, alert.id) == []
    assert stores.outbox.claim(notice, now=LATER, until=LATER) is None


def test_the_notices_of_one_source_come_oldest_first_and_are_its_own(stores, metric, alert, notice):
    del metric
    seen = fired(alert, AlertState())[0]
    state, event, _ = fired(alert, seen, version=2)
    early = replace(
        a_notice(alert.id, event.decision.key, "chn_2"), decided_at=NOON - timedelta(seconds=1)
    )
    commit(stores, alert, seen, (state, event, [early]))
    assert stores.outbox.pending_of(alert.id) == (early, notice)
    assert stores.outbox.pending_of(alert.id[:-1]) == ()


def test_all_that_is_pending_comes_oldest_first(stores, alert, notice):
    text = Message("Ünïcode 🚨", "x" * 5_000)
    seen = fired(alert, AlertState())[0]
    state, event, _ = fired(alert, seen, version=2)
    others = [
        replace(
            a_notice(alert.id, event.decision.key, f"chn_{n}"),
            decided_at=NOON + timedelta(seconds=10 - n),
            message=text,
        )
        for n in range(10)
    ]
    commit(stores, alert, seen, (state, event, others))
    own = [it for it in stores.outbox.pending() if it.source_id == alert.id]
    assert own == [notice, *reversed(others)]
    claimed = stores.outbox.claim(own[0], now=NOON, until=LATER)
    # Whoever is killed while sending has left it there.
    assert next(it for it in stores.outbox.pending() if it.source_id == alert.id) == claimed
    stores.outbox.settle(replace(claimed, status="sent", lease_until=None))
    assert [it for it in stores.outbox.pending() if it.source_id == alert.id] == own[1:]
