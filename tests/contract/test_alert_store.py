"""What the store of alerts promises: a state, what was decided and who is told, together."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.domain.account_watch import AccountWatch
from shared.domain.alerts import AlertState, Point
from shared.errors import NotFoundError, VersionConflictError
from tests.decided import BREACH, a_notice, commit, fired, left
from tests.emulated import over_tables
from tests.fakes import NOON
from tests.stories import a_change_rule, a_rule, an_alert

pytestmark = over_tables


def test_an_unknown_alert_is_not_found(stores):
    with pytest.raises(NotFoundError):
        stores.alerts.alert("nothing_1")
    with pytest.raises(NotFoundError):
        stores.alerts.state("nothing_1")
    assert stores.alerts.alerts_of("nothing_1") == ()


def test_an_alert_comes_back_as_it_was_stored(stores, metric, alert):
    assert stores.alerts.alert(alert.id) == alert
    assert stores.alerts.alerts_of(metric.id) == (alert,)
    assert stores.alerts.state(alert.id) == AlertState()
    # The index may be slow, and knows other tests' alerts.
    assert alert in stores.alerts.alerts(limit=10, cursor=alert.id[:-1]).items


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": a_rule("above", "-12345678901234567890.12", "0.5")},
        {"rule": a_change_rule("decrease", "0.01", "last_alert"), "unit": "percent"},
        {"rule": a_change_rule("any", "1000000", "year"), "currency": None, "unit": "count"},
        {"cooldown_hours": Decimal("0.5"), "notify_on_recovery": True, "channels": ("a", "b")},
        {
            "is_enabled": False,
            "notify_if_already_breached": True,
            "name": "Ünïcode 🚨\n",
            "channels": (),
        },
    ],
    ids=str,
)
def test_every_kind_of_alert_comes_back_exactly(stores, metric, changes):
    alert = an_alert(id=stores.id("alt"), metric_id=metric.id, **changes)
    stores.alerts.add_alert(alert, AlertState())
    assert stores.alerts.alert(alert.id) == alert


def test_a_state_comes_back_with_all_that_it_knows(stores, metric):
    state = AlertState(
        status="ok",
        episode=3,
        config_version=2,
        last_version=7,
        last=BREACH,
        baseline=Point(Decimal("-0.001"), NOON),
        since=NOON,
        told_at=NOON + timedelta(microseconds=1),
        held=2,
        is_untold=True,
        definitions_version="d2",
        currency="usd",
        trouble="currency_changed",
    )
    alert = an_alert(id=stores.id("alt"), metric_id=metric.id)
    stores.alerts.add_alert(alert, state)
    assert stores.alerts.state(alert.id) == state


def test_an_alert_on_a_metric_that_is_not_there_is_refused(stores):
    alert = an_alert(id=stores.id("alt"), metric_id="met_none")
    with pytest.raises(VersionConflictError):
        stores.alerts.add_alert(alert, AlertState())
    assert left(stores, alert.id) == []


def test_a_changed_alert_is_stored_and_its_state_only_where_it_starts_afresh(stores, alert):
    renamed = replace(alert, name="New", revision=2)
    stores.alerts.save_alert(renamed)
    assert (stores.alerts.alert(alert.id), stores.alerts.state(alert.id)) == (renamed, AlertState())
    fresh = AlertState(status="ok", config_version=2, last_version=4, last=BREACH)
    edited = replace(renamed, rule=a_rule(threshold="1"), config_version=2, revision=3)
    stores.alerts.save_alert(edited, fresh)
    assert (stores.alerts.alert(alert.id), stores.alerts.state(alert.id)) == (edited, fresh)


def test_a_change_of_an_alert_that_was_changed_or_removed_meanwhile_is_refused(stores, alert):
    stores.alerts.save_alert(replace(alert, name="New", revision=2))
    late, fresh = replace(alert, name="Other", revision=2), AlertState(config_version=2)
    with pytest.raises(VersionConflictError):
        stores.alerts.save_alert(late, fresh)
    assert (stores.alerts.alert(alert.id).name, stores.alerts.state(alert.id).config_version) == (
        "New",
        1,
    )
    stores.alerts.remove_alert(alert)
    with pytest.raises(VersionConflictError):
        stores.alerts.save_alert(replace(late, revision=3), fresh)
    assert left(stores, alert.id) == []


def test_a_fresh_start_never_counts_an_episode_twice(stores, alert):
    # The alert fires between a person's look at it and the pause.
    told = fired(alert, AlertState())
    commit(stores, alert, AlertState(), told)
    paused = replace(alert, is_enabled=False, revision=2)
    with pytest.raises(VersionConflictError):
        stores.alerts.save_alert(paused, AlertState(status="paused"))
    assert (stores.alerts.alert(alert.id), stores.alerts.state(alert.id)) == (alert, told[0])
    stores.alerts.save_alert(paused, AlertState(status="paused", episode=1))
    assert stores.alerts.state(alert.id).status == "paused"


def test_state_event_and_notices_are_stored_together(stores, alert):
    seen = AlertState()
    state, event, notices = fired(alert, seen)
    commit(stores, alert, seen, (state, event, notices))
    assert stores.alerts.state(alert.id) == state
    (stored,) = stores.alerts.events(alert.id, limit=10).items
    assert stored == replace(event, notices=tuple(notices))
    assert stores.outbox.pending_of(alert.id) == tuple(notices)


def test_a_state_that_tells_nothing_is_stored_by_itself(stores, alert):
    state = AlertState(status="ok", last_version=1, last=BREACH, since=NOON)
    commit(stores, alert, AlertState(), (state, None, ()))
    assert stores.alerts.state(alert.id) == state
    with pytest.raises(VersionConflictError):
        commit(stores, alert, AlertState(), (replace(state, last_version=2), None, ()))
    assert stores.alerts.state(alert.id) == state
    assert stores.alerts.events(alert.id, limit=10).items == ()


def test_a_decision_on_a_state_that_has_moved_on_is_refused_whole(stores, alert):
    seen = AlertState()
    state, event, notices = fired(alert, seen)
    commit(stores, alert, seen, (state, event, notices))
    with pytest.raises(VersionConflictError):
        commit(stores, alert, seen, fired(alert, seen, version=2))
    assert stores.alerts.state(alert.id) == state
    assert len(stores.alerts.events(alert.id, limit=10).items) == 1
    assert stores.outbox.pending_of(alert.id) == tuple(notices)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_decision_for_an_alert_that_was_paused_edited_or_removed_is_refused(
    stores, alert, is_told
):
    seen = AlertState()
    state, event, notices = fired(alert, seen)
    told = (state, event, notices) if is_told else (state, None, ())
    paused = AlertState(status="paused")
    stores.alerts.save_alert(replace(alert, is_enabled=False, revision=2), paused)
    with pytest.raises(VersionConflictError):
        commit(stores, alert, seen, told)
    assert stores.alerts.state(alert.id) == paused
    fresh = AlertState(config_version=2)
    stores.alerts.save_alert(replace(alert, config_version=2, revision=3), fresh)
    with pytest.raises(VersionConflictError):
        commit(stores, alert, seen, told)
    stores.alerts.remove_alert(alert)
    with pytest.raises(VersionConflictError):
        commit(stores, alert, seen, told)
    assert left(stores, alert.id) == []


def test_a_notice_is_decided_with_the_alert_as_it_was_then(stores, alert):
    # Other channels, another name: the message would not be what the alert says now.
    stores.alerts.save_alert(replace(alert, channels=("chn_2",), revision=2))
    with pytest.raises(VersionConflictError):
        commit(stores, alert, AlertState(), fired(alert, AlertState()))
    assert stores.outbox.pending_of(alert.id) == ()


def test_events_come_by_the_time_of_the_data_page_by_page(stores, alert):
    seen = AlertState()
    for version, hours in enumerate([1, 2, 10, 11, 100], start=1):
        told = fired(alert, seen, version, as_of=NOON + timedelta(hours=hours))
        commit(stores, alert, seen, told)
        seen = told[0]
    page = stores.alerts.events(alert.id, limit=2)
    shown = list(page.items)
    while page.next_cursor is not None:
        page = stores.alerts.events(alert.id, limit=2, cursor=page.next_cursor)
        shown += page.items
    passed = [(event.decision.as_of - NOON) // timedelta(hours=1) for event in shown]
    assert passed == [1, 2, 10, 11, 100]
    assert [len(event.notices) for event in shown] == [1] * 5


def test_what_the_cooldown_held_back_is_in_the_history_and_in_no_outbox(stores, alert):
    seen = AlertState()
    state, held, _ = fired(alert, seen, is_held=True, held_before=3)
    commit(stores, alert, seen, (state, held, ()))
    assert stores.alerts.events(alert.id, limit=10).items == (held,)
    # The same breach is told later, under the same key: an event of its own.
    at = NOON + timedelta(hours=1)
    later = replace(held.decision, is_held=False, reason="still_beyond", as_of=at)
    notice = a_notice(alert.id, later.key)
    told = replace(held, decision=later)
    commit(stores, alert, state, (replace(state, last_version=2), told, [notice]))
    held, told = stores.alerts.events(alert.id, limit=10).items
    assert (held.notices, told.notices) == ((), (notice,))


def test_a_recovery_does_not_show_the_notices_of_the_breach(stores, alert):
    seen = AlertState()
    told = fired(alert, seen)
    commit(stores, alert, seen, told)
    key = f"{alert.id}/1/1/recover"
    recovered = replace(told[0], status="ok", last_version=2)
    later = NOON + timedelta(hours=1)
    decision = replace(told[1].decision, key=key, kind="recover", as_of=later)
    notices = [a_notice(alert.id, key, channel) for channel in ("chn_1", "chn_2")]
    commit(stores, alert, told[0], (recovered, replace(told[1], decision=decision), notices))
    fire, recover = stores.alerts.events(alert.id, limit=10).items
    assert (fire.notices, recover.notices) == (tuple(told[2]), tuple(notices))


def test_removing_a_metric_or_an_alert_leaves_nothing_of_it(stores, metric, alert):
    other = an_alert(id=f"{alert.id}_2", metric_id=metric.id)
    stores.alerts.add_alert(other, AlertState())
    for each in (alert, other):
        seen = AlertState()
        told = fired(each, seen)
        commit(stores, each, seen, told)
        claimed = stores.outbox.claim(told[2][0], now=NOON, until=NOON)
        stores.outbox.settle(replace(claimed, status="sent", message_id="m"))
        commit(stores, each, told[0], fired(each, told[0], version=2))
    stores.alerts.remove_alert(other)
    assert left(stores, other.id) == []
    assert stores.alerts.alerts_of(metric.id) == (alert,)
    stores.alerts.remove_alert(other)  # once more does no harm
    stores.config.remove_metric(metric)
    assert left(stores, metric.id, alert.id) == []
    with pytest.raises(NotFoundError):
        stores.alerts.alert(alert.id)


def test_what_was_decided_of_an_account_is_stored_with_its_notices(stores, integration):
    watch = AccountWatch(sequence=3, episode=1, is_failed=True)
    notice = a_notice(integration.id, f"{integration.id}/1/sync_failed")
    asked = [integration.id, "int_none"]
    assert stores.alerts.watches(asked) == dict.fromkeys(asked, AccountWatch())
    arguments = {"seen": AccountWatch(), "watch": watch, "notices": [notice]}
    stores.alerts.commit_watch(integration.id, **arguments)
    assert stores.alerts.watches(asked) == {integration.id: watch, "int_none": AccountWatch()}
    assert stores.outbox.pending_of(integration.id) == (notice,)
    with pytest.raises(VersionConflictError):
        stores.alerts.commit_watch(integration.id, **arguments)
    well = AccountWatch(sequence=4, episode=1)
    stores.alerts.commit_watch(integration.id, seen=watch, watch=well, notices=())
    for late in ([], [replace(notice, key=f"{integration.id}/1/stale")]):
        with pytest.raises(VersionConflictError):
            stores.alerts.commit_watch(integration.id, seen=watch, watch=watch, notices=late)
    assert stores.alerts.watches([integration.id]) == {integration.id: well}
    assert stores.outbox.pending_of(integration.id) == (notice,)


def test_what_is_decided_of_an_account_that_is_gone_is_refused(stores):
    watch = AccountWatch(sequence=1)
    with pytest.raises(VersionConflictError):
        stores.alerts.commit_watch("int_none", seen=AccountWatch(), watch=watch, notices=())
    assert left(stores, "int_none") == []
