"""What was read of one Stripe account: the facts from which every number is computed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.domain.subscriptions import Subscription
from shared.domain.unreadable import Unreadable

Mode = Literal["test", "live"]


@dataclass(frozen=True, slots=True)
class AccountIdentity:
    """Which account a key belongs to.

    Attributes:
        name: as the dashboard shows it; None if the account has none.

        default_currency: ISO code in lower case.
    """

    id: str
    name: str | None
    default_currency: str


@dataclass(frozen=True, slots=True)
class Account:
    """The objects read of one account, each of them once.

    Attributes:
        mode: of the key that read them; objects of the other mode are in no value.

        id: Stripe's id, empty if it was not asked for.

        default_currency: ISO code in lower case, empty if it was not asked for.

        subscriptions: of every status; their order does not matter.

        unreadable: the subscriptions of which no amount could be told while reading.
    """

    mode: Mode
    subscriptions: tuple[Subscription, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    id: str = ""
    default_currency: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading gave.

    Attributes:
        account: what was read.

        as_of: Stripe's clock at its first answer; the values of this reading are for this instant.

        requests: how many requests it took, retries included.
    """

    account: Account
    as_of: datetime
    requests: int
