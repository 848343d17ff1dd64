"""Random stories of alerts: a metric's values, how the stream brings them, what comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from shared.domain.alerts import Alert, AlertState, ChangeRule, Point, step
from shared.domain.configuration import MetricValue
from tests.alert_oracle import Stretch, due
from tests.fakes import NOON
from tests.stories import a_change_rule, a_rule, a_value, an_alert

_AMOUNTS = ["9", "9.5", "10", "10.5", "11", "12", "0", "-3", "20", None]
_STEPS = [timedelta(hours=1), timedelta(hours=7), timedelta(days=1), timedelta(days=9)]
_COMPARISONS = ["previous", "last_alert", "day", "week", "month", "year"]


@dataclass(frozen=True)
class Story:
    """What happens.

    Attributes:
        name: tells it from others.
        past: values of before the alerts were set.
        values: those of the syncs since, by version.
        batches: versions, as the stream brings them: repeated, late, or not at all.
    """

    name: str
    alerts: tuple[Alert, ...]
    past: tuple[MetricValue, ...]
    values: Mapping[int, MetricValue]
    batches: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """What must come of one alert.

    Attributes:
        told: the keys that people hear of.
        events: all that was decided, as key, instant, and whether the cooldown held it back.
        state: where it stands in the end.
    """

    told: frozenset[str]
    events: frozenset[tuple[str, datetime, bool]]
    state: AlertState


def a_story(seed: int, *, lost: bool = False) -> Story:
    """Make up a story; *lost*: some records never come, perhaps not even the newest."""
    random = Random(seed)  # noqa: S311 - a test's
    count = random.randint(2, 4)
    pause = random.choice(_STEPS)
    amounts = random.choices(_AMOUNTS, k=count + 2)
    values = [
        a_value(amount, version, as_of=NOON + pause * version, definitions_version="d1")
        for version, amount in enumerate(amounts, start=-1)
    ]
    if random.random() < 0.1:
        values[-1] = replace(values[-1], definitions_version="d2")
    past, since = values[:2], {value.version: value for value in values[2:]}
    alerts = tuple(_an_alert(random, number) for number in range(1, random.choice([2, 2, 3])))
    records = [version for version in since if not lost or random.random() < 0.5]
    if random.random() < 0.3 and records:
        records.insert(random.randrange(len(records) + 1), random.choice(records))
    if random.random() < 0.2:
        random.shuffle(records)
    return Story(f"story {seed}", alerts, tuple(past), since, tuple(_cut(records, random)))


def _cut(records: Sequence[int], random: Random) -> Iterable[tuple[int, ...]]:
    rest = list(records)
    while rest:
        size = random.choice([1, 1, 2, 3])
        yield tuple(rest[:size])
        del rest[:size]


def _an_alert(random: Random, number: int) -> Alert:
    rule: Any = a_rule(random.choice(["above", "below"]), "10", random.choice(["0", "0", "1"]))
    if random.random() < 0.5:
        direction = random.choice(["increase", "decrease", "any"])
        rule = a_change_rule(
            direction, random.choice(["1", "10", "50"]), random.choice(_COMPARISONS)
        )
    return an_alert(
        id=f"alt_{number}",
        rule=rule,
        channels=random.choice([("chn_1",), ("chn_1", "chn_2")]),
        cooldown_hours=Decimal(random.choice(["0", "0", "2", "30"])),
        notify_on_recovery=random.random() < 0.5,
        notify_if_already_breached=random.random() < 0.2,
    )


def outcome(story: Story, alert: Alert, versions: Iterable[int]) -> Outcome:
    """Say what must come of an alert when values are taken in that order, each at least once."""
    values = [story.values[version] for version in versions]
    state = AlertState()
    for value in values:
        state, _ = step(state, alert, value, _baseline(story, alert, value))
    past = [*story.past, *story.values.values()]
    decided = due([Stretch(alert, current=None, records=tuple(values))], past)
    return Outcome(
        told=frozenset(it.key for it in decided if not it.is_held),
        events=frozenset((it.key, it.as_of, it.is_held) for it in decided),
        state=state,
    )


def _baseline(story: Story, alert: Alert, value: MetricValue) -> Point | None:
    until = alert.rule.baseline_until(value.as_of) if isinstance(alert.rule, ChangeRule) else None
    known = [*story.past, *story.values.values()]
    old = [it for it in known if until and it.as_of <= until and it.value is not None]
    found = max(old, key=lambda it: it.as_of, default=None)
    if found is None or found.definitions_version != value.definitions_version:
        return None
    return Point(found.value or Decimal(0), found.as_of)
