"""How the item that holds an integration's lease is changed: by the ledger, and by commits."""

from typing import Any

from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_table import Condition
from shared.domain.ledger import Place
from shared.ports import Lease, SyncRequest

NO_LEASE = ""


def end_of_sync(place: Place | None, done: SyncRequest | None) -> tuple[str, dict[str, Any]]:
    """Say what to set when a sync stores its place, ends its lease, or both, and the values."""
    sets, values = [], dict[str, Any]()
    if place is not None:
        sets.append("place = :place")
        values[":place"] = to_item(place)
    if done is not None:
        sets += ["lease_until = :free", f"{slot_attribute(done)} = :slot"]
        values |= {":free": NO_LEASE, ":slot": done.slot}
    return ", ".join(sets), values


def held(lease: Lease) -> Condition:
    """Say that no other sync has begun since the lease was taken."""
    return Condition("#s = :s", {":s": lease.sequence}, {"#s": "sequence"})


def slot_attribute(request: SyncRequest) -> str:
    """Name the attribute that holds the newest slot of the request's kind that is done."""
    return f"slot_{request.interval or 'asked'}"
