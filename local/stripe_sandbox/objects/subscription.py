"""Subscriptions and their items."""

from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.objects.catalogue import render_plan
from local.stripe_sandbox.objects.customer import EMBEDDED_LIMIT, render_test_clock
from local.stripe_sandbox.objects.discounting import render_discounts
from local.stripe_sandbox.objects.view import View, list_object, renders
from local.stripe_sandbox.records import Json, Subscription, SubscriptionItem


@renders(Subscription)
def render_subscription(view: View, sub: Subscription, expand: Expand) -> Json:
    """Return the subscription object of the pinned version: no periods and no plan on it."""
    customer = view.state.customers.get(sub.customer)
    return {
        "id": sub.id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": sub.billing_cycle_anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": _billing_mode(sub),
        "billing_schedules": [],
        "billing_thresholds": None,
        **_cancellation(sub),
        "collection_method": sub.collection_method,
        "created": sub.created,
        "currency": sub.currency,
        "customer": view.reference(customer, "customer", expand) or sub.customer,
        "customer_account": None,
        "days_until_due": sub.days_until_due,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": _tax_rates(view, sub.default_tax_rates),
        "description": None,
        "discounts": render_discounts(view, sub.discounts, expand),
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": _items(view, sub, expand.get("items", NOTHING)),
        "latest_invoice": view.reference(
            view.state.invoices.get(sub.latest_invoice or ""), "latest_invoice", expand
        ),
        "livemode": view.livemode,
        "managed_payments": None,
        "metadata": sub.metadata,
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": sub.pause_collection,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": sub.start_date,
        "status": sub.status,
        "status_details": _status_details(sub),
        "test_clock": render_test_clock(view, sub.test_clock, expand),
        "transfer_data": None,
        "trial_end": sub.trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": sub.when_trial_ends}},
        "trial_start": sub.trial_start,
    }


@renders(SubscriptionItem)
def render_subscription_item(view: View, item: SubscriptionItem, expand: Expand) -> Json:
    """Return the item with its whole price; a metered one has no quantity."""
    price = view.state.prices[item.price]
    body: Json = {
        "id": item.id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": item.created,
        "current_period_end": item.period_end,
        "current_period_start": item.period_start,
        "current_trial": _current_trial(item),
        "discounts": render_discounts(view, item.discounts, expand),
        "metadata": item.metadata,
        "plan": render_plan(view, price),
        "price": view.render(price, expand.get("price", NOTHING)),
        "subscription": item.subscription,
        "tax_rates": _tax_rates(view, item.tax_rates),
    }
    if item.quantity is not None:
        body["quantity"] = item.quantity
    return body


def _items(view: View, sub: Subscription, expand: Expand) -> Json:
    within = expand.get("data", NOTHING)
    return list_object(
        [view.render(item, within) for item in sub.items[:EMBEDDED_LIMIT]],
        f"/v1/subscription_items?subscription={sub.id}",
        has_more=len(sub.items) > EMBEDDED_LIMIT,
    )


def _billing_mode(sub: Subscription) -> Json:
    if sub.billing_mode == "flexible":
        return {
            "flexible": {"proration_discounts": "included"},
            "type": "flexible",
            "updated_at": sub.created,
        }
    return {"flexible": None, "type": "classic"}


def _cancellation(sub: Subscription) -> Json:
    return {
        "cancel_at": sub.cancel_at,
        "cancel_at_period_end": sub.cancel_at_period_end,
        "canceled_at": sub.canceled_at,
        "cancellation_details": {
            "comment": None,
            "feedback": sub.cancel_feedback,
            "reason": sub.cancel_reason,
        },
        "ended_at": sub.ended_at,
    }


def _status_details(sub: Subscription) -> Json | None:
    if sub.status != "paused":
        return None
    return {
        "paused": {
            "subscription": {"type": sub.pause_reason},
            "transitioned_at": sub.paused_at,
            "type": "subscription",
        }
    }


def _current_trial(item: SubscriptionItem) -> Json | None:
    if item.trial_end is None:
        return None
    return {
        "end_date": item.trial_end,
        "start_date": item.created,
        "trial_offer": "trialoffer_sandbox",
    }


def _tax_rates(view: View, ids: list[str]) -> list[Json]:
    return [view.render(view.state.tax_rates[each]) for each in ids]
