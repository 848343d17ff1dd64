"""A Stripe-shaped server over a simulated subscription business with its own clock.

Try the system without a Stripe account (`python -m local.stripe_sandbox`), or build a business by
hand in a test and read it through real HTTP.
"""

from local.stripe_sandbox.business import Advance, Business, Item
from local.stripe_sandbox.clock import Clock
from local.stripe_sandbox.faults import Fault, Faults, RandomFaults
from local.stripe_sandbox.history import Change, History
from local.stripe_sandbox.keys import Keys
from local.stripe_sandbox.limits import Limits
from local.stripe_sandbox.records import (
    ABSENT,
    Coupon,
    Customer,
    Price,
    Product,
    Subscription,
    SubscriptionItem,
    TaxRate,
    Tier,
)
from local.stripe_sandbox.running import Sandbox, serve, start
from local.stripe_sandbox.seeding import SeedOptions, seeded_business
from local.stripe_sandbox.server import Settings, create_app
from local.stripe_sandbox.stories import STORIES

__all__ = [
    "ABSENT",
    "STORIES",
    "Advance",
    "Business",
    "Change",
    "Clock",
    "Coupon",
    "Customer",
    "Fault",
    "Faults",
    "History",
    "Item",
    "Keys",
    "Limits",
    "Price",
    "Product",
    "RandomFaults",
    "Sandbox",
    "SeedOptions",
    "Settings",
    "Subscription",
    "SubscriptionItem",
    "TaxRate",
    "Tier",
    "create_app",
    "seeded_business",
    "serve",
    "start",
]
