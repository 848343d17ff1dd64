"""Every measurement runs and gives its figures; how fast anything is, no test asks."""

import json

import pytest

from benchmarks import dashboard
from benchmarks.__main__ import MEASUREMENTS, run
from benchmarks.rows import TINY

NEEDS = {
    "alerting": [pytest.mark.emulator],
    "api_routes": [pytest.mark.emulator],
    "dashboard": [
        pytest.mark.emulator,
        pytest.mark.skipif(dashboard.BROWSER is None, reason="There is no chromium here."),
    ],
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=NEEDS.get(name, ())) for name in MEASUREMENTS]
)
def test_a_measurement_runs_at_a_tiny_size_and_gives_its_figures(name):
    found = json.loads(json.dumps(run([name], TINY)))
    assert found["measured"][name]
    assert found["rows"]
    for row in found["rows"]:
        assert row["what"]
        assert row["figure"] >= 0
        assert row["baseline"] is None or row["against"]
        assert (row["is_met"] is None) == (not row["target"])
