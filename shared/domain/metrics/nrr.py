"""Nrr: what is left of the revenue of those who paid at a range's start."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import Nrr


def compute_nrr(query: Nrr, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Not there yet."""
    raise NotImplementedError(query, account, at, terms)
