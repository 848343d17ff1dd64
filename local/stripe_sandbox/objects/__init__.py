"""Records shown as Stripe objects, one module for each resource."""

from local.stripe_sandbox.objects import (
    account,
    balance,
    billing,
    catalogue,
    customer,
    discounting,
    event,
    invoice,
    payment,
    subscription,
)
from local.stripe_sandbox.objects.view import View

__all__ = [
    "View",
    "account",
    "balance",
    "billing",
    "catalogue",
    "customer",
    "discounting",
    "event",
    "invoice",
    "payment",
    "subscription",
]
