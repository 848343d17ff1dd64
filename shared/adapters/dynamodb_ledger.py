"""The ledger table: each integration's lease and place, and the book of its account."""

from collections.abc import Callable
from datetime import datetime
from itertools import takewhile
from typing import Any

from shared.adapters.dynamodb_book import DynamoDbBook
from shared.adapters.dynamodb_items import from_item
from shared.adapters.dynamodb_keys import SHARDS, integration_key, ledger_pk, timestamp
from shared.adapters.dynamodb_lease import NO_LEASE, end_of_sync, held, slot_attribute
from shared.adapters.dynamodb_table import Condition, DynamoDbTable, Item
from shared.domain.ledger import NO_FORM, Place
from shared.errors import LeaseHeldError, VersionConflictError
from shared.ports import Lease, SyncRequest


class DynamoDbLedger:
    """The `Ledger` port: one small item for each integration, changed by conditional updates."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def take_lease(self, request: SyncRequest, *, now: datetime, until: datetime) -> Lease | None:
        """See the port."""
        item = self._item(request.integration_id)
        if self._is_done(item, request):
            return None
        is_ended = item.get("lease_until", NO_LEASE) == NO_LEASE
        if not is_ended and item["lease_until"] > timestamp(now):
            raise LeaseHeldError("Another sync of this integration is running.")
        sequence = int(item.get("sequence", 0))
        is_as_seen = (
            Condition("#s = :s", {":s": sequence}, {"#s": "sequence"})
            if sequence
            else Condition("attribute_not_exists(#s)", names={"#s": "sequence"})
        )
        try:
            self._table.update(
                integration_key(request.integration_id, "SYNC"),
                "SET lease_until = :until, #s = :next",
                is_as_seen,
                {":until": timestamp(until), ":next": sequence + 1},
            )
        except VersionConflictError as error:
            raise LeaseHeldError("Another sync of this integration is running.") from error
        is_recovery = not is_ended or "owes_history" in item
        return Lease(request.integration_id, sequence + 1, is_recovery)

    def release_lease(self, lease: Lease, *, done: SyncRequest | None) -> None:
        """See the port."""
        sets, values = end_of_sync(None, done)
        expression = f"SET {sets}" if sets else "SET lease_until = :free"
        try:
            self._change(lease, expression, {":free": NO_LEASE, **values})
        except VersionConflictError:
            return  # the lease ran out and another sync has it: nothing is ours to end

    def place(self, integration_id: str) -> Place:
        """See the port."""
        item = self._item(integration_id)
        return from_item(Place, item["place"]) if "place" in item else Place()

    def save_place(self, lease: Lease, place: Place) -> None:
        """See the port."""
        sets, values = end_of_sync(place, None)
        try:
            self._change(lease, f"SET {sets}", values)
        except VersionConflictError as error:
            raise LeaseHeldError("Another sync of this integration has begun.") from error

    def book(self, integration_id: str) -> DynamoDbBook:
        """See the port."""
        return DynamoDbBook(self._table, integration_id)

    def remove(self, lease: Lease, is_time_up: Callable[[], bool]) -> bool:
        """See the port."""
        # A form that no version has: whoever reads on from here begins anew.
        self.save_place(lease, Place(form=NO_FORM))
        for shard in (None, *range(SHARDS)):
            items = self._table.between(
                ledger_pk(lease.integration_id, shard), " ", "~", keys_only=True
            )
            keys = ({"pk": item["pk"], "sk": item["sk"]} for item in items)
            self._table.delete(takewhile(lambda _: not is_time_up(), keys))
            if is_time_up():
                return False
        self._table.delete([integration_key(lease.integration_id, "SYNC")])
        return True

    def _item(self, integration_id: str) -> Item:
        return self._table.get(integration_key(integration_id, "SYNC")) or {}

    def _change(self, lease: Lease, expression: str, values: dict[str, Any]) -> None:
        key = integration_key(lease.integration_id, "SYNC")
        self._table.update(key, expression, held(lease), values)

    @staticmethod
    def _is_done(item: dict[str, Any], request: SyncRequest) -> bool:
        if request.interval is None:
            return bool(item.get(slot_attribute(request)) == request.slot)
        # A slot that comes late finds a later one done: its value would be the same.
        return bool(item.get(slot_attribute(request), "") >= request.slot)
