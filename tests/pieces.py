"""Reads a sandbox's objects in pieces, and tells the records of what was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.stripe_sandbox import Business, Clock, Sandbox
from shared.adapters.stripe_catalog import decode_catalog, encode_catalog, is_valued
from shared.adapters.stripe_catalog_reading import CatalogReader
from shared.adapters.stripe_changes import EVENT_TYPES
from shared.adapters.stripe_documents import CustomerFacts
from shared.adapters.stripe_facts import HistoryObjects
from shared.adapters.stripe_history_objects import EventObject, ListedCustomerObject
from shared.adapters.stripe_history_reading import read_history
from shared.adapters.stripe_lists import read_all
from shared.adapters.stripe_mapping import Catalog
from shared.adapters.stripe_objects import Page
from shared.adapters.stripe_pace import UNLIMITED
from shared.adapters.stripe_reading import read_subscriptions
from shared.adapters.stripe_source import StripeSource
from shared.adapters.stripe_telling import lacking, to_records
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.ledger import CustomerRecord
from shared.domain.stripe_key import StripeKey, parse_key

HISTORY = timedelta(days=395)
ALL_CHANGES = tuple(("types[]", kind) for kind in EVENT_TYPES)


@dataclass(frozen=True)
class Pieces:
    """All that the lists of an account say, in no order.

    Attributes:
        history: since when invoices and events are there.
    """

    objects: list[Any]
    history: HistoryObjects
    as_of: datetime


def show(sandbox: Sandbox, business: Business) -> None:
    """Let a running sandbox show a business, at the business's own time."""
    sandbox._front.business, sandbox._front.clock = business, Clock(business.now)


def opened(sandbox: Sandbox) -> StripeTransport:
    """A way to ask a sandbox; an async context manager."""
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    return StripeSource(key, api_base=sandbox.url, pace=UNLIMITED)._open_transport(1)


async def read_pieces(transport: StripeTransport) -> Pieces:
    """Read all lists of the account, and events of every type that tells of a change."""
    as_of = transport.answered_at
    subscriptions = await read_subscriptions(transport, lambda it: is_valued(it, as_of, HISTORY))
    valued = [it for it in subscriptions if is_valued(it, as_of, HISTORY)]
    history = await read_history(transport, valued, HISTORY)
    customers = await read_all(transport, "/v1/customers", (), Page[ListedCustomerObject])
    events = await read_all(transport, "/v1/events", ALL_CHANGES, Page[EventObject])
    lists = (subscriptions, customers.values(), history.invoices, history.waiting, events.values())
    return Pieces([obj for each in lists for obj in each], history, as_of)


async def complete(
    transport: StripeTransport, facts: Mapping[str, CustomerFacts], catalog: Catalog
) -> Catalog:
    """Read what lacks, in at most three steps, and keep it as the ledger does."""
    for _ in range(3):
        lacks = lacking(facts, catalog, as_of=transport.answered_at, history=HISTORY)
        if not lacks:
            break
        await CatalogReader(transport, catalog).read(lacks)
        catalog = decode_catalog(encode_catalog(catalog))
    assert not lacking(facts, catalog, as_of=transport.answered_at, history=HISTORY)
    return catalog


def tell(
    facts: Mapping[str, CustomerFacts], catalog: Catalog, pieces: Pieces
) -> list[CustomerRecord]:
    """The records of customers, as far back as pieces reach."""
    return to_records(
        facts,
        catalog,
        mode="test",
        as_of=pieces.as_of,
        complete_since=pieces.history.since,
        events_since=pieces.history.events_since,
    )
