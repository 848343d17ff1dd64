"""What a team has configured: integrations, metrics and channels, and what a sync left behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any, Literal, get_args

from shared.domain.account import AccountIdentity, Mode
from shared.domain.definitions import Definitions
from shared.domain.ledger import Progress
from shared.domain.metrics import MetricQuery, Terms
from shared.domain.money import Unit

RefreshInterval = Literal["hourly", "daily", "weekly"]
SyncState = Literal["never", "running", "ok", "error"]
ChannelType = Literal["email", "sms"]
ChannelStatus = Literal["pending_confirmation", "active", "not_receiving"]
AccountEventKind = Literal[
    "sync_failed",
    "stale",
    "recovered",
    "goal_reached",
    "goal_off_pace",
]

REFRESH_INTERVALS: tuple[RefreshInterval, ...] = ("hourly", "daily", "weekly")
INTERVAL_LENGTHS: Mapping[RefreshInterval, timedelta] = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
}
# Every account is read at it, also one without metrics: an import that failed is carried on, and
# Stripe's events never grow too old to be followed.
EVERYBODYS_INTERVAL: RefreshInterval = "daily"
# An integration is one item, of limited size.
_MOST_PAST_TERMS = 100


@dataclass(frozen=True, slots=True)
class StampedTerms:
    """Terms that values of an integration are or were computed under, by the name they are stamped.

    Attributes:
        version: see `Integration.terms_version`.
        until: when others took their place; None of the present ones.
    """

    version: str
    definitions: Definitions
    currency: str
    fx_rates: Mapping[str, Decimal]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Integration:
    """A connection to one Stripe account. Its key is in the secret store only.

    Attributes:
        key_masked: what may be shown of the key, such as `sk_test_…abcd`.
        currency: the reporting currency, lower case.
        fx_rates: units of the reporting currency for one unit of each other currency.
        is_connected: False once disconnected: no sync, history stays readable.
        connected_at: when it was connected last.
        key_set_at: when its present key was given.
        revision: rises with each change of anything.
        past_terms: those before the present ones, oldest first; of many, the newest.
    """

    id: str
    name: str
    mode: Mode
    key_masked: str
    account: AccountIdentity
    currency: str
    created_at: datetime
    connected_at: datetime
    key_set_at: datetime
    fx_rates: Mapping[str, Decimal] = field(default_factory=dict)
    definitions: Definitions = field(default_factory=Definitions)
    is_connected: bool = True
    revision: int = 1
    past_terms: tuple[StampedTerms, ...] = ()

    @property
    def terms(self) -> Terms:
        """What a value of this integration is computed under."""
        rates = {currency: Fraction(rate) for currency, rate in self.fx_rates.items()}
        return Terms(definitions=self.definitions, currency=self.currency, fx_rates=rates)

    @property
    def terms_version(self) -> str:
        """Name the terms: values with the same name are comparable.

        It is the version of the definitions; where money is converted otherwise than by itself, to
        another currency than the account's or at configured rates, six more letters say how.
        """
        version = self.definitions.version
        if self.currency == self.account.default_currency and not self.fx_rates:
            return version
        rates = [f"{code}={Fraction(rate)}" for code, rate in sorted(self.fx_rates.items())]
        digest = sha256(" ".join([self.currency, *rates]).encode()).hexdigest()
        return f"{version}-{digest[:6]}"

    @property
    def present_terms(self) -> StampedTerms:
        """The terms with their name."""
        return StampedTerms(self.terms_version, self.definitions, self.currency, self.fx_rates)

    def under(self, version: str) -> "Integration | None":
        """Return it with the terms of a version that it has or had; None where it never had it."""
        if version == self.terms_version:
            return self
        for past in reversed(self.past_terms):
            if past.version == version:
                return replace(
                    self,
                    definitions=past.definitions,
                    currency=past.currency,
                    fx_rates=past.fx_rates,
                )
        return None

    def changed(self, changes: Mapping[str, Any], at: datetime) -> "Integration":
        """Return it with other fields; terms that change are remembered."""
        after = replace(self, **changes)
        if after.terms_version == self.terms_version:
            return after
        past = replace(self.present_terms, until=at)
        return replace(after, past_terms=(*self.past_terms, past)[-_MOST_PAST_TERMS:])


@dataclass(frozen=True, slots=True)
class SyncFailure:
    """Why the last sync failed: a public code and a sentence that says what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How far an integration has been brought up to date.

    Attributes:
        sequence: number of the sync that wrote this; a sync never overwrites a later one's.
        data_through: the instant up to which Stripe has been read.
        progress: how far the first import is, while it runs.
        requests: how many requests to Stripe the newest sync took.
        notes: what the team should know of it, in whole sentences.
        withheld: ids of the metrics whose newest value is withheld for want of an exchange rate.
    """

    state: SyncState = "never"
    sequence: int = 0
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    data_through: datetime | None = None
    error: SyncFailure | None = None
    progress: Progress | None = None
    requests: int = 0
    notes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    def at_rest(self) -> "SyncStatus":
        """Return it as it is once a sync under way has been given up, or killed for good."""
        if self.state != "running":
            return self
        state: SyncState = "ok" if self.last_success_at else "never"
        return replace(self, state=state, progress=None)


@dataclass(frozen=True, slots=True)
class Metric:
    """A configured number of one integration.

    Attributes:
        goals: ids of the goals that it is linked to, in the order of linking.
        edition: counts the queries that it has had; each starts a new series of values.
        revision: rises with each change of anything.
    """

    id: str
    integration_id: str
    name: str
    query: MetricQuery
    refresh_interval: RefreshInterval
    created_at: datetime
    goals: tuple[str, ...] = ()
    edition: int = 1
    revision: int = 1

    def series_under(self, terms_version: str) -> str:
        """Name the series of values that are comparable with each other: one `definitions_version`.

        It is that of the integration's terms; after the query was changed, with the query's number.
        """
        return terms_version if self.edition == 1 else f"{terms_version}.{self.edition}"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One stored result of a metric.

    Attributes:
        version: number of the sync that computed it; strictly rising for one metric.
        value: major units of `currency`, percent, or a count; None where it is withheld or
            a ratio has an empty base.
        as_of: the instant that the number describes, by Stripe's clock.
        definitions_version: names the series; see `Metric.series_under`.
        warnings: pairs of code and sentence.
        edition: number of the metric's query that it answers.
    """

    metric_id: str
    version: int
    value: Decimal | None
    unit: Unit
    currency: str | None
    as_of: datetime
    computed_at: datetime
    definitions_version: str
    warnings: tuple[tuple[str, str], ...] = ()
    origin: Literal["observed", "reconstructed"] = "observed"
    edition: int = 1

    @property
    def lacks_rate(self) -> bool:
        """Whether it is withheld for want of an exchange rate."""
        return any(code == "currency_rate_missing" for code, _ in self.warnings)

    def is_measured_as(self, other: "MetricValue") -> bool:
        """Whether both were computed under the same definitions and in the same currency."""
        mine = (self.definitions_version, self.currency)
        return mine == (other.definitions_version, other.currency)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notifications go: an e-mail address or a phone number, subscribed to the topic.

    Attributes:
        subscription: the notifier's own id of the subscription; empty while there is none.
    """

    id: str
    type: ChannelType
    address: str
    status: ChannelStatus
    created_at: datetime
    subscription: str = ""


@dataclass(frozen=True, slots=True)
class Notifications:
    """Who hears of what concerns no single alert.

    Attributes:
        channels: ids; none until somebody asks to hear.
        events: what they hear of.
    """

    channels: tuple[str, ...] = ()
    events: tuple[AccountEventKind, ...] = get_args(AccountEventKind)
