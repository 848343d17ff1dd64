"""What cannot be read is counted and named, never guessed and never zero.

The rules of prices and discounts raise `UnreadableError`; it is caught once for each subscription.
"""

from dataclasses import dataclass


class UnreadableError(Exception):
    """Something in an object of Stripe has no meaning that we know.

    Attributes:
        reason: a few words that finish the sentence "It cannot be read: ...".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A subscription of which no amount can be told.

    Attributes:
        subscription_id: Stripe's id.

        customer_id: Stripe's id of its customer.

        status: its status as Stripe gives it; it still counts in the counts by status.

        reason: a few words.

        livemode: whether it is an object of live mode.

        in_test_clock: whether it belongs to a test clock.
    """

    subscription_id: str
    customer_id: str
    status: str
    reason: str
    livemode: bool = False
    in_test_clock: bool = False
