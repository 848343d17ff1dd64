"""Alerts under every fault: each run is one story with something going wrong at one call.

Calls are those to the table, the notifier and the failures. A run ends with the record of the
ended sync and with sweeps, as in life; then nothing may be lost, wrong, or sent without reason.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from shared.adapters.dynamodb_items import to_item
from shared.adapters.dynamodb_keys import EVENT_PREFIX, metric_key, notices_key, value_sk
from shared.domain.alerts import Alert
from shared.domain.configuration import SyncStatus
from shared.errors import MetricsError, StorageUnavailableError, VersionConflictError
from tests.alert_cases import Outcome, Story, outcome
from tests.alert_world import AlertWorld, sync_record, value_record
from tests.emulated_table import EmulatedTable
from tests.fakes import NOON, Published
from tests.memory_table import Calls, InMemoryTable, KilledError

_MOST_TRIES = 12
_MOST_PROBLEMS = 5
_WRITES = frozenset({"put", "transact", "update", "write", "delete"})
# A batch of the stream; nothing stands for the sweep.
Step = Sequence[dict[str, Any]] | None


@dataclass(frozen=True)
class Fault:
    """Something that happens at one call, before it takes effect or after.

    Attributes:
        happens: is told the runner; what it raises is what the caller gets.
        is_ahead: whether a later batch is decided meanwhile.
    """

    name: str
    at: int
    happens: Callable[["Runner"], None]
    is_after: bool = False
    is_ahead: bool = False

    def excuses(self, name: str) -> bool:
        """Whether it may have something sent once more, at a call of that name.

        Between the accepting of a message and its mark nobody can tell whether it was sent.
        """
        return self.happens is _kill or (self.is_after and name == "publish")


def faults_at(number: int, name: str) -> Iterator[Fault]:
    """Give all that can go wrong at a call of that name."""
    yield Fault("killed before", number, _kill)
    yield Fault("throttled", number, _throttle)
    if name in _WRITES:
        yield Fault("in conflict", number, _conflict)
    if name in _WRITES or name == "publish":
        yield Fault("killed after", number, _kill, is_after=True)
        yield Fault("answer lost", number, _throttle, is_after=True)
    yield Fault("same batch meanwhile", number, lambda runner: runner.meanwhile(0))
    yield Fault("next batch meanwhile", number, lambda runner: runner.meanwhile(1), is_ahead=True)
    yield Fault("sweep meanwhile", number, lambda runner: runner.meanwhile(None))


def _kill(_: Any) -> None:
    raise KilledError


def _throttle(_: Any) -> None:
    raise StorageUnavailableError("busy, or the answer was lost")


def _conflict(_: Any) -> None:
    raise VersionConflictError("somebody else is writing at this very moment")


@dataclass
class Findings:
    """What a number of runs showed.

    Attributes:
        runs: by kind of fault.
        sent: how many notices were published in all.
        repeated: of these, those that a fault excuses.
        problems: the first few, in words.
    """

    runs: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    repeated: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    wrong: int = 0
    excess: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def are_well(self) -> bool:
        """Whether all runs ended as they must."""
        return not (self.lost or self.wrong or self.excess)

    def __str__(self) -> str:
        runs = ", ".join(f"{count:,} {name}" for name, count in self.runs.most_common())
        repeats = ", ".join(f"{count:,} {name}" for name, count in self.repeated.most_common())
        counts = (
            f"{self.runs.total():,} runs ({runs}): {self.sent:,} notices sent, {self.lost} lost, "
            f"{self.wrong} wrong, {self.excess} sent twice without reason; "
            f"with reason: {repeats or 'none'}"
        )
        return "\n".join([counts, *self.problems])


@dataclass(frozen=True)
class _Snapshot:
    """The world as it was before a step."""

    items: dict[Any, Any]
    published: list[Published]
    at: datetime
    calls: list[str]


class Runner:
    """Tells one story: calmly first, and then again and again with a fault."""

    def __init__(
        self, story: Story, findings: Findings, table: InMemoryTable | EmulatedTable | None = None
    ) -> None:
        self.story, self.findings = story, findings
        self.world = AlertWorld(*story.alerts, table=table)
        self.table = self.world.table
        newest = max(story.values)
        for value in (*story.past, *story.values.values()):
            sk = value_sk(value.as_of, max(value.version, 0))
            self.table.put({**to_item(value), **metric_key("met_1", sk)})
        records = {version: value_record(value) for version, value in story.values.items()}
        batches = [[records[version] for version in batch] for batch in story.batches]
        # The ended sync has its values offered again, should their records have been lost.
        status = SyncStatus("ok", 1, NOON, NOON)
        self.steps: list[Step] = [*batches, [sync_record(status)], None]
        self._versions = [*story.batches, (newest,)]
        self._latest = {
            version: {**to_item(value), **metric_key("met_1", "LATEST")}
            for version, value in story.values.items()
        }
        self._outcomes: dict[tuple[str, tuple[int, ...]], Outcome] = {}
        self._before: list[_Snapshot] = []
        self._number = 0

    def calm(self) -> list[str]:
        """Tell the story without a fault; gives the calls that it takes."""
        for step in self.steps:
            self._before.append(self._snapshot())
            self._store(len(self._before) - 1)
            self._take(self.world, step)
        self._check("calm", 0)
        return list(self.world.calls.names)

    def run(self, *faults: Fault, name: str = "") -> None:
        """Tell the story with faults, from the step on that the first of them falls into."""
        waiting = {(fault.at, fault.is_after): fault for fault in faults}
        calls, excused = self.world.calls, [0]

        def meet(number: int, *, is_after: bool) -> None:
            fault = waiting.pop((number, is_after), None)
            if fault is not None:
                excused[0] += fault.excuses(calls.names[number - 1])
                fault.happens(self)

        calls.before, calls.after = partial(meet, is_after=False), partial(meet, is_after=True)
        start = self._tell_from(min(fault.at for fault in faults))
        ahead_of = start if any(fault.is_ahead for fault in faults) else None
        self._check(name or faults[0].name, excused[0], ahead_of)

    def _tell_from(self, call: int) -> int:
        """Tell the story from the step on that a call falls into; gives that step's number."""
        start = max(n for n, kept in enumerate(self._before) if len(kept.calls) < call)
        self._return_to(self._before[start])
        for number in range(start, len(self.steps)):
            self._number = number
            self._store(number)
            self._take(self.world, self.steps[number])
        self.world.calls.before = self.world.calls.after = None
        self._sweep_up()
        return start

    def meanwhile(self, ahead: int | None) -> None:
        """Have another process take this step, one ahead, or the sweep, at this moment."""
        number = None if ahead is None else min(self._number + ahead, len(self.steps) - 1)
        step = None if number is None else self.steps[number]
        if number is not None:
            self._store(number)
        self._take(self.world.of(Calls()), step)

    def _store(self, number: int) -> None:
        """Have the syncs behind it run before a step: what its records tell is there."""
        if number < len(self._versions):
            newest = max(version for batch in self._versions[: number + 1] for version in batch)
            self.table.put(self._latest[newest])
        if number == len(self._versions) - 1:
            self.world.config.save_sync_status("int_1", SyncStatus("ok", 1, NOON, NOON))

    def _snapshot(self) -> _Snapshot:
        world = self.world
        published, calls = world.notifier.published[:], world.calls.names[:]
        return _Snapshot(dict(self.table.items), published, world.clock.at, calls)

    def _return_to(self, kept: _Snapshot) -> None:
        world = self.world
        self.table.restore(kept.items)
        world.notifier.published[:] = kept.published
        world.calls.names[:] = kept.calls
        world.clock.at = kept.at
        world.restart()

    def _take(self, world: AlertWorld, step: Step) -> None:
        """Hand a step to a process until it is done with it, as Lambda does."""
        for _ in range(_MOST_TRIES):
            try:
                step = _attempt(world, step)
            except KilledError:
                world.restart()
            except MetricsError:
                pass  # the sweep failed; it comes again
            else:
                if not step:
                    return
            world.clock.move(seconds=1)
        self._tell("wrong", "a step was never done")

    def _sweep_up(self) -> None:
        """Sweep again once the claims of the dead have run out."""
        if any("lease_until" in item for item in self._waiting()):
            self.world.clock.move(seconds=61)
            self._take(self.world, None)

    def _waiting(self) -> list[dict[str, Any]]:
        return [item for item in self.table.items.values() if item.get("collection") == "OUTBOX"]

    def _check(self, name: str, repeats: int, ahead_of: int | None = None) -> None:
        found = self.findings
        found.runs[name] += 1
        sent = Counter(self.world.sent())
        found.sent += sent.total()
        orders = list(self._made_up(list(self._orders(ahead_of))))
        for alert in self.story.alerts:
            state, events = self.world.alerts.state(alert.id), self._events(alert.id)
            outcomes = [self._outcome(alert, tuple(order)) for order in orders]
            fitting = [it for it in outcomes if (it.state, it.events) == (state, events)]
            if not fitting:
                self._tell("wrong", f"{name}: {alert.rule} stands at {state} after {events}")
            told = (fitting or outcomes)[0].told
            due = {(channel, key) for channel in alert.channels for key in told}
            got = {it for it in sent if it[1].startswith(f"{alert.id}/")}
            for lost in due - got:
                self._tell("lost", f"{name}: {lost}")
            for wrong in got - due:
                self._tell("wrong", f"{name}: {wrong}")
        if any(key == "gone" for _, key in sent):
            self._tell("wrong", f"{name}: a text that was never decided")
        if self._waiting():
            self._tell("lost", f"{name}: a notice waits for ever")
        extra = sent.total() - len(sent)
        self.findings.repeated[name] += min(extra, repeats)
        if extra > repeats:
            self._tell("excess", f"{name}: {sent}")

    def _outcome(self, alert: Alert, order: tuple[int, ...]) -> Outcome:
        key = (alert.id, order)
        if key not in self._outcomes:
            self._outcomes[key] = outcome(self.story, alert, order)
        return self._outcomes[key]

    def _events(self, alert_id: str) -> frozenset[tuple[str, datetime, bool]]:
        pk = notices_key(alert_id, "")["pk"]
        found = [
            item["decision"]
            for place, item in self.table.items.items()
            if place[0] == pk and place[1].startswith(EVENT_PREFIX)
        ]
        return frozenset(
            (it["key"], datetime.fromisoformat(it["as_of"]), it["is_held"]) for it in found
        )

    def _made_up(self, orders: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Give the values that an alert takes, if records come in one of those orders.

        The first that has a value is where it begins; from there on it takes all that the history
        has, in order, whichever records are late or lost. Of two who work at once either may come
        first, or what the one makes up for another alert.
        """
        values = self.story.values
        firsts = [next(filter(self._has_value, order), max(values)) for order in orders]
        for first in range(min(firsts), max(firsts) + 1):
            yield [version for version in sorted(values) if version >= first]

    def _has_value(self, version: int) -> bool:
        return self.story.values[version].value is not None

    def _orders(self, ahead_of: int | None) -> Iterator[list[int]]:
        """Give the orders in which the values may have been taken."""
        plain = [version for batch in self._versions for version in batch]
        yield plain
        if ahead_of is None or ahead_of + 1 >= len(self._versions):
            return
        before = [version for batch in self._versions[:ahead_of] for version in batch]
        batch, following = self._versions[ahead_of : ahead_of + 2]
        for cut in range(len(batch)):
            yield [
                *before,
                *batch[:cut],
                *following,
                *batch[cut:],
                *plain[len(before) + len(batch) :],
            ]

    def _tell(self, kind: str, problem: str) -> None:
        setattr(self.findings, kind, getattr(self.findings, kind) + 1)
        if len(self.findings.problems) < _MOST_PROBLEMS:
            self.findings.problems.append(f"{kind}: {problem} in {self.story.name}")


def _attempt(world: AlertWorld, step: Step) -> Step:
    """Hand a step over once; gives what of it Lambda brings again."""
    if step is None:
        world.sweep()
        return None
    failed = {it["itemIdentifier"] for it in world.handle(*step)["batchItemFailures"]}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in step]
    # Everything from the first that failed on.
    return next((step[n:] for n, number in enumerate(numbers) if number in failed), None)
