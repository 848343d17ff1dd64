"""Brings the changes of a table to a function as Lambda does, by the rules of the deployed mapping.

The emulator's own way passes over partial answers and retries a batch for ever. AWS's rules, which
are kept here: the lowest sequence number that a function names is where the batch is taken up
again, with everything after it; a batch that fails as a whole is halved; what has failed
`MaximumRetryAttempts` times again goes to the failure destination, as numbers without images.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
# Takes an event, and gives the sequence numbers that failed as Lambda wants them.
Function = Callable[[Json], Any]


@dataclass
class StreamPoller:
    """One consumer of a stream, beginning with the changes that come from now on.

    Attributes:
        stream: client of DynamoDB's streams.
        mapping: the deployed event source mapping, as AWS describes it.
        function: is given the events.
        given_up: what the failure destination got.
        batches: sequence numbers of each event that the function was given.
    """

    stream: Any
    mapping: Mapping[str, Any]
    function: Function
    given_up: list[Json] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the places in all shards."""
        arn = self.mapping["EventSourceArn"]
        shards = self.stream.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._places = {
            shard["ShardId"]: self.stream.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
            )["ShardIterator"]
            for shard in shards
        }
        self._beginning = dict(self._places)
        filters = self.mapping["FilterCriteria"]["Filters"]
        self._patterns = [json.loads(each["Pattern"]) for each in filters]

    def rewind(self) -> None:
        """Go back to where it began: everything comes once more."""
        self._places = dict(self._beginning)

    def drain(self) -> None:
        """Bring over all changes that there are by now, each shard in its order."""
        for shard, place in self._places.items():
            records, self._places[shard] = self._read(place)
            size = self.mapping["BatchSize"]
            for start in range(0, len(records), size):
                self._deliver(shard, records[start : start + size])

    def _read(self, place: str) -> tuple[list[Json], str]:
        found: list[Json] = []
        while True:
            answer = self.stream.get_records(ShardIterator=place)
            place = answer["NextShardIterator"]
            if not answer["Records"]:
                return found, place
            records = map(_as_in_events, answer["Records"])
            found += [it for it in records if passes(self._patterns, it)]

    def _deliver(self, shard: str, batch: Sequence[Json], retries: int = 0) -> None:
        """Give a batch to the function until it is dealt with or given up."""
        while batch:
            self.batches.append([_number(record) for record in batch])
            is_failed = False
            try:
                done = _count_done(batch, self.function({"Records": list(batch)}))
            except Exception:  # noqa: BLE001 - whatever it is, the invocation has failed
                done, is_failed = 0, True
            if done:
                batch = batch[done:]
            elif is_failed and len(batch) > 1 and self.mapping["BisectBatchOnFunctionError"]:
                middle = len(batch) // 2
                self._deliver(shard, batch[:middle], retries)
                batch = batch[middle:]
            elif retries < self.mapping["MaximumRetryAttempts"]:
                retries += 1
            else:
                self._give_up(shard, batch)
                return

    def _give_up(self, shard: str, batch: Sequence[Json]) -> None:
        info = {
            "shardId": shard,
            "startSequenceNumber": _number(batch[0]),
            "endSequenceNumber": _number(batch[-1]),
            "batchSize": len(batch),
            "streamArn": self.mapping["EventSourceArn"],
        }
        context = {"condition": "RetryAttemptsExhausted"}
        self.given_up.append({"requestContext": context, "DDBStreamBatchInfo": info})


def passes(patterns: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> bool:
    """Whether a filter lets a record through, as far as filters are used: leaves list texts."""
    return any(_matches(pattern, record) for pattern in patterns)


def _matches(pattern: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return all(
        _matches(wanted, record.get(name, {}))
        if isinstance(wanted, Mapping)
        else record.get(name) in wanted
        for name, wanted in pattern.items()
    )


def _count_done(batch: Sequence[Json], answer: Any) -> int:
    """How many records at the start of a batch need not come again.

    Raises:
        ValueError, KeyError, TypeError: the answer names what is not in the batch, or names it in
            another way: to Lambda the whole batch has failed.
    """
    failures = (answer or {}).get("batchItemFailures") or []
    numbers = [_number(record) for record in batch]
    places = [numbers.index(failure["itemIdentifier"]) for failure in failures]
    return min(places, default=len(batch))


def _number(record: Json) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _as_in_events(record: Json) -> Json:
    """Write a record as it stands in an event: instants are numbers there."""
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return {**record, "dynamodb": change}
