"""Reading the balance transactions of a time, each with who paid."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from shared.adapters.stripe_lists import expanding, read_all, together
from shared.adapters.stripe_money_mapping import customer_of, to_rows, unpaid_charges, with_payers
from shared.adapters.stripe_money_objects import BalanceTransactionObject, ChargeObject
from shared.adapters.stripe_objects import Page
from shared.adapters.stripe_transport import RefusedError, StripeTransport
from shared.domain.balance import COLLECTED, BalanceTransaction


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
    found = await read_all(
        transport,
        "/v1/balance_transactions",
        expanding(["source"], "data."),
        Page[BalanceTransactionObject],
        reach=reach,
    )
    return await with_all_payers(transport, to_rows(found.values()))


async def with_all_payers(
    transport: StripeTransport,
    rows: Iterable[BalanceTransaction],
    categories: Collection[str] = COLLECTED,
) -> tuple[BalanceTransaction, ...]:
    """Return rows, each with who paid; charges that nothing tells of are read one by one.

    Args:
        transport: how Stripe is asked.

        rows: among which most charges are.

        categories: of the rows of which somebody has to have paid.
    """
    rows = list(rows)
    missing = sorted(unpaid_charges(rows, categories))
    charges = await together(_read_charge(transport, charge_id) for charge_id in missing)
    found = {charge.id: customer_of(charge) for charge in charges if charge}
    return with_payers(rows, found)


async def _read_charge(transport: StripeTransport, charge_id: str) -> ChargeObject | None:
    try:
        return await transport.get(f"/v1/charges/{charge_id}", (), ChargeObject)
    except RefusedError as error:
        if not error.refusal.is_missing:
            raise
        return None
