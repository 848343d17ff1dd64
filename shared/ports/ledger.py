"""The ledger: what is kept of each account, and how far it has come."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.balance import BalanceTransaction
from shared.domain.ledger import CustomerRecord, Fact, Place, Span
from shared.domain.rates import ImpliedRate
from shared.ports.syncing import Lease, SyncRequest


class AccountBook(Protocol):
    """What the ledger keeps of one account.

    Every write can be repeated. None of them is to be relied on before the place that follows from
    it is stored. One writes at a time: what lies together is read, changed and written again. Only
    spans of lists may be staged side by side.
    """

    @property
    def shards(self) -> int:
        """Into how many parts the customers are divided."""
        ...

    def stage(self, listing: str, span: Span, facts: Iterable[Fact]) -> None:
        """Keep what a list said of a span of time, until it is sorted by customer.

        The span is noted last, so that it is there only if all its facts are.
        """
        ...

    def staged_spans(self, listing: str) -> list[Span]:
        """Give the spans of a list that have been staged."""
        ...

    def staged(self, listings: Sequence[str], shard: int) -> Iterator[tuple[str, Fact]]:
        """Give what is staged of the customers of a shard, each fact with its list, in any order.

        A fact may come more than once.
        """
        ...

    def clear_stage(self) -> None:
        """Remove all that is staged."""
        ...

    def facts(self, customer_ids: Iterable[str]) -> Mapping[str, bytes]:
        """Give the facts of those customers that have a record with facts."""
        ...

    def put(self, records: Iterable[CustomerRecord]) -> None:
        """Store records whole, each in place of the one before; a customer comes at most once.

        Without facts, those that are there stay. Many at once, close by their ids, cost less than
        one by one.
        """
        ...

    def remove(self, customer_ids: Iterable[str]) -> None:
        """Remove records; those that are not there are no error."""
        ...

    def records(self) -> Iterator[CustomerRecord]:
        """Give every record, without its facts, in any order."""
        ...

    def catalog(self) -> Mapping[str, bytes]:
        """Give what was stored by `put_catalog`."""
        ...

    def put_catalog(self, entries: Mapping[str, bytes]) -> None:
        """Store entries of the catalog by their ids (prices, coupons); others stay."""
        ...

    def add_balance(self, rows: Iterable[BalanceTransaction]) -> None:
        """Store balance transactions; one whose id is there replaces it.

        What they tell of exchange rates is kept too, see `rates`.
        """
        ...

    def balance(self, since: datetime) -> Iterator[BalanceTransaction]:
        """Give the balance transactions created from an instant on, each once, in any order."""
        ...

    def rates(self) -> Iterator[ImpliedRate]:
        """Give the exchange rates that all balance transactions so far told, in any order.

        Of each pair of currencies and each day the newest.
        """
        ...

    def clear(self) -> None:
        """Remove all that is kept of the account."""
        ...


class Ledger(Protocol):
    """The mirror of each account, who brings it up to date, and which slots are done."""

    def take_lease(self, request: SyncRequest, *, now: datetime, until: datetime) -> Lease | None:
        """Begin a sync, or give None where the request's slot is done already.

        Raises:
            LeaseHeldError: another sync holds the lease and it has not run out at *now*.
        """
        ...

    def release_lease(self, lease: Lease, *, done: SyncRequest | None) -> None:
        """End a sync; with *done* its slot is marked as run. A lost lease is left alone."""
        ...

    def place(self, integration_id: str) -> Place:
        """Give how far the ledger has come; the beginning where there is none."""
        ...

    def save_place(self, lease: Lease, place: Place) -> None:
        """Store how far the ledger has come.

        Raises:
            LeaseHeldError: the lease has passed to another sync; nothing is written.
        """
        ...

    def book(self, integration_id: str) -> AccountBook:
        """Open what is kept of an account."""
        ...

    def remove(self, lease: Lease, is_time_up: Callable[[], bool]) -> bool:
        """Remove all that is kept of an account, its lease last; False where the time was up.

        What is left of it then, or by a removal that was killed, is never read on: a sync would
        read the account anew.

        Raises:
            LeaseHeldError: the lease has passed to another sync; nothing is removed.
        """
        ...
