"""What a ledger promises of an account's book and place, in memory and in DynamoDB alike."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

import pytest

from local.stripe_sandbox import SeedOptions, seeded_business, start
from shared.adapters.dynamodb_keys import shard_of
from shared.domain.ledger import NO_FORM, CustomerRecord, Fact, Place, Span
from shared.domain.rates import rates_of
from shared.errors import LeaseHeldError
from shared.ports import SyncRequest
from tests.builders import an_account, monthly
from tests.fakes import NOON
from tests.ledger_builders import (
    a_balance_row,
    a_record,
    an_exchanged_row,
    contents,
    customers,
    noise,
    staged,
)
from tests.mirrors import Mirror

HOUR = timedelta(hours=1)
LATER = NOON + timedelta(minutes=1)
PLACE = Place(
    phase="history",
    as_of=NOON,
    history_since=NOON - timedelta(days=395),
    requests=12,
    owes_past=True,
)


@pytest.fixture(name="account")
def _account(stores):
    return stores.id("int")


@pytest.fixture(name="book")
def _book(stores, account):
    return stores.ledger.book(account)


def take(stores, account, now=NOON):
    request = SyncRequest(account, slot="s1", interval="hourly")
    return stores.ledger.take_lease(request, now=now, until=now + timedelta(minutes=1))


def test_a_ledger_begins_at_the_beginning_and_is_empty(stores, account, book):
    assert stores.ledger.place(account) == Place()
    assert contents(book) == contents(stores.ledger.book("int_none"))
    assert list(book.records()) == []


def test_a_place_is_kept_only_for_who_holds_the_lease(stores, account):
    lost = take(stores, account)
    stores.ledger.save_place(lost, PLACE)
    assert stores.ledger.place(account) == PLACE
    take(stores, account, LATER)
    with pytest.raises(LeaseHeldError):
        stores.ledger.save_place(lost, Place())
    assert stores.ledger.place(account) == PLACE


def test_a_lease_says_whether_the_sync_before_it_was_killed(stores, account):
    first = take(stores, account)
    stores.ledger.release_lease(first, done=None)
    second = take(stores, account)
    third = take(stores, account, LATER)
    stores.ledger.release_lease(third, done=None)
    fourth = take(stores, account, LATER)
    assert [it.is_recovery for it in (first, second, third, fourth)] == [False, False, True, False]


def test_a_sync_that_is_carried_on_keeps_its_slot_open(stores, account):
    stores.ledger.release_lease(take(stores, account), done=None)
    step = SyncRequest(account, slot="s1", interval="hourly", step=1)
    lease = stores.ledger.take_lease(step, now=NOON, until=LATER)
    stores.ledger.release_lease(lease, done=step)
    assert take(stores, account) is None


def test_facts_staged_come_back_by_shard_with_all_of_a_customer_in_one(book):
    span, other = Span(0, 99), Span(100, 199)
    facts = [Fact(f"cus_{n % 40}", b"%d" % n) for n in range(100)]
    book.stage("invoices", span, facts[:60])
    book.stage("invoices", other, facts[60:])
    book.stage("subscriptions", span, [Fact("cus_1", b"s")])
    assert sorted(book.staged_spans("invoices")) == [span, other]
    assert book.staged_spans("customers") == []
    assert sorted(staged(book, "invoices")) == sorted(facts)
    homes: dict[str, set[int]] = {}
    for shard in range(book.shards):
        for _, fact in book.staged(["invoices", "subscriptions"], shard):
            homes.setdefault(fact.customer_id, set()).add(shard)
    assert all(len(shards) == 1 for shards in homes.values())
    found = list(book.staged(["invoices", "subscriptions"], homes["cus_1"].pop()))
    assert ("subscriptions", Fact("cus_1", b"s")) in found


def test_an_empty_span_is_a_span_and_staging_again_changes_nothing(book):
    book.stage("invoices", Span(0, 9), [])
    for _ in range(2):
        book.stage("invoices", Span(10, 19), [Fact("cus_1", b"1")])
    assert sorted(book.staged_spans("invoices")) == [Span(0, 9), Span(10, 19)]
    assert set(staged(book, "invoices")) == {Fact("cus_1", b"1")}


def test_a_stage_of_many_megabytes_and_one_large_fact_come_back(book):
    facts = [Fact("cus_large", noise(1_200_000))]
    facts += [Fact(f"cus_{n}", noise(40_000, n)) for n in range(60)]
    book.stage("invoices", Span(0, 9), facts)
    assert set(staged(book, "invoices")) == set(facts)


def test_clearing_the_stage_leaves_all_else(book):
    book.stage("invoices", Span(0, 9), [Fact("cus_1", noise(900_000))])
    book.put([a_record("cus_1", facts=b"facts")])
    before = contents(book)
    book.clear_stage()
    assert contents(book) == before | {
        "spans": {"subscriptions": [], "invoices": []},
        "staged": {"subscriptions": [], "invoices": []},
    }


def test_records_come_back_as_they_were_without_their_facts(book):
    records = [a_record(f"cus_{n}", facts=b"%d" % n, amount=1000 + n) for n in range(20)]
    bare = CustomerRecord("cus_bare", b"")
    book.put([*records, bare])
    found = {record.customer_id: record for record in book.records()}
    assert found == {it.customer_id: replace(it, facts=b"") for it in [*records, bare]}
    asked = ["cus_1", "cus_1", "cus_bare", "cus_none"]
    assert book.facts(asked) == {"cus_1": b"1"}


def test_a_record_is_stored_whole_and_without_facts_keeps_those_it_had(book):
    book.put([a_record("cus_1", facts=b"old"), a_record("cus_2", facts=b"two")])
    book.put([a_record("cus_1", amount=7)])
    assert book.facts(["cus_1"]) == {"cus_1": b"old"}
    assert a_record("cus_1", amount=7) in book.records()
    book.put([a_record("cus_1", facts=b"new")])
    assert book.facts(["cus_1", "cus_2"]) == {"cus_1": b"new", "cus_2": b"two"}


def test_more_customers_than_lie_together_are_kept_one_by_one(book):
    ids = list(islice(customers(shard_of), 260))
    for index in (0, 90, 180):
        book.put(a_record(key, facts=key.encode()) for key in ids[index : index + 100])
    book.put([a_record(ids[130], facts=b"new", amount=3)])
    book.remove([ids[0], ids[259], "cus_none"])
    found = {record.customer_id: record for record in book.records()}
    assert set(found) == set(ids[1:259])
    assert found[ids[130]] == a_record(ids[130], amount=3)
    assert book.facts(ids) == {key: key.encode() for key in ids[1:259]} | {ids[130]: b"new"}


def test_a_customer_with_thousands_of_subscriptions_is_one_record(book):
    (timeline,) = an_account(monthly(1000)).timelines
    for n in (4000, 20, 3000):
        record = CustomerRecord("cus_1", noise(n * 300), (timeline,) * n)
        book.put([record, a_record("cus_2")])
        assert book.facts(["cus_1"]) == {"cus_1": record.facts}
        assert replace(record, facts=b"") in book.records()
    book.remove(["cus_1"])
    assert [record.customer_id for record in book.records()] == ["cus_2"]


def test_entries_of_the_catalog_are_added_and_replaced(book):
    book.put_catalog({f"price/{n}": b"%d" % n for n in range(250)})
    book.put_catalog({"price/3": b"new", "coupon/é": b""})
    expected = {f"price/{n}": b"%d" % n for n in range(250)}
    assert book.catalog() == expected | {"price/3": b"new", "coupon/é": b""}


def test_balance_transactions_are_replaced_by_id_and_read_from_an_instant_on(book):
    rows = [a_balance_row(n, NOON - timedelta(hours=n)) for n in range(60)]
    book.add_balance(rows[:40])
    book.add_balance(rows[20:])
    book.add_balance([replace(rows[30], customer_id="cus_late")])
    since = NOON - timedelta(hours=35)
    found = sorted(book.balance(since), key=lambda row: row.id)
    assert found == [*rows[:30], replace(rows[30], customer_id="cus_late"), *rows[31:36]]


def test_tens_of_thousands_of_balance_transactions_fit_into_a_day(book):
    rows = [a_balance_row(n, NOON - timedelta(seconds=n)) for n in range(20_000)]
    book.add_balance(rows)
    book.add_balance(rows[9_000:11_000])
    assert sorted(book.balance(NOON - timedelta(days=1)), key=lambda row: row.id) == rows


def rates_in(book):
    found = [((NOON - it.at) / HOUR, it.currency, it.into, str(it.rate)) for it in book.rates()]
    return sorted(found)


def test_an_account_of_one_currency_tells_no_exchange_rates(book):
    book.add_balance(a_balance_row(n) for n in range(9))
    assert rates_in(book) == []


def test_of_each_day_and_pair_of_currencies_the_newest_exchange_rate_is_kept(book):
    dollars = {"currency_from": "usd", "currency": "eur"}
    book.add_balance(
        [
            an_exchanged_row(1, NOON, rate="3/2"),
            an_exchanged_row(2, NOON - HOUR, rate="4/3"),
            an_exchanged_row(3, NOON - 24 * HOUR, rate="5/4"),
            an_exchanged_row(4, NOON - 2 * HOUR, rate="1/150", currency_from="jpy"),
            an_exchanged_row(5, NOON - 3 * HOUR, rate="6/7", **dollars),
        ]
    )
    expected = [
        (0, "eur", "usd", "3/2"),
        (2, "jpy", "usd", "1/150"),
        (3, "usd", "eur", "6/7"),
        (24, "eur", "usd", "5/4"),
    ]
    assert rates_in(book) == expected


def test_an_exchange_rate_that_comes_late_or_again_replaces_no_newer_one(book):
    newest = an_exchanged_row(1, NOON, rate="3/2")
    book.add_balance([newest])
    book.add_balance([an_exchanged_row(2, NOON - HOUR, rate="4/3"), a_balance_row(3)])
    book.add_balance([newest, newest])
    assert rates_in(book) == [(0, "eur", "usd", "3/2")]
    book.add_balance([an_exchanged_row(4, NOON + HOUR, rate="5/3")])
    assert rates_in(book) == [(-1, "eur", "usd", "5/3")]


def test_years_of_exchange_rates_in_several_currencies_are_kept(book):
    rows = [
        an_exchanged_row(day, NOON - 24 * HOUR * day, rate=f"{day + 1}/7", currency_from=code)
        for code in ("eur", "gbp", "jpy")
        for day in range(400)
    ]
    for index in range(0, len(rows), 130):
        book.add_balance(rows[index : index + 130])
    found = set(book.rates())
    assert len(found) == 1200
    assert found == set(rates_of(rows))


def test_a_book_that_is_cleared_is_empty_and_no_other_is(stores, book):
    neighbour = stores.ledger.book(stores.id("neighbour"))
    for each in (book, neighbour):
        each.stage("invoices", Span(0, 9), [Fact("cus_1", noise(900_000))])
        each.put([a_record("cus_1", facts=noise(900_000))])
        each.put_catalog({"price/1": b"1"})
        each.add_balance([a_balance_row(1), an_exchanged_row(2)])
    kept = contents(neighbour)
    book.clear()
    assert contents(book) == contents(stores.ledger.book("int_none"))
    assert contents(neighbour) == kept


def test_a_ledger_that_is_removed_is_empty_and_no_other_is(stores, account, book):
    other = stores.id("int_other")
    for key in (account, other):
        stores.ledger.book(key).put([a_record(it) for it in islice(customers(), 30)])
    lease = take(stores, account)
    assert not stores.ledger.remove(lease, lambda: True)
    half = stores.ledger.place(account)
    assert half.form == NO_FORM  # whoever goes on with it reads the account anew
    assert stores.ledger.remove(lease, lambda: False)
    assert list(book.records()) == []
    assert stores.ledger.place(account) == Place()
    assert len(list(stores.ledger.book(other).records())) == 30
    stores.ledger.release_lease(lease, done=None)  # brings nothing back
    assert take(stores, account).sequence == 1


def test_only_who_holds_the_lease_removes_a_ledger(stores, account, book):
    lost = take(stores, account)
    take(stores, account, LATER)
    book.put([a_record("cus_1")])
    with pytest.raises(LeaseHeldError):
        stores.ledger.remove(lost, lambda: False)
    assert len(list(book.records())) == 1


def test_a_business_is_kept_as_it_was_read(book):
    business = seeded_business(1_800_000_000, SeedOptions(seed=3, customers=60, days=500))
    with start(business) as sandbox:
        expected, mirror = Mirror(sandbox), Mirror(sandbox, book=book)
        expected.refresh()
        mirror.refresh()
    assert len(list(book.records())) > 60
    for kind in ("records", "facts", "balance", "rates"):
        assert contents(book)[kind] == contents(expected.book)[kind]
