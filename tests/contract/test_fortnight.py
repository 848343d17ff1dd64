"""A fortnight of hourly syncs under all that can go wrong: every number is as if read anew.

Ticks are missed, come twice, or find the worker killed; requests to Stripe fail. Meanwhile people
do what they do. `make fuzz` compares after every tick, of more businesses; it prints what each tick
asked of Stripe.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import settings

from local.stripe_sandbox import RandomFaults, Sandbox, SeedOptions, seeded_business, start
from shared.adapters.stripe_changes import EVENT_TYPES
from shared.adapters.stripe_recording import KEPT
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.ledger import Place
from shared.domain.metrics import Terms, compute, query_from_dict
from shared.domain.stripe_key import StripeKey, parse_key
from tests.following import HOUR, Life
from tests.syncing import AT_ONCE, Process, Worker, differences
from tests.whole_business import DEFINITIONS, NEEDS, QUERIES

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
IS_USUAL = settings().max_examples <= 100
# Seed, hours, and after how many ticks one is compared with what is read anew.
RUNS = [(1, 14 * 24, 24), (3, 48, 8)] if IS_USUAL else [(seed, 14 * 24, 1) for seed in range(1, 13)]
RATES = {"eur": Fraction(11, 10), "gbp": Fraction(5, 4), "jpy": Fraction(1, 150)}


@dataclass
class Fortnight:
    """One run.

    Attributes:
        chance: what goes wrong with ticks.
        requests: that each tick took that came to its end in one go.
    """

    sandbox: Sandbox
    worker: Worker
    life: Life
    faults: RandomFaults
    chance: random.Random
    requests: list[int] = field(default_factory=list)

    def live_and_sync(self, hour: int) -> bool:
        """Live on for an hour and sync, well or badly; False where it is not known up to now.

        So it is where the tick was missed, or where only the end of a sync was, and its message
        found an hour later that all had been done.
        """
        before = self.worker.place
        self._live_on()
        what = self.chance.random()
        if what < 0.08:
            return False
        slot = f"{hour:04}"
        self.sandbox.settings.interceptors = (self.faults,)
        if what < 0.25:
            self.worker.process = Process(self.chance.randint(1, 60))
            if what < 0.16 and not self.worker.try_once(slot):
                self._live_on()
        elif what < 0.35:
            self.worker.questions = self.chance.randint(1, 3)
        struck, killed = self.faults.struck.total(), len(self.worker.kills)
        self.worker.sync(slot)
        self.worker.process, self.worker.questions = Process(), None
        self.sandbox.settings.interceptors = ()
        if what > 0.25 and (struck, killed) == (self.faults.struck.total(), len(self.worker.kills)):
            self.requests.append(self.worker.requests)
            is_check = self.worker.place.checked_at != before.checked_at
            if not (is_check or self._has_news(before)):
                assert self.worker.requests == 2
        if what > 0.9:
            self.worker.sync(slot)
            assert self.worker.requests == 0
        as_of = self.worker.place.as_of
        return as_of is not None and as_of.timestamp() == self.sandbox.clock.now()

    def _live_on(self) -> None:
        self.life.live_in(self.sandbox, 1)
        self.worker.stores.clock.move(hours=1)

    def _has_news(self, before: Place) -> bool:
        """Return whether there is anything that has not been read, or is read a second time."""
        assert before.as_of is not None
        since, state = int(before.as_of.timestamp()) - HOUR, self.sandbox.business.state
        return bool(state.balance_transactions.within(since, state.now)) or any(
            event.created >= since and event.type in EVENT_TYPES for event in state.events
        )

    def compare(self) -> Iterator[str]:
        """Yield how the ledger differs from one that is filled now, and their numbers."""
        anew = Worker(self.sandbox).connect()
        anew.sync("now")
        assert anew.place.as_of is not None
        since = anew.place.as_of - KEPT
        yield from differences(self.worker.told(since), anew.told(since))
        key = parse_key(self.sandbox.key, allow_restricted=False)
        assert isinstance(key, StripeKey)
        read = StripeSource(key, api_base=self.sandbox.url, pace=AT_ONCE).read(NEEDS).account
        yield from self._compare_numbers(self.worker.account(), anew.account(), read)

    def _compare_numbers(self, *accounts: Account) -> Iterator[str]:
        """Yield the queries that accounts answer differently, now and at instants of the past."""
        now = self.worker.place.as_of
        assert now is not None
        for at in (now, *(now - self.chance.random() * timedelta(days=60) for _ in range(2))):
            definitions = self.chance.choice(DEFINITIONS)
            terms = Terms(Definitions.from_dict(definitions), "usd", RATES)
            for query in QUERIES if at == now else self.chance.sample(QUERIES, 12):
                parsed = query_from_dict(query)
                values = [compute(parsed, account, at, terms).value for account in accounts]
                if len(set(values)) > 1:
                    yield f"{query} with {definitions} at {at}: {values} (ledger, anew, read)"


@pytest.mark.usefixtures("everlasting_events")
@pytest.mark.parametrize(("seed", "hours", "every"), RUNS)
def test_after_every_tick_each_number_is_what_it_would_be_read_anew(
    seed: int, hours: int, every: int
) -> None:
    options = SeedOptions(
        seed=seed, customers=25, days=340, events_days=None, exotic=seed % 3 == 0, foreign_share=0.3
    )
    business = seeded_business(NOW, options)
    chance = random.Random(seed)  # noqa: S311 - choices that can be made again
    with start(business) as sandbox:
        worker = Worker(sandbox).connect()
        worker.sync("0000")
        faults = RandomFaults(seed, 0.03, hang_seconds=0.01)
        run = Fortnight(sandbox, worker, Life(business, seed, changes=20), faults, chance)
        for hour in range(1, hours + 1):
            if run.live_and_sync(hour) and hour % every == 0:
                found = list(run.compare())
                assert found == [], "\n".join([f"seed {seed}, hour {hour}:", *found[:3]])
    print(f"\nseed {seed}: {run.requests} requests; {len(worker.kills)} kills, {faults.struck}")  # noqa: T201
    assert len(worker.kills) > hours / 50
    assert faults.struck.total() > 3
