"""Pairs of list and retrieve endpoints: what is found by id, and what a list shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.stripe_sandbox import filters, money_filters
from local.stripe_sandbox.collection import Collection
from local.stripe_sandbox.errors import no_such
from local.stripe_sandbox.expansion import parse_expansions
from local.stripe_sandbox.lists import PAGING, page_of
from local.stripe_sandbox.objects.view import View, list_object
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import Json, Record
from local.stripe_sandbox.state import State


@dataclass(frozen=True, slots=True)
class Resource:
    """What a pair of list and retrieve endpoints is made of."""

    path: str
    kind: str
    permission: str
    parameters: tuple[str, ...]
    records: Callable[[State], Collection[Any]]
    select: Callable[[State, Parameters], Sequence[Any]]

    def list_page(self, view: View, parameters: Parameters, _: str) -> Json:
        """Answer the list endpoint."""
        parameters.check_known((*self.parameters, *PAGING))
        expand = parse_expansions(f"list of {self.kind}", parameters.many("expand") or ())
        page = page_of(
            self.select(view.state, parameters),
            parameters,
            lambda cursor, param: self._cursor(view.state, cursor, param),
            parameters.range("created"),
        )
        data = [view.render(record, expand.get("data", {})) for record in page.records]
        return list_object(data, self.path, has_more=page.has_more)

    def retrieve(self, view: View, parameters: Parameters, object_id: str) -> Json:
        """Answer the retrieve endpoint."""
        parameters.check_known(("expand",))
        expand = parse_expansions(self.kind, parameters.many("expand") or ())
        record = self.records(view.state).get(object_id)
        if record is None or (self.kind == "coupon" and record.deleted_at is not None):
            raise no_such(self.kind, object_id)
        return view.render(record, expand)

    def _cursor(self, state: State, cursor: str, param: str) -> Record:
        record: Record | None = self.records(state).get(cursor)
        if record is None:
            raise no_such(self.kind, cursor, param=param, status=400)
        return record


RESOURCES = (
    Resource(
        "/v1/customers",
        "customer",
        "rak_customer_read",
        filters.CUSTOMER_PARAMETERS,
        lambda state: state.customers,
        filters.select_customers,
    ),
    Resource(
        "/v1/products",
        "product",
        "rak_plan_read",
        filters.PRODUCT_PARAMETERS,
        lambda state: state.products,
        filters.select_products,
    ),
    Resource(
        "/v1/prices",
        "price",
        "rak_plan_read",
        filters.PRICE_PARAMETERS,
        lambda state: state.prices,
        filters.select_prices,
    ),
    Resource(
        "/v1/coupons",
        "coupon",
        "rak_coupon_read",
        filters.COUPON_PARAMETERS,
        lambda state: state.coupons,
        filters.select_coupons,
    ),
    Resource(
        "/v1/tax_rates",
        "tax_rate",
        "rak_tax_rate_read",
        filters.TAX_RATE_PARAMETERS,
        lambda state: state.tax_rates,
        filters.select_tax_rates,
    ),
    Resource(
        "/v1/subscriptions",
        "subscription",
        "rak_subscription_read",
        filters.SUBSCRIPTION_PARAMETERS,
        lambda state: state.subscriptions,
        filters.select_subscriptions,
    ),
    Resource(
        "/v1/events",
        "event",
        "rak_event_read",
        filters.EVENT_PARAMETERS,
        lambda state: state.events,
        filters.select_events,
    ),
)

MONEY_RESOURCES = (
    Resource(
        "/v1/invoices",
        "invoice",
        "rak_invoice_read",
        money_filters.INVOICE_PARAMETERS,
        lambda state: state.invoices,
        money_filters.select_invoices,
    ),
    Resource(
        "/v1/invoiceitems",
        "invoice_item",
        "rak_invoice_read",
        money_filters.INVOICE_ITEM_PARAMETERS,
        lambda state: state.invoice_items,
        money_filters.select_invoice_items,
    ),
    Resource(
        "/v1/invoice_payments",
        "invoice_payment",
        "rak_invoice_read",
        money_filters.INVOICE_PAYMENT_PARAMETERS,
        lambda state: state.invoice_payments,
        money_filters.select_invoice_payments,
    ),
    Resource(
        "/v1/charges",
        "charge",
        "rak_charge_read",
        money_filters.CHARGE_PARAMETERS,
        lambda state: state.charges,
        money_filters.select_charges,
    ),
    Resource(
        "/v1/refunds",
        "refund",
        "rak_charge_read",
        money_filters.TAKEN_BACK_PARAMETERS,
        lambda state: state.refunds,
        money_filters.select_refunds,
    ),
    Resource(
        "/v1/disputes",
        "dispute",
        "rak_dispute_read",
        money_filters.TAKEN_BACK_PARAMETERS,
        lambda state: state.disputes,
        money_filters.select_disputes,
    ),
    Resource(
        "/v1/balance_transactions",
        "balance_transaction",
        "rak_balance_transaction_source_read",
        money_filters.BALANCE_PARAMETERS,
        lambda state: state.balance_transactions,
        money_filters.select_balance,
    ),
    Resource(
        "/v1/payouts",
        "payout",
        "rak_payout_read",
        money_filters.PAYOUT_PARAMETERS,
        lambda state: state.payouts,
        money_filters.select_payouts,
    ),
    Resource(
        "/v1/topups",
        "topup",
        "rak_topup_read",
        money_filters.MOVEMENT_PARAMETERS,
        lambda state: state.topups,
        money_filters.select_topups,
    ),
    Resource(
        "/v1/transfers",
        "transfer",
        "rak_transfer_read",
        money_filters.MOVEMENT_PARAMETERS,
        lambda state: state.transfers,
        money_filters.select_transfers,
    ),
)
