"""The real handler under every fault, at every call: nothing lost, nothing wrong, nothing twice.

What must come of a story is decided by the pure rules alone; see `tests/alert_cases.py` for the
stories and `tests/alert_proof.py` for the faults.
"""

from itertools import count
from random import Random

import pytest
from hypothesis import settings

from functions.alerts import handler
from tests.alert_cases import a_story
from tests.alert_meddling import MEDDLING, Meddler
from tests.alert_proof import Findings, Runner, faults_at
from tests.emulated_table import EmulatedTable

PARTS = 5
LEAST_RUNS = 50_000
# `make fuzz` asks for more, from other stories.
IS_FUZZED = settings().max_examples is not None and settings().max_examples > 1_000


@pytest.fixture(autouse=True)
def _quiet():
    """Writing the log would take longer than all else."""
    level = handler.logger.log_level
    handler.logger.setLevel("CRITICAL")
    yield
    handler.logger.setLevel(level)


def tell(runner, random, share=1.0):
    """Tell a story calmly, then with each fault at each call, and with several at once."""
    faults = [
        fault
        for number, name in enumerate(runner.calm(), start=1)
        for fault in faults_at(number, name)
        if random.random() < share
    ]
    for fault in faults:
        runner.run(fault)
    plain = [fault for fault in faults if not fault.is_ahead]
    for _ in range(max(len(plain) // 10, 1)):
        runner.run(*random.sample(plain, k=min(3, len(plain))), name="several")


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_goes_wrong_at_whichever_call_each_notice_is_told_once(part):
    findings, random = Findings(), Random(part)  # noqa: S311 - a test's
    wanted = LEAST_RUNS // PARTS * (20 if IS_FUZZED else 1)
    seeds = count(part + PARTS * 1_000_000 * IS_FUZZED, PARTS)
    while findings.runs.total() < wanted and not findings.problems:
        seed = next(seeds)
        # Of every fourth story some records never come.
        tell(Runner(a_story(seed, lost=seed % 4 == 0), findings), random)
    print(findings)  # noqa: T201 - the figures are the point; pytest -rA shows them
    assert findings.are_well, str(findings)
    assert findings.runs.total() >= wanted
    # The runs are about something: notices are sent, and a kill in the worst place repeats one.
    assert findings.sent > findings.runs.total() / 2
    assert findings.repeated["killed after"] > 0
    calm = [name for name in findings.repeated if findings.repeated[name]]
    assert set(calm) <= {"killed before", "killed after", "answer lost", "several"}


@pytest.mark.parametrize("name", MEDDLING)
def test_whatever_a_person_does_to_an_alert_while_it_is_decided(name):
    findings = Findings()
    for seed in range(25):
        meddler = Meddler(a_story(seed), findings)
        for number in range(1, len(meddler.calm()) + 1):
            meddler.meddle(number, name)
        meddler.interrupt(name)
    print(findings)  # noqa: T201 - as above
    assert findings.are_well, str(findings)


@pytest.mark.emulator
def test_so_it_is_on_the_emulated_table(deployment):
    table = EmulatedTable(deployment.emulator.client("dynamodb"), "alert-proof")
    table.create()
    findings, random = Findings(), Random(7)  # noqa: S311 - a test's
    for seed in count(1):
        table.restore({})
        tell(Runner(a_story(seed), findings, table), random, share=0.1)
        if findings.runs.total() >= 300 or findings.problems:
            break
    print(findings)  # noqa: T201 - as above
    assert findings.are_well, str(findings)
