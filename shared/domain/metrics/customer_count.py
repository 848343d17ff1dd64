"""CustomerCount: how many customers there are, pay, are new, or have left."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import CustomerCount


def compute_customer_count(
    query: CustomerCount, account: Account, at: datetime, terms: Terms
) -> Measurement:
    """Not there yet."""
    raise NotImplementedError(query, account, at, terms)
