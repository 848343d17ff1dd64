"""An integration in counted tables, and its syncs as the worker runs them."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from benchmarks.accounts import NOW, ServedAccount
from benchmarks.counted_dynamodb import CountedDynamoDb
from functions.sync.sync_account import SyncAccount
from local.stripe_sandbox import Sandbox
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.adapters.stripe_pace import UNLIMITED
from shared.adapters.stripe_source import StripeSource
from shared.adapters.system import SystemClock
from shared.domain.account import AccountIdentity
from shared.domain.configuration import Integration, Metric, SyncStatus
from shared.domain.ledger import Place
from shared.domain.metrics import query_from_dict
from shared.domain.metrics.queries import QUERY_TYPES
from shared.domain.stripe_key import StripeKey
from shared.ports import AccountBook, SyncRequest

METRICS, LEDGER = "metrics", "ledger"
_ID = "int_bench"
_LEASE_SECONDS = 930


class Unstable(RuntimeError):  # noqa: N818 - it is the measurement that failed
    """A sync that was to be measured has failed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one sync took.

    Attributes:
        units: of DynamoDB, and its calls, by kind.
    """

    requests: int
    seconds: float
    cpu_seconds: float
    units: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Give it for JSON."""
        return {
            "requests": self.requests,
            "write_units": self.units.get("write", 0),
            "read_units": self.units.get("read", 0),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "seconds": round(self.seconds, 2),
        }


@dataclass
class SyncedAccount:
    """One integration with a metric of each type, refreshed hourly.

    Attributes:
        account: that is read, at no pace.
        tables: where everything is kept.
    """

    account: Sandbox | ServedAccount
    tables: CountedDynamoDb = field(default_factory=CountedDynamoDb)
    _slots: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Configure the integration and its metrics."""
        table, ledger = (DynamoDbTable(self.tables, it) for it in (METRICS, LEDGER))  # type: ignore[arg-type] # as much of it as is used
        self._config = DynamoDbConfig(table)
        self._ledger = DynamoDbLedger(ledger)
        self._sync = SyncAccount(
            config=self._config,
            metrics=DynamoDbMetrics(table, ledger),
            ledger=self._ledger,
            secrets=_Secrets(self.account.key),
            sources=lambda key: StripeSource(key, api_base=self.account.url, pace=UNLIMITED),
            queue=_Queue(),
            clock=SystemClock(),
            lease_seconds=_LEASE_SECONDS,
        )
        identity = AccountIdentity("acct_bench", "Bench", "usd")
        rates = {"eur": Decimal("1.1"), "gbp": Decimal("1.3")}
        self._config.add_integration(
            Integration(
                _ID, "Bench", "test", "sk_test_…demo", identity, "usd", NOW, NOW, NOW, rates
            )
        )
        for name in QUERY_TYPES:
            query = query_from_dict({"type": name})
            self._config.add_metric(Metric(f"met_{name}", _ID, name, query, "hourly", NOW))

    def sync(self) -> Cost:
        """Run one sync to its end.

        Raises:
            Unstable: it failed.
        """
        request = SyncRequest(_ID, slot=f"{next(self._slots):06d}", interval="hourly")
        self.tables.units.clear()
        began, cpu_began = time.perf_counter(), time.process_time()
        outcome = self._sync(request)
        cpu, seconds = time.process_time() - cpu_began, time.perf_counter() - began
        status = self.status
        if outcome != "ok":
            raise Unstable(f"the sync ended as {outcome}: {status.error}")
        return Cost(status.requests, seconds, cpu, dict(self.tables.units))

    @property
    def status(self) -> SyncStatus:
        """What the last sync said of itself."""
        return self._config.sync_status(_ID)

    @property
    def place(self) -> Place:
        """Where the ledger is."""
        return self._ledger.place(_ID)

    @property
    def book(self) -> AccountBook:
        """What the ledger keeps."""
        return self._ledger.book(_ID)


@dataclass(frozen=True, slots=True)
class _Secrets:
    key: str

    def get(self, _: str) -> str:
        return self.key

    def put(self, integration_id: str, key: StripeKey) -> None:
        raise AssertionError(f"a sync changes no key: {integration_id}, {key}")

    def delete(self, integration_id: str) -> None:
        raise AssertionError(f"a sync removes no key: {integration_id}")

    def erase(self, integration_id: str) -> None:
        raise AssertionError(f"a sync erases no key: {integration_id}")


class _Queue:
    def send(self, request: SyncRequest) -> None:
        raise AssertionError(f"a sync without a time limit is not carried on: {request}")

    def send_all(self, requests: Iterable[SyncRequest]) -> None:
        raise AssertionError(f"a sync queues no others: {list(requests)}")
