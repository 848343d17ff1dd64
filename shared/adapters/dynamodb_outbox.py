"""The outbox, in the metrics table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from shared.adapters.dynamodb_items import from_item
from shared.adapters.dynamodb_keys import OUTBOX, OUTBOX_PREFIX, notices_key, timestamp
from shared.adapters.dynamodb_notices import settled_item, waiting_item, waiting_key
from shared.adapters.dynamodb_table import EXISTS, Condition, DynamoDbTable
from shared.domain.notices import Notice
from shared.errors import VersionConflictError


class DynamoDbOutbox:
    """The `Outbox` port over the metrics table."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def pending_of(self, source_id: str) -> tuple[Notice, ...]:
        """See the port."""
        items = self._table.query(notices_key(source_id, "")["pk"], OUTBOX_PREFIX)
        notices = (from_item(Notice, item) for item in items)
        return tuple(sorted(notices, key=lambda notice: notice.decided_at))

    def pending(self) -> Iterator[Notice]:
        """See the port."""
        return (from_item(Notice, item) for item in self._table.collection(OUTBOX))

    def claim(self, notice: Notice, *, now: datetime, until: datetime) -> Notice | None:
        """See the port."""
        claimed = replace(notice, status="sending", attempts=notice.attempts + 1, lease_until=until)
        free = Condition(
            "#st = :pending OR (#st = :sending AND lease_until <= :now)",
            {":pending": "pending", ":sending": "sending", ":now": timestamp(now)},
            {"#st": "status"},
        )
        try:
            self._table.put(waiting_item(claimed), free)
        except VersionConflictError:
            return None
        return claimed

    def settle(self, notice: Notice) -> None:
        """See the port."""
        try:
            self._settle(notice)
        except VersionConflictError:
            # Gone with its alert, or settled already by a call whose answer was lost; or claimed by
            # somebody else since, who knows better. Otherwise nothing was written because of
            # somebody who tries to claim it at this very moment.
            waiting = self._table.get(waiting_key(notice))
            if waiting is not None and waiting["attempts"] == notice.attempts:
                raise

    def _settle(self, notice: Notice) -> None:
        if notice.status == "pending":
            is_ours = Condition("attempts = :a", {":a": notice.attempts})
            self._table.put(waiting_item(notice), is_ours)
            return
        # Out of the outbox, so that what is unsent is all that sending ever has to read.
        self._table.transact(
            [
                self._table.delete_in_transaction(waiting_key(notice), EXISTS),
                self._table.put_in_transaction(settled_item(notice)),
            ]
        )
