"""Reading the balance transactions of a time, each with who paid."""

from datetime import datetime

from shared.adapters.stripe_transport import StripeTransport
from shared.domain.balance import BalanceTransaction


async def read_balance(
    transport: StripeTransport, since: datetime
) -> tuple[BalanceTransaction, ...]:
    """Not there yet."""
    raise NotImplementedError(transport, since)
