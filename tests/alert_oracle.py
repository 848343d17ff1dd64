"""What an alert must tell, reckoned another way: over all its values at once, without a state.

The values that count are picked first and cut where the alert starts afresh. Where a threshold
alert fires is then read off a text of one letter for each value; a change is a percentage, divided
out. The cooldown goes over the finished list last.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby, pairwise

from shared.domain.alerts import Alert, ChangeRule, ThresholdRule
from shared.domain.configuration import MetricValue

_INFINITE = Fraction(10) ** 100
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Stretch:
    """A time during which nobody changes the alert.

    Attributes:
        current: the metric's newest value when the alert was set, edited or enabled.
        records: the values that come, in that order; some twice, some late.
    """

    alert: Alert
    current: MetricValue | None
    records: tuple[MetricValue, ...]


@dataclass(frozen=True)
class Due:
    """A decision that must be made; see `Decision`."""

    key: str
    reason: str
    value: Fraction
    as_of: datetime
    previous: Fraction | None
    is_held: bool
    held_before: int


@dataclass(frozen=True)
class _Run:
    """Values that are compared with one another; the first of them starts it.

    Attributes:
        silent: how many of the first were there already when the alert was set.
    """

    values: Sequence[MetricValue]
    silent: int


# What happens in a run: kind, reason, the value, and what it is compared with.
_Event = tuple[str, str, MetricValue, MetricValue | None]


def due(stretches: Sequence[Stretch], past: Sequence[MetricValue] = ()) -> list[Due]:
    """Give all that must be decided, in order.

    Args:
        past: the values of the history, oldest first; all that ever come among them.
    """
    found: list[Due] = []
    for _, same in groupby(stretches, key=lambda it: it.alert.config_version):
        episode, newest = 0, None
        for stretch in same:
            if not stretch.alert.is_enabled:
                continue
            runs, newest = _runs(stretch, newest)
            for run in runs:
                told, episode = _told(stretch.alert, run, past, episode)
                found += told
    return found


def _runs(stretch: Stretch, newest: int | None) -> tuple[list[_Run], int | None]:
    """Pick the values that count, and cut them where they are measured anew."""
    alert, current = stretch.alert, stretch.current
    offered = list(stretch.records)
    waits = alert.notify_if_already_breached and isinstance(alert.rule, ThresholdRule)
    if current is not None:
        newest = current.version - 1
        offered[:0] = [] if waits else [current]
    kept = []
    for number, value in enumerate(offered):
        if value.value is None or (newest is not None and value.version <= newest):
            continue
        newest = value.version
        if isinstance(alert.rule, ChangeRule) or value.currency == alert.currency:
            kept.append((value, number == 0 and offered[0] is current))
    cut = groupby(kept, key=lambda it: (it[0].definitions_version, it[0].currency))
    runs = [list(values) for _, values in cut]
    return [_Run([it for it, _ in run], sum(said for _, said in run)) for run in runs], newest


def _told(
    alert: Alert, run: _Run, past: Sequence[MetricValue], episode: int
) -> tuple[list[Due], int]:
    """Number what happens in a run, and hold back what comes too soon after a notice."""
    if isinstance(alert.rule, ThresholdRule):
        return _crossings(alert, alert.rule, run, episode)
    found, told_at, held = [], None, 0
    for value, base in _changes(alert.rule, alert.cooldown, run, past):
        episode += 1
        is_held = told_at is not None and value.as_of - told_at < alert.cooldown
        reason = "changed" if base.value else "changed_from_zero"
        event: _Event = ("change", reason, value, base)
        found.append(_due(alert, episode, event, is_held=is_held, held_before=held))
        held = held + 1 if is_held else 0
        told_at = told_at if is_held else value.as_of
    return found, episode


def _crossings(alert: Alert, rule: ThresholdRule, run: _Run, episode: int) -> tuple[list[Due], int]:
    values, found, told_at, held = run.values, [], None, 0
    letters = "".join(_letter(rule, it) for it in values)
    for match in re.finditer("B[BM]*", letters):
        start, end = match.span()
        episode += 1
        is_silent = start == 0 and not alert.notify_if_already_breached
        # Where it might be told: at the crossing, or later while it is beyond.
        breaches = [n for n in range(start, end) if letters[n] == "B"]
        free = [
            n for n in breaches if told_at is None or values[n].as_of >= told_at + alert.cooldown
        ]
        if not is_silent:
            reason = "crossed" if start else "already_beyond"
            before = values[start - 1] if start else None
            is_held = start not in free
            event: _Event = ("fire", reason, values[start], before)
            found.append(_due(alert, episode, event, is_held=is_held, held_before=held))
            held += 1
            if free:
                told_at = values[free[0]].as_of
                if is_held:
                    event = ("fire", "still_beyond", values[free[0]], values[free[0] - 1])
                    found.append(_due(alert, episode, event, is_held=False, held_before=held))
                held = 0
        if end < len(values) and alert.notify_on_recovery:
            event = ("recover", "recovered", values[end], values[end - 1])
            is_unheard = not (is_silent or free)
            found.append(_due(alert, episode, event, is_held=is_unheard, held_before=held))
    return found, episode


def _letter(rule: ThresholdRule, value: MetricValue) -> str:
    """Say where a value lies: beyond the threshold, back, or in the middle between."""
    beyond = _exact(value) - Fraction(rule.threshold)
    if rule.direction == "below":
        beyond = -beyond
    if beyond > 0:
        return "B"
    return "R" if beyond <= -Fraction(rule.hysteresis) else "M"


def _changes(
    rule: ChangeRule, cooldown: timedelta, run: _Run, past: Sequence[MetricValue]
) -> Iterator[tuple[MetricValue, MetricValue]]:
    """Give each value that has changed enough, with what it is compared with."""
    if rule.compare_to == "previous":
        pairs = pairwise(run.values)
        yield from ((value, base) for base, value in pairs if is_enough(rule, base, value))
    elif rule.compare_to == "last_alert":
        yield from _since_the_last_notice(rule, cooldown, run.values)
    else:
        for value in run.values[run.silent :]:
            found = _long_ago(rule, value, past)
            if found is not None and is_enough(rule, found, value):
                yield value, found


def _since_the_last_notice(
    rule: ChangeRule, cooldown: timedelta, values: Sequence[MetricValue]
) -> Iterator[tuple[MetricValue, MetricValue]]:
    """Go from notice to notice; between two, what is held back is compared with the first."""
    rest, free_from = list(values), values[0].as_of
    while rest:
        base, *rest = rest
        hits = [n for n, value in enumerate(rest) if is_enough(rule, base, value)]
        told = next((n for n in hits if rest[n].as_of >= free_from), len(rest))
        yield from ((rest[n], base) for n in hits if n <= told)
        rest = rest[told:]
        free_from = rest[0].as_of + cooldown if rest else free_from


def is_enough(rule: ChangeRule, base: MetricValue, value: MetricValue) -> bool:
    """Whether the change in percent reaches what the rule asks for; from zero it is infinite."""
    before, now = _exact(base), _exact(value)
    if before:
        change = (now - before) / abs(before) * 100
    else:
        change = (now > 0) * _INFINITE - (now < 0) * _INFINITE
    wanted = Fraction(rule.percentage)
    if rule.direction == "increase":
        return change >= wanted
    return change <= -wanted if rule.direction == "decrease" else abs(change) >= wanted


def _long_ago(
    rule: ChangeRule, value: MetricValue, past: Sequence[MetricValue]
) -> MetricValue | None:
    """Give the newest value of the same kind that is old enough."""
    # A value that came up to half an hour too late is of that day all the same.
    until = _before(rule, value.as_of) + timedelta(minutes=30)
    old = [it for it in past if it.as_of <= until and it.value is not None]
    same = [it for it in old if it.definitions_version == value.definitions_version]
    fit = [it for it in same if it.currency == value.currency]
    return max(fit, key=lambda it: it.as_of, default=None)


def _before(rule: ChangeRule, at: datetime) -> datetime:
    """Go back by days, or to the same day of an earlier month, or its last where it is shorter."""
    if rule.compare_to in _DAYS:
        return at - timedelta(days=_DAYS[rule.compare_to])
    first = at.replace(day=1)
    for _ in range(_MONTHS[rule.compare_to]):
        end = first - timedelta(days=1)
        first = end.replace(day=1)
    return end.replace(day=min(at.day, end.day))


def _due(alert: Alert, episode: int, event: _Event, *, is_held: bool, held_before: int) -> Due:
    kind, reason, value, before = event
    return Due(
        key=f"{alert.id}/{alert.config_version}/{episode}/{kind}",
        reason=reason,
        value=_exact(value),
        as_of=value.as_of,
        previous=None if before is None else _exact(before),
        is_held=is_held,
        held_before=held_before,
    )


def _exact(value: MetricValue) -> Fraction:
    assert value.value is not None
    return Fraction(value.value)
