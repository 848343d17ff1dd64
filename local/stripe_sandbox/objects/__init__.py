"""Records shown as Stripe objects, one module for each resource."""

from local.stripe_sandbox.objects import (
    account,
    catalogue,
    customer,
    discounting,
    event,
    subscription,
)
from local.stripe_sandbox.objects.view import View

__all__ = ["View", "account", "catalogue", "customer", "discounting", "event", "subscription"]
