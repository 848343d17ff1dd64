"""Revenue: money collected in a range, what came back of it, or what Stripe took for it."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import Revenue


def compute_revenue(query: Revenue, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Not there yet."""
    raise NotImplementedError(query, account, at, terms)
