"""The long lists that the ledger is filled from, with all that has to be expanded in them."""

from collections.abc import Iterable

from shared.adapters.stripe_changes import EVENT_TYPES
from shared.adapters.stripe_history_mapping import (
    CUSTOMER_EVENTS,
    DISCOUNT_EVENTS,
    SUBSCRIPTION_EVENTS,
)
from shared.adapters.stripe_history_objects import (
    EventObject,
    InvoiceItemObject,
    InvoiceObject,
    ListedCustomerObject,
)
from shared.adapters.stripe_history_reading import INVOICE_PARTS
from shared.adapters.stripe_lists import expanding
from shared.adapters.stripe_money_objects import BalanceTransactionObject
from shared.adapters.stripe_objects import Page, SubscriptionObject
from shared.adapters.stripe_reading import SUBSCRIPTION_LIST
from shared.adapters.stripe_windows import Listing

SUBSCRIPTIONS = Listing("/v1/subscriptions", SUBSCRIPTION_LIST, Page[SubscriptionObject])
CUSTOMERS = Listing("/v1/customers", (), Page[ListedCustomerObject])
BALANCE = Listing(
    "/v1/balance_transactions", expanding(["source"], "data."), Page[BalanceTransactionObject]
)
INVOICES = Listing("/v1/invoices", INVOICE_PARTS, Page[InvoiceObject])
# What was marked uncollectible may tell of a time long after it was made.
GIVEN_UP = Listing(
    "/v1/invoices", (*INVOICE_PARTS, ("status", "uncollectible")), Page[InvoiceObject]
)
WAITING = Listing("/v1/invoiceitems", (("pending", "true"),), Page[InvoiceItemObject])


def _events(types: Iterable[str]) -> Listing[EventObject]:
    return Listing("/v1/events", tuple(("types[]", kind) for kind in types), Page[EventObject])


# What tells of the past, and what tells of any change.
PAST_EVENTS = _events((*SUBSCRIPTION_EVENTS, *DISCOUNT_EVENTS, *CUSTOMER_EVENTS))
CHANGES = _events(EVENT_TYPES)
