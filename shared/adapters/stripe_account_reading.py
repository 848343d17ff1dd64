"""Reading an account: what its numbers need, and nothing more.

Only what the subscription list lacks is read after it: items beyond the tenth, prices with tiers or
in other currencies, coupons.

The first list comes alone until its first answer, so that a refused key costs few requests.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.adapters.stripe_balance_reading import read_balance, read_newest_balance
from shared.adapters.stripe_catalog import is_valued, lacking_now, lacking_past
from shared.adapters.stripe_catalog_reading import CatalogReader
from shared.adapters.stripe_customer_reading import deleted_customers, read_customers
from shared.adapters.stripe_facts import GatheredFacts
from shared.adapters.stripe_history_reading import read_history
from shared.adapters.stripe_mapping import Catalog, to_subscription
from shared.adapters.stripe_objects import SubscriptionObject
from shared.adapters.stripe_reading import read_subscriptions
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.account import EVERYTHING, Account, Mode, Needs
from shared.domain.customers import Customer
from shared.domain.rates import rates_of
from shared.domain.subscriptions import Subscription
from shared.domain.timelines import build_timeline
from shared.domain.unreadable import Unreadable


async def read_account(transport: StripeTransport, mode: Mode, needs: Needs) -> Account:
    """Read what is needed, complete, each object once.

    Raises:
        RefusedError: Stripe refused a request for good.
        BillingSourceError: see `StripeTransport.get`.
    """
    reader = _AccountReader(transport, mode, needs)
    if needs.subscriptions:
        await reader.read_subscriptions()
    if needs.customers:
        await reader.read_customers()
    if needs.balance:
        await reader.read_balance()
    elif needs.rates:
        await reader.read_rates()
    return reader.account


class _AccountReader:
    """One reading: the account that it fills."""

    def __init__(self, transport: StripeTransport, mode: Mode, needs: Needs) -> None:
        self._transport = transport
        self._needs = needs
        self._catalog = Catalog()
        self._catalog_reader = CatalogReader(transport, self._catalog)
        self._customers: dict[str, Customer] = {}
        self.account = Account(mode)

    async def read_subscriptions(self) -> None:
        """Read the subscriptions, and what they were as far back as that is needed."""
        objects = await read_subscriptions(self._transport, self._has_value)
        valued = [obj for obj in objects if self._has_value(obj)]
        await self._catalog_reader.read(lacking_now(valued, self._catalog))
        mapped = [to_subscription(obj, self._catalog, self.account.mode) for obj in objects]
        facts = None
        if self._needs.history:
            history = await read_history(self._transport, valued, self._needs.history)
            facts = GatheredFacts(history)
            # That a price has tiers in other currencies shows only once it has been read.
            while lacks := lacking_past(facts, history, objects, self._catalog):
                await self._catalog_reader.read(lacks)
            gone = deleted_customers(history.events, self.account.mode)
            self._customers.update((it.id, it) for it in gone)
        self._take_in(mapped, facts)

    async def read_customers(self) -> None:
        """Read the customers; of those that are gone, what events tell."""
        needed = self._needs.customers
        reach = None if needed >= EVERYTHING else needed
        found = await read_customers(self._transport, reach, self.account.mode)
        customers = {**found, **self._customers}
        self.account = replace(self.account, customers=tuple(customers.values()))

    async def read_balance(self) -> None:
        """Read the balance transactions; they tell exchange rates too."""
        rows = await read_balance(self._transport, self._needs.balance)
        self.account = replace(self.account, balance=rows, rates=tuple(rates_of(rows)))

    async def read_rates(self) -> None:
        """Read what the newest balance transactions were exchanged at, in one request."""
        rows = await read_newest_balance(self._transport)
        self.account = replace(self.account, rates=tuple(rates_of(rows)))

    def _has_value(self, obj: SubscriptionObject) -> bool:
        """Return whether any amount of a subscription is asked for: now, or in its past."""
        return is_valued(obj, self._transport.answered_at, self._needs.history)

    def _take_in(
        self, mapped: Sequence[Subscription | Unreadable], facts: GatheredFacts | None
    ) -> None:
        as_of = self._transport.answered_at
        found = [it for it in mapped if isinstance(it, Subscription)]
        known = facts.by_subscription(found, self._catalog, as_of) if facts else {}
        self.account = replace(
            self.account,
            timelines=tuple(build_timeline(it, as_of, known.get(it.id)) for it in found),
            unreadable=tuple(it for it in mapped if isinstance(it, Unreadable)),
        )
