"""Notices as items: waiting in the outbox, or settled in the history of their source."""

from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import (
    NOTICE_PREFIX,
    OUTBOX,
    OUTBOX_PREFIX,
    Key,
    notices_key,
    timestamp,
)
from shared.adapters.dynamodb_table import Item
from shared.domain.notices import Notice


def waiting_key(notice: Notice) -> Key:
    """Key of a notice that is to be sent."""
    return notices_key(notice.source_id, f"{OUTBOX_PREFIX}{notice.key}#{notice.channel_id}")


def waiting_item(notice: Notice) -> Item:
    """Write a notice that is to be sent; the index lists it."""
    listed = {"collection": OUTBOX, "collected_at": timestamp(notice.decided_at)}
    return {**to_item(notice), **waiting_key(notice), **listed}


def settled_item(notice: Notice) -> Item:
    """Write a notice that was sent or given up."""
    sk = f"{NOTICE_PREFIX}{notice.key}#{notice.channel_id}"
    return {**to_item(notice), **notices_key(notice.source_id, sk)}
