"""What customers of a seeded business are like."""

from dataclasses import dataclass

from local.stripe_sandbox.periods import DAY

MONTH = 30 * DAY


@dataclass(frozen=True, slots=True)
class Habits:
    """How likely things are; times are means."""

    subscribes: float = 0.93
    tries_first: float = 0.5
    converts: float = 0.64
    uses_coupon: float = 0.14
    pays_yearly: float = 0.2
    fails_first_payment: float = 0.03
    stays: float = 30 * MONTH
    stays_yearly: float = 60 * MONTH
    keeps_plan: float = 14 * MONTH
    fails_payment: float = 0.18
    leaves_at_once: float = 0.12
    recovers: float = 0.62
    recovers_late: float = 0.3
    takes_onboarding: float = 0.05
    returns: float = 0.1
    is_deleted: float = 0.04
    adds_support: float = 0.1
    adds_subscription: float = 0.05
    pays_changes_at_once: float = 0.35
    pays_in_other_currency: float = 0.0
