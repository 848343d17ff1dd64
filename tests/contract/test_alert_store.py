"""What the store of alerts promises: a state, what was decided and who is told, together."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.domain.alerts import AlertState, Decision
from shared.domain.notices import Message, Notice
from shared.errors import NotFoundError, VersionConflictError
from tests.fakes import NOON
from tests.stories import a_rule


def test_an_unknown_alert_is_not_found(stores):
    with pytest.raises(NotFoundError):
        stores.alerts.alert("nothing_1")
    with pytest.raises(NotFoundError):
        stores.alerts.state("nothing_1")


def test_an_alert_comes_back_as_it_was_stored(stores, metric, alert):
    assert stores.alerts.alert(alert.id) == alert
    assert stores.alerts.alerts_of(metric.id) == (alert,)
    assert stores.alerts.state(alert.id) == AlertState()
    assert alert in stores.alerts.alerts(limit=100).items


def decide(alert, seen, version=1):
    key = f"{alert.id}/1/{version}/fire"
    state = replace(
        seen,
        status="firing",
        episode=version,
        last_version=version,
        last_value=Decimal("9.5"),
        last_as_of=NOON,
        since=NOON,
    )
    decision = Decision(key, "fire", "crossed", Decimal("9.5"), None, NOON)
    message = Message("subject", "body")
    notice = Notice(key, alert.id, "chn_1", "email", message, NOON)
    return state, (decision, NOON), [notice]


def test_state_event_and_notices_are_stored_together(stores, alert):
    seen = AlertState()
    state, event, notices = decide(alert, seen)
    stores.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)
    assert stores.alerts.state(alert.id) == state
    (stored,) = stores.alerts.events(alert.id, limit=10).items
    assert (stored.decision, stored.decided_at, stored.notices) == (*event, tuple(notices))
    assert stores.alerts.pending_notices(alert.id) == tuple(notices)


def test_a_decision_on_a_state_that_has_moved_on_is_refused_whole(stores, alert):
    seen = AlertState()
    state, event, notices = decide(alert, seen)
    stores.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)
    late, late_event, late_notices = decide(alert, seen, version=2)
    with pytest.raises(VersionConflictError):
        stores.alerts.commit_decision(
            alert, seen=seen, state=late, event=late_event, notices=late_notices
        )
    assert stores.alerts.state(alert.id) == state
    assert len(stores.alerts.pending_notices(alert.id)) == 1


def test_a_decision_for_an_alert_that_was_changed_or_removed_is_refused(stores, alert):
    edited = replace(alert, config_version=2, rule=a_rule(threshold="1"))
    seen = AlertState()
    state, event, notices = decide(alert, seen)
    with pytest.raises(VersionConflictError):
        stores.alerts.commit_decision(edited, seen=seen, state=state, event=event, notices=notices)
    stores.alerts.remove_alert(alert)
    with pytest.raises(VersionConflictError):
        stores.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)
    assert stores.alerts.alerts_of(alert.metric_id) == ()


def test_a_notice_is_claimed_by_one_and_leaves_the_outbox_when_sent(stores, alert):
    seen = AlertState()
    state, event, notices = decide(alert, seen)
    stores.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)
    (notice,) = stores.alerts.pending_notices(alert.id)
    until = NOON + timedelta(seconds=60)
    claimed = stores.alerts.claim_notice(notice, now=NOON, until=until)
    assert (claimed.status, claimed.attempts, claimed.lease_until) == ("sending", 1, until)
    assert stores.alerts.claim_notice(notice, now=NOON, until=until) is None
    assert stores.alerts.claim_notice(claimed, now=until, until=until + timedelta(60)) is not None
    sent = replace(claimed, status="sent", lease_until=None, message_id="m1", sent_at=NOON)
    stores.alerts.settle_notice(sent)
    assert stores.alerts.pending_notices(alert.id) == ()
    assert stores.alerts.events(alert.id, limit=1).items[0].notices == (sent,)
    assert stores.alerts.claim_notice(sent, now=until, until=until) is None


def test_a_notice_that_could_not_be_sent_goes_back_and_one_given_up_stays_in_the_history(
    stores, alert
):
    seen = AlertState()
    state, event, notices = decide(alert, seen)
    stores.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)
    until = NOON + timedelta(seconds=60)
    claimed = stores.alerts.claim_notice(notices[0], now=NOON, until=until)
    back = replace(claimed, status="pending", lease_until=None)
    stores.alerts.settle_notice(back)
    assert stores.alerts.pending_notices(alert.id) == (back,)
    claimed = stores.alerts.claim_notice(back, now=NOON, until=until)
    failed = replace(claimed, status="failed", lease_until=None)
    stores.alerts.settle_notice(failed)
    assert stores.alerts.pending_notices(alert.id) == ()
    assert stores.alerts.events(alert.id, limit=1).items[0].notices == (failed,)


def test_removing_a_metric_removes_its_alerts(stores, metric, alert):
    stores.config.remove_metric(metric)
    with pytest.raises(NotFoundError):
        stores.alerts.alert(alert.id)
