"""The book in DynamoDB's items: whatever is done, repeated or killed, it says what memory says."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.adapters.dynamodb_book import DynamoDbBook
from shared.adapters.dynamodb_packing import RecordReader, pack_records
from shared.domain.ledger import CustomerRecord, Fact, Span
from shared.domain.rates import rates_of
from tests.fakes import NOON
from tests.ledger_builders import (
    LISTINGS,
    a_balance_row,
    a_record,
    an_exchanged_row,
    contents,
    noise,
)
from tests.memory_book import InMemoryBook
from tests.memory_table import InMemoryTable, KilledError

# What names no customer is kept under no id.
IDS = ["", *(f"cus_{number}" for number in range(11))]
LARGE = noise(310_000)
customers = st.sets(st.sampled_from(IDS), max_size=8)
writes = st.none() | st.integers(0, 25)


def facts(customer_id, number):
    return Fact(customer_id, b"%d" % number if number else LARGE)


class Bookkeeping(RuleBasedStateMachine):
    """Two books to which the same happens; one process of two is killed on the way."""

    def __init__(self):
        super().__init__()
        self.table = InMemoryTable()
        self.book = DynamoDbBook(self.table, "int_1")
        self.expected = InMemoryBook()

    def do(self, act, writes_left):
        act(self.expected)
        self.table.writes_left = writes_left
        try:
            act(self.book)
        except KilledError:
            self.table.writes_left = None
            self.book = DynamoDbBook(self.table, "int_1")
            act(self.book)
        self.table.writes_left = None

    @rule(
        listing=st.sampled_from(LISTINGS),
        start=st.integers(0, 2),
        found=st.lists(st.builds(facts, st.sampled_from(IDS), st.integers(0, 9)), max_size=6),
        writes_left=writes,
    )
    def stage(self, listing, start, found, writes_left):
        span = Span(start * 10, start * 10 + 9)
        if span not in self.expected.staged_spans(listing):
            self.do(lambda book: book.stage(listing, span, found), writes_left)

    @rule(writes_left=writes)
    def clear_stage(self, writes_left):
        self.do(lambda book: book.clear_stage(), writes_left)

    @rule(
        ids=customers,
        amount=st.integers(1, 3),
        body=st.sampled_from([b"", b"a", b"b", LARGE]),
        writes_left=writes,
    )
    def put(self, ids, amount, body, writes_left):
        records = [a_record(key, facts=body, amount=amount) for key in ids]
        self.do(lambda book: book.put(records), writes_left)

    @rule(ids=customers, writes_left=writes)
    def remove(self, ids, writes_left):
        self.do(lambda book: book.remove(ids), writes_left)

    @rule(
        entries=st.dictionaries(st.sampled_from(["price/a", "coupon/b"]), st.binary(max_size=3)),
        writes_left=writes,
    )
    def put_catalog(self, entries, writes_left):
        self.do(lambda book: book.put_catalog(entries), writes_left)

    @rule(
        numbers=st.lists(st.integers(0, 30), max_size=20),
        category=st.sampled_from(["charge", "refund"]),
        writes_left=writes,
    )
    def add_balance(self, numbers, category, writes_left):
        rows = [a_balance_row(n, NOON - timedelta(hours=n * 5), category=category) for n in numbers]
        self.do(lambda book: book.add_balance(rows), writes_left)

    @rule(
        numbers=st.lists(st.integers(0, 30), max_size=20),
        currency=st.sampled_from(["eur", "jpy"]),
        rate=st.sampled_from(["1.1", "1.2", "0.00650000000000000000123"]),
        writes_left=writes,
    )
    def add_payments_from_abroad(self, numbers, currency, rate, writes_left):
        rows = [
            an_exchanged_row(
                100 + n, NOON - timedelta(hours=n * 5), rate=rate, currency_from=currency
            )
            for n in numbers
        ]
        self.do(lambda book: book.add_balance(rows), writes_left)

    @precondition(lambda self: self.expected.kept)
    @rule(writes_left=writes)
    def clear(self, writes_left):
        self.do(lambda book: book.clear(), writes_left)

    @invariant()
    def say_the_same(self):
        assert contents(self.book) == contents(self.expected)


Bookkeeping.TestCase.settings = settings(
    max_examples=settings().max_examples // 3, stateful_step_count=15
)
TestBookkeeping = Bookkeeping.TestCase


def test_what_subscriptions_share_is_kept_once_and_read_as_one_object():
    (timeline,) = a_record("cus_1").timelines
    records = [CustomerRecord(f"cus_{n}", b"", (timeline,)) for n in range(500)]
    read = RecordReader()
    found = [*read(pack_records(records)), *read(pack_records(records[:7]))]
    assert found == [*records, *records[:7]]
    assert len(pack_records(records)) < 200 * len(records)
    shared = {id(shared_of(record)) for record in found}
    assert len(shared) == 1


def shared_of(record):
    return record.timelines[0].stretches[0].worth


def test_a_row_more_in_a_long_day_touches_a_few_hundred_rows_of_it():
    table = InMemoryTable(page=100)
    book = DynamoDbBook(table, "int_1")
    book.add_balance(a_balance_row(n, NOON - timedelta(seconds=n)) for n in range(20_000))
    assert len(table.items) >= 20_000 / 400
    assert max(len(item["body"].value) for item in table.items.values()) < 50_000
    table.reads = table.writes = 0
    book.add_balance([a_balance_row(20_001, NOON)])
    assert (table.reads, table.writes) == (1, 1)


def test_an_account_of_one_currency_writes_its_payments_and_no_rates():
    table = InMemoryTable()
    book = DynamoDbBook(table, "int_1")
    book.add_balance([a_balance_row(1)])
    assert (table.reads, table.writes) == (0, 1)
    assert list(book.rates()) == []


def test_a_rate_that_is_no_news_is_not_written_again():
    table = InMemoryTable()
    book = DynamoDbBook(table, "int_1")
    rows = [an_exchanged_row(n, NOON + timedelta(minutes=n)) for n in range(9)]
    book.add_balance(rows)
    table.reads = table.writes = 0
    book.add_balance(rows)
    assert (table.reads, table.writes) == (2, 0)


@pytest.mark.parametrize("writes", range(6))
def test_a_payment_that_was_kept_before_a_process_was_killed_has_told_its_rate(writes):
    table = InMemoryTable()
    book = DynamoDbBook(table, "int_1")
    rows = [an_exchanged_row(n, NOON - timedelta(days=n)) for n in range(4)]
    table.writes_left = writes
    with suppress(KilledError):
        book.add_balance(rows)
    # A sync adds what it does not find; what it finds is not looked at again.
    assert set(rates_of(book.balance(NOON - timedelta(days=9)))) <= set(book.rates())


@pytest.mark.parametrize("order", [1, -1])
def test_a_day_is_the_same_in_whatever_order_it_comes(order):
    rows = [a_balance_row(n, NOON - timedelta(seconds=n)) for n in range(3_000)]
    book = DynamoDbBook(InMemoryTable(page=100), "int_1")
    for start in range(0, 3_000, 250)[::order]:
        book.add_balance(rows[start : start + 300])
    assert sorted(book.balance(NOON - timedelta(days=1)), key=lambda row: row.id) == rows
