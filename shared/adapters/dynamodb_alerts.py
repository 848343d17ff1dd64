"""Alerts, their states, and what was decided, in the metrics table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import (
    ALERT_PREFIX,
    ALERTS,
    EVENT_PREFIX,
    Key,
    alert_key,
    from_cursor,
    id_of,
    integration_key,
    metric_key,
    notices_key,
    timestamp,
    to_cursor,
)
from shared.adapters.dynamodb_notices import Told, read_notices, waiting_item
from shared.adapters.dynamodb_removal import remove_alert_items
from shared.adapters.dynamodb_table import (
    EXISTS,
    IS_NEW,
    Condition,
    DynamoDbTable,
    Item,
    take_page,
)
from shared.domain.account_watch import AccountWatch
from shared.domain.alerts import Alert, AlertState, Decision
from shared.domain.configuration import MetricValue
from shared.domain.notices import AlertEvent, Notice
from shared.errors import NotFoundError
from shared.ports import Page

# Attribute of an event: ids of the channels that there are notices for.
_CHANNELS = "told_channels"


class DynamoDbAlerts:
    """The `AlertStore` port over the metrics table."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def add_alert(
        self, alert: Alert, state: AlertState, *, latest: MetricValue | None = None
    ) -> None:
        """See the port."""
        table = self._table
        pointer = {**metric_key(alert.metric_id, ALERT_PREFIX + alert.id), "id": alert.id}
        table.transact(
            [
                table.check_in_transaction(metric_key(alert.metric_id), EXISTS),
                table.put_in_transaction(_alert_item(alert), IS_NEW),
                table.put_in_transaction(_state_item(alert.id, state)),
                table.put_in_transaction(pointer),
                *self._still_newest(latest),
            ]
        )

    def save_alert(
        self,
        alert: Alert,
        state: AlertState | None = None,
        *,
        latest: MetricValue | None = None,
    ) -> None:
        """See the port."""
        table = self._table
        is_next = Condition("revision = :r", {":r": alert.revision - 1})
        writes = [table.put_in_transaction(_alert_item(alert), is_next)]
        if state is not None:
            writes.append(table.put_in_transaction(_state_item(alert.id, state), _counts_on(state)))
        table.transact([*writes, *self._still_newest(latest)])

    def _still_newest(self, latest: MetricValue | None) -> list[Item]:
        """Check that no newer value has come, which nobody would offer to the alert any more."""
        if latest is None:
            return []
        is_same = Condition("#v = :v", {":v": latest.version}, {"#v": "version"})
        return [self._table.check_in_transaction(metric_key(latest.metric_id, "LATEST"), is_same)]

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

    def states(self, alert_ids: Sequence[str]) -> Mapping[str, AlertState]:
        """See the port."""
        items = self._table.get_many(alert_key(key, "STATE") for key in alert_ids)
        return {id_of(item["pk"]): from_item(AlertState, item) for item in items}

    def remove_alert(self, alert: Alert) -> None:
        """See the port."""
        remove_alert_items(self._table, alert.id)
        # Until then the metric's own removal finds what a removal that was cut short has left.
        self._table.delete([metric_key(alert.metric_id, ALERT_PREFIX + alert.id)])

    def commit_decision(
        self,
        alert: Alert,
        *,
        seen: AlertState,
        state: AlertState,
        event: AlertEvent | None,
        notices: Sequence[Notice],
    ) -> None:
        """See the port."""
        table, item = self._table, _state_item(alert.id, state)
        if event is None:
            # Whatever starts an alert afresh, pauses or removes it changes its state as well: the
            # state's own condition is enough, at a quarter of a transaction's price.
            table.put(item, _is_still(seen))
            return
        channels = [notice.channel_id for notice in notices]
        told = {**to_item(event), **_event_key(event.decision, alert), _CHANNELS: channels}
        is_unchanged = Condition("revision = :r", {":r": alert.revision})
        table.transact(
            [
                table.check_in_transaction(alert_key(alert.id), is_unchanged),
                table.put_in_transaction(item, _is_still(seen)),
                table.put_in_transaction(told, IS_NEW),
                *(table.put_in_transaction(waiting_item(notice), IS_NEW) for notice in notices),
            ]
        )

    def events(self, alert_id: str, *, limit: int, cursor: str | None = None) -> Page[AlertEvent]:
        """See the port."""
        pk = notices_key(alert_id, "")["pk"]
        items = self._table.query(
            pk, EVENT_PREFIX, after=from_cursor(cursor) if cursor else None, limit=limit + 1
        )
        page = take_page(items, limit, dict, lambda item: to_cursor(item["sk"], EVENT_PREFIX))
        told = [key for item in page.items for key in _told(item)]
        notices = read_notices(self._table, alert_id, told)
        return Page(tuple(_read_event(item, notices) for item in page.items), page.next_cursor)

    def watches(self, integration_ids: Sequence[str]) -> Mapping[str, AccountWatch]:
        """See the port."""
        items = self._table.get_many(integration_key(key, "WATCH") for key in integration_ids)
        found = {id_of(item["pk"]): from_item(AccountWatch, item) for item in items}
        return {key: found.get(key, AccountWatch()) for key in integration_ids}

    def commit_watch(
        self,
        integration_id: str,
        *,
        seen: AccountWatch,
        watch: AccountWatch,
        notices: Sequence[Notice],
    ) -> None:
        """See the port."""
        table = self._table
        item = {**to_item(watch), **integration_key(integration_id, "WATCH")}
        if seen != AccountWatch() and not notices:
            table.put(item, _is_watched_as(seen))
            return
        table.transact(
            [
                table.check_in_transaction(integration_key(integration_id), EXISTS),
                table.put_in_transaction(item, _is_watched_as(seen)),
                *(table.put_in_transaction(waiting_item(notice), IS_NEW) for notice in notices),
            ]
        )


