"""MRR: what the subscriptions that count now are worth in a month."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import Mrr
from shared.domain.metrics.recurring_revenue import MRR, measure_recurring_revenue


def compute_mrr(query: Mrr, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return the monthly recurring revenue at an instant.

    MRR = sum over subscriptions in status active (trialing if the query asks, past_due if the
    definitions include it) of the monthly amounts of their licensed recurring items, after the
    discounts that the definitions count, without tax. In major units of the reporting currency,
    rounded half-up once at the end. No subscriptions give 0.

    >>> from datetime import UTC
    >>> from shared.domain.definitions import Definitions
    >>> terms = Terms(Definitions(), currency="usd")
    >>> compute_mrr(Mrr(), Account("live"), datetime(2026, 11, 22, tzinfo=UTC), terms).value
    Decimal('0.00')
    """
    return measure_recurring_revenue(MRR, account, at, terms, include_trials=query.include_trials)
