"""Scenarios of alerts: files that say what values come and what is told, for people and for tests.

`docs/alerts.md` explains the format with examples. Whatever a file says that cannot be meant is
refused with the place in the file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from shared.domain.alerts import Kind, Reason, Rule, rule_from_dict
from shared.domain.configuration import MetricValue
from shared.domain.metrics import MetricQuery, query_from_dict
from shared.domain.settings import (
    InvalidSettingError,
    read_choice,
    read_flag,
    read_number,
    refuse_unknown_keys,
    require_mapping,
)
from tests.fakes import NOON
from tests.stories import a_value

FOLDER = Path(__file__).parent / "scenarios"
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ALERT_FIELDS = ("rule", "options", "changes", "expect", "shows")
_FIELDS = (
    *("title", "case", "metric", "every", "history", "current", "values", "arrive", "meanwhile"),
    "alerts",
)
Change = Literal["pause", "enable"] | Rule


class ScenarioError(ValueError):
    """A file says something that cannot be meant."""


@dataclass(frozen=True)
class Expected:
    """A decision that must be made, as far as the file describes it.

    Attributes:
        at: number of the value that brings it.
        says: part of what people read of it in the history.
        change: in percent of what it is compared with.
    """

    at: int
    kind: str
    before: Decimal | None = None
    value: Decimal | None = None
    reason: str | None = None
    says: str = ""
    change: Decimal | None = None
    is_held: bool = False


@dataclass(frozen=True)
class AlertStory:
    """One alert of a scenario.

    Attributes:
        options: by their names in the domain.
        changes: what people do to it, by the number of the value before which they do.
        shows: its status, or part of its note, after a value; after 0, when it has been set.
    """

    rule: Rule
    options: Mapping[str, Any]
    changes: Mapping[int, Change]
    expected: tuple[Expected, ...]
    shows: Mapping[int, str]


@dataclass(frozen=True)
class Scenario:
    """What happens, and what must come of it.

    Attributes:
        case: its number in the list of cases that the product must pass, if it has one.
        history: values of before the alerts were set.
        current: the metric's value when they are set.
        values: those of the syncs since; the first has number 1.
        arrive: the numbers of the values, in the order in which their records come.
    """

    name: str
    title: str
    case: str
    query: MetricQuery
    history: tuple[MetricValue, ...]
    current: MetricValue | None
    values: tuple[MetricValue, ...]
    arrive: tuple[int, ...]
    alerts: tuple[AlertStory, ...]


class _Loader(yaml.SafeLoader):
    """Plain YAML whose numbers are exact."""


_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: Decimal(node.value))


def read_scenario(path: Path) -> Scenario:
    """Read a file.

    Raises:
        ScenarioError: it says something that cannot be meant.
    """
    name = path.name.removesuffix(".alert.yaml")
    try:
        return scenario_of(name, _Loader(path.read_text(encoding="utf-8")).get_single_data())
    except (InvalidSettingError, yaml.YAMLError, InvalidOperation) as error:
        place = getattr(error, "pointer", "")
        raise ScenarioError(f"{path.name}{place}: {error}") from error


def scenario_of(name: str, written: object) -> Scenario:
    """Make a scenario of what a file says.

    Raises:
        InvalidSettingError: it cannot be meant.
    """
    fields = require_mapping(written, "A scenario")
    refuse_unknown_keys(fields, (*_FIELDS, *_ALERT_FIELDS), "A scenario")
    every = _duration(fields.get("every", "1h"), "/every")
    with _inside("/metric"):
        query = query_from_dict({"type": fields.get("metric", "mrr")})
    values = _values(fields, query, every)
    return Scenario(
        name=name,
        title=_text(fields, "title"),
        case=str(fields.get("case", "")),
        query=query,
        history=_history(fields, query),
        current=_current(fields, query, every),
        values=values,
        arrive=_arrive(fields, len(values)),
        alerts=tuple(_alerts(fields, len(values))),
    )


def _values(
    fields: Mapping[str, Any], query: MetricQuery, every: timedelta
) -> tuple[MetricValue, ...]:
    words = _text(fields, "values").split()
    meanwhile = _numbered(fields, "meanwhile", 1, len(words))
    at, values = NOON - every, []
    measured: dict[str, Any] = {}
    for number, word in enumerate(words, start=1):
        with _inside(f"/meanwhile/{number}"):
            happens = require_mapping(meanwhile.get(number, {}), "What happens")
            refuse_unknown_keys(happens, ("gap", "definitions", "currency"), "What happens")
            at += _duration(happens["gap"], "/gap") if "gap" in happens else every
        if "definitions" in happens:
            measured["definitions_version"] = str(happens["definitions"])
        if "currency" in happens:
            measured["currency"] = str(happens["currency"])
        values.append(replace(_value(query, word, at, number, "/values"), **measured))
    return tuple(values)


def _history(fields: Mapping[str, Any], query: MetricQuery) -> tuple[MetricValue, ...]:
    written = require_mapping(fields.get("history", {}), "/history: the history")
    ages = sorted(
        ((_duration(age, "/history"), word) for age, word in written.items()), reverse=True
    )
    return tuple(
        _value(query, word, NOON - age, number - len(ages), "/history")
        for number, (age, word) in enumerate(ages)
    )


def _current(fields: Mapping[str, Any], query: MetricQuery, every: timedelta) -> MetricValue | None:
    if "current" not in fields:
        return None
    return _value(query, fields["current"], NOON - every, 0, "/current")


def _value(
    query: MetricQuery, word: object, at: datetime, number: int, pointer: str
) -> MetricValue:
    text = str(word)
    if text != "_" and not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise InvalidSettingError(pointer, f"{text} is neither a number nor _ for no value.")
    amount, currency = None if text == "_" else text, "usd" if query.unit == "currency" else None
    # From 100 on, so that versions of the past are numbers as well.
    return a_value(amount, 100 + number, as_of=at, unit=query.unit, currency=currency)


def _arrive(fields: Mapping[str, Any], count: int) -> tuple[int, ...]:
    words = str(fields.get("arrive", " ".join(map(str, range(1, count + 1))))).split()
    return tuple(_number(word, 1, count, "/arrive") for word in words)


def _alerts(fields: Mapping[str, Any], count: int) -> Iterator[AlertStory]:
    written = fields.get("alerts")
    if written is None:
        yield _alert(fields, count)
        return
    twice = [name for name in _ALERT_FIELDS if name in fields]
    if twice or not isinstance(written, list):
        raise InvalidSettingError("/alerts", "Must be a list that all of each alert stands in.")
    for number, alert in enumerate(written):
        with _inside(f"/alerts/{number}"):
            refuse_unknown_keys(require_mapping(alert, "An alert"), _ALERT_FIELDS, "An alert")
            yield _alert(alert, count)


def _alert(fields: Mapping[str, Any], count: int) -> AlertStory:
    changes = _numbered(fields, "changes", 1, count)
    shows = _numbered(fields, "shows", 0, count)
    with _inside("/rule"):
        rule = rule_from_dict(fields.get("rule"))
    with _inside("/options"):
        options = _options(require_mapping(fields.get("options", {}), "Options"))
    expected = fields.get("expect")
    if not isinstance(expected, list):
        raise InvalidSettingError("/expect", "Must be a list; an empty one where nobody is told.")
    return AlertStory(
        rule=rule,
        options=options,
        changes={number: _change(number, it) for number, it in changes.items()},
        expected=tuple(_expected(place, it, count) for place, it in enumerate(expected)),
        shows={number: str(it) for number, it in shows.items()},
    )


def _options(options: Mapping[str, object]) -> dict[str, Any]:
    flags = ("notify_if_already_breached", "notify_on_recovery")
    refuse_unknown_keys(options, (*flags, "cooldown_hours"), "An alert")
    low, high = Decimal(0), Decimal(8760)
    hours = read_number(options, "cooldown_hours", low=low, high=high, default=low)
    given = {flag: read_flag(options, flag, default=False) for flag in flags}
    return {**given, "cooldown_hours": hours}


def _change(number: int, written: object) -> Change:
    with _inside(f"/changes/{number}"):
        if isinstance(written, Mapping):
            refuse_unknown_keys(written, ("rule",), "A change")
            with _inside("/rule"):
                return rule_from_dict(written.get("rule"))
        if written not in {"pause", "enable"}:
            raise InvalidSettingError("", "Must be pause, enable, or an object with a rule.")
        return "pause" if written == "pause" else "enable"


def _expected(place: int, written: object, count: int) -> Expected:
    with _inside(f"/expect/{place}"):
        fields = require_mapping(written, "What is expected")
        known = ("at", "kind", "from", "to", "reason", "says", "change", "held")
        refuse_unknown_keys(fields, known, "What is expected")
        reason = read_choice(fields, "reason", (*get_args(Reason), ""), "")
        return Expected(
            at=_number(fields.get("at"), 1, count, "/at"),
            kind=read_choice(fields, "kind", get_args(Kind), ""),
            before=_amount(fields, "from"),
            value=_amount(fields, "to"),
            reason=reason or None,
            says=str(fields.get("says", "")),
            change=_amount(fields, "change"),
            is_held=read_choice(fields, "held", ("cooldown", ""), "") == "cooldown",
        )


def _amount(fields: Mapping[str, object], key: str) -> Decimal | None:
    largest = Decimal(10) ** 30
    return read_number(fields, key, low=-largest, high=largest) if key in fields else None


def _numbered(fields: Mapping[str, Any], key: str, low: int, high: int) -> dict[int, Any]:
    written = require_mapping(fields.get(key, {}), f"/{key}: what goes by number")
    return {_number(number, low, high, f"/{key}"): it for number, it in written.items()}


def _number(written: object, low: int, high: int, pointer: str) -> int:
    if not re.fullmatch(r"\d+", str(written)) or not low <= int(str(written)) <= high:
        raise InvalidSettingError(
            pointer, f"There is no value {written}; they go from {low} to {high}."
        )
    return int(str(written))


def _duration(written: object, pointer: str) -> timedelta:
    found = re.fullmatch(r"(\d+)([mhd])", str(written))
    if found is None:
        raise InvalidSettingError(pointer, f"{written} is no time; write 30m, 1h or 7d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _text(fields: Mapping[str, object], key: str) -> str:
    text = str(fields.get(key, "")).strip()
    if not text:
        raise InvalidSettingError(f"/{key}", "Is missing.")
    return text


@contextmanager
def _inside(pointer: str) -> Iterator[None]:
    """Have a refusal name the place where the part stands."""
    try:
        yield
    except InvalidSettingError as error:
        raise InvalidSettingError(pointer + error.pointer, error.detail) from error


def scenario_files() -> Sequence[Path]:
    """Give the files, in the order of their names."""
    return sorted(FOLDER.glob("*.alert.yaml"))
