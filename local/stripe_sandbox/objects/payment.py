"""Charges, refunds and disputes."""

from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.money import Charge, Dispute, Refund
from local.stripe_sandbox.objects.customer import email_of
from local.stripe_sandbox.objects.view import View, list_object, renders
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Json

_EVIDENCE_DUE = 9 * DAY
_DECIDED = frozenset({"won", "lost"})


@renders(Charge)
def render_charge(view: View, charge: Charge, expand: Expand) -> Json:
    """Return the charge object; nothing in it names an invoice."""
    customer = view.state.customers.get(charge.customer or "")
    moved = view.state.balance_transactions.get(charge.balance_transaction or "")
    failed = charge.status == "failed"
    body: Json = {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.captured,
        "amount_refunded": charge.refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": view.reference(moved, "balance_transaction", expand),
        "billing_details": {
            "address": None,
            "email": email_of(customer) if customer else "guest@example.com",
            "name": f"Customer {customer.number:04}" if customer else "Guest",
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "SANDBOX",
        "captured": charge.captured > 0,
        "created": charge.created,
        "currency": charge.currency,
        "customer": view.reference(customer, "customer", expand),
        "description": charge.description,
        "disputed": charge.disputed,
        "failure_balance_transaction": charge.failure_transaction,
        "failure_code": charge.failure_code,
        "failure_message": "Your card was declined." if failed else None,
        "fraud_details": {},
        "livemode": view.livemode,
        "metadata": charge.metadata,
        "on_behalf_of": None,
        "outcome": _outcome(failed=failed),
        "paid": not failed,
        "payment_intent": charge.payment_intent,
        "payment_method": None,
        "payment_method_details": None,
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": charge.refunded == charge.amount,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": charge.status,
        "transfer_data": None,
        "transfer_group": None,
    }
    if "refunds" in expand:
        body["refunds"] = _refunds(view, charge, expand["refunds"].get("data", NOTHING))
    return body


def _outcome(*, failed: bool) -> Json:
    return {
        "advice_code": "try_again_later" if failed else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if failed else "approved_by_network",
        "reason": "generic_decline" if failed else None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank declined." if failed else "Payment complete.",
        "type": "issuer_declined" if failed else "authorized",
    }


def _refunds(view: View, charge: Charge, expand: Expand) -> Json:
    data = [view.render(each, expand) for each in view.state.refunds.owned_by(charge.id)[::-1]]
    return list_object(data, f"/v1/charges/{charge.id}/refunds", has_more=False)


@renders(Refund)
def render_refund(view: View, refund: Refund, expand: Expand) -> Json:
    """Return the refund object; one that failed has a second movement that takes it back."""
    moved = view.state.balance_transactions.get(refund.balance_transaction or "")
    body: Json = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": view.reference(moved, "balance_transaction", expand),
        "charge": view.reference(view.state.charges[refund.charge], "charge", expand),
        "created": refund.created,
        "currency": refund.currency,
        "metadata": refund.metadata,
        "payment_intent": refund.payment_intent,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    if refund.failure_transaction is not None:
        undone = view.state.balance_transactions[refund.failure_transaction]
        body["failure_balance_transaction"] = view.reference(
            undone, "failure_balance_transaction", expand
        )
        body["failure_reason"] = refund.failure_reason
    return body


@renders(Dispute)
def render_dispute(view: View, dispute: Dispute, expand: Expand) -> Json:
    """Return the dispute object with its movements: the withdrawal and perhaps the return."""
    moves = view.state.balance_transactions
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": [view.render(moves[each]) for each in dispute.transactions],
        "charge": view.reference(view.state.charges[dispute.charge], "charge", expand),
        "created": dispute.created,
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": _evidence(),
        "evidence_details": {
            "due_by": None if dispute.status in _DECIDED else dispute.created + _EVIDENCE_DUE,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": view.livemode,
        "metadata": dispute.metadata,
        "payment_intent": dispute.payment_intent,
        "reason": dispute.reason,
        "status": dispute.status,
    }


_EVIDENCE_FIELDS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def _evidence() -> Json:
    return {**dict.fromkeys(_EVIDENCE_FIELDS), "enhanced_evidence": {}}
