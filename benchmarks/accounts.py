"""Sandbox accounts to measure on, and our reading of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from local.stripe_sandbox import Sandbox, SeedOptions, seeded_business, start
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import Needs, Reading
from shared.domain.stripe_key import StripeKey, parse_key

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@contextmanager
def running_account(customers: int) -> Iterator[Sandbox]:
    """Run a sandbox whose business has so many customers."""
    with start(seeded_business(NOW, SeedOptions(customers=customers))) as sandbox:
        yield sandbox


def read(sandbox: Sandbox, needs: Needs) -> Reading:
    """Read what is needed of a sandbox, as a sync does."""
    key = parse_key(sandbox.key, allow_restricted=False)
    if not isinstance(key, StripeKey):
        raise TypeError(key.message)
    return StripeSource(key, api_base=sandbox.url).read(needs)
