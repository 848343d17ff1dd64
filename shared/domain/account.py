"""What was read of one Stripe account: the facts from which every number is computed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from shared.domain.balance import BalanceTransaction
from shared.domain.customers import Customer
from shared.domain.rates import ImpliedRate
from shared.domain.timelines import Timeline
from shared.domain.unreadable import Unreadable

Made = TypeVar("Made")
Mode = Literal["test", "live"]

NOTHING = timedelta(0)
EVERYTHING = timedelta(days=36_500)


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
class Needs:
    """Which objects of Stripe numbers are computed from, and no others are read.

    Attributes:
        subscriptions: whether the subscriptions are needed, as they are now.

        history: how far back it must be known what subscriptions were; it takes invoices, waiting
            invoice items and events. Needs subscriptions too.

        customers: how far back customers were created that are needed.

        balance: how far back balance transactions are needed.

        rates: whether the newest balance transactions are needed for the rates that they tell.
    """

    subscriptions: bool = False
    history: timedelta = NOTHING
    customers: timedelta = NOTHING
    balance: timedelta = NOTHING
    rates: bool = False

    def __or__(self, other: "Needs") -> "Needs":
        """Return what satisfies both."""
        return Needs(
            subscriptions=self.subscriptions or other.subscriptions,
            history=max(self.history, other.history),
            customers=max(self.customers, other.customers),
            balance=max(self.balance, other.balance),
            rates=self.rates or other.rates,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """The objects read of one account, each of them once; their order does not matter.

    Attributes:
        mode: of the key that read them; objects of the other mode are in no value.

        timelines: of the subscriptions of every status.

        unreadable: the subscriptions of which no amount could be told while reading.

        customers: those that exist, and the deleted ones of which something is known.

        balance: the balance transactions of the time that was asked for.

        id: Stripe's id, empty if it was not asked for.

        default_currency: ISO code in lower case, empty if it was not asked for.

        rates: that its money was exchanged at, as far as known; the newest of each day.

        history_since: since when it is known what subscriptions were; None where that is not said.
    """

    mode: Mode
    timelines: tuple[Timeline, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    customers: tuple[Customer, ...] = ()
    balance: tuple[BalanceTransaction, ...] = ()
    id: str = ""
    default_currency: str = ""
    rates: tuple[ImpliedRate, ...] = ()
    history_since: datetime | None = None
    _made: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, make: Callable[["Account"], Made]) -> Made:
        """Return what a function makes of this account, which it is asked for only once."""
        if make not in self._made:
            self._made[make] = make(self)
        made: Made = self._made[make]
        return made


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
