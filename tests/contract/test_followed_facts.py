"""Who reads again what events hint at knows as much as who reads everything again.

Whole simulated businesses in which time passes and people do things.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import STORIES, Business, Sandbox, SeedOptions, seeded_business
from local.stripe_sandbox import start as start_sandbox
from shared.adapters.stripe_changes import Changes, changes_in
from shared.adapters.stripe_documents import CustomerFacts, by_customer, merge
from shared.adapters.stripe_history_objects import EventObject, InvoiceItemObject, InvoiceObject
from shared.adapters.stripe_history_reading import with_all_lines
from shared.adapters.stripe_lists import expanding, read_all
from shared.adapters.stripe_mapping import Catalog
from shared.adapters.stripe_objects import Page, SubscriptionObject
from shared.adapters.stripe_reading import SUBSCRIPTION_LIST, with_all_items
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.ledger import CustomerRecord
from tests.business_scripts import ACTIONS, Script, Step
from tests.pieces import ALL_CHANGES, Pieces, complete, opened, read_pieces, show, tell

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
SEEDS = range(len(STORIES))


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with start_sandbox(Business.empty(NOW)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("seed", SEEDS)
def test_what_events_hint_at_is_all_that_changed(sandbox: Sandbox, seed: int) -> None:
    business = a_business(seed)
    show(sandbox, business)
    before = asyncio.run(read(sandbox))
    let_time_pass(business, random.Random(seed))  # noqa: S311 - the same every time
    show(sandbox, business)
    followed, read_again = asyncio.run(follow(sandbox, before))
    assert followed == read_again


def a_business(seed: int) -> Business:
    story = sorted(STORIES)[seed % len(STORIES)]
    return seeded_business(NOW, SeedOptions(seed=seed, customers=40, days=500, story=story))


def let_time_pass(business: Business, chance: random.Random) -> None:
    script = Script(business)
    for _ in range(8):
        numbers = [chance.randrange(60) for _ in range(3)]
        script.do(Step(chance.randint(1, 48), chance.choice(sorted(ACTIONS)), *numbers))
    business.advance(days=chance.choice([1, 3, 6]))


async def read(sandbox: Sandbox) -> Pieces:
    async with opened(sandbox) as transport:
        await transport.get("/v1/events", (("limit", "1"),), Page[EventObject])
        return await read_pieces(transport)


async def follow(
    sandbox: Sandbox, before: Pieces
) -> tuple[list[CustomerRecord], list[CustomerRecord]]:
    """What is told of what events hint at, and of everything, laid over what was known before."""
    known = by_customer(before.objects, seconds(before.as_of))
    async with opened(sandbox) as transport:
        bound = ("created[gte]", str(seconds(before.as_of)))
        events = await read_all(transport, "/v1/events", (*ALL_CHANGES, bound), Page[EventObject])
        changes = changes_in(events.values())
        assert changes.customers
        assert not changes.unknown
        objects = [*events.values(), *[it async for it in changed(transport, changes)]]
        whole = await read_pieces(transport)
        at = seconds(whole.as_of)
        every = known.keys() | by_customer(whole.objects, at).keys()
        now = Pieces(whole.objects, before.history, whole.as_of)
        return (
            await told(transport, now, known, by_customer(objects, at), changes.customers),
            await told(transport, now, known, by_customer(whole.objects, at), every),
        )


async def changed(transport: StripeTransport, changes: Changes) -> AsyncIterator[Any]:
    """Yield the objects of who changed, as they are now."""
    for customer in sorted(changes.customers):
        its = ("customer", customer)
        found = await read_all(
            transport, "/v1/subscriptions", (*SUBSCRIPTION_LIST, its), Page[SubscriptionObject]
        )
        for obj in found.values():
            yield await with_all_items(transport, obj) if obj.items.has_more else obj
        pending = (its, ("pending", "true"))
        waiting = await read_all(transport, "/v1/invoiceitems", pending, Page[InvoiceItemObject])
        for item in waiting.values():
            yield item
    parts = expanding(["discounts", "lines.data.discounts"])
    for invoice_id in changes.invoices:
        invoice = await transport.get(f"/v1/invoices/{invoice_id}", parts, InvoiceObject)
        yield await with_all_lines(transport, invoice) if invoice.lines.has_more else invoice


async def told(
    transport: StripeTransport,
    now: Pieces,
    known: Mapping[str, CustomerFacts],
    news: Mapping[str, CustomerFacts],
    read_whole: set[str],
) -> list[CustomerRecord]:
    """The records of what was known and what is new, without their facts.

    Args:
        read_whole: customers of whom all subscriptions and all that waits was read again.
    """
    at = seconds(now.as_of)
    marks = dict.fromkeys(read_whole, CustomerFacts(complete={"subscriptions": at, "waiting": at}))
    facts = dict(known)
    for more in (news, marks):
        for customer, its in more.items():
            facts[customer] = merge(facts.get(customer, CustomerFacts()), its)
    catalog = await complete(transport, facts, Catalog())
    records = tell(facts, catalog, now)
    without = [replace(record, facts=b"") for record in records]
    return sorted(without, key=lambda record: record.customer_id)


def seconds(instant: datetime) -> int:
    return int(instant.timestamp())
