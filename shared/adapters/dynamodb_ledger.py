"""The lease of each integration's sync, in the ledger table."""

from datetime import datetime
from typing import Any

from shared.adapters.dynamodb_keys import integration_key, timestamp
from shared.adapters.dynamodb_table import Condition, DynamoDbTable
from shared.errors import LeaseHeldError, VersionConflictError
from shared.ports import Lease, SyncRequest


class DynamoDbLedger:
    """The `Ledger` port: one item for each integration, changed by conditional updates."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def take_lease(self, request: SyncRequest, *, now: datetime, until: datetime) -> Lease | None:
        """See the port."""
        key = integration_key(request.integration_id, "SYNC")
        if self._is_done(self._table.get(key) or {}, request):
            return None
        free = Condition(
            "attribute_not_exists(lease_until) OR lease_until <= :now", {":now": timestamp(now)}
        )
        try:
            item = self._table.update(
                key,
                "SET lease_until = :until ADD #sequence :one",
                Condition(free.expression, free.values, {"#sequence": "sequence"}),
                {":until": timestamp(until), ":one": 1},
            )
        except VersionConflictError as error:
            raise LeaseHeldError("Another sync of this integration is running.") from error
        return Lease(integration_id=request.integration_id, sequence=int(item["sequence"]))

    def release_lease(self, lease: Lease, *, done: SyncRequest | None) -> None:
        """See the port."""
        values: dict[str, Any] = {":free": ""}
        expression = "SET lease_until = :free"
        if done is not None:
            values[":slot"] = done.slot
            expression += f", {_slot_attribute(done)} = :slot"
        held = Condition("#s = :s", {":s": lease.sequence}, {"#s": "sequence"})
        try:
            self._table.update(
                integration_key(lease.integration_id, "SYNC"), expression, held, values
            )
        except VersionConflictError:
            return  # the lease ran out and another sync has it: nothing is ours to end

    @staticmethod
    def _is_done(item: dict[str, Any], request: SyncRequest) -> bool:
        if request.interval is None:
            return bool(item.get(_slot_attribute(request)) == request.slot)
        # A slot that comes late finds a later one done: its value would be the same.
        return bool(item.get(_slot_attribute(request), "") >= request.slot)


def _slot_attribute(request: SyncRequest) -> str:
    return f"slot_{request.interval or 'asked'}"
