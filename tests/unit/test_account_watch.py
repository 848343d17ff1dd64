"""What people hear of an account's syncs: each trouble once, and that it is over."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.account_watch import AccountEvent, AccountWatch, Look, patience_of, watch_account
from shared.domain.configuration import SyncStatus
from tests.fakes import NOON
from tests.stories import an_integration

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PATIENCE = 2 * HOUR + 15 * MINUTE
OLD, FRESH = NOON - PATIENCE - MINUTE, NOON - PATIENCE


def looking(state, success=NOON, attempt=NOON, *, sequence=5, connected=NOON - 99 * HOUR):
    """See an account of hourly metrics."""
    status = SyncStatus(state, sequence, attempt, success)
    return Look(an_integration(connected_at=connected), status, NOON, PATIENCE)


WELL = AccountWatch(sequence=4, episode=2)
FAILED = replace(WELL, is_failed=True)
STALE = replace(WELL, is_stale=True)
BOTH = replace(WELL, is_failed=True, is_stale=True)

LOOKS = [
    ("a success is no news", WELL, looking("ok"), [], WELL),
    ("a failure is told", WELL, looking("error"), ["3/sync_failed"], FAILED),
    ("the same trouble is not told again", FAILED, looking("error"), [], FAILED),
    ("numbers that age are told", WELL, looking("ok", OLD), ["3/stale"], STALE),
    ("numbers may be so old and no older", WELL, looking("ok", FRESH), [], WELL),
    (
        "a failure with old numbers is told as a failure, and that is enough",
        WELL,
        looking("error", OLD),
        ["3/sync_failed"],
        BOTH,
    ),
    ("what ages in a failure is told as well", FAILED, looking("error", OLD), ["2/stale"], BOTH),
    ("what fails in a gap is told as well", STALE, looking("error", OLD), ["2/sync_failed"], BOTH),
    ("a success after a failure is told", FAILED, looking("ok"), ["2/recovered"], WELL),
    ("a success after a gap is told", STALE, looking("ok"), ["2/recovered"], WELL),
    ("a success after both is told once", BOTH, looking("ok"), ["2/recovered"], WELL),
    ("a success that is old already ends nothing", FAILED, looking("ok", OLD), ["2/stale"], BOTH),
    ("a sync that runs ends nothing", FAILED, looking("running"), [], FAILED),
    ("a sync that runs may be about to mend it", WELL, looking("running", OLD), [], WELL),
    ("unless it runs for too long", WELL, looking("running", OLD, OLD), ["3/stale"], STALE),
    ("a first import is not stale", WELL, looking("running", None, NOON), [], WELL),
    ("unless it takes ages", WELL, looking("running", None, OLD), ["3/stale"], STALE),
    (
        "an account just connected again is not stale, however old its numbers are",
        WELL,
        looking("ok", NOON - 50 * HOUR, connected=NOON),
        [],
        WELL,
    ),
    (
        "an account just connected is not stale",
        WELL,
        looking("never", None, None, connected=NOON),
        [],
        WELL,
    ),
    ("one that was never read is, in time", WELL, looking("never", None, None), ["3/stale"], STALE),
]


@pytest.mark.parametrize(
    ("watch", "look", "told", "after"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS]
)
def test_what_is_told_of_a_look(watch, look, told, after):
    seen, events = watch_account(watch, look)
    assert [event.key for event in events] == [f"int_1/{key}" for key in told]
    assert all(event.look == look and event.key.endswith(event.kind) for event in events)
    assert seen.sequence == (5 if look.has_ended else 4)
    begins = bool(told) and not watch.is_in_trouble and told[-1] != "2/recovered"
    assert replace(seen, sequence=4) == replace(after, episode=watch.episode + begins)
    # Whoever looks again, sees nothing new.
    assert watch_account(seen, look) == (seen, ())


def test_an_old_sync_does_not_hide_that_a_later_one_was_looked_at():
    seen, _ = watch_account(AccountWatch(sequence=9), looking("ok", sequence=5))
    assert seen.sequence == 9


@pytest.mark.parametrize(
    ("intervals", "hours"),
    [(["hourly"], 2), (["daily"], 48), (["weekly"], 336), (["weekly", "hourly"], 2), ([], 48)],
    ids=str,
)
def test_the_shortest_interval_says_how_long_to_wait(intervals, hours):
    assert patience_of(frozenset(intervals)) == hours * HOUR + 15 * MINUTE


looks = st.builds(
    lambda state, success, attempt, sequence: looking(
        state,
        success=None if success is None else NOON - success * HOUR,
        attempt=NOON - attempt * HOUR,
        sequence=sequence,
    ),
    st.sampled_from(["never", "running", "ok", "error"]),
    st.none() | st.integers(0, 4),
    st.integers(0, 4),
    st.integers(1, 9),
)


@given(st.lists(looks, max_size=20), st.randoms(use_true_random=False))
def test_whatever_is_seen_each_episode_tells_each_thing_once(seen, random):
    watch = AccountWatch()
    told: list[AccountEvent] = []
    for look in seen:
        was_in_trouble = watch.is_in_trouble
        watch, events = watch_account(watch, look)
        told += events
        for event in events:
            assert (event.kind == "recovered") == (was_in_trouble and not watch.is_in_trouble)
        if random.random() < 0.3:
            assert watch_account(watch, look) == (watch, ())
    assert max(Counter(event.key for event in told).values(), default=1) == 1
    # An episode begins with trouble and ends with a recovery, and only then the next begins.
    episodes = [(int(event.key.split("/")[1]), event.kind == "recovered") for event in told]
    assert episodes == sorted(episodes)
    assert sorted({number for number, _ in episodes}) == list(range(1, watch.episode + 1))
