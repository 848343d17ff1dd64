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
from shared.domain.metrics import query_from_dict, query_to_dict
from shared.errors import ConflictError, NotFoundError, VersionConflictError
from shared.ports import Page


class DynamoDbConfig:
    """The `ConfigStore` port over the metrics table."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def add_integration(self, integration: Integration) -> None:
        """See the port."""
        item = {
            **to_item(integration),
            **integration_key(integration.id),
            **_listed(INTEGRATIONS, integration.id),
        }
        # The marker stays whatever metrics there are: every account is kept up to date.
        due = _due_item(integration.id, EVERYBODYS_INTERVAL)
        self._table.transact(
            [self._table.put_in_transaction(item), self._table.put_in_transaction(due)]
        )

    def integration(self, integration_id: str) -> Integration:
        """See the port."""
        item = self._table.get(integration_key(integration_id))
        return from_item(Integration, _found(item, "integration", integration_id))

    def integrations(self, *, limit: int, cursor: str | None = None) -> Page[Integration]:
        """See the port."""
        items = self._table.collection(INTEGRATIONS, after=cursor, limit=limit + 1)
        return take_page(items, limit, lambda i: from_item(Integration, i), _id)

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
        not_later = Condition(
            "attribute_not_exists(pk) OR #s <= :s", {":s": status.sequence}, {"#s": "sequence"}
        )
        try:
            self._table.put(item, not_later)
        except VersionConflictError:
            return  # a later sync has said how it went; ours is history

    def add_metric(self, metric: Metric) -> None:
        """See the port."""
        interval, owner = metric.refresh_interval, metric.integration_id
        pointer = {**integration_key(owner, METRIC_PREFIX + metric.id), "interval": interval}
        table = self._table
        self._table.transact(
            [
                table.check_in_transaction(integration_key(owner), EXISTS),
                table.put_in_transaction(_metric_item(metric), IS_NEW),
                table.put_in_transaction(_no_value_yet(metric)),
                table.put_in_transaction({**pointer, "id": metric.id}),
                table.put_in_transaction(_due_item(owner, interval)),
            ]
        )

    def metric(self, metric_id: str) -> Metric:
        """See the port."""
        item = self._table.get(metric_key(metric_id))
        return _read_metric(_found(item, "metric", metric_id))

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

    def due_integrations(self, interval: RefreshInterval) -> Iterator[str]:
        """See the port."""
        for item in self._table.collection(due_collection(interval)):
            yield item["collected_at"]

    def remove_metric(self, metric: Metric) -> None:
        """See the port."""
        owner, interval = metric.integration_id, metric.refresh_interval
        pk = metric_key(metric.id)["pk"]
        alerts = [pointer["id"] for pointer in self._table.query(pk, ALERT_PREFIX)]
        self._table.delete([integration_key(owner, METRIC_PREFIX + metric.id)])
        if interval != EVERYBODYS_INTERVAL and interval not in self.intervals_of(owner):
            self._table.delete([integration_key(owner, DUE_PREFIX + interval)])
            if interval in self.intervals_of(owner):
                # Another metric of it was added in between; its marker must not go with this one.
                self._table.put(_due_item(owner, interval))
        for alert_id in alerts:
            remove_alert_items(self._table, metric.id, alert_id)
        # The metric itself last, so that a removal that was cut short can be asked for again.
        self._table.delete_partition(pk)

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
        items = {i["id"]: i for i in self._table.get_many([metric_key(key) for key in ids])}
        return tuple(_read_metric(items[key]) for key in ids if key in items)


def _due_item(owner: str, interval: RefreshInterval) -> Item:
    key = integration_key(owner, DUE_PREFIX + interval)
    return {**key, **_listed(due_collection(interval), owner)}


def _channel_item(channel: Channel) -> Item:
    listed = _listed(CHANNELS, channel.id)
    return {**to_item(channel), **channel_key(channel.id), **listed}


def _metric_item(metric: Metric) -> Item:
    # A query names its type, which is no field of its class.
    return {**to_item(metric), **metric_key(metric.id), "query": query_to_dict(metric.query)}


def _no_value_yet(metric: Metric) -> Item:
    # A value is stored only where this is: a metric that was removed meanwhile gets none.
    return {**metric_key(metric.id, "LATEST"), "metric_id": metric.id, "value": None}


def _read_metric(item: Item) -> Metric:
    return from_item(Metric, {**item, "query": query_from_dict(item["query"])})


def _listed(collection: str, item_id: str) -> Item:
    return {"collection": collection, "collected_at": item_id}


def _id(item: Item) -> str:
    return str(item["id"])


def _found(item: Item | None, kind: str, item_id: str) -> Item:
    if item is None:
        raise NotFoundError(f"There is no {kind} with the id {item_id}.")
    return item
