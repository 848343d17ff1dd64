"""A scenario file that says what cannot be meant is refused, with the place in the file."""

import pytest

from tests.alert_scenarios import ScenarioError, read_scenario

GOOD = {
    "title": "It fires",
    "rule": "{type: threshold, direction: below, threshold: 10}",
    "values": "11 9",
    "expect": "[{at: 2, kind: fire}]",
}


def read(folder, **fields):
    path = folder / "one.alert.yaml"
    lines = [f"{name}: {text}" for name, text in (GOOD | fields).items() if text is not None]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_scenario(path)


def test_a_good_file_is_read(tmp_path):
    scenario = read(tmp_path, current="10.50", history="{2d: 8, 1d: _}", arrive="2 1 2")
    assert [str(value.value) for value in scenario.values] == ["11", "9"]
    assert [str(value.value) for value in scenario.history] == ["8", "None"]
    assert scenario.current is not None
    assert str(scenario.current.value) == "10.50"
    assert scenario.arrive == (2, 1, 2)


WRONG = [
    ({"title": None}, "one.alert.yaml/title: Is missing."),
    ({"values": None}, "one.alert.yaml/values: Is missing."),
    ({"value": "1"}, "one.alert.yaml/value: A scenario has no such setting. Use title, "),
    ({"values": "11 9,5"}, "one.alert.yaml/values: 9,5 is neither a number nor _ for no value."),
    ({"every": "weekly"}, "one.alert.yaml/every: weekly is no time; write 30m, 1h or 7d."),
    ({"metric": "profit"}, "one.alert.yaml/metric/type: Must be mrr, "),
    ({"rule": None}, "one.alert.yaml/rule: A rule must be an object."),
    (
        {"rule": "{type: threshold, direction: down, threshold: 10}"},
        "one.alert.yaml/rule/direction: Must be above or below.",
    ),
    ({"options": "{loud: true}"}, "one.alert.yaml/options/loud: An alert has no such setting."),
    ({"arrive": "1 3"}, "one.alert.yaml/arrive: There is no value 3; they go from 1 to 2."),
    ({"changes": "{3: pause}"}, "one.alert.yaml/changes: There is no value 3"),
    ({"changes": "{2: stop}"}, "one.alert.yaml/changes/2: Must be pause, enable, or an "),
    ({"meanwhile": "{2: {gap: long}}"}, "one.alert.yaml/meanwhile/2/gap: long is no time"),
    ({"meanwhile": "{2: {holiday: 1d}}"}, "one.alert.yaml/meanwhile/2/holiday: What happens"),
    ({"shows": "{7: ok}"}, "one.alert.yaml/shows: There is no value 7; they go from 0 to 2."),
    ({"expect": None}, "one.alert.yaml/expect: Must be a list; an empty one where nobody is told."),
    (
        {"expect": "[{at: 9, kind: fire}]"},
        "one.alert.yaml/expect/0/at: There is no value 9; they go from 1 to 2.",
    ),
    ({"expect": "[{at: 2, kind: fired}]"}, "one.alert.yaml/expect/0/kind: Must be fire, "),
    ({"expect": "[{at: 2, kind: fire, was: 11}]"}, "one.alert.yaml/expect/0/was: What is expected"),
    ({"alerts": "[]"}, "one.alert.yaml/alerts: Must be a list that all of each alert stands in."),
    ({"title": "{"}, "one.alert.yaml: while parsing a flow mapping"),
    ({"title": "!!python/name:os.system"}, "one.alert.yaml: could not determine a constructor"),
]


@pytest.mark.parametrize(("fields", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_file_is_refused(tmp_path, fields, said):
    with pytest.raises(ScenarioError) as refused:
        read(tmp_path, **fields)
    assert str(refused.value).startswith(said)
