"""Notices as items: waiting in the outbox, or settled in the history of their source."""

from collections.abc import Iterable

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import (
    NOTICE_PREFIX,
    OUTBOX,
    OUTBOX_PREFIX,
    Key,
    notices_key,
    timestamp,
)
from shared.adapters.dynamodb_table import DynamoDbTable, Item
from shared.domain.notices import Notice

# A decision's key and a channel's id.
Told = tuple[str, str]


def waiting_key(notice: Notice) -> Key:
    """Key of a notice that is to be sent."""
    return _key(OUTBOX_PREFIX, notice.source_id, (notice.key, notice.channel_id))


def waiting_item(notice: Notice) -> Item:
    """Write a notice that is to be sent; the index lists it."""
    listed = {"collection": OUTBOX, "collected_at": timestamp(notice.decided_at)}
    return {**to_item(notice), **waiting_key(notice), **listed}


def settled_item(notice: Notice) -> Item:
    """Write a notice that was sent or given up."""
    key = _key(NOTICE_PREFIX, notice.source_id, (notice.key, notice.channel_id))
    return {**to_item(notice), **key}


def read_notices(table: DynamoDbTable, source_id: str, told: Iterable[Told]) -> dict[Told, Notice]:
    """Read what became of notices, each known by its decision's key and its channel's id."""
    missing, found = set(told), dict[Told, Notice]()
    # Most are settled; one that is settled between two looks is found by the last.
    for prefix in (NOTICE_PREFIX, OUTBOX_PREFIX, NOTICE_PREFIX):
        if not missing:
            break
        for item in table.get_many(_key(prefix, source_id, it) for it in missing):
            notice = from_item(Notice, item)
            found[notice.key, notice.channel_id] = notice
        missing -= found.keys()
    return found


def _key(prefix: str, source_id: str, told: Told) -> Key:
    return notices_key(source_id, f"{prefix}{told[0]}#{told[1]}")
