"""The table in memory does what the emulated one does, refuses what it refuses, shares nothing."""

from decimal import Decimal

import pytest

from shared.adapters.dynamodb_table import EXISTS, IS_NEW, Condition
from shared.errors import StorageError, VersionConflictError
from tests.emulated import EMULATED
from tests.emulated_table import EmulatedTable
from tests.memory_table import Calls, InMemoryTable, KilledError

KEY = {"pk": "P", "sk": "1"}
OTHER = {"pk": "P", "sk": "2"}


@pytest.fixture(name="emulated", scope="module")
def _emulated(deployment):
    table = EmulatedTable(deployment.emulator.client("dynamodb"), "like-memory")
    table.create()
    return table


@pytest.fixture(name="table", params=["memory", EMULATED])
def _table(request):
    """An empty table: in memory, and the emulator's."""
    if request.param == "memory":
        return InMemoryTable()
    table = request.getfixturevalue("emulated")
    table.restore({})
    return table


def is_met(table, item, expression, values=None, names=None):
    if item is not None:
        table.put({**KEY, **item})
    try:
        table.put(KEY, Condition(expression, values or {}, names or {}))
    except VersionConflictError:
        return False
    return True


@pytest.mark.parametrize(
    "case",
    [
        ("nothing is there", None, "attribute_not_exists(pk)", {}, True),
        ("something is there", {}, "attribute_exists(pk)", {}, True),
        ("an equal number", {"a": 1}, "a = :v", {":v": Decimal("1.0")}, True),
        ("a truth value is no number", {"a": 1}, "a = :v", {":v": True}, False),
        ("nothing equals nothing", {"a": None}, "a = :v", {":v": None}, True),
        ("what is missing equals nothing", {}, "a = :v", {":v": None}, False),
        ("what is missing differs from all", {}, "a <> :v", {":v": 1}, True),
        ("what is missing is not smaller", {}, "a < :v", {":v": 1}, False),
        ("numbers are ordered", {"a": 9}, "a < :v", {":v": 10}, True),
        ("texts are ordered", {"a": "9"}, "a < :v", {":v": "10"}, False),
        ("unlike kinds have no order", {"a": "9"}, "a <= :v", {":v": 10}, False),
        ("and binds first", {"a": 1}, "a = :v OR a = :w AND a = :w", {":v": 1, ":w": 2}, True),
        ("brackets bind before", {"a": 1}, "(a = :v OR a = :w) AND a = :w", {":v": 1, ":w": 2}, 0),
        ("not denies", {"a": 1}, "NOT a = :v AND attribute_exists(a)", {":v": 2}, True),
    ],
)
def test_a_condition_holds_or_not(table, case):
    sentence, item, expression, values, expected = case
    assert is_met(table, item, expression, values) is bool(expected), sentence


@pytest.mark.parametrize(
    "expression", ["contains(a, :v)", "a IN (:v)", "a.b = :v", "a = :v a", "a ="]
)
def test_what_the_table_in_memory_cannot_read_it_does_not_guess(expression):
    table = InMemoryTable()
    with pytest.raises(NotImplementedError):
        table.put(KEY, Condition(expression, {":v": 1}))


@pytest.mark.parametrize(
    ("expression", "values", "names"),
    [
        ("status = :v", {":v": 1}, {}),
        ("a = :v", {":v": 1, ":w": 1}, {}),
        ("a = :v", {}, {}),
        ("a = :v", {":v": 1}, {"#a": "a"}),
        ("#a = :v", {":v": 1}, {}),
    ],
)
def test_what_dynamodb_refuses_of_an_expression_is_refused(table, expression, values, names):
    with pytest.raises(StorageError):
        table.put(KEY, Condition(expression, values, names))


@pytest.mark.parametrize(
    "item",
    [
        {"pk": "", "sk": "1"},
        {"pk": "P"},
        {"pk": "P", "sk": 1},
        {**KEY, "collection": "", "collected_at": "1"},
        {**KEY, "body": "x" * 410_000},
        {**KEY, "sk": "x" * 1025},
    ],
)
def test_an_item_that_dynamodb_refuses_is_refused(table, item):
    with pytest.raises((StorageError, KeyError)):
        table.put(item)


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), object()])
def test_a_value_that_boto3_refuses_is_refused(table, value):
    with pytest.raises(TypeError):
        table.put({**KEY, "value": value})


