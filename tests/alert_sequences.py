"""Random lives of an alert: how it is set and changed, which values come, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from random import Random

from shared.domain.alerts import (
    Alert,
    AlertState,
    ChangeRule,
    Decision,
    Point,
    Rule,
    starting_state,
    step,
)
from shared.domain.configuration import MetricValue
from tests.alert_oracle import Due, Stretch
from tests.fakes import NOON
from tests.stories import a_change_rule, a_rule, a_value, an_alert

# Around the threshold of 10, exactly on it, and where percentages are hard.
_AMOUNTS = ["9", "9.99", "10", "10.01", "11", "12", "9.5", "0", "0", "-3", "-3.3", "20", None]
# In hours: refreshes that go on as they should, and those of a life with gaps.
_STEADY, _GAPS = [1], [1, 1, 6, 24, 24, 7 * 24, 31 * 24, 365 * 24]
_COOLDOWNS = ["0", "0", "2", "3", "5", "30"]
_COMPARISONS = ["previous", "previous", "last_alert", "last_alert", "day", "week", "month", "year"]


@dataclass(frozen=True)
class Life:
    """All that happens to an alert and its metric.

    Attributes:
        past: every value, those before the alert was set included, oldest first.
    """

    stretches: tuple[Stretch, ...]
    past: tuple[MetricValue, ...]


@cache
def _value(
    amount: str | None, version: int, hours: int, definitions: str, currency: str
) -> MetricValue:
    at = NOON + timedelta(hours=hours)
    return a_value(amount, version, as_of=at, definitions_version=definitions, currency=currency)


@cache
def _rule(number: int) -> Rule:
    """Give one rule of many; the same number, the same rule."""
    random = Random(number)  # noqa: S311 - a test's
    if number % 2:
        direction = random.choice(["above", "below"])
        return a_rule(direction, "10", random.choice(["0", "0", "0.5", "1"]))
    percentage = random.choice(["0.1", "1", "10", "10", "50", "100"])
    direction = random.choice(["increase", "decrease", "any"])
    return a_change_rule(direction, percentage, random.choice(_COMPARISONS))


@cache
def _alert(number: int, cooldown: str, *, tells_recovery: bool, tells_already: bool) -> Alert:
    return an_alert(
        rule=_rule(number),
        cooldown_hours=Decimal(cooldown),
        notify_on_recovery=tells_recovery,
        notify_if_already_breached=tells_already,
    )


def a_life(random: Random) -> Life:
    """Make up a life; most are short and plain, so that every kind of trouble is met alone too."""
    values = _values(random)
    first = random.randrange(3)
    past, since = values[:first], values[first:]
    records = list(since)
    if random.random() < 0.3 and records:
        records += random.choices(records, k=2)
        random.shuffle(records)
    alert = _alert(
        random.randrange(400),
        random.choice(_COOLDOWNS),
        tells_recovery=random.random() < 0.5,
        tells_already=random.random() < 0.25,
    )
    cuts = sorted(random.randrange(len(records) + 1) for _ in range(random.choice([0, 0, 0, 1, 2])))
    stretches = []
    for start, end in zip([0, *cuts], [*cuts, len(records)], strict=True):
        seen = [*past, *records[:start]] if start or random.random() < 0.5 else []
        current = max(seen, key=lambda it: it.version, default=None)
        stretches.append(Stretch(alert, current, tuple(records[start:end])))
        alert = _changed(alert, random)
    return Life(tuple(stretches), tuple(values))


def _values(random: Random) -> list[MetricValue]:
    values, hours, definitions, currency = [], 0, 1, "usd"
    pauses = random.choice([_STEADY, _GAPS])
    for version in range(1, random.randint(3, 10)):
        hours += random.choice(pauses)
        fate = random.random()
        definitions += fate < 0.04
        currency = "eur" if fate > 0.98 else currency
        amount = random.choice(_AMOUNTS)
        values.append(_value(amount, version, hours, f"d{definitions}", currency))
    return values


def _changed(alert: Alert, random: Random) -> Alert:
    """Edit, pause or enable an alert."""
    if random.random() < 0.5:
        return replace(alert, is_enabled=not alert.is_enabled)
    return replace(
        alert, rule=_rule(random.randrange(400)), config_version=alert.config_version + 1
    )


def live(life: Life) -> Iterator[tuple[AlertState, Decision | None]]:
    """Have it happen to the pure decision; gives the state after each record, and what it told."""
    state = None
    for stretch in life.stretches:
        state = starting_state(stretch.alert, stretch.current, state)
        for value in stretch.records:
            state, decision = step(state, stretch.alert, value, baseline(life, stretch, value))
            yield state, decision


def baseline(life: Life, stretch: Stretch, value: MetricValue) -> Point | None:
    """Give what the store would find in the history for a rule that looks back."""
    rule = stretch.alert.rule
    until = rule.baseline_until(value.as_of) if isinstance(rule, ChangeRule) else None
    if until is None:
        return None
    for old in reversed(life.past):
        if old.as_of <= until and old.value is not None:
            return Point(old.value, old.as_of) if old.is_measured_as(value) else None
    return None


def decided(life: Life) -> list[Due]:
    """Give what the pure decision decides, in the words of the oracle."""
    return [as_due(decision) for _, decision in live(life) if decision is not None]


def as_due(decision: Decision) -> Due:
    """Give a decision in the words of the oracle."""
    return Due(
        key=decision.key,
        reason=decision.reason,
        value=Fraction(decision.value),
        as_of=decision.as_of,
        previous=None if decision.previous is None else Fraction(decision.previous.value),
        is_held=decision.is_held,
        held_before=decision.held_before,
    )
