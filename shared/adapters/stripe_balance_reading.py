"""Reading the balance transactions of a time, each with who paid."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.adapters.stripe_listings import BALANCE
from shared.adapters.stripe_lists import LIMIT, read_all, together
from shared.adapters.stripe_money_mapping import (
    customer_of,
    payers_of,
    to_rows,
    unpaid_charges,
    with_payers,
)
from shared.adapters.stripe_money_objects import ChargeObject
from shared.adapters.stripe_transport import RefusedError, StripeTransport
from shared.domain.balance import COLLECTED, BalanceTransaction
from shared.ports import AccountBook


async def read_balance(
    transport: StripeTransport, reach: timedelta
) -> tuple[BalanceTransaction, ...]:
    """Return the movements of the balance, each once, from the instant of the reading back.

    One list, and one request for each charge that money was taken off again without the charge
    itself being in the list. A charge that does not exist leaves its payer unknown.

    Args:
        transport: how Stripe is asked.

        reach: how far back; a few older movements may be among the answer.

    Raises:
        RefusedError: Stripe refused a request for good.
        BillingSourceError: see `StripeTransport.get`.
    """
    found = await read_all(transport, BALANCE.path, BALANCE.parameters, BALANCE.kind, reach=reach)
    return await with_all_payers(transport, to_rows(found.values()))


async def read_newest_balance(transport: StripeTransport) -> tuple[BalanceTransaction, ...]:
    """Return the newest movements of the balance, as many as one request gives.

    Who paid is told as far as these tell it.

    Raises:
        RefusedError: Stripe refused the request for good.
        BillingSourceError: see `StripeTransport.get`.
    """
    page = await transport.get(BALANCE.path, (*BALANCE.parameters, LIMIT), BALANCE.kind)
    return to_rows(page.data)


async def with_all_payers(
    transport: StripeTransport,
    rows: Iterable[BalanceTransaction],
    categories: Collection[str] = COLLECTED,
    payers: Mapping[str, str | None] = MappingProxyType({}),
) -> tuple[BalanceTransaction, ...]:
    """Return rows, each with who paid; charges that nothing tells of are read one by one.

    Args:
        transport: how Stripe is asked.

        rows: among which most charges are.

        categories: of the rows of which somebody has to have paid.

        payers: customers by charge, as far as other rows tell them.
    """
    rows = list(rows)
    missing = sorted(unpaid_charges(rows, categories) - payers.keys())
    charges = await together(_read_charge(transport, charge_id) for charge_id in missing)
    found = {charge.id: customer_of(charge) for charge in charges if charge}
    return with_payers(rows, {**payers, **found})


async def tell_payers(transport: StripeTransport, book: AccountBook, since: datetime) -> None:
    """Complete the rows in a book that name a charge and not who paid it.

    The charge may be anywhere in the list: it is looked for among all, a row at a time, for there
    may be more of them than fit into the memory.
    """

    def find_rows() -> list[BalanceTransaction]:
        return [
            row
            for row in book.balance(since)
            if row.charge_id and row.customer_id is None and row.source_object != "charge"
        ]

    rows = await asyncio.to_thread(find_rows)
    wanted = {row.charge_id for row in rows}

    def find_payers() -> dict[str, str | None]:
        return payers_of(row for row in book.balance(since) if row.source_id in wanted)

    payers = await asyncio.to_thread(find_payers) if wanted else {}
    completed = await with_all_payers(transport, rows, payers=payers)
    await asyncio.to_thread(book.add_balance, completed)


async def _read_charge(transport: StripeTransport, charge_id: str) -> ChargeObject | None:
    try:
        return await transport.get(f"/v1/charges/{charge_id}", (), ChargeObject)
    except RefusedError as error:
        if not error.refusal.is_missing:
            raise
        return None