def test_values_come_back_as_dynamodb_gives_them_and_are_shared_with_nobody(table):
    inner = {"list": [1, (Decimal("1.50"), None)]}
    table.put({**KEY, "inner": inner, "big": 10**20, "no": False})
    inner["list"].append(2)
    found = table.get(KEY)
    assert found["inner"] == {"list": [1, [Decimal("1.5"), None]]}
    assert (str(found["big"]), str(found["inner"]["list"][1][0])) == (f"{10**20}", "1.5")
    assert (type(found["big"]), found["no"]) == (Decimal, False)
    found["inner"]["list"].clear()
    assert table.get(KEY)["inner"] != {"list": []}


def test_a_transaction_is_written_whole_or_not_at_all(table):
    table.put(KEY)
    writes = [
        table.put_in_transaction({**OTHER, "a": 1}, IS_NEW),
        table.delete_in_transaction(KEY, EXISTS),
    ]
    table.transact(writes)
    assert list(table.items) == [("P", "2")]
    with pytest.raises(VersionConflictError):
        table.transact([table.put_in_transaction(KEY), table.put_in_transaction(OTHER, IS_NEW)])
    with pytest.raises(VersionConflictError):
        table.transact([table.put_in_transaction(OTHER), table.check_in_transaction(KEY, EXISTS)])
    assert table.items == {("P", "2"): {**OTHER, "a": 1}}


def test_a_transaction_reaches_over_two_tables():
    table, other = InMemoryTable(), InMemoryTable()
    table.transact([table.put_in_transaction(KEY), other.put_in_transaction(KEY)])
    assert table.items == other.items


def test_a_transaction_that_dynamodb_refuses_is_refused(table):
    put = table.put_in_transaction
    for writes in ([], [put(KEY), put(KEY)], [put({"pk": "P", "sk": f"{n}"}) for n in range(101)]):
        with pytest.raises(StorageError):
            table.transact(writes)


def test_an_update_sets_and_removes_and_makes_what_is_not_there(table):
    fresh = Condition("attribute_not_exists(#s)", names={"#s": "sequence"})
    table.update(KEY, "SET #s = :s, ended = :u", fresh, {":s": 1, ":u": "x"})
    same = Condition("#s = :o", {":o": 1}, {"#s": "sequence"})
    assert table.update(KEY, "REMOVE ended SET a = :a", same, {":a": [1]}) == {
        **KEY,
        "sequence": 1,
        "a": [1],
    }
    with pytest.raises(StorageError):
        table.update(KEY, "SET sk = :k", EXISTS, {":k": "2"})


def test_a_list_comes_page_by_page_and_the_index_in_order():
    table = InMemoryTable(page=2)
    for n in range(5):
        table.put({"pk": "P", "sk": f"{n}", "collection": "ALL", "collected_at": f"{9 - n}"})
    calls = table.calls.made
    assert [it["sk"] for it in table.between("P", "0", "3")] == ["0", "1", "2", "3"]
    assert table.calls.made - calls == 2
    assert [it["sk"] for it in table.between("P", "0", "3", is_reversed=True)] == list("3210")
    assert [it["sk"] for it in table.collection("ALL")] == list("43210")
    assert [it["sk"] for it in table.collection("ALL", after="6")] == list("210")


@pytest.mark.parametrize("is_carried_out", [False, True])
def test_any_call_can_be_the_one_at_which_the_process_is_killed(is_carried_out):
    def kill(number):
        if number == 2:
            raise KilledError

    calls = Calls(after=kill) if is_carried_out else Calls(before=kill)
    table = InMemoryTable(calls=calls)
    table.put(KEY)
    with pytest.raises(KilledError):
        table.put(OTHER)
    assert (table.of(Calls()).get(OTHER) is not None) is is_carried_out
