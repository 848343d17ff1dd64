"""Everything that the simulated business is at one instant, and what is due to happen to it."""

import heapq
import random
from collections import Counter

from local.stripe_sandbox.collection import Collection, place
from local.stripe_sandbox.history import History
from local.stripe_sandbox.ids import Ids
from local.stripe_sandbox.money import (
    BalanceTransaction,
    Charge,
    Dispute,
    Invoice,
    InvoiceItem,
    InvoicePayment,
    Movement,
    Refund,
)
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import (
    Account,
    Coupon,
    Customer,
    Discount,
    Event,
    Price,
    Product,
    Subscription,
    SubscriptionItem,
    TaxRate,
)

EVENTS_KEPT_SECONDS = 30 * DAY


class State:
    """The records, the instant up to which they are true, and the agenda.

    Attributes:
        now: nothing in the records is later than this.
        events_kept: for how many seconds events can be read; None: for ever.
        events_since: events before it are not written down; nobody could read them any more.
        old_events: whether events show objects as an older API version did.
        bills: whether subscriptions make invoices and customers pay them.
        history: what was true, for those who judge what is read.
        done: counts in words of what happened since they were last taken.
    """

    def __init__(
        self,
        account: Account,
        *,
        now: int,
        seed: int,
        ids: Ids,
        events_kept: int | None = EVENTS_KEPT_SECONDS,
    ) -> None:
        self.account = account
        self.now = now
        self.events_kept = events_kept
        self.events_since = 0 if events_kept is None else now - events_kept
        self.ids = ids
        self.random = random.Random(seed)  # noqa: S311 - a reproducible simulation, no secret
        self.products: Collection[Product] = Collection()
        self.prices: Collection[Price] = Collection()
        self.coupons: Collection[Coupon] = Collection()
        self.tax_rates: Collection[TaxRate] = Collection()
        self.customers: Collection[Customer] = Collection()
        self.subscriptions: Collection[Subscription] = Collection(owner=lambda sub: sub.customer)
        self.events: Collection[Event] = Collection()
        self.old_events = False
        self.bills = False
        self.history = History()
        self.invoices: Collection[Invoice] = Collection(owner=_subscription_or_customer)
        self.invoice_items: Collection[InvoiceItem] = Collection(owner=_subscription_or_customer)
        self.invoice_payments: Collection[InvoicePayment] = Collection(
            owner=lambda each: each.invoice
        )
        self.charges: Collection[Charge] = Collection(owner=lambda each: each.payment_intent)
        self.refunds: Collection[Refund] = Collection(owner=lambda each: each.charge)
        self.disputes: Collection[Dispute] = Collection(owner=lambda each: each.charge)
        self.balance_transactions: Collection[BalanceTransaction] = Collection(
            owner=lambda each: each.source or ""
        )
        self.payouts: Collection[Movement] = Collection()
        self.topups: Collection[Movement] = Collection()
        self.transfers: Collection[Movement] = Collection()
        self.items: dict[str, SubscriptionItem] = {}
        self.discounts: dict[str, Discount] = {}
        self.done: Counter[str] = Counter()
        self._agenda: list[tuple[int, int, str, str]] = []
        self._entries = 0

    @property
    def version(self) -> int:
        """Rises with everything that an answer may show differently."""
        return sum(each.version for each in vars(self).values() if isinstance(each, Collection))

    def subscription_of(self, invoice: Invoice) -> Subscription | None:
        """Return the subscription that an invoice is for; None for a manual one."""
        return self.subscriptions.get(invoice.subscription or "")

    def invoices_of(self, customer: str) -> list[Invoice]:
        """Return all invoices of a customer, oldest first."""
        found = (it for owner in self._payers(customer) for it in self.invoices.owned_by(owner))
        return sorted(found, key=place)

    def invoice_items_of(self, customer: str) -> list[InvoiceItem]:
        """Return all invoice items of a customer, oldest first."""
        owners = self._payers(customer)
        found = (it for owner in owners for it in self.invoice_items.owned_by(owner))
        return sorted(found, key=place)

    def _payers(self, customer: str) -> list[str]:
        return [customer, *(each.id for each in self.subscriptions.owned_by(customer))]

    def note(self, what: str) -> None:
        """Count something that a summary in words should tell."""
        self.done[what] += 1

    def plan(self, at: int, kind: str, target: str = "") -> None:
        """Put something on the agenda: what happens (*kind*), to whom, and when."""
        self._entries += 1
        heapq.heappush(self._agenda, (at, self._entries, kind, target))

    def next_due(self, until: int) -> tuple[int, str, str] | None:
        """Take the earliest entry that is due by *until*: when, kind, target."""
        if not self._agenda or self._agenda[0][0] > until:
            return None
        at, _, kind, target = heapq.heappop(self._agenda)
        return at, kind, target

    def find_discount_holder(self, discount: Discount) -> Customer | Subscription:
        """Return the customer or the subscription whose object shows the discount."""
        if discount.subscription_item is not None:
            return self.subscriptions[self.items[discount.subscription_item].subscription]
        if discount.subscription is not None:
            return self.subscriptions[discount.subscription]
        return self.customers[discount.customer or ""]


def _subscription_or_customer(record: Invoice | InvoiceItem) -> str:
    return record.subscription or record.customer
