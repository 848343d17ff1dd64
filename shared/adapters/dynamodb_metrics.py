"""Values of metrics, in the metrics table, fenced by the lease in the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import (
    VALUE_PREFIX,
    integration_key,
    metric_key,
    timestamp,
    value_sk,
)
from shared.adapters.dynamodb_table import EXISTS, Condition, DynamoDbTable, Item, take_page
from shared.domain.configuration import MetricValue
from shared.errors import LeaseHeldError, VersionConflictError
from shared.ports import Lease, Page

# DynamoDB takes 100 items in a transaction; a metric takes three and the fence one.
_METRICS_PER_TRANSACTION = 25


class DynamoDbMetrics:
    """The `MetricStore` port over the metrics table, with the fence in the ledger table."""

    def __init__(self, table: DynamoDbTable, ledger: DynamoDbTable | None = None) -> None:
        self._table = table
        self._ledger = ledger

    def commit_values(self, values: Sequence[MetricValue], lease: Lease) -> None:
        """See the port."""
        for start in range(0, len(values), _METRICS_PER_TRANSACTION):
            batch = values[start : start + _METRICS_PER_TRANSACTION]
            try:
                self._commit(batch, lease)
            except VersionConflictError:
                self._commit_one_by_one(batch, lease)

    def _commit(self, values: Sequence[MetricValue], lease: Lease) -> None:
        self._table.transact([self._fence(lease), *self._writes(values)])

    def _commit_one_by_one(self, values: Sequence[MetricValue], lease: Lease) -> None:
        # One metric that was removed meanwhile must not take the others with it.
        for value in values:
            try:
                self._commit([value], lease)
            except VersionConflictError as error:
                if self._table.get(metric_key(value.metric_id)) is not None:
                    raise LeaseHeldError(
                        "Another sync of this integration has begun: the values are dropped."
                    ) from error

    def _fence(self, lease: Lease) -> Item:
        if self._ledger is None:  # pragma: no cover - a wiring mistake, not a state
            raise TypeError("values are committed with a ledger only")
        held = Condition("#s = :s", {":s": lease.sequence}, {"#s": "sequence"})
        return self._ledger.check_in_transaction(
            integration_key(lease.integration_id, "SYNC"), held
        )

    def _writes(self, values: Sequence[MetricValue]) -> list[Item]:
        writes: list[Item] = []
        for value in values:
            item, table = to_item(value), self._table
            newer = Condition(
                "attribute_not_exists(pk) OR #v < :v", {":v": value.version}, {"#v": "version"}
            )
            past = {**item, **metric_key(value.metric_id, value_sk(value.as_of, value.version))}
            latest = {**item, **metric_key(value.metric_id, "LATEST")}
            writes += [
                table.check_in_transaction(metric_key(value.metric_id), EXISTS),
                table.put_in_transaction(latest, newer),
                table.put_in_transaction(past),
            ]
        return writes

    def latest(self, metric_ids: Sequence[str]) -> Mapping[str, MetricValue]:
        """See the port."""
        items = self._table.get_many([metric_key(key, "LATEST") for key in metric_ids])
        return {item["metric_id"]: from_item(MetricValue, item) for item in items}

    def values(
        self,
        metric_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[MetricValue]:
        """See the port."""
        after = max(filter(None, (cursor, timestamp(start) if start else None)), default=None)
        items = self._table.query(
            metric_key(metric_id)["pk"],
            VALUE_PREFIX,
            after=after,
            before=timestamp(end) if end else None,
            limit=limit + 1,
        )
        return take_page(
            items,
            limit,
            lambda item: from_item(MetricValue, item),
            lambda item: item["sk"].removeprefix(VALUE_PREFIX),
        )
