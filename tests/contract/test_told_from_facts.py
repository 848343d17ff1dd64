"""An account told from facts that were kept, cut and merged is the account that was read at once.

Whole simulated businesses: lists are cut anywhere, pieces come in any order and more than once,
and everything goes through the bytes that the ledger keeps.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import STORIES, Business, Sandbox, SeedOptions, seeded_business
from local.stripe_sandbox import start as start_sandbox
from shared.adapters.stripe_account_reading import read_account
from shared.adapters.stripe_documents import (
    NOBODY,
    CustomerFacts,
    by_customer,
    decode,
    encode,
    merge,
)
from shared.adapters.stripe_history_objects import EventObject
from shared.adapters.stripe_mapping import Catalog
from shared.adapters.stripe_telling import to_records
from shared.domain.account import EVERYTHING, Account, Needs
from shared.domain.ledger import CustomerRecord
from tests.pieces import HISTORY, Pieces, complete, opened, read_pieces, show, tell

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
NEEDS = Needs(subscriptions=True, history=HISTORY, customers=EVERYTHING)
BUSINESSES = {
    **{story: SeedOptions(seed=7, customers=40, story=story) for story in sorted(STORIES)},
    "foreign": SeedOptions(seed=8, customers=60, foreign_share=0.5),
}


@dataclass(frozen=True)
class World:
    """An account that was read at once, the same in pieces, and its prices and coupons."""

    account: Account
    pieces: Pieces
    facts: Mapping[str, CustomerFacts]
    catalog: Catalog
    records: list[CustomerRecord]
    one_by_one: list[CustomerRecord]


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with start_sandbox(Business.empty(NOW)) as sandbox:
        yield sandbox


@pytest.fixture(name="world", scope="module", params=sorted(BUSINESSES))
def _world(sandbox: Sandbox, request: pytest.FixtureRequest) -> World:
    business = seeded_business(NOW, BUSINESSES[request.param])
    show(sandbox, business)
    return asyncio.run(_read(sandbox))


async def _read(sandbox: Sandbox) -> World:
    async with opened(sandbox) as transport:
        account = await read_account(transport, "test", NEEDS)
        pieces = await read_pieces(transport)
        facts = shuffled(pieces, random.Random(1))  # noqa: S311 - the same every time
        catalog = await complete(transport, facts, Catalog())
        records = tell(facts, catalog, pieces)
        one_by_one = []
        for customer_id, its in facts.items():
            alone = {customer_id: its}
            own = await complete(transport, alone, Catalog())
            one_by_one += tell(alone, own, pieces)
    return World(account, pieces, facts, catalog, records, one_by_one)


def shuffled(pieces: Pieces, chance: random.Random) -> dict[str, CustomerFacts]:
    """The facts of all customers, cut and merged at random, each piece kept in between."""
    objects = [*pieces.objects, *chance.sample(pieces.objects, len(pieces.objects) // 3)]
    chance.shuffle(objects)
    kept: dict[str, bytes] = {}
    read_at = int(pieces.as_of.timestamp())
    for piece in cut(objects, chance):
        for customer_id, its in by_customer(piece, read_at).items():
            before = decode(kept.get(customer_id, b""))
            both = merge(before, its) if chance.random() < 0.5 else merge(its, before)
            kept[customer_id] = encode(both)
    return {customer_id: decode(body) for customer_id, body in kept.items()}


def cut(objects: list[Any], chance: random.Random) -> Iterable[list[Any]]:
    start = 0
    while start < len(objects):
        end = start + chance.randint(1, 200)
        yield objects[start:end]
        start = end


def same_as(account: Account, records: Iterable[CustomerRecord]) -> None:
    """Hold what records tell against what was read."""
    records = list(records)
    told = {it.subscription_id: it for record in records for it in record.timelines}
    read = {it.subscription_id: it for it in account.timelines}
    assert told.keys() == read.keys()
    for subscription_id, timeline in read.items():
        assert told[subscription_id] == timeline
    unreadable = [it for record in records for it in record.unreadable]
    assert sorted(unreadable, key=lambda it: it.subscription_id) == sorted(
        account.unreadable, key=lambda it: it.subscription_id
    )
    customers = {record.customer.id: record.customer for record in records if record.customer}
    assert customers == {it.id: it for it in account.customers}


def test_the_whole_account_is_told_as_it_was_read(world: World) -> None:
    same_as(world.account, world.records)


def test_every_customer_alone_is_told_as_among_all(world: World) -> None:
    same_as(world.account, world.one_by_one)


def test_nothing_is_nobodys(world: World) -> None:
    assert NOBODY not in world.facts


def test_facts_depend_on_no_order(world: World) -> None:
    for seed in range(3):
        again = shuffled(world.pieces, random.Random(seed))  # noqa: S311 - the same every time
        assert {it: encode(facts) for it, facts in again.items()} == {
            it: encode(facts) for it, facts in world.facts.items()
        }


def test_before_the_past_is_read_only_the_present_is_told(world: World) -> None:
    records = to_records(
        world.facts,
        world.catalog,
        mode="test",
        as_of=world.pieces.as_of,
        complete_since=None,
        events_since=None,
    )
    told = {it.subscription_id: it for record in records for it in record.timelines}
    assert told.keys() == {it.subscription_id for it in world.account.timelines}
    assert not any(record.facts for record in records)


def test_what_is_kept_says_nothing_of_who_a_customer_is(world: World) -> None:
    events = [it for it in world.pieces.objects if isinstance(it, EventObject)]
    assert any(b'"email"' in bytes(event.data.object) for event in events)
    kept = b"".join(map(encode, world.facts.values()))
    assert not [word for word in (b"email", b"@example", b"metadata") if word in kept]
