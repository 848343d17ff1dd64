"""ARR: what the subscriptions that count now are worth in a year."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import Arr
from shared.domain.metrics.recurring_revenue import ARR, measure_recurring_revenue


def compute_arr(query: Arr, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return the annual recurring revenue at an instant.

    ARR = MRR before rounding x 12. In major units of the reporting currency, rounded half-up once
    at the end; everything in its explanation covers a year too, but for the companion `mrr`. No
    subscriptions give 0.

    >>> from datetime import UTC
    >>> from shared.domain.definitions import Definitions
    >>> terms = Terms(Definitions(), currency="jpy")
    >>> compute_arr(Arr(), Account("live"), datetime(2026, 11, 22, tzinfo=UTC), terms).value
    Decimal('0')
    """
    return measure_recurring_revenue(ARR, account, at, terms, include_trials=query.include_trials)
