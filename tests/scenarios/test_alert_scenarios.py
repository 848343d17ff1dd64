"""Every scenario file is acted out: by the pure decision, and through the alerts function."""

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.domain.alerts import replay
from tests.alert_scenario_runs import Run, Told, alert_of, decide, run_through
from tests.alert_scenarios import AlertStory, Expected, Scenario, read_scenario, scenario_files

ROOT = Path(__file__).parents[2]
# The rows of the product's list of cases that are about decisions.
CASES = ["T01", "T03", "T04", "T06", "T07", "T09", "T10", "T11", "T13", "T15", "T16"]
STATUSES = {"waiting", "ok", "firing", "paused"}


@pytest.fixture(name="scenario", params=scenario_files(), ids=lambda path: path.name.split(".")[0])
def _scenario(request: pytest.FixtureRequest) -> Scenario:
    path: Path = request.param
    return read_scenario(path)


def test_the_decision_is_as_the_file_says(scenario: Scenario) -> None:
    for story in scenario.alerts:
        check(story, decide(scenario, story))


def test_a_value_that_never_comes_is_the_same_as_one_that_is_missing(scenario: Scenario) -> None:
    for story in scenario.alerts:
        assert decide(scenario, story, is_skipping=True) == decide(scenario, story)


def test_people_are_sent_what_the_file_says(scenario: Scenario) -> None:
    for story, run in zip(scenario.alerts, run_through(scenario), strict=True):
        check(story, run)


def test_the_preview_tells_the_same_where_nothing_happens_but_values(scenario: Scenario) -> None:
    for story in scenario.alerts:
        is_set_later = scenario.current or scenario.history
        is_in_order = list(scenario.arrive) == sorted(set(scenario.arrive))
        if not story.changes and not is_set_later and is_in_order:
            shown = replay(alert_of(scenario, story), scenario.values)
            assert shown == [told.decision for told in decide(scenario, story).told]


def test_every_case_has_its_scenario() -> None:
    named = [read_scenario(path).case for path in scenario_files()]
    assert sorted(set(CASES) - set(named)) == []


def test_every_scenario_has_a_title_of_its_own() -> None:
    titles = [read_scenario(path).title for path in scenario_files()]
    assert len(set(titles)) == len(titles)


def test_the_examples_of_the_documentation_are_scenarios() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    files = {path.read_text(encoding="utf-8") for path in scenario_files()}
    assert len(examples) > 5
    assert [example for example in examples if example not in files] == []


def check(story: AlertStory, run: Run) -> None:
    """Compare what came of an alert with what its file says."""
    pairs = zip(story.expected, run.told, strict=False)
    seen = [describe(told, like=expected) for expected, told in pairs]
    seen += [describe(told) for told in run.told[len(story.expected) :]]
    assert seen == [wanted(expected) for expected in story.expected]
    for expected, told in zip(story.expected, run.told, strict=True):
        assert expected.says.lower() in told.text.lower()
    for number, said in story.shows.items():
        status, note = run.shown[number]
        shown = status if said in STATUSES else note
        assert said == shown or (said not in STATUSES and said in shown), f"after value {number}"


def describe(told: Told, like: Expected | None = None) -> dict[str, Any]:
    """Give those facts of a decision that the file speaks of."""
    decision = told.decision
    facts = {
        "at": told.at,
        "kind": decision.kind,
        "held": decision.is_held,
        "from": decision.previous and decision.previous.value,
        "to": decision.value,
        "reason": decision.reason,
        "change": decision.change_percent,
    }
    wished = facts if like is None else wanted(like)
    return {name: facts[name] for name in wished}


def wanted(expected: Expected) -> dict[str, Any]:
    """Give the facts that the file says."""
    facts: Sequence[tuple[str, Decimal | str | None]] = [
        ("from", expected.before),
        ("to", expected.value),
        ("reason", expected.reason),
        ("change", expected.change),
    ]
    said = {name: fact for name, fact in facts if fact is not None}
    return {"at": expected.at, "kind": expected.kind, "held": expected.is_held, **said}
