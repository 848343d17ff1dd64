"""Balance transactions as the metrics see them: what moved the account's money, and when."""

from dataclasses import dataclass
from datetime import datetime

# Stripe documentation, "Reporting categories": the categories that revenue is made of.
CHARGE = "charge"
CHARGE_FAILURE = "charge_failure"
PARTIAL_CAPTURE_REVERSAL = "partial_capture_reversal"
REFUND = "refund"
REFUND_FAILURE = "refund_failure"
DISPUTE = "dispute"
DISPUTE_REVERSAL = "dispute_reversal"


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """One movement of the balance, in minor units of the settlement currency.

    Attributes:
        category: Stripe's reporting category.

        amount_minor: before fees; below zero takes from the balance.

        fee_minor: Stripe's fees and the tax on them; below zero gives them back. Fees of others
            (an application's, a payment method's) are not in it.

        currency: the settlement currency, ISO code in lower case.

        source_id: Stripe's id of what moved the balance; empty if nothing did.

        customer_id: who paid or was paid back; None for guests and where it is not known.

        charge_id: the charge that it belongs to; None where there is none.
    """

    id: str
    created_at: datetime
    category: str
    amount_minor: int
    fee_minor: int
    currency: str
    source_id: str = ""
    customer_id: str | None = None
    charge_id: str | None = None
