"""The tests' own poller keeps the rules by which Lambda brings a stream to a function."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.stream_poller import StreamPoller

MAPPING = {
    "EventSourceArn": "arn:stream",
    "BatchSize": 4,
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 2,
    "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["MODIFY"]}'}]},
}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Stream:
    """One shard with records of these numbers; an odd one out is an insert."""

    def __init__(self, numbers: str) -> None:
        self.numbers = numbers

    def describe_stream(self, **_: Any) -> Any:
        return {"StreamDescription": {"Shards": [{"ShardId": "shard-1"}]}}

    def get_shard_iterator(self, **_: Any) -> Any:
        return {"ShardIterator": "0"}

    def get_records(self, *, ShardIterator: str) -> Any:  # noqa: N803 - AWS's name
        rest = self.numbers[int(ShardIterator) :][:3]
        records = [
            {
                "eventName": "MODIFY" if number.isdigit() else "INSERT",
                "dynamodb": {"SequenceNumber": number, "ApproximateCreationDateTime": NOON},
            }
            for number in rest
        ]
        place = str(int(ShardIterator) + len(rest))
        return {"Records": records, "NextShardIterator": place}


def failing(*numbers: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}


CRASH = RuntimeError("Task timed out")
HALVED = ["1234", "12", "34", "5"]


@pytest.mark.parametrize(
    ("what", "answers", "batches", "given_up"),
    [
        ("nothing fails", [], ["1234", "5"], []),
        ("a null answer is success", [None], ["1234", "5"], []),
        ("from the lowest failure all comes again", [failing("4", "2")], ["1234", "234", "5"], []),
        ("an unknown number fails the whole, which is halved", [failing("9")], HALVED, []),
        ("an empty number likewise", [failing("")], HALVED, []),
        ("a wrong key likewise", [{"batchItemFailures": [{"id": "1"}]}], HALVED, []),
        ("a crash likewise", [CRASH], HALVED, []),
        (
            "what crashes alone is given up after its retries",
            [CRASH, CRASH, CRASH, CRASH, CRASH],
            ["1234", "12", "1", "1", "1", "2", "34", "5"],
            ["1-1"],
        ),
        (
            "what fails first of its batch is given up with all that follows it",
            [failing("3"), failing("3"), failing("3"), failing("3")],
            ["1234", "34", "34", "34", "5"],
            ["3-4"],
        ),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_lambdas_rules_are_kept(what, answers, batches, given_up):
    coming: Iterator[Any] = iter(answers)

    def function(_: Any) -> Any:
        answer: Any = next(coming, {"batchItemFailures": []})
        if isinstance(answer, Exception):
            raise answer
        return answer

    poller = StreamPoller(Stream("12x345"), MAPPING, function)
    poller.drain()
    assert ["".join(batch) for batch in poller.batches] == batches, what
    infos = [it["DDBStreamBatchInfo"] for it in poller.given_up]
    assert [f"{it['startSequenceNumber']}-{it['endSequenceNumber']}" for it in infos] == given_up


def test_what_has_been_brought_does_not_come_again_unless_it_is_rewound():
    poller = StreamPoller(Stream("123"), MAPPING, lambda _: None)
    poller.drain()
    poller.drain()
    assert poller.batches == [["1", "2", "3"]]
    poller.rewind()
    poller.drain()
    assert poller.batches == [["1", "2", "3"]] * 2
