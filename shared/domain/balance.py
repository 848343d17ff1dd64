"""Balance transactions as the metrics see them: what moved the account's money, and when."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

CHARGE = "charge"
CHARGE_FAILURE = "charge_failure"
PARTIAL_CAPTURE_REVERSAL = "partial_capture_reversal"
REFUND = "refund"
REFUND_FAILURE = "refund_failure"
DISPUTE = "dispute"
DISPUTE_REVERSAL = "dispute_reversal"
FEE = "fee"

# Money collected: a charge is booked with all that was authorized, and what was not captured or
# came not in after all is taken off again under a category of its own.
COLLECTED = (CHARGE, PARTIAL_CAPTURE_REVERSAL, CHARGE_FAILURE)
REFUNDED = (REFUND, REFUND_FAILURE)
DISPUTED = (DISPUTE, DISPUTE_REVERSAL)
REVENUE = (*COLLECTED, *REFUNDED, *DISPUTED)

# Stripe's API, the reporting categories that its reports know, without the seven above; and those
# that came later with issuing and reserves.
NO_REVENUE = frozenset(
    """
    advance advance_funding anticipation_repayment climate_order_purchase climate_order_refund
    connect_collection_transfer connect_reserved_funds contribution fee financing_paydown
    financing_paydown_reversal financing_payout financing_payout_reversal inbound_transfer
    inbound_transfer_reversal issuing_authorization_hold issuing_authorization_release
    issuing_dispute issuing_dispute_provisional_credit issuing_dispute_provisional_credit_reversal
    issuing_transaction minimum_balance_hold network_cost obligation other_adjustment
    payment_network_reserved_funds payout payout_reversal platform_earning platform_earning_refund
    risk_reserved_funds tax topup topup_reversal transfer transfer_reversal
    unreconciled_customer_funds
    """.split()  # noqa: SIM905 - a table to be read, not 40 lines
)


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """One movement of the balance, in minor units of the settlement currency.

    Attributes:
        category: Stripe's reporting category.

        amount_minor: before fees; below zero takes from the balance.

        fee_minor: Stripe's fees and the tax on them; below zero gives them back. Fees of others
            (an application's, a payment method's) are not in it.

        currency: the settlement currency, ISO code in lower case.

        source_object: what moved the balance, in Stripe's word ("charge"); empty if not known.

        source_id: Stripe's id of it; empty if nothing did.

        customer_id: who paid or was paid back; None for guests and where it is not known.

        charge_id: the charge that it belongs to; None where there is none.

        source_currency: what it was exchanged from, ISO code in lower case; empty if it was not.

        exchange_rate: major units of `currency` for one major unit of `source_currency`; None where
            it was not exchanged, or that is not known.
    """

    id: str
    created_at: datetime
    category: str
    amount_minor: int
    fee_minor: int
    currency: str
    source_object: str = ""
    source_id: str = ""
    customer_id: str | None = None
    charge_id: str | None = None
    source_currency: str = ""
    exchange_rate: Fraction | None = None
