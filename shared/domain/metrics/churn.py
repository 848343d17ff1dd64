"""Churn: what was lost over a range."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import Churn


def compute_churn(query: Churn, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Not there yet."""
    raise NotImplementedError(query, account, at, terms)
