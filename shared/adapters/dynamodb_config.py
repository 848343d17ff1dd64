"""What the team configured, in the metrics table."""

from collections.abc import Iterator, Mapping, Sequence

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import (
    ALERT_PREFIX,
    CHANNELS,
    DUE_PREFIX,
    INTEGRATIONS,
    METRIC_PREFIX,
    NOTIFICATIONS,
    address_key,
    channel_key,
    due_collection,
    id_of,
    integration_key,
    metric_key,
    notices_key,
)
from shared.adapters.dynamodb_metric_items import (
    due_item,
    metric_item,
    no_value_yet,
    pointer_item,
    read_metric,
    read_metrics,
)
from shared.adapters.dynamodb_removal import remove_alert_items
from shared.adapters.dynamodb_table import (
    EXISTS,
    IS_NEW,
    Condition,
    DynamoDbTable,
    Item,
    take_page,
)
from shared.domain.configuration import (
    EVERYBODYS_INTERVAL,
    REFRESH_INTERVALS,
    Channel,
    Integration,
    Metric,
    Notifications,
    RefreshInterval,
    SyncStatus,
)
from shared.errors import ConflictError, NotFoundError, VersionConflictError
from shared.ports import Page


class DynamoDbConfig:
    """The `ConfigStore` port over the metrics table."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def add_integration(self, integration: Integration) -> None:
        """See the port."""
        table = self._table
        # A status is stored only where one is: a removed integration gets none.
        status = {**to_item(SyncStatus()), **integration_key(integration.id, "SYNC")}
        # The marker stays whatever metrics there are: every account is kept up to date.
        due = due_item(integration.id, EVERYBODYS_INTERVAL)
        table.transact(
            [
                table.put_in_transaction(_integration_item(integration), IS_NEW),
                table.put_in_transaction(status),
                table.put_in_transaction(due),
            ]
        )

    def save_integration(self, integration: Integration) -> None:
        """See the port."""
        table, owner = self._table, integration.id
        is_next = Condition("revision = :r", {":r": integration.revision - 1})
        writes = [table.put_in_transaction(_integration_item(integration), is_next)]
        if integration.is_connected:
            due = self.intervals_of(owner) | {EVERYBODYS_INTERVAL}
            writes += [table.put_in_transaction(due_item(owner, it)) for it in sorted(due)]
        else:
            keys = [integration_key(owner, DUE_PREFIX + it) for it in REFRESH_INTERVALS]
            writes += [table.delete_in_transaction(key) for key in keys]
        table.transact(writes)

    def integration(self, integration_id: str) -> Integration:
        """See the port."""
        item = self._table.get(integration_key(integration_id))
        return from_item(Integration, _found(item, "integration", integration_id))

    def integrations(self, *, limit: int, cursor: str | None = None) -> Page[Integration]:
        """See the port."""
        items = self._table.collection(INTEGRATIONS, after=cursor, limit=limit + 1)
        return take_page(items, limit, lambda i: from_item(Integration, i), _id)

    def integrations_by_id(self, integration_ids: Sequence[str]) -> Mapping[str, Integration]:
        """See the port."""
        items = self._table.get_many(map(integration_key, dict.fromkeys(integration_ids)))
        return {item["id"]: from_item(Integration, item) for item in items}

    def remove_integration(self, integration: Integration) -> None:
        """See the port."""
        self._table.delete_partition(notices_key(integration.id, "")["pk"])
        self._table.delete_partition(integration_key(integration.id)["pk"])

    def sync_status(self, integration_id: str) -> SyncStatus:
        """See the port."""
        item = self._table.get(integration_key(integration_id, "SYNC"))
        return from_item(SyncStatus, item) if item else SyncStatus()

    def sync_statuses(self, integration_ids: Sequence[str]) -> Mapping[str, SyncStatus]:
        """See the port."""
        items = self._table.get_many(integration_key(key, "SYNC") for key in integration_ids)
        found = {id_of(item["pk"]): from_item(SyncStatus, item) for item in items}
        return {key: found.get(key, SyncStatus()) for key in integration_ids}

    def save_sync_status(self, integration_id: str, status: SyncStatus) -> None:
        """See the port."""
        item = {**to_item(status), **integration_key(integration_id, "SYNC")}
        not_later = Condition("#s <= :s", {":s": status.sequence}, {"#s": "sequence"})
        try:
            self._table.put(item, not_later)
        except VersionConflictError:
            return  # a later sync has said how it went, or there is nobody to say it of

    def add_metric(self, metric: Metric) -> None:
        """See the port."""
        table, owner = self._table, metric.integration_id
        table.transact(
            [
                table.check_in_transaction(integration_key(owner), EXISTS),
                table.put_in_transaction(metric_item(metric), IS_NEW),
                table.put_in_transaction(no_value_yet(metric)),
                table.put_in_transaction(pointer_item(metric)),
                table.put_in_transaction(due_item(owner, metric.refresh_interval)),
            ]
        )

    def save_metric(self, metric: Metric, before: Metric) -> None:
        """See the port."""
        table, owner = self._table, metric.integration_id
        is_next = Condition("revision = :r", {":r": metric.revision - 1})
        writes = [table.put_in_transaction(metric_item(metric), is_next)]
        if metric.edition != before.edition:
            writes.append(table.put_in_transaction(no_value_yet(metric)))
        if metric.refresh_interval != before.refresh_interval:
            writes += [
                table.put_in_transaction(pointer_item(metric)),
                table.put_in_transaction(due_item(owner, metric.refresh_interval)),
            ]
        table.transact(writes)
        if metric.refresh_interval != before.refresh_interval:
            self._forget_interval(owner, before.refresh_interval, but=metric.id)

    def metric(self, metric_id: str) -> Metric:
        """See the port."""
        item = self._table.get(metric_key(metric_id))
        return read_metric(_found(item, "metric", metric_id))

    def metrics_by_id(self, metric_ids: Sequence[str]) -> Mapping[str, Metric]:
        """See the port."""
        return read_metrics(self._table, metric_ids)

    def metrics_of(
        self, integration_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[Metric]:
        """See the port."""
        page = take_page(
            self._pointers(integration_id, after=cursor, limit=limit + 1), limit, _id, _id
        )
        return Page(items=self._metrics(page.items), next_cursor=page.next_cursor)

    def due_metrics(
        self, integration_id: str, interval: RefreshInterval | None
    ) -> tuple[Metric, ...]:
        """See the port."""
        pointers = self._pointers(integration_id)
        return self._metrics([p["id"] for p in pointers if interval in {None, p["interval"]}])

    def intervals_of(self, integration_id: str) -> frozenset[RefreshInterval]:
        """See the port."""
        used = {pointer["interval"] for pointer in self._pointers(integration_id)}
        return frozenset(interval for interval in REFRESH_INTERVALS if interval in used)

    def sync_intervals(
        self, integration_ids: Sequence[str]
    ) -> Mapping[str, frozenset[RefreshInterval]]:
        """See the port."""
        keys = [
            integration_key(i, DUE_PREFIX + it) for i in integration_ids for it in REFRESH_INTERVALS
        ]
        found = self._table.get_many(keys)
        marked = {(id_of(item["pk"]), item["sk"].removeprefix(DUE_PREFIX)) for item in found}
        return {
            i: frozenset(it for it in REFRESH_INTERVALS if (i, it) in marked)
            for i in integration_ids
        }

    def due_integrations(self, interval: RefreshInterval) -> Iterator[str]:
        """See the port."""
        for item in self._table.collection(due_collection(interval)):
            yield item["collected_at"]

    def remove_metric(self, metric: Metric) -> None:
        """See the port."""
        table, key = self._table, metric_key(metric.id)
        for item in list(table.query(key["pk"], ALERT_PREFIX)):
            remove_alert_items(table, item["id"])
        self._forget_interval(metric.integration_id, metric.refresh_interval, but=metric.id)
        table.delete_partition(key["pk"], but=key["sk"])
        # Found by its id and from its integration until the end, whoever asks again.
        pointer = integration_key(metric.integration_id, METRIC_PREFIX + metric.id)
        table.transact([table.delete_in_transaction(it) for it in (pointer, key)])

    def _forget_interval(self, owner: str, interval: RefreshInterval, *, but: str) -> None:
        """Remove the marker of an interval that no metric but one has any more."""
        if interval == EVERYBODYS_INTERVAL or self._is_used(owner, interval, but):
            return
        self._table.delete([integration_key(owner, DUE_PREFIX + interval)])
        if self._is_used(owner, interval, but):
            # Another metric of it was added in between; its marker must not go with this one.
            self._table.put(due_item(owner, interval))

    def _is_used(self, owner: str, interval: RefreshInterval, but: str) -> bool:
        return any(it["interval"] == interval and it["id"] != but for it in self._pointers(owner))

    def add_channel(self, channel: Channel) -> None:
        """See the port."""
        table = self._table
        owner = {**address_key(channel.address), "id": channel.id}
        try:
            table.transact(
                [
                    table.put_in_transaction(owner, IS_NEW),
                    table.put_in_transaction(_channel_item(channel), IS_NEW),
                ]
            )
        except VersionConflictError as error:
            raise ConflictError(f"There is a channel for {channel.address} already.") from error

    def save_channel(self, channel: Channel) -> None:
        """See the port."""
        self._table.put(_channel_item(channel), EXISTS)

    def channel(self, channel_id: str) -> Channel:
        """See the port."""
        item = self._table.get(channel_key(channel_id))
        return from_item(Channel, _found(item, "channel", channel_id))

    def channels(self, *, limit: int, cursor: str | None = None) -> Page[Channel]:
        """See the port."""
        items = self._table.collection(CHANNELS, after=cursor, limit=limit + 1)
        return take_page(items, limit, lambda i: from_item(Channel, i), _id)

    def remove_channel(self, channel: Channel) -> None:
        """See the port."""
        self._table.delete([address_key(channel.address), channel_key(channel.id)])

    def notifications(self) -> Notifications:
        """See the port."""
        item = self._table.get(NOTIFICATIONS)
        return from_item(Notifications, item) if item else Notifications()

    def save_notifications(self, notifications: Notifications) -> None:
        """See the port."""
        self._table.put({**to_item(notifications), **NOTIFICATIONS})

    def _pointers(
        self, integration_id: str, *, after: str | None = None, limit: int | None = None
    ) -> Iterator[Item]:
        pk = integration_key(integration_id)["pk"]
        return self._table.query(pk, METRIC_PREFIX, after=after, limit=limit)

    def _metrics(self, ids: Sequence[str]) -> tuple[Metric, ...]:
        found = read_metrics(self._table, ids)
        return tuple(found[key] for key in ids if key in found)


def _integration_item(integration: Integration) -> Item:
    listed = _listed(INTEGRATIONS, integration.id)
    return {**to_item(integration), **integration_key(integration.id), **listed}


def _channel_item(channel: Channel) -> Item:
    listed = _listed(CHANNELS, channel.id)
    return {**to_item(channel), **channel_key(channel.id), **listed}


def _listed(collection: str, item_id: str) -> Item:
    return {"collection": collection, "collected_at": item_id}


def _id(item: Item) -> str:
    return str(item["id"])


def _found(item: Item | None, kind: str, item_id: str) -> Item:
    if item is None:
        raise NotFoundError(f"There is no {kind} with the id {item_id}.")
    return item
