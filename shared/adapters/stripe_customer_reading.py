"""Reading the customers: which there are, and since when; nothing of who they are."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from shared.adapters.stripe_history_mapping import to_past
from shared.adapters.stripe_history_objects import ListedCustomerObject, PastEventObject
from shared.adapters.stripe_lists import read_all
from shared.adapters.stripe_objects import Page
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.account import Mode
from shared.domain.customers import Customer


async def read_customers(
    transport: StripeTransport, reach: timedelta | None, mode: Mode
) -> dict[str, Customer]:
    """Return the customers, by id, created so far back or all; deleted ones are not listed."""
    found = await read_all(transport, "/v1/customers", (), Page[ListedCustomerObject], reach=reach)
    return {obj.id: to_customer(obj, mode) for obj in found.values()}


def deleted_customers(events: Iterable[PastEventObject], mode: Mode) -> Iterator[Customer]:
    """Yield the customers that events say were deleted."""
    for event in events:
        if event.customer is not None:
            yield to_customer(event.customer, mode, deleted_at=to_past(event.created))


def to_customer(
    obj: ListedCustomerObject, mode: Mode, deleted_at: datetime | None = None
) -> Customer:
    """Return the customer; one that does not say its mode is of the key's."""
    return Customer(
        id=obj.id,
        created_at=to_past(obj.created),
        deleted_at=deleted_at,
        livemode=mode == "live" if obj.livemode is None else obj.livemode,
        in_test_clock=obj.test_clock is not None,
    )
