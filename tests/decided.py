"""Something that was decided of an alert, ready made, for tests of the stores."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from shared.domain.alerts import Decision, Point
from shared.domain.notices import AlertEvent, Message, Notice
from tests.fakes import NOON

BREACH = Point(Decimal("9.5"), NOON)


def a_notice(source_id, key, channel_id="chn_1"):
    return Notice(
        key, source_id, channel_id, "email", f"{channel_id}@x.com", Message("s", "b"), NOON
    )


def fired(alert, seen, version=1, **changes):
    """What comes of a breach: the state, the event, and a notice to one channel."""
    state = replace(
        seen, status="firing", episode=version, last_version=version, last=BREACH, since=NOON
    )
    key = f"{alert.id}/1/{version}/fire"
    before = Point(Decimal("10.25"), NOON - timedelta(hours=1))
    decision = Decision(key, "fire", "crossed", Decimal("9.5"), NOON, before)
    decision = replace(decision, **changes)
    return state, AlertEvent(decision, NOON, "Went below $10.00."), [a_notice(alert.id, key)]


def commit(stores, alert, seen, told):
    state, event, notices = told
    stores.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)


def left(stores, *ids):
    """The keys of whatever is left that names one of the ids."""
    items = getattr(stores.table, "items", None)
    if items is None:
        client, name = stores.table._client, stores.table.name
        pages = client.get_paginator("scan").paginate(TableName=name)
        items = [(it["pk"]["S"], it["sk"]["S"]) for page in pages for it in page["Items"]]
    return [key for key in items if any(name in part for name in ids for part in key)]
