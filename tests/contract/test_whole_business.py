"""The product reads whole simulated businesses and says what is true of them, now and in the past.

Every type and setting of the metrics, under many definitions, against the business's own records.
`make fuzz` lives through many more of them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from local.stripe_sandbox import STORIES, Business, Sandbox, SeedOptions, seeded_business, start
from tests.business_scripts import ACTIONS, Step, live
from tests.whole_business import read_case

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
# As many as the profile of the property tests asks for; the usual run takes the same each time.
EXAMPLES = settings().max_examples
IS_USUAL = EXAMPLES <= 100
STEPS = st.lists(
    st.builds(
        Step,
        hours=st.integers(1, 30 * 24),
        action=st.sampled_from(["subscribe", "subscribe", *ACTIONS]),
        which=st.integers(0, 11),
        what=st.integers(0, 20),
        many=st.integers(1, 30),
    ),
    min_size=1,
    max_size=16,
)


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with start(Business.empty(NOW)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("story", sorted(STORIES))
def test_every_number_of_a_whole_business_is_true(sandbox: Sandbox, story: str) -> None:
    for number in range(EXAMPLES // 2):
        seed = number * len(STORIES) + sorted(STORIES).index(story)
        options = SeedOptions(
            seed=seed,
            customers=15 + seed % 26,
            days=430 + 10 * (seed % 12),
            story=story,
            exotic=number % 3 == 0,
        )
        name = f"seeded_business(NOW, {options})"
        case = read_case(sandbox, name, seeded_business(NOW, options))
        differences = list(case.differences(seed))
        assert not differences, "\n\n".join([f"{len(differences)} differences", *differences[:3]])


@settings(
    max_examples=4 * EXAMPLES if IS_USUAL else EXAMPLES,
    derandomize=IS_USUAL,
    # Looking for the shortest script that fails takes minutes: `make fuzz` does.
    phases=set(Phase) - {Phase.shrink} if IS_USUAL else set(Phase),
)
@given(steps=STEPS, hours_after=st.integers(0, 60 * 24))
def test_every_number_is_true_whatever_people_do(
    sandbox: Sandbox, steps: list[Step], hours_after: int
) -> None:
    case = read_case(sandbox, f"live({steps}, {hours_after})", live(steps, hours_after))
    differences = list(case.differences(len(steps)))
    assert not differences, "\n\n".join([f"{len(differences)} differences", *differences[:3]])
