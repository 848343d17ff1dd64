"""When an alert notifies: a pure decision on rule, state and value.

A threshold alert fires on crossing. The first value that an alert sees only sets its state, so an
alert set while the value is already beyond says nothing until the value comes back and crosses
again (unless `notify_if_already_breached`). Breach is strict: equality never breaches.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

Direction = Literal["above", "below"]
AlertStatus = Literal["waiting", "ok", "firing", "paused"]
Kind = Literal["fire", "recover"]
Reason = Literal["crossed", "already_beyond", "recovered"]


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Notify when the value goes above, or below, a threshold.

    Attributes:
        threshold: in the metric's unit; money in major units.
        hysteresis: how far back over the threshold the value must come before the alert is ok
            again, in the metric's unit.
    """

    threshold: Decimal
    direction: Direction
    hysteresis: Decimal = Decimal(0)
    type: Literal["threshold"] = "threshold"

    def is_breached_by(self, value: Decimal) -> bool:
        """Whether *value* lies strictly beyond the threshold."""
        return value > self.threshold if self.direction == "above" else value < self.threshold

    def is_recovered_by(self, value: Decimal) -> bool:
        """Whether *value* is back far enough for the alert to be ok again."""
        if self.direction == "above":
            return value <= self.threshold - self.hysteresis
        return value >= self.threshold + self.hysteresis


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule on one metric, and who hears of it.

    Attributes:
        config_version: rises with each change of the rule; a notice names it.
    """

    id: str
    metric_id: str
    name: str
    rule: ThresholdRule
    channels: tuple[str, ...]
    created_at: datetime
    is_enabled: bool = True
    notify_if_already_breached: bool = False
    notify_on_recovery: bool = False
    config_version: int = 1


@dataclass(frozen=True, slots=True)
class AlertState:
    """Where an alert stands after the values it has seen.

    Attributes:
        episode: counts the times it began to fire under this configuration.
        last_version: version of the newest value seen; None before the first.
        since: time of the data that brought the status.
    """

    status: AlertStatus = "waiting"
    episode: int = 0
    config_version: int = 1
    last_version: int | None = None
    last_value: Decimal | None = None
    last_as_of: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One value offered to an alert; None is missing data, not zero."""

    version: int
    value: Decimal | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that people are to be told, decided once.

    Attributes:
        key: `alert / configuration / episode / kind`, the identity of the notice for ever.
        previous: the value before, or None where this is the first.
    """

    key: str
    kind: Kind
    reason: Reason
    value: Decimal
    previous: Decimal | None
    as_of: datetime


def step(state: AlertState, alert: Alert, sample: Sample) -> tuple[AlertState, Decision | None]:
    """Take one value into account.

    Returns the new state, and what to tell people, if anything. A value that is not newer than
    the last one seen, or is missing, changes nothing, so records may come twice or out of order.
    A changed configuration starts afresh: the value is then the first.
    """
    if not alert.is_enabled:
        return _paused(state, alert), None
    if state.config_version != alert.config_version or state.status == "paused":
        state = _fresh(state, alert)
    if state.last_version is not None and sample.version <= state.last_version:
        return state, None
    if sample.value is None:
        return state, None
    seen = replace(
        state, last_version=sample.version, last_value=sample.value, last_as_of=sample.as_of
    )
    if state.status == "firing":
        return _while_firing(state, seen, alert, sample, sample.value)
    return _while_quiet(state, seen, alert, sample, sample.value)


def _paused(state: AlertState, alert: Alert) -> AlertState:
    return replace(state, status="paused", config_version=alert.config_version)


def _fresh(state: AlertState, alert: Alert) -> AlertState:
    # The version seen is kept only where the configuration is the same (enabled again): a new
    # configuration may look at the current value once more.
    same = state.config_version == alert.config_version
    return AlertState(config_version=alert.config_version, episode=state.episode if same else 0)


def _while_quiet(
    before: AlertState, seen: AlertState, alert: Alert, sample: Sample, value: Decimal
) -> tuple[AlertState, Decision | None]:
    is_first = before.status == "waiting"
    if not alert.rule.is_breached_by(value):
        since = sample.as_of if is_first else before.since
        return replace(seen, status="ok", since=since), None
    firing = replace(seen, status="firing", episode=before.episode + 1, since=sample.as_of)
    if is_first and not alert.notify_if_already_breached:
        return firing, None
    reason: Reason = "already_beyond" if is_first else "crossed"
    return firing, _decide("fire", reason, before, firing, alert, sample, value)


def _while_firing(
    before: AlertState, seen: AlertState, alert: Alert, sample: Sample, value: Decimal
) -> tuple[AlertState, Decision | None]:
    if alert.rule.is_breached_by(value) or not alert.rule.is_recovered_by(value):
        return seen, None
    recovered = replace(seen, status="ok", since=sample.as_of)
    if not alert.notify_on_recovery:
        return recovered, None
    return recovered, _decide("recover", "recovered", before, recovered, alert, sample, value)


def _decide(  # noqa: PLR0917 - a record is put together from all that was looked at
    kind: Kind,
    reason: Reason,
    before: AlertState,
    after: AlertState,
    alert: Alert,
    sample: Sample,
    value: Decimal,
) -> Decision:
    return Decision(
        key=f"{alert.id}/{alert.config_version}/{after.episode}/{kind}",
        kind=kind,
        reason=reason,
        value=value,
        previous=before.last_value,
        as_of=sample.as_of,
    )
