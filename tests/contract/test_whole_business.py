"""The product reads whole simulated businesses and says what is true of them, now and in the past.

Every type and setting of the metrics, under many definitions, against the business's own records.
`make fuzz` lives through many more of them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import settings

from local.stripe_sandbox import STORIES, Business, Sandbox, SeedOptions, seeded_business, start
from tests.whole_business import read_case

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)

PARTS = 6


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with start(Business.empty(NOW)) as sandbox:
        yield sandbox


def _seeds(part: int) -> range:
    """The seeds of one part; as many as the profile of the property tests asks for in all."""
    return range(part, settings().max_examples, PARTS)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("story", sorted(STORIES))
def test_every_number_of_a_whole_business_is_true(sandbox: Sandbox, story: str, part: int) -> None:
    for seed in _seeds(part):
        options = SeedOptions(
            seed=seed,
            customers=15 + seed % 26,
            days=430 + 10 * (seed % 12),
            story=story,
            exotic=seed % 3 == 0,
        )
        name = f"seeded_business(NOW, {options})"
        case = read_case(sandbox, name, seeded_business(NOW, options))
        differences = list(case.differences(seed))
        assert not differences, "\n\n".join([f"{len(differences)} differences", *differences[:3]])
