"""Reading an account: what its numbers need, and nothing more.

The first list comes alone until its first answer, so that a refused key costs few requests.
"""

from dataclasses import replace

from shared.adapters.stripe_balance_reading import read_balance
from shared.adapters.stripe_mapping import to_subscription
from shared.adapters.stripe_reading import SubscriptionReader
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.account import Account, Mode, Needs
from shared.domain.subscriptions import Subscription
from shared.domain.timelines import build_timeline
from shared.domain.unreadable import Unreadable


async def read_account(transport: StripeTransport, mode: Mode, needs: Needs) -> Account:
    """Read what is needed, complete, each object once.

    Raises:
        RefusedError: Stripe refused a request for good.
        BillingSourceError: see `StripeTransport.get`.
    """
    account = Account(mode)
    if needs.subscriptions:
        account = await _read_subscriptions(transport, account)
    if needs.balance:
        account = replace(account, balance=await read_balance(transport, needs.balance))
    return account


async def _read_subscriptions(transport: StripeTransport, account: Account) -> Account:
    reader = SubscriptionReader(transport)
    objects = await reader.read_subscriptions()
    await reader.read_catalog(objects)
    found = [to_subscription(obj, reader.catalog, account.mode) for obj in objects]
    as_of = transport.answered_at
    return replace(
        account,
        timelines=tuple(build_timeline(it, as_of) for it in found if isinstance(it, Subscription)),
        unreadable=tuple(it for it in found if isinstance(it, Unreadable)),
    )
