"""Alerts: their rules, where they stand, and when they notify."""

from shared.domain.alerts.alert import (
    Alert,
    AlertState,
    AlertStatus,
    Decision,
    Kind,
    Point,
    Reason,
    Trouble,
)
from shared.domain.alerts.decide import starting_state, step
from shared.domain.alerts.replay import replay
from shared.domain.alerts.rules import (
    ChangeRule,
    CompareTo,
    Direction,
    Rule,
    Side,
    ThresholdRule,
    rule_from_dict,
    rule_to_dict,
)
from shared.domain.alerts.words import (
    describe_breach,
    describe_decision,
    describe_rule,
    describe_state,
)

__all__ = [
    "Alert",
    "AlertState",
    "AlertStatus",
    "ChangeRule",
    "CompareTo",
    "Decision",
    "Direction",
    "Kind",
    "Point",
    "Reason",
    "Rule",
    "Side",
    "ThresholdRule",
    "Trouble",
    "describe_breach",
    "describe_decision",
    "describe_rule",
    "describe_state",
    "replay",
    "rule_from_dict",
    "rule_to_dict",
    "starting_state",
    "step",
]
