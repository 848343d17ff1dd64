"""What an alert is, where it stands, and what it has decided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shared.domain.alerts.rules import Rule
from shared.domain.money import Unit, round_half_up

AlertStatus = Literal["waiting", "ok", "firing", "paused"]
Kind = Literal["fire", "recover", "change"]
Reason = Literal[
    "crossed",  # the value went beyond the threshold
    "already_beyond",  # it was there when the alert was set, and people asked to hear of that
    "still_beyond",  # it crossed during the cooldown, and is there still
    "recovered",  # it came back
    "changed",  # it changed by the percentage
    "changed_from_zero",  # it changed from zero, of which there is no percentage
]
Trouble = Literal["currency_changed", "unit_changed", "not_a_number"]


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule on one metric, and who hears of it.

    Attributes:
        integration_id: whose metric it is.
        unit: what the rule's threshold counts.
        currency: of the threshold, where it is money.
        goal_id: the goal whose progress its messages tell; it is paused when the metric is
            unlinked from it.
        cooldown_hours: how long after a notice the next is held back, by the time of the data.
        config_version: rises with each change of the rule, which starts afresh; a notice names it.
        revision: rises with each change of anything.
    """

    id: str
    metric_id: str
    integration_id: str
    name: str
    rule: Rule
    channels: tuple[str, ...]
    created_at: datetime
    unit: Unit
    currency: str | None = None
    goal_id: str | None = None
    is_enabled: bool = True
    notify_if_already_breached: bool = False
    notify_on_recovery: bool = False
    cooldown_hours: Decimal = Decimal(0)
    config_version: int = 1
    revision: int = 1

    @property
    def cooldown(self) -> timedelta:
        """How long after a notice the next is held back."""
        return timedelta(seconds=int(self.cooldown_hours * 3600))


@dataclass(frozen=True, slots=True)
class Point:
    """A value and the instant that it describes."""

    value: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True)
class AlertState:
    """Where an alert stands after the values it has seen.

    Attributes:
        episode: counts the times that it fired; with the configuration's version it names a
            decision, so it never goes back under one configuration.
        last_version: version of the newest value seen; None before the first.
        last: the newest value that the rule could be applied to.
        baseline: what `compare_to: last_alert` compares with.
        since: time of the data that brought the status.
        told_at: time of the data of the newest notice; the cooldown counts from it.
        held: how many decisions the cooldown has held back since then.
        is_untold: whether it fires, and the cooldown has held that back.
        definitions_version: what the values seen were computed under.
        trouble: why the rule cannot be applied to the newest value.
    """

    status: AlertStatus = "waiting"
    episode: int = 0
    config_version: int = 1
    last_version: int | None = None
    last: Point | None = None
    baseline: Point | None = None
    since: datetime | None = None
    told_at: datetime | None = None
    held: int = 0
    is_untold: bool = False
    definitions_version: str | None = None
    currency: str | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that people are to be told, or would be but for the cooldown; decided once.

    Attributes:
        key: `alert / configuration / episode / kind`, the identity of the notice for ever.
        previous: what it is compared with: the value before, or a change rule's baseline; None
            where the value is the first.
        is_held: whether the cooldown holds it back.
        held_before: how many were held back since the last notice.
    """

    key: str
    kind: Kind
    reason: Reason
    value: Decimal
    as_of: datetime
    previous: Point | None
    is_held: bool = False
    held_before: int = 0

    @property
    def change_percent(self) -> Decimal | None:
        """The change in percent of what it is compared with, to two decimals; None from zero."""
        if self.previous is None or not self.previous.value:
            return None
        before = Fraction(self.previous.value)
        return round_half_up((Fraction(self.value) - before) / abs(before) * 100, 2)
