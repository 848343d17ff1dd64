"""From an account to a value of a metric, as it is stored."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.configuration import Integration, Metric, MetricValue
from shared.domain.metrics import compute


def measure(
    metric: Metric,
    integration: Integration,
    account: Account,
    at: datetime,
    *,
    version: int,
    computed_at: datetime,
) -> MetricValue:
    """Return what a metric was at an instant, under the integration's definitions and rates.

    Args:
        metric: what is asked.
        integration: whose account it is.
        account: has all that the query needs for that instant.
        at: the instant.
        version: number of the sync that computes it.
        computed_at: now.
    """
    result = compute(metric.query, account, at, integration.terms)
    return MetricValue(
        metric_id=metric.id,
        version=version,
        value=result.value,
        unit=result.unit,
        currency=result.currency,
        as_of=at,
        computed_at=computed_at,
        definitions_version=metric.series_under(integration.terms_version),
        warnings=tuple((w.code, w.message) for w in result.warnings),
        edition=metric.edition,
    )
