"""Connecting an account and asking it something: nothing half-written, no key left about."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from functions.api.answer_test_query import AnswerTestQuery
from functions.api.awaiting import AwaitValue
from functions.api.catch_up import CatchUp
from functions.api.connect_account import ConnectAccount
from functions.api.create_metric import CreateMetric
from functions.sync.sync_account import SyncAccount
from shared.domain.account import AccountIdentity
from shared.domain.configuration import SyncFailure, SyncStatus
from shared.domain.definitions import Definitions
from shared.domain.ledger import Progress
from shared.domain.metrics import Mrr
from shared.errors import (
    ConfigurationError,
    ConflictError,
    ImportRunningError,
    InvalidInputError,
    KeyInvalidError,
    NotFoundError,
    PermissionMissingError,
    SecretMissingError,
    SourceUnavailableError,
    StorageUnavailableError,
)
from tests.fakes import FakeClock, FakeSource, InMemoryQueue, InMemorySecrets, id_maker
from tests.memory_stores import InMemoryConfig, InMemoryLedger, InMemoryMetrics
from tests.stories import a_value, an_integration

KEY = "sk_test_abcdefghijklmnopqrstuvwx"


class World:
    """An account that answers, and nothing configured."""

    def __init__(self) -> None:
        self.config, self.secrets = InMemoryConfig(), InMemorySecrets()
        self.queue, self.source, self.clock = InMemoryQueue(), FakeSource(), FakeClock()
        self.connect_account = ConnectAccount(
            self.config,
            self.secrets,
            lambda key: self.source,
            self.queue,
            self.clock,
            id_maker(),
            allow_restricted_keys=False,
        )
        self.ledger = InMemoryLedger()
        self.pauses: list[Callable[[], object]] = []
        self.answer = AnswerTestQuery(
            self.config,
            self.secrets,
            lambda key: self.source,
            self.clock,
            allow_restricted_keys=False,
            catch_up=CatchUp(
                self.config, self.ledger, self.queue, self.clock, id_maker(), self.sleep
            ),
        )
        self.sync = SyncAccount(
            self.config,
            InMemoryMetrics(self.ledger, self.config),
            self.ledger,
            self.secrets,
            lambda key: self.source,
            self.queue,
            self.clock,
            lease_seconds=930,
        )

    def sleep(self, seconds: float) -> None:
        """While somebody waits, the worker does what is next."""
        self.clock.move(seconds=seconds)
        if self.pauses:
            self.pauses.pop(0)()

    def work(self) -> None:
        """Run the newest message of the queue."""
        self.sync(self.queue.requests.pop())

    def connect(self, key=KEY, **changes):
        usual: dict[str, Any] = {"definitions": Definitions(), "currency": None, "fx_rates": {}}
        return self.connect_account("Acme", key, **(usual | changes))

    def is_untouched(self) -> bool:
        return not (self.config.table.items or self.secrets.keys or self.queue.requests)


@pytest.fixture(name="world")
def _world() -> World:
    return World()


def test_a_good_key_is_stored_as_a_secret_and_the_first_import_queued(world):
    integration = world.connect(fx_rates={"eur": Decimal("1.1")})
    assert world.config.integration(integration.id) == integration
    assert world.secrets.keys == {integration.id: KEY}
    assert [request.integration_id for request in world.queue.requests] == [integration.id]
    assert (integration.mode, integration.currency) == ("test", "usd")
    assert KEY not in repr(integration)
    assert integration.key_masked == "sk_test_…uvwx"


def test_the_currency_can_be_chosen(world):
    assert world.connect(currency="eur").currency == "eur"


def test_an_account_without_a_currency_of_its_own_has_to_be_given_one(world):
    world.source.identity = AccountIdentity("acct_1", None, "")
    with pytest.raises(InvalidInputError) as refusal:
        world.connect()
    assert [pointer for pointer, _ in refusal.value.errors] == ["/currency"]
    assert world.is_untouched()
    with pytest.raises(ConflictError):
        world.answer.for_key(KEY, Mrr(), None)
    assert world.connect(currency="eur").currency == "eur"


def test_a_rate_for_the_currency_that_is_reported_in_is_refused(world):
    with pytest.raises(InvalidInputError) as refusal:
        world.connect(fx_rates={"usd": Decimal(2)})
    assert [pointer for pointer, _ in refusal.value.errors] == ["/fx_rates/usd"]
    assert world.is_untouched()


def test_white_space_around_a_pasted_key_is_no_part_of_it(world):
    integration = world.connect(f"  {KEY}\n")
    assert world.secrets.keys[integration.id] == KEY


@pytest.mark.parametrize(
    "error",
    [
        KeyInvalidError("unknown"),
        PermissionMissingError("not allowed", "rak_accounts_read"),
        SourceUnavailableError("down"),
    ],
)
def test_nothing_is_stored_when_stripe_does_not_accept_the_key(world, error):
    world.source.error = error
    with pytest.raises(type(error)):
        world.connect()
    assert world.is_untouched()


def test_a_key_of_another_kind_never_reaches_stripe(world):
    with pytest.raises(KeyInvalidError):
        world.connect("pk_test_abcdefghijklmnopqrstuvwx")
    assert world.is_untouched()


def test_no_secret_is_left_behind_when_the_table_fails(world):
    def fail(integration):
        raise StorageUnavailableError("busy")

    world.config.add_integration = fail
    with pytest.raises(StorageUnavailableError):
        world.connect()
    assert world.is_untouched()


def test_an_account_stays_connected_when_its_first_import_cannot_be_queued(world):
    def fail(request):
        raise StorageUnavailableError("busy")

    world.queue.send = fail
    integration = world.connect()
    assert world.config.integration(integration.id) == integration
    assert world.secrets.keys == {integration.id: KEY}


def test_no_secret_is_left_behind_when_the_table_may_not_be_written(world):
    def refuse(integration):
        raise ConfigurationError("the role does not allow it")

    world.config.add_integration = refuse
    with pytest.raises(ConfigurationError):
        world.connect()
    assert world.is_untouched()


def test_a_stripe_that_is_too_slow_to_say_whose_key_it_is_is_told_as_such(world):
    def identify():
        world.clock.move(seconds=19)
        return FakeSource().identify()

    world.source.identify = identify
    with pytest.raises(SourceUnavailableError):
        world.answer.for_key(KEY, Mrr(), None)


def test_a_test_query_with_a_key_saves_nothing(world):
    answer = world.answer.for_key(KEY, Mrr(), None)
    assert (answer.measurement.value, answer.requests, answer.mode) == (0, 2, "test")
    assert answer.account == world.source.identity
    assert world.is_untouched()


def test_a_test_query_of_an_integration_is_in_its_currency(world):
    integration = world.connect(currency="eur")
    world.pauses = [world.work]
    answer = world.answer.for_integration(integration.id, Mrr(), None)
    assert answer.measurement.currency == "eur"
    # One request verifies the key; the others are the sync's.
    status = world.config.sync_status(integration.id)
    assert (answer.requests, answer.as_of) == (1 + status.requests, world.source.as_of)
    assert [warning.code for warning in answer.measurement.warnings] == ["test_mode"]


def test_a_test_query_waits_for_the_first_import_and_says_how_far_it_is(world):
    integration = world.connect()
    half = Progress("subscriptions", done=5, expected=10, seconds_left=65)
    running = SyncStatus("running", 1, world.clock.now(), progress=half)
    world.config.save_sync_status(integration.id, running)
    with pytest.raises(ImportRunningError, match=r"50 %, 1 min left") as refused:
        world.answer.for_integration(integration.id, Mrr(), None)
    assert refused.value.transient
    assert world.clock.now() - running.last_attempt_at == timedelta(seconds=10)


def test_a_first_import_that_failed_says_why_in_the_answer_to_a_test_query(world):
    integration = world.connect()
    failure = SyncFailure("stripe_unavailable", "Stripe does not answer.")
    world.pauses = [
        lambda: world.config.save_sync_status(integration.id, SyncStatus("error", 1, error=failure))
    ]
    with pytest.raises(ImportRunningError, match="Stripe does not answer"):
        world.answer.for_integration(integration.id, Mrr(), None)


def test_a_test_query_answers_from_what_is_there_where_it_cannot_be_refreshed(world):
    integration = world.connect()
    world.work()
    answer = world.answer.for_integration(integration.id, Mrr(), None)
    stale = answer.measurement.warnings[-1]
    assert (stale.code, answer.as_of) == ("stale", world.source.as_of)
    assert "as of 22 November 2026, 12:00 UTC" in stale.message


def test_a_test_query_of_an_integration_that_cannot_be_read_is_refused(world):
    with pytest.raises(NotFoundError):
        world.answer.for_integration("int_9", Mrr(), None)
    integration = world.connect()
    world.secrets.delete(integration.id)
    with pytest.raises(SecretMissingError):
        world.answer.for_integration(integration.id, Mrr(), None)
    world.config.add_integration(an_integration(is_connected=False))
    with pytest.raises(ConflictError):
        world.answer.for_integration("int_1", Mrr(), None)


class Waiting:
    """Creating a metric while `work` stands for what the sync does in each pause."""

    def __init__(self, world: World, work: Callable[[], None] = lambda: None) -> None:
        self.pauses, self._work, self._clock = 0, work, world.clock
        metrics = InMemoryMetrics(InMemoryLedger(), world.config)
        self.newest = metrics.newest
        await_value = AwaitValue(world.config, metrics, world.clock, self._sleep)
        self.create = CreateMetric(world.config, world.queue, world.clock, id_maker(), await_value)
        world.config.add_integration(an_integration())

    def _sleep(self, seconds: float) -> None:
        self.pauses += 1
        self._clock.move(seconds=seconds)
        self._work()

    def __call__(self):
        return self.create("int_1", name="MRR", query=Mrr(), refresh_interval="daily")


def test_a_new_metric_asks_for_its_value_and_waits_for_it(world):
    waiting = Waiting(world, lambda: waiting.newest.update({"met_000001": a_value()}))
    metric = waiting()
    assert waiting.pauses == 1
    (request,) = world.queue.requests
    assert (request.integration_id, request.metric_id) == ("int_1", metric.id)


def test_nobody_waits_long_for_a_large_account(world):
    waiting = Waiting(world)
    metric = waiting()
    assert world.config.metric(metric.id) == metric
    assert 10 <= waiting.pauses <= 40


def test_nobody_waits_for_a_sync_that_has_failed(world):
    def fail() -> None:
        world.config.save_sync_status("int_1", SyncStatus("error", 1, world.clock.now()))

    waiting = Waiting(world, fail)
    waiting()
    assert waiting.pauses == 1


def test_a_metric_of_a_disconnected_integration_is_refused(world):
    waiting = Waiting(world)
    world.config.save_integration(an_integration(is_connected=False, revision=2))
    with pytest.raises(ConflictError):
        waiting()
    assert world.config.due_metrics("int_1", None) == ()
