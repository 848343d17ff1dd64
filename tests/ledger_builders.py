"""Records, facts and balance transactions of the ledger, for tests that care for little of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import count
from random import Random
from typing import Any

from shared.domain.balance import BalanceTransaction
from shared.domain.customers import Customer
from shared.domain.ledger import CustomerRecord
from shared.domain.timelines import Timeline
from shared.domain.unreadable import Unreadable
from shared.ports import AccountBook
from tests.builders import an_account, monthly
from tests.fakes import NOON


def noise(length: int, seed: int = 0) -> bytes:
    """Bytes that no compression makes fewer."""
    return Random(seed).randbytes(length)  # noqa: S311 - a test's


@cache
def timelines_of(customer_id: str, amount: int) -> tuple[Timeline, ...]:
    """The timelines of one monthly subscription."""
    subscription = monthly(amount, id=f"sub_{customer_id}", customer=customer_id)
    return an_account(subscription).timelines


def a_record(customer_id: str, *, facts: bytes = b"", amount: int = 1000) -> CustomerRecord:
    """A customer with a subscription, told by the production mapping, and one unreadable.

    The same arguments give the same record.
    """
    gone = Unreadable(f"sub_x_{customer_id}", customer_id, "active", "price p has no amount")
    return CustomerRecord(
        customer_id,
        facts,
        timelines_of(customer_id, amount),
        (gone,),
        Customer(customer_id, NOON - timedelta(days=90), NOON if amount % 2 else None),
    )


def a_balance_row(number: int, at: datetime = NOON, **fields: Any) -> BalanceTransaction:
    """A charge of some cents; the same number gives the same row."""
    usual: dict[str, Any] = {
        "id": f"txn_{number:08d}",
        "created_at": at,
        "category": "charge",
        "amount_minor": 1000 + number,
        "fee_minor": 30,
        "currency": "usd",
        "source_object": "charge",
        "source_id": f"ch_{number}",
        "customer_id": f"cus_{number % 7}" if number % 3 else None,
        "charge_id": f"ch_{number}",
    }
    return BalanceTransaction(**(usual | fields))


def an_exchanged_row(
    number: int,
    at: datetime = NOON,
    *,
    rate: str = "1.1",
    currency_from: str = "eur",
    **fields: Any,
) -> BalanceTransaction:
    """A charge that was paid in another currency; the rate is for major units."""
    told = {"source_currency": currency_from, "exchange_rate": Fraction(rate)}
    return a_balance_row(number, at, **(told | fields))


def contents(book: AccountBook) -> dict[str, Any]:
    """All that a book holds, in a form that can be compared; nothing may be there twice."""
    records = list(book.records())
    balance = list(book.balance(NOON - timedelta(days=1000)))
    assert len({record.customer_id for record in records}) == len(records)
    assert len({row.id for row in balance}) == len(balance)
    return {
        "records": sorted(records, key=lambda record: record.customer_id),
        "facts": dict(book.facts(record.customer_id for record in records)),
        "catalog": dict(book.catalog()),
        "balance": sorted(balance, key=lambda row: row.id),
        "rates": sorted(book.rates(), key=lambda rate: (rate.at, rate.currency, rate.into)),
        "spans": {name: sorted(book.staged_spans(name)) for name in LISTINGS},
        "staged": {name: sorted(set(staged(book, name))) for name in LISTINGS},
    }


LISTINGS = ("subscriptions", "invoices")


def staged(book: AccountBook, listing: str) -> Iterator[Any]:
    """What is staged of one list, of all shards."""
    for shard in range(book.shards):
        for name, fact in book.staged([listing], shard):
            assert name == listing
            yield fact


def customers(shard_of: Any = None) -> Iterator[str]:
    """Ids of customers without end, all of one shard where it is told how they are divided."""
    for number in count():
        customer_id = f"cus_{number:06d}"
        if shard_of is None or shard_of(customer_id) == 0:
            yield customer_id