def _alert_item(alert: Alert) -> Item:
    listed = {"collection": ALERTS, "collected_at": alert.id}
    return {**to_item(alert), **alert_key(alert.id), **listed}


def _state_item(alert_id: str, state: AlertState) -> Item:
    return {**to_item(state), **alert_key(alert_id, "STATE")}


def _is_still(seen: AlertState) -> Condition:
    # Version and configuration tell every state of an alert apart, but for being paused.
    return Condition(
        "config_version = :seen_c AND #st = :seen_s AND last_version = :seen_v",
        {":seen_c": seen.config_version, ":seen_s": seen.status, ":seen_v": seen.last_version},
        {"#st": "status"},
    )


def _counts_on(state: AlertState) -> Condition:
    # Something may have been decided since the state was read that this one comes from: were its
    # episode counted again, two notices would have one key.
    return Condition(
        "config_version < :own_c OR (config_version = :own_c AND episode <= :own_e)",
        {":own_c": state.config_version, ":own_e": state.episode},
    )


def _is_watched_as(seen: AccountWatch) -> Condition:
    if seen == AccountWatch():
        return IS_NEW
    return Condition(
        "#s = :s AND episode = :e AND is_failed = :f AND is_stale = :o",
        {":s": seen.sequence, ":e": seen.episode, ":f": seen.is_failed, ":o": seen.is_stale},
        {"#s": "sequence"},
    )


def _told(event: Item) -> list[Told]:
    # What is held has none: if its breach is told later, that is an event of its own.
    return [(event["decision"]["key"], channel_id) for channel_id in event[_CHANNELS]]


def _read_event(item: Item, notices: Mapping[Told, Notice]) -> AlertEvent:
    found = [notices[key] for key in sorted(_told(item)) if key in notices]
    return replace(from_item(AlertEvent, item), notices=tuple(found))


def _event_key(decision: Decision, alert: Alert) -> Key:
    return notices_key(alert.id, f"{EVENT_PREFIX}{timestamp(decision.as_of)}#{decision.key}")
