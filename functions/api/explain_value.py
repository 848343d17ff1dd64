"""Use case: tell how a metric's number came about, down to the objects of Stripe."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.domain.account import Account, Needs
from shared.domain.configuration import Integration, Metric, MetricValue
from shared.domain.definitions import Definitions, Preset
from shared.domain.ledger import Place, load_account, progress_in_words
from shared.domain.metrics import (
    Comparison,
    Measurement,
    MetricWarning,
    compare,
    compute,
    needs_of,
)
from shared.errors import ConflictError, ImportRunningError, InvalidInputError
from shared.ports import ConfigStore, Ledger, MetricStore

_CURSOR = re.compile(r"([0-9]{1,16})_([0-9]{1,9})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a metric is to be explained.

    Attributes:
        at: the instant of the value; None for that of the newest.
        cursor: where the list of contributions goes on, as `Explained.cursor` wrote it.
        version: the terms that it is computed under, by their version; None for the present ones.
        compare_to: the definitions that the value is compared with.
    """

    at: datetime | None = None
    cursor: str | None = None
    version: str | None = None
    compare_to: Preset | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """A number with what it is made of.

    Attributes:
        integration: on the terms that the number was computed under.
        offset: how many contributions the pages before have shown.
        stored: the value that the metric has for this instant in this series, if it has.
        comparison: with other definitions, if that was wanted.
    """

    metric: Metric
    integration: Integration
    measurement: Measurement
    as_of: datetime
    offset: int
    stored: MetricValue | None
    comparison: Comparison | None

    @property
    def definitions_version(self) -> str:
        """The series that the number belongs to."""
        return self.series_under(self.integration.definitions)

    def series_under(self, definitions: Definitions) -> str:
        """Name the series that the number would belong to under other definitions."""
        other = replace(self.integration, definitions=definitions)
        return self.metric.series_under(other.terms_version)

    def cursor(self, offset: int) -> str:
        """Write where the list of contributions goes on: at the same instant."""
        return f"{(self.as_of - _EPOCH) // _TICK}_{offset}"


@dataclass(frozen=True, slots=True)
class ExplainValue:
    """Computes a number anew from the ledger, and asks Stripe nothing."""

    config: ConfigStore
    metrics: MetricStore
    ledger: Ledger

    def __call__(self, metric_id: str, wanted: Wanted) -> Explained:
        """Explain the metric's newest value, or what it was at an instant.

        The ledger is read once.

        Raises:
            NotFoundError: no such metric.
            InvalidInputError: the instant is out of reach, the version unknown, or the cursor not
                of this list.
            ImportRunningError: the account has not been read yet as far as it is needed.
            ConflictError: nor will it be, as it is disconnected.
        """
        metric = self.config.metric(metric_id)
        integration = self.config.integration(metric.integration_id)
        integration = _on_terms(integration, metric, wanted.version)
        latest = self.metrics.latest([metric_id]).get(metric_id)
        place = self.ledger.place(integration.id)
        needs = needs_of(metric.query)
        if place.as_of is None or not place.covers(needs):
            raise self._not_read(integration)
        at, offset = _where(wanted, latest.as_of if latest else place.as_of)
        _require_reach(place, place.as_of, needs, at)
        account = self._load(integration, place, needs, at)
        measurement = compute(metric.query, account, at, integration.terms)
        if place.balance_since is None and any(
            it.code == "currency_rate_missing" for it in measurement.warnings
        ):
            # The money that is yet to be read may tell the rate.
            raise self._not_read(integration)
        comparison = None
        if wanted.compare_to is not None:
            comparison = compare(
                metric.query,
                account,
                at,
                integration.terms,
                measured=measurement,
                other=Definitions.from_dict({"preset": wanted.compare_to}),
            )
        series = metric.series_under(integration.terms_version)
        stored = self.metrics.closing_value(metric.id, at, at + _TICK, series)
        return Explained(
            metric=metric,
            integration=integration,
            measurement=_warned(measurement, stored),
            as_of=at,
            offset=offset,
            stored=stored,
            comparison=comparison,
        )

    def _load(self, integration: Integration, place: Place, needs: Needs, at: datetime) -> Account:
        account = load_account(self.ledger.book(integration.id), integration.mode, needs, at)
        return replace(account, history_since=place.history_since)

    def _not_read(self, integration: Integration) -> Exception:
        if not integration.is_connected:
            return ConflictError(
                "This integration was disconnected before the account was read as far as this"
                " needs. Reconnect it first."
            )
        progress = self.config.sync_status(integration.id).progress
        told = f" {progress_in_words(progress)}" if progress else ""
        return ImportRunningError(
            f"The account has not been read yet as far as this needs.{told} Ask again in a moment."
        )


def _on_terms(integration: Integration, metric: Metric, version: str | None) -> Integration:
    """Return the integration with the terms of a version, or of a series of the present query."""
    if version is None:
        return integration
    name, _, edition = version.partition(".")
    found = integration.under(name)
    if found is None:
        text = (
            "The integration never had definitions of this version: its definitions_history lists"
            " those that it had."
        )
    elif edition and version != metric.series_under(name):
        text = "This series is of a query of before: only the present one is explained."
    else:
        return found
    raise InvalidInputError(text, (("?definitions_version", text),))


def _where(wanted: Wanted, newest: datetime) -> tuple[datetime, int]:
    """Return the instant, and how many contributions were shown before."""
    if wanted.cursor is None:
        return wanted.at or newest, 0
    found = _CURSOR.fullmatch(wanted.cursor)
    at = _EPOCH + int(found[1]) * _TICK if found else None
    if found is None or at is None or wanted.at not in {None, at}:
        text = "It is not of this list: give the `next_cursor` of the page before."
        raise InvalidInputError(f"The cursor does not fit. {text}", (("?cursor", text),))
    return at, int(found[2])


def _require_reach(place: Place, read_to: datetime, needs: Needs, at: datetime) -> None:
    if at == read_to:
        return
    if at > read_to:
        text = f"The account has been read up to {_shown(read_to)}: give that or an earlier one."
    elif not place.covers_past(needs, at):
        text = (
            "The account was not read back as far as this metric needs for that instant. Give a"
            " later one."
        )
    else:
        return
    raise InvalidInputError(text, (("?at", text),))


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _warned(measurement: Measurement, stored: MetricValue | None) -> Measurement:
    """Say so where the value that was stored is another: the number is of what is known by now."""
    if stored is None or (stored.value, stored.currency) == (
        measurement.value,
        measurement.currency,
    ):
        return measurement
    warning = MetricWarning(
        "stored_value_differs",
        f"The value stored for this instant, computed on {stored.computed_at:%d %B %Y}, is another:"
        " it stays what was known then. This is computed from what is known by now, such as later"
        " facts of Stripe about that time.",
    )
    return replace(measurement, warnings=(*measurement.warnings, warning))
