"""Ranges and blobs of the ledger: whatever happens, nothing is lost and nothing is there twice."""

import json
from contextlib import suppress
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dynamodb_blobs import Blobs
from shared.adapters.dynamodb_ranges import Codec, Ranges
from shared.errors import StorageError
from tests.memory_table import InMemoryTable, KilledError

FIRST = "V#"
KEYS = st.text("abcdef", min_size=1, max_size=3)
CHANGES = st.dictionaries(KEYS, st.one_of(st.integers(0, 9), st.none()), max_size=30)
CODEC: Codec[tuple[str, int]] = Codec(
    sk=lambda value: FIRST + value[0],
    pack=lambda values: json.dumps(values).encode(),
    unpack=lambda body: [(key, number) for key, number in json.loads(body)],
    length=4,
)


def ranges_over(table):
    return Ranges(table, Blobs(table), "P", CODEC)


def change(ranges, edits):
    changes = {FIRST + k: None if n is None else (k, n) for k, n in edits.items()}
    ranges.change(FIRST, changes)


def values(ranges):
    return list(ranges.values(FIRST, f"{FIRST}~"))


def apply(kept, edits):
    kept = kept | edits
    return {key: number for key, number in kept.items() if number is not None}


@given(st.lists(st.tuples(CHANGES, st.integers(0, 12)), max_size=8), st.integers(0, 99))
def test_killed_anywhere_and_done_again_the_same_values_are_there(steps, seed):
    table = InMemoryTable(seed=seed)
    kept: dict[str, int] = {}
    for edits, writes in steps:
        table.writes_left = writes
        try:
            change(ranges_over(table), edits)
        except KilledError:
            found = values(ranges_over(table))
            untouched = [(key, n) for key, n in found if key not in edits]
            assert untouched == sorted((k, n) for k, n in kept.items() if k not in edits)
            assert len(dict(found)) == len(found)
        table.writes_left = None
        change(ranges_over(table), edits)
        kept = apply(kept, edits)
        assert values(ranges_over(table)) == sorted(kept.items())


@given(CHANGES, CHANGES, st.integers(0, 30), st.integers(1, 5))
def test_who_reads_while_it_is_written_meets_each_untouched_value_once(
    before, edits, read_before, page
):
    table = InMemoryTable(page=page)
    change(ranges_over(table), before)
    reading = ranges_over(table).values(FIRST, f"{FIRST}~")
    found = list(islice(reading, read_before))
    change(ranges_over(table), edits)
    found += reading
    untouched = {k: n for k, n in before.items() if n is not None and k not in edits}
    assert [(k, n) for k, n in found if k not in edits] == sorted(untouched.items())


def test_what_is_there_already_is_not_written_again():
    table = InMemoryTable()
    edits = {f"{n:03}": n for n in range(50)}
    change(ranges_over(table), edits)
    written = table.writes
    change(ranges_over(table), edits)
    change(ranges_over(table), {"017": 17, "none": None})
    assert table.writes == written


def test_one_change_reads_and_writes_one_range_of_many():
    table = InMemoryTable()
    change(ranges_over(table), {f"{n:03}": n for n in range(300)})
    table.reads = table.writes = 0
    change(ranges_over(table), {"150": 0})
    assert (table.reads, table.writes) == (1, 1)


def test_ranges_that_are_large_are_cut_although_they_are_short():
    table = InMemoryTable()
    codec = Codec(
        CODEC.sk,
        lambda values: CODEC.pack(values) + b" " * 150_000 * len(values),
        CODEC.unpack,
        100,
    )
    ranges = Ranges(table, Blobs(table), "P", codec)
    change(ranges, {f"{n:03}": n for n in range(10)})
    assert values(ranges) == [(f"{n:03}", n) for n in range(10)]
    assert len(table.items) == 6


def noise(length, seed=0):
    return Random(seed).randbytes(length)  # noqa: S311 - a test's


@pytest.mark.parametrize("length", [0, 1, 299_000, 300_001, 901_000])
def test_a_blob_of_any_size_comes_back_and_no_item_is_too_large(length):
    table = InMemoryTable()
    body = noise(length)
    Blobs(table).put([({"pk": "P", "sk": "B"}, body)])
    assert list(Blobs(table).get([{"pk": "P", "sk": "B"}])) == [({"pk": "P", "sk": "B"}, body)]
    assert all(len(it["body"].value) <= 300_000 for it in table.items.values() if "body" in it)


@pytest.mark.parametrize("old", [10, 310_000])
@pytest.mark.parametrize("new", [10, 320_000])
def test_a_blob_that_is_being_written_is_read_as_it_was_or_as_it_is(old, new):
    for writes in range(8):
        table = InMemoryTable()
        was, becomes = noise(old, 1), noise(new, 2)
        key = {"pk": "P", "sk": "B"}
        Blobs(table).put([(key, was)])
        table.writes_left = writes
        blobs = Blobs(table)
        list(blobs.get([key]))
        with suppress(KilledError):
            blobs.put([(key, becomes)])
        table.writes_left = None
        ((_, found),) = Blobs(table).get([key])
        assert found in {was, becomes}
        blobs.put([(key, becomes)])
        assert list(Blobs(table).get([key])) == [(key, becomes)]
        assert len(table.items) == (1 if new == 10 else 3)


def test_a_reader_that_finds_parts_gone_looks_again():
    key = {"pk": "P", "sk": "B"}

    class SlowTable(InMemoryTable):
        """Is written anew between the first look at the head and the look at its parts."""

        def get_many(self, keys):
            found = list(super().get_many(keys))
            if found and found[0]["sk"] == "B":
                writer.put([(key, noise(800_000, 1))])
            return iter(found)

    table = SlowTable()
    writer = Blobs(table)
    writer.put([(key, noise(700_000))])
    assert list(Blobs(table).get([key])) == [(key, noise(800_000, 1))]


def test_parts_that_never_come_are_an_error_in_words():
    table = InMemoryTable()
    key = {"pk": "P", "sk": "B"}
    Blobs(table).put([(key, noise(700_000))])
    del table.items[next(place for place in table.items if place[1] != "B")]
    with pytest.raises(StorageError, match="missing"):
        list(Blobs(table).get([key]))


def test_what_is_removed_leaves_nothing():
    table = InMemoryTable()
    Blobs(table).put([({"pk": "P", "sk": "B"}, noise(700_000)), ({"pk": "P", "sk": "C"}, b"")])
    Blobs(table).remove("P", ["B", "C", "D"])
    assert table.items == {}
