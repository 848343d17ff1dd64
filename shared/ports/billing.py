"""A billing account, and reading it on into a book of the ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.domain.account import AccountIdentity, Needs, Reading
from shared.domain.ledger import Place, Progress
from shared.domain.stripe_key import StripeKey
from shared.ports.ledger import AccountBook


@dataclass(frozen=True, slots=True)
class Advance:
    """How far one call of `BillingSource.advance` came.

    Attributes:
        place: where the ledger is now, to be stored by the caller.
        is_done: whether the phase is complete; False where the time was up.
        requests: how many requests it took, retries included.
        notes: what the team should know of it, in whole sentences.
    """

    place: Place
    is_done: bool
    requests: int
    notes: tuple[str, ...] = ()


class BillingSource(Protocol):
    """One Stripe account, read with one key."""

    def identify(self) -> AccountIdentity:
        """Tell whose key this is, in one request.

        Raises:
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        ...

    def read(self, needs: Needs, *, deadline_seconds: float | None = None) -> Reading:
        """Read the objects that are needed, complete, and no others.

        Raises:
            QueryTooLargeError: not done within *deadline_seconds*.
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        ...

    def advance(
        self,
        book: AccountBook,
        place: Place,
        *,
        is_time_up: Callable[[], bool],
        report: Callable[[Progress], None],
    ) -> Advance:
        """Read on from *place* into *book*: one phase of the import, or what changed since.

        What is written to the book may be written again: stopped anywhere and called again with the
        place stored last, it ends with the same book.

        Args:
            book: of this account.
            place: where the ledger is.
            is_time_up: asked between requests; once it says so, what was read is kept and the call
                comes back.
            report: told from time to time how far an import is.

        Raises:
            BillingSourceError: the leaf says what is wrong with the key or with Stripe.
        """
        ...


class BillingSources(Protocol):
    """Opens the account that belongs to a key."""

    def __call__(self, key: StripeKey) -> BillingSource:
        """Make a source; sends nothing yet."""
        ...
