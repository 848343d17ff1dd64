"""Very many lives of an alert, made up and repeatable, against another reckoning of each.

`tests/alert_oracle.py` is that reckoning, `tests/alert_sequences.py` makes the lives up.
"""

from collections import Counter
from random import Random

import pytest
from hypothesis import settings

from tests.alert_oracle import due
from tests.alert_sequences import a_life, decided

PARTS = 3
LEAST_RUNS = 150_000
# `make fuzz` asks for more, of other seeds.
IS_FUZZED = settings().max_examples is not None and settings().max_examples > 1_000


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_comes_in_whichever_order_the_right_notices_are_told(part):
    random = Random(part + PARTS * IS_FUZZED)  # noqa: S311 - a test's
    wanted = LEAST_RUNS // PARTS * (20 if IS_FUZZED else 1)
    runs = lost = wrong = 0
    told: Counter[str] = Counter()
    first = ""
    while runs < wanted:
        life = a_life(random)
        had, should = decided(life), due(life.stretches, life.past)
        runs += 1
        told.update("held" if it.is_held else it.reason for it in should)
        if had != should:
            lost += len(Counter(should) - Counter(had))
            wrong += len(Counter(had) - Counter(should)) or had != should
            first = first or f"{life}\nhad    {had}\nshould {should}"
    # The figures are the point; pytest -rA shows them.
    print(f"{runs:,} runs: {told.total():,} decisions, {lost} lost, {wrong} wrong; {dict(told)}")  # noqa: T201
    assert (lost, wrong) == (0, 0), first
    assert runs >= LEAST_RUNS // PARTS
    # The lives are about something: each kind of decision is made again and again.
    assert min(told.values()) > runs / 5_000
    assert len(told) == 7
