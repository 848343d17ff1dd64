"""Requests and write units of a sync after some customers changed, against reading all again."""

from dataclasses import dataclass
from typing import Any

import msgspec

from benchmarks.accounts import NOW
from benchmarks.rows import Row, Sizes
from benchmarks.synced import SyncedAccount
from local.stripe_sandbox import Business, SeedOptions, seeded_business, start
from shared.adapters.stripe_changes import EVENT_TYPES

# More than the ten minutes that are read twice: no event of one sync is met again by the next.
_SECONDS_BETWEEN = 900
_PAGE = 100


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give the cost of each sync, and at the end of an import of the same account."""
    business = seeded_business(NOW, SeedOptions(customers=sizes.customers))
    with start(business) as sandbox:
        synced = SyncedAccount(sandbox)
        synced.sync()
        changed = {}
        for count in sizes.changed:
            since = business.now
            sandbox.run(_Change(count))
            sandbox.advance(seconds=_SECONDS_BETWEEN)
            told = _told_since(business, since)
            changed[str(count)] = {**told, **synced.sync().as_dict()}
        reread = SyncedAccount(sandbox).sync().as_dict()
    return {"changed_customers": changed, "read_anew": reread}


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the requests and write units after each number of changes."""
    whole, made = found["read_anew"], []
    for count, cost in found["changed_customers"].items():
        most = min(2 + 2 * cost["customers"] + cost["events"] // _PAGE, whole["requests"])
        what = f"sync after {count} customers changed"
        made += [
            Row(f"{what}: requests", cost["requests"], f"<= {most}", whole["requests"], "all anew"),
            Row(
                f"{what}: write units",
                cost["write_units"],
                baseline=whole["write_units"],
                against="all anew",
            ),
        ]
    return made


def _told_since(business: Business, instant: int) -> dict[str, int]:
    """Count the events and whom they are about: time goes on for others too."""
    events = [
        it for it in business.state.events if it.created >= instant and it.type in EVENT_TYPES
    ]
    told = [msgspec.json.decode(it.snapshot) for it in events]
    return {
        "events": len(events),
        "customers": len({it.get("customer") or it["id"] for it in told}),
    }


@dataclass(frozen=True, slots=True)
class _Change:
    """Lets so many customers take a seat more."""

    count: int

    def __call__(self, business: Business) -> None:
        owners: set[str] = set()
        for sub in business.state.subscriptions:
            item = sub.items[0] if sub.items else None
            if len(owners) == self.count:
                return
            if sub.status == "active" and item and item.quantity and sub.customer not in owners:
                owners.add(sub.customer)
                business.change_item(item, quantity=item.quantity + 1)
        raise RuntimeError(f"only {len(owners)} customers of {self.count} could change")
