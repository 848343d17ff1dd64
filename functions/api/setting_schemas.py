"""Queries, definitions and rules as JSON Schema, drawn from the domain for the API's description.

They describe only: the domain's readers decide what is accepted.
"""

import inspect
from typing import Any, get_args

from shared.domain.alerts import ChangeRule, CompareTo, Direction, Side, ThresholdRule
from shared.domain.alerts.rules import LARGEST, LARGEST_PERCENTAGE
from shared.domain.definitions import CHOICES, NET_DEDUCTS, PRESETS, Definitions
from shared.domain.metrics import MetricQuery
from shared.domain.metrics.queries import QUERY_TYPES, Setting, settings_of


def _object(properties: dict[str, Any], described: type) -> dict[str, Any]:
    return {
        "title": described.__name__,
        "description": inspect.getdoc(described),
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _describe_query(kind: type[MetricQuery]) -> dict[str, Any]:
    settings = {setting.name: _describe_setting(setting) for setting in settings_of(kind)}
    properties = {"type": {"type": "string", "const": kind.type}, **settings}
    return {**_object(properties, kind), "required": ["type"]}


def _describe_setting(setting: Setting) -> dict[str, Any]:
    accepted = _one_of(setting.choices) if setting.choices else {"type": "boolean"}
    return {**accepted, "default": setting.default}


def _one_of(words: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "string", "enum": [*words]}


QUERY_SCHEMAS: dict[str, dict[str, Any]] = {
    kind.type: _describe_query(kind) for kind in QUERY_TYPES.values()
}
QUERY_SCHEMA: dict[str, Any] = {
    "description": "What a metric measures; settings left out take their defaults.",
    "oneOf": [*QUERY_SCHEMAS.values()],
}
# No defaults here: what is left out comes from the preset, and a client that fills in defaults
# would undo it.
DEFINITIONS_SCHEMA: dict[str, Any] = _object(
    {
        "preset": _one_of(PRESETS),
        **{name: _one_of(words) for name, words in CHOICES.items()},
        "net_deducts": {"type": "array", "items": _one_of(NET_DEDUCTS)},
    },
    Definitions,
)

_NUMBER: dict[str, Any] = {"type": "number", "minimum": -int(LARGEST), "maximum": int(LARGEST)}
RULE_SCHEMA: dict[str, Any] = {
    "description": "When an alert notifies.",
    "oneOf": [
        {
            **_object(
                {
                    "type": {"type": "string", "const": ThresholdRule.type},
                    "threshold": _NUMBER,
                    "direction": _one_of(get_args(Side)),
                    "hysteresis": {**_NUMBER, "minimum": 0, "default": 0},
                },
                ThresholdRule,
            ),
            "required": ["type", "threshold", "direction"],
        },
        {
            **_object(
                {
                    "type": {"type": "string", "const": ChangeRule.type},
                    "percentage": {
                        "type": "number",
                        "exclusiveMinimum": 0,
                        "maximum": int(LARGEST_PERCENTAGE),
                    },
                    "direction": _one_of(get_args(Direction)),
                    "compare_to": {**_one_of(get_args(CompareTo)), "default": "previous"},
                },
                ChangeRule,
            ),
            "required": ["type", "percentage", "direction"],
        },
    ],
}
