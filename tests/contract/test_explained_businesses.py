"""Every explanation of whole simulated businesses adds up and leaves nothing out.

Their customers pay in several currencies, upgrade and downgrade, fail to pay, leave and come back,
and the product reads them from the sandbox as it reads an account of Stripe.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.stripe_sandbox import STORIES, Business, Sandbox, SeedOptions, seeded_business, start
from shared.domain.definitions import Definitions
from shared.domain.metrics import Terms, query_from_dict
from tests.explanation_laws import hold_to_the_laws
from tests.whole_business import DEFINITIONS, QUERIES, read_case

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with start(Business.empty(NOW)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("story", sorted(STORIES))
@pytest.mark.parametrize("foreign", [0.0, 0.3], ids=["dollars", "several_currencies"])
def test_every_number_of_a_whole_business_is_explained(
    sandbox: Sandbox, story: str, foreign: float
) -> None:
    options = SeedOptions(
        seed=7, customers=40, days=430, story=story, exotic=True, foreign_share=foreign
    )
    case = read_case(sandbox, story, seeded_business(NOW, options))
    chance = random.Random(story)  # noqa: S311 - choices that can be made again
    for at in [case.as_of, *case.instants(chance, 5)]:
        instant = datetime.fromtimestamp(at, tz=UTC)
        for options_of in chance.sample(DEFINITIONS, 4):
            terms = Terms(Definitions.from_dict(options_of), "usd")
            for query in QUERIES:
                hold_to_the_laws(query_from_dict(query), case.account, instant, terms)
