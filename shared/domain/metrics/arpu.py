"""Arpu: what a paying customer brought on average over a range."""

from datetime import datetime

from shared.domain.account import Account
from shared.domain.metrics.measurement import Measurement, Terms
from shared.domain.metrics.queries import Arpu


def compute_arpu(query: Arpu, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Not there yet."""
    raise NotImplementedError(query, account, at, terms)
