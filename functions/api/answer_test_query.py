"""Use case: answer a metric query at once and save nothing."""

from dataclasses import dataclass, replace
from datetime import datetime

from functions.api.catch_up import CatchUp
from functions.api.connect_account import accept_key
from shared.domain.account import AccountIdentity, Mode, Needs, Reading
from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Measurement,
    MetricQuery,
    MetricWarning,
    Terms,
    compute,
    needs_of,
)
from shared.errors import (
    ConflictError,
    ImportRunningError,
    PermissionMissingError,
    QueryTooLargeError,
    SourceUnavailableError,
)
from shared.ports import BillingSource, BillingSources, Clock, ConfigStore, SecretStore

DEADLINE_SECONDS = 20.0
_LEAST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class TestAnswer:
    """What a test query found.

    Attributes:
        requests: number of requests that were sent to Stripe.
    """

    __test__ = False

    measurement: Measurement
    mode: Mode
    account: AccountIdentity
    as_of: datetime
    took_ms: int
    requests: int


@dataclass(frozen=True, slots=True)
class AnswerTestQuery:
    """Reads what the query needs and computes it."""

    __test__ = False

    config: ConfigStore
    secrets: SecretStore
    sources: BillingSources
    clock: Clock
    allow_restricted_keys: bool
    catch_up: CatchUp

    def for_key(
        self, secret_key: str, query: MetricQuery, definitions: Definitions | None
    ) -> TestAnswer:
        """Answer for an account that need not be connected.

        Raises:
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        key = accept_key(secret_key, allow_restricted=self.allow_restricted_keys)
        started_at = self.clock.now()
        source = self.sources(key)
        identity = source.identify()
        left = self._left(started_at)
        if left < _LEAST_SECONDS:
            raise SourceUnavailableError("Stripe answers too slowly now. Try again in a minute.")
        reading = source.read(needs_of(query), deadline_seconds=left)
        terms = Terms(
            definitions=definitions or Definitions(), currency=_currency_of(identity, reading)
        )
        measurement = compute(query, reading.account, reading.as_of, terms)
        if _lacks_rates(measurement) and not reading.account.rates:
            reading = self._with_rates(reading, source, started_at)
            measurement = compute(query, reading.account, reading.as_of, terms)
        return TestAnswer(
            measurement=measurement,
            mode=key.mode,
            account=identity,
            as_of=reading.as_of,
            took_ms=self._since(started_at),
            requests=reading.requests + 1,
        )

    def _with_rates(self, reading: Reading, source: BillingSource, started_at: datetime) -> Reading:
        """Return a reading with the rates of the account's newest money, if there is time for it.

        Without them the value stays withheld, so that a key which may not read them is no error.
        """
        left = self._left(started_at)
        if left < _LEAST_SECONDS:
            return reading
        try:
            found = source.read(Needs(rates=True), deadline_seconds=left)
        except (PermissionMissingError, QueryTooLargeError):
            return replace(reading, requests=reading.requests + 1)
        account = replace(reading.account, rates=found.account.rates)
        return replace(reading, account=account, requests=reading.requests + found.requests)

    def for_integration(
        self, integration_id: str, query: MetricQuery, definitions: Definitions | None
    ) -> TestAnswer:
        """Answer for a connected account, in its currency and under its definitions.

        The key is verified, the ledger brought up to date, and the answer computed from it.

        Raises:
            NotFoundError: no such integration.
            ConflictError: it is disconnected.
            ImportRunningError: the first import has not read yet what the query needs.
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        integration = self.config.integration(integration_id)
        if not integration.is_connected:
            raise ConflictError("This integration is disconnected. Reconnect it first.")
        key = accept_key(
            self.secrets.get(integration_id), allow_restricted=self.allow_restricted_keys
        )
        started_at = self.clock.now()
        identity = self.sources(key).identify()
        found = self.catch_up(integration_id, key.mode, needs_of(query))
        terms = replace(integration.terms, definitions=definitions or integration.definitions)
        measurement = compute(query, found.account, found.as_of, terms)
        if not found.has_rates and _lacks_rates(measurement):
            raise ImportRunningError(
                "The money that tells exchange rates is still being read. Ask again in a moment."
            )
        if not found.is_fresh:
            warnings = (*measurement.warnings, _warn_of_age(found.as_of))
            measurement = replace(measurement, warnings=warnings)
        return TestAnswer(
            measurement=measurement,
            mode=key.mode,
            account=identity,
            as_of=found.as_of,
            took_ms=self._since(started_at),
            requests=found.requests + 1,
        )

    def _left(self, started_at: datetime) -> float:
        return DEADLINE_SECONDS - (self.clock.now() - started_at).total_seconds()

    def _since(self, started_at: datetime) -> int:
        return int((self.clock.now() - started_at).total_seconds() * 1000)


def _lacks_rates(measurement: Measurement) -> bool:
    return any(warning.code == "currency_rate_missing" for warning in measurement.warnings)


def _warn_of_age(as_of: datetime) -> MetricWarning:
    at = f"{as_of:%d %B %Y, %H:%M} UTC"
    message = f"The account could not be brought up to date just now: this is as of {at}."
    return MetricWarning("stale", message)


def _currency_of(account: AccountIdentity, reading: Reading) -> str:
    """Return the currency to answer in where nobody chose one.

    Raises:
        ConflictError: the account has none of its own, and met were none or several.
    """
    if account.default_currency:
        return account.default_currency
    met = {timeline.currency for timeline in reading.account.timelines}
    met |= {transaction.currency for transaction in reading.account.balance}
    if len(met) == 1:
        return met.pop()
    raise ConflictError(
        "The account has no default currency. Connect it and say which currency to report in."
    )
