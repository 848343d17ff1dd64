"""The units that benchmarks count are those that DynamoDB bills."""

import pytest

from benchmarks.counted_dynamodb import CountedDynamoDb
from benchmarks.rows import Row, table
from shared.adapters.dynamodb_table import EXISTS, IS_NEW, Condition, DynamoDbTable
from shared.errors import VersionConflictError

KEY = {"pk": "p", "sk": "s"}
# What pk, sk, their values and the name of the body take.
NAMES = 4 + 2 + len("body")


@pytest.fixture(name="tables")
def _tables():
    tables = CountedDynamoDb()
    yield tables
    tables.close()


@pytest.fixture(name="table")
def _table(tables):
    return DynamoDbTable(tables, "ledger")


def an_item(size: int, sk: str = "s") -> dict[str, object]:
    return {"pk": "p", "sk": sk, "body": b"x" * (size - NAMES)}


def taken(tables: CountedDynamoDb, kind: str) -> int:
    units = tables.units[kind]
    tables.units.clear()
    return units


def test_a_write_takes_a_unit_for_each_kilobyte_begun(table, tables):
    table.write([an_item(1_024)])
    assert taken(tables, "write") == 1
    table.write([an_item(1_025)])
    assert taken(tables, "write") == 2


def test_a_write_over_a_larger_item_and_a_removal_take_what_was_there(table, tables):
    table.write([an_item(5_000)])
    tables.units.clear()
    table.write([an_item(100)])
    assert taken(tables, "write") == 5
    table.write([an_item(5_000)])
    tables.units.clear()
    table.delete([KEY])
    assert taken(tables, "write") == 5


def test_a_transaction_takes_twice_and_a_condition_is_paid_for_too(table, tables):
    table.put(an_item(100))
    tables.units.clear()
    put = table.put_in_transaction(an_item(1_500, sk="t"), IS_NEW)
    table.transact([put, table.check_in_transaction(KEY, EXISTS)])
    assert taken(tables, "write") == 2 * (2 + 1)


def test_items_of_a_list_are_rounded_together_and_others_one_by_one(table, tables):
    table.write(an_item(1_000, sk=f"s{n}") for n in range(4))
    tables.units.clear()
    assert len(list(table.query("p", "s"))) == 4
    assert taken(tables, "read") == 1
    assert len(list(table.get_many({"pk": "p", "sk": f"s{n}"} for n in range(4)))) == 4
    assert taken(tables, "read") == 4
    assert table.get({"pk": "p", "sk": "none"}) is None
    assert taken(tables, "read") == 1


def test_long_lists_come_in_pages_in_both_directions(table):
    table.write(an_item(300_000, sk=f"s{n}") for n in range(9))
    keys = [f"s{n}" for n in range(9)]
    assert [it["sk"] for it in table.between("p", "s", "s~")] == keys
    assert [it["sk"] for it in table.between("p", "s", "s~", is_reversed=True)] == keys[::-1]
    assert [it["sk"] for it in table.between("p", "s3", "s5", limit=1, keys_only=True)] == keys[3:6]


def test_conditions_hold_as_in_dynamodb(table):
    with pytest.raises(VersionConflictError):
        table.put(an_item(50), EXISTS)
    later = Condition("attribute_not_exists(pk) OR #s <= :s", {":s": 9}, {"#s": "sequence"})
    table.put({**KEY, "sequence": 10}, later)
    with pytest.raises(VersionConflictError):
        table.put({**KEY, "sequence": 9}, later)
    as_seen = Condition("#s = :s", {":s": 10}, {"#s": "sequence"})
    changed = table.update(
        KEY, "REMOVE owed SET #s = :next, lease = :free", as_seen, {":next": 11, ":free": ""}
    )
    assert changed == {**KEY, "sequence": 11, "lease": ""}
    with pytest.raises(VersionConflictError):
        table.transact([table.put_in_transaction(an_item(50, sk="t"), EXISTS)])


def test_a_figure_is_held_to_its_target_and_to_its_baseline():
    met, missed, free = Row("a", 2, "<= 2", 200, "x"), Row("b", 0.9, ">= 0.92"), Row("c", 0)
    assert [row.is_met for row in (met, missed, free)] == [True, False, None]
    assert (met.ratio, missed.ratio, free.ratio) == (100, None, None)
    lines = table([met, missed, free]).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["a", "2", "<=", "2", "yes", "200", "x", "100.0"],
        ["b", "0.9", ">=", "0.92", "NO"],
        ["c", "0"],
    ]
