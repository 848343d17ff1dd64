"""Values of metrics, in the metrics table, fenced by the lease in the ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import (
    METRIC_PREFIX,
    VALUE_PREFIX,
    from_cursor,
    integration_key,
    metric_key,
    timestamp,
    to_cursor,
    value_sk,
)
from shared.adapters.dynamodb_lease import end_of_sync, held
from shared.adapters.dynamodb_table import Condition, DynamoDbTable, Item, take_page
from shared.domain.configuration import MetricValue
from shared.domain.ledger import Place
from shared.domain.periods import CLOSING_LOOK_BACK, closing_value
from shared.errors import LeaseHeldError, VersionConflictError
from shared.ports import Lease, Page, SyncRequest

# DynamoDB takes 100 items in a transaction; a metric takes one, and so does the fence.
_METRICS_PER_TRANSACTION = 90
# Past values rank below every sync's.
_PAST_VERSION = 0
_ATTEMPTS = 3
# The newest value before an instant is nearly always the first that is looked at.
_LOOK_BACK = 5
# Withheld values and empty ratios are passed over, but not for ever.
_LONGEST_LOOK_BACK = 500


class DynamoDbMetrics:
    """The `MetricStore` port over the metrics table, with the fence in the ledger table.

    The transaction says in the ledger that history rows are owed, and a small write after them that
    they are there: whoever comes next knows whether they have to be made up for.
    """

    def __init__(self, table: DynamoDbTable, ledger: DynamoDbTable | None = None) -> None:
        self._table = table
        self._ledger = ledger

    def commit(
        self,
        values: Sequence[MetricValue],
        lease: Lease,
        *,
        place: Place | None = None,
        done: SyncRequest | None = None,
    ) -> None:
        """See the port."""
        if lease.is_recovery:
            self._make_up_history(lease.integration_id)
        size = _METRICS_PER_TRANSACTION
        batches = [values[start : start + size] for start in range(0, len(values), size)]
        for batch in batches[:-1]:
            self._commit(batch, lease, None, None)
        if batches:
            self._commit(batches[-1], lease, place, done)
            place = done = None
        self._settle(lease, place, done)

    def _commit(
        self,
        values: Sequence[MetricValue],
        lease: Lease,
        place: Place | None,
        done: SyncRequest | None,
    ) -> None:
        sets, arguments = end_of_sync(place, done)
        expression = ", ".join(filter(None, ["SET owes_history = :true", sets]))
        fence = self._ledger_table.update_in_transaction(
            integration_key(lease.integration_id, "SYNC"),
            expression,
            held(lease),
            {**arguments, ":true": True},
        )
        written = self._transact(fence, values, lease)
        self._table.write(_history_item(to_item(value)) for value in written)

    def _transact(
        self, fence: Item, values: Sequence[MetricValue], lease: Lease
    ) -> Sequence[MetricValue]:
        """Put values as the latest, and give those whose metrics are still there."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._table.transact([fence, *map(self._latest_put, values)])
            except VersionConflictError:
                self._check(lease)
                if attempt == _ATTEMPTS:
                    raise
                values = self._still_asked_for(values)
            else:
                break
        return values

    def _latest_put(self, value: MetricValue) -> Item:
        item = {**to_item(value), **metric_key(value.metric_id, "LATEST")}
        is_asked_for = Condition("edition = :e", {":e": value.edition})
        return self._table.put_in_transaction(item, is_asked_for)

    def _still_asked_for(self, values: Sequence[MetricValue]) -> Sequence[MetricValue]:
        """Leave out what metrics that are gone, or have another query by now, would have been."""
        latest = self._latest_items(value.metric_id for value in values)
        editions = {item["metric_id"]: item["edition"] for item in latest}
        return [value for value in values if editions.get(value.metric_id) == value.edition]

    def _check(self, lease: Lease) -> None:
        item = self._ledger_table.get(integration_key(lease.integration_id, "SYNC")) or {}
        if item.get("sequence") != lease.sequence:
            raise _passed_on()

    def _settle(self, lease: Lease, place: Place | None, done: SyncRequest | None) -> None:
        """Say that all history rows are there, and what no transaction has said."""
        sets, arguments = end_of_sync(place, done)
        expression = f"REMOVE owes_history SET {sets}" if sets else "REMOVE owes_history"
        key = integration_key(lease.integration_id, "SYNC")
        try:
            self._ledger_table.update(key, expression, held(lease), arguments)
        except VersionConflictError:
            if sets:
                raise _passed_on() from None

    def _make_up_history(self, integration_id: str) -> None:
        pointers = self._table.query(integration_key(integration_id)["pk"], METRIC_PREFIX)
        latest = self._latest_items(pointer["id"] for pointer in pointers)
        self._table.write(_history_item(item) for item in latest if _has_value(item))

    def _latest_items(self, metric_ids: Iterable[str]) -> Iterator[Item]:
        keys = [metric_key(key, "LATEST") for key in dict.fromkeys(metric_ids)]
        return self._table.get_many(keys)

    @property
    def _ledger_table(self) -> DynamoDbTable:
        if self._ledger is None:  # pragma: no cover - a wiring mistake, not a state
            raise TypeError("values are committed with a ledger only")
        return self._ledger

    def add_past(self, values: Iterable[MetricValue]) -> None:
        """See the port."""
        past = [replace(it, version=_PAST_VERSION, origin="reconstructed") for it in values]
        self._table.write(_history_item(to_item(value)) for value in self._still_asked_for(past))

    def latest(self, metric_ids: Sequence[str]) -> Mapping[str, MetricValue]:
        """See the port."""
        items = self._latest_items(metric_ids)
        return {it["metric_id"]: from_item(MetricValue, it) for it in items if _has_value(it)}

    def baseline(self, value: MetricValue, until: datetime) -> MetricValue | None:
        """See the port."""
        items = self._newest(
            value.metric_id, VALUE_PREFIX, f"{VALUE_PREFIX}{timestamp(until)}~", limit=_LOOK_BACK
        )
        alike = (it for it in islice(items, _LONGEST_LOOK_BACK) if it.is_measured_as(value))
        return next((it for it in alike if it.value is not None), None)

    def values(
        self,
        metric_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int,
        cursor: str | None = None,
        series: str | None = None,
    ) -> Page[MetricValue]:
        """See the port."""
        starts = [from_cursor(cursor)] if cursor else []
        starts += [timestamp(start)] if start else []
        items = self._table.query(
            metric_key(metric_id)["pk"],
            VALUE_PREFIX,
            after=max(starts, default=None),
            before=timestamp(end) if end else None,
            limit=limit + 1,
        )
        return take_page(
            filter(partial(_is_of, series), items),
            limit,
            lambda item: from_item(MetricValue, item),
            lambda item: to_cursor(item["sk"], VALUE_PREFIX),
        )

    def closing_value(
        self, metric_id: str, start: datetime, end: datetime, series: str | None = None
    ) -> MetricValue | None:
        """See the port."""
        low, high = f"{VALUE_PREFIX}{timestamp(start)}", f"{VALUE_PREFIX}{timestamp(end)}"
        if low >= high:
            return None
        newest = next(self._newest(metric_id, low, high, limit=1, series=series), None)
        if newest is None or newest.value is not None:
            return newest
        found = self._newest(metric_id, low, high, limit=CLOSING_LOOK_BACK, series=series)
        return closing_value(found)

    def _newest(
        self, metric_id: str, low: str, high: str, *, limit: int, series: str | None = None
    ) -> Iterator[MetricValue]:
        pk = metric_key(metric_id)["pk"]
        items = self._table.between(pk, low, high, limit=limit, is_reversed=True)
        return (from_item(MetricValue, item) for item in items if _is_of(series, item))


def _passed_on() -> LeaseHeldError:
    return LeaseHeldError("Another sync of this integration has begun: the values are dropped.")


def _is_of(series: str | None, item: Item) -> bool:
    return series is None or item["definitions_version"] == series


def _has_value(latest: Item) -> bool:
    return "computed_at" in latest


def _history_item(item: Item) -> Item:
    as_of, version = datetime.fromisoformat(item["as_of"]), int(item["version"])
    series = item["definitions_version"] if item["origin"] == "reconstructed" else ""
    return {**item, **metric_key(item["metric_id"], value_sk(as_of, version, series))}
