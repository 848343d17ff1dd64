"""Alerts, their states and the outbox, in the metrics table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import (
    ALERT_PREFIX,
    ALERTS,
    EVENT_PREFIX,
    NOTICE_PREFIX,
    OUTBOX,
    OUTBOX_PREFIX,
    Key,
    alert_key,
    from_cursor,
    metric_key,
    timestamp,
    to_cursor,
)
from shared.adapters.dynamodb_table import (
    EXISTS,
    IS_NEW,
    Condition,
    DynamoDbTable,
    Item,
    take_page,
)
from shared.domain.alerts import Alert, AlertState, Decision
from shared.domain.notices import AlertEvent, Notice
from shared.errors import NotFoundError, VersionConflictError
from shared.ports import Page


class DynamoDbAlerts:
    """The `AlertStore` port over the metrics table."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def add_alert(self, alert: Alert, state: AlertState) -> None:
        """See the port."""
        table = self._table
        listed = {"collection": ALERTS, "collected_at": alert.id}
        pointer = {**metric_key(alert.metric_id, ALERT_PREFIX + alert.id), "id": alert.id}
        table.transact(
            [
                table.check_in_transaction(metric_key(alert.metric_id), EXISTS),
                table.put_in_transaction(
                    {**to_item(alert), **alert_key(alert.id), **listed}, IS_NEW
                ),
                table.put_in_transaction(_state_item(alert.id, state)),
                table.put_in_transaction(pointer),
            ]
        )

    def alert(self, alert_id: str) -> Alert:
        """See the port."""
        item = self._table.get(alert_key(alert_id))
        if item is None:
            raise NotFoundError(f"There is no alert with the id {alert_id}.")
        return from_item(Alert, item)

    def alerts(self, *, limit: int, cursor: str | None = None) -> Page[Alert]:
        """See the port."""
        items = self._table.collection(ALERTS, after=cursor, limit=limit + 1)
        return take_page(items, limit, lambda i: from_item(Alert, i), lambda i: str(i["id"]))

    def alerts_of(self, metric_id: str) -> tuple[Alert, ...]:
        """See the port."""
        pointers = self._table.query(metric_key(metric_id)["pk"], ALERT_PREFIX)
        items = self._table.get_many([alert_key(pointer["id"]) for pointer in pointers])
        return tuple(sorted((from_item(Alert, item) for item in items), key=lambda a: a.id))

    def state(self, alert_id: str) -> AlertState:
        """See the port."""
        item = self._table.get(alert_key(alert_id, "STATE"))
        if item is None:
            raise NotFoundError(f"There is no alert with the id {alert_id}.")
        return from_item(AlertState, item)

    def remove_alert(self, alert: Alert) -> None:
        """See the port."""
        self._table.delete([metric_key(alert.metric_id, ALERT_PREFIX + alert.id)])
        self._table.delete_partition(alert_key(alert.id)["pk"])

    def commit_decision(
        self,
        alert: Alert,
        *,
        seen: AlertState,
        state: AlertState,
        event: tuple[Decision, datetime] | None,
        notices: Sequence[Notice],
    ) -> None:
        """See the port."""
        table = self._table
        unchanged = Condition(
            "config_version = :c AND is_enabled = :e",
            {":c": alert.config_version, ":e": alert.is_enabled},
        )
        writes = [
            table.check_in_transaction(alert_key(alert.id), unchanged),
            table.put_in_transaction(_state_item(alert.id, state), _is_still(seen)),
        ]
        if event is not None:
            decision, decided_at = event
            item = to_item(AlertEvent(decision, decided_at))
            writes.append(table.put_in_transaction({**item, **_event_key(decision, alert)}, IS_NEW))
        writes += [table.put_in_transaction(_notice_item(notice), IS_NEW) for notice in notices]
        table.transact(writes)

    def events(self, alert_id: str, *, limit: int, cursor: str | None = None) -> Page[AlertEvent]:
        """See the port."""
        pk = alert_key(alert_id)["pk"]
        page = take_page(
            self._table.query(
                pk, EVENT_PREFIX, after=from_cursor(cursor) if cursor else None, limit=limit + 1
            ),
            limit,
            lambda item: from_item(AlertEvent, item),
            lambda item: to_cursor(item["sk"], EVENT_PREFIX),
        )
        return Page(tuple(map(self._with_notices, page.items)), page.next_cursor)

    def _with_notices(self, event: AlertEvent) -> AlertEvent:
        alert_id, key = event.decision.key.split("/")[0], event.decision.key
        notices = [
            from_item(Notice, item)
            for prefix in (NOTICE_PREFIX, OUTBOX_PREFIX)
            for item in self._table.query(alert_key(alert_id)["pk"], f"{prefix}{key}#")
        ]
        return replace(event, notices=tuple(sorted(notices, key=lambda n: n.channel_id)))

    def pending_notices(self, alert_id: str) -> tuple[Notice, ...]:
        """See the port."""
        items = self._table.query(alert_key(alert_id)["pk"], OUTBOX_PREFIX)
        notices = (from_item(Notice, item) for item in items)
        return tuple(sorted(notices, key=lambda notice: notice.decided_at))

    def claim_notice(self, notice: Notice, *, now: datetime, until: datetime) -> Notice | None:
        """See the port."""
        claimed = replace(notice, status="sending", attempts=notice.attempts + 1, lease_until=until)
        free = Condition(
            "#st = :pending OR (#st = :sending AND lease_until <= :now)",
            {":pending": "pending", ":sending": "sending", ":now": timestamp(now)},
            {"#st": "status"},
        )
        try:
            self._table.put(_notice_item(claimed), free)
        except VersionConflictError:
            return None
        return claimed

    def settle_notice(self, notice: Notice) -> None:
        """See the port."""
        if notice.status == "pending":
            self._table.put(_notice_item(notice), EXISTS)
            return
        # Out of the outbox, so that what is unsent is all that sending ever has to read.
        settled = {**to_item(notice), **_notice_key(notice, NOTICE_PREFIX)}
        self._table.transact(
            [
                self._table.delete_in_transaction(_notice_key(notice, OUTBOX_PREFIX), EXISTS),
                self._table.put_in_transaction(settled),
            ]
        )


def _state_item(alert_id: str, state: AlertState) -> Item:
    return {**to_item(state), **alert_key(alert_id, "STATE")}


def _is_still(seen: AlertState) -> Condition:
    # Version and configuration tell every state of an alert apart, but for being paused.
    return Condition(
        "config_version = :seen_c AND #st = :seen_s AND last_version = :seen_v",
        {":seen_c": seen.config_version, ":seen_s": seen.status, ":seen_v": seen.last_version},
        {"#st": "status"},
    )


def _event_key(decision: Decision, alert: Alert) -> Key:
    return alert_key(alert.id, f"{EVENT_PREFIX}{timestamp(decision.as_of)}#{decision.key}")


def _notice_item(notice: Notice) -> Item:
    listed = {"collection": OUTBOX, "collected_at": timestamp(notice.decided_at)}
    return {**to_item(notice), **_notice_key(notice, OUTBOX_PREFIX), **listed}


def _notice_key(notice: Notice, prefix: str) -> Key:
    return alert_key(notice.alert_id, f"{prefix}{notice.key}#{notice.channel_id}")
