"""What happened in the business and left no trace in any object of Stripe's.

Stripe keeps events for thirty days; older facts must be in the objects themselves. Whatever is
named here is left out of the comparison, for those subscriptions, instants and definitions alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.history import Change
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.records import Subscription

EVENTS_KEPT = 30 * DAY
LOOKS_LIKE_A_DEBIT = 10 * DAY


@dataclass(frozen=True)
class Unknowable:
    """A time of one subscription of which nothing can be told.

    Attributes:
        since: the first instant of it.
        until: the instant from which on it is known again.
        option: an option of the definitions that has to have a value for it to matter.
    """

    subscription: str
    reason: str
    since: int
    until: int
    option: tuple[str, str] | None = None

    def matters(self, definitions: Mapping[str, object], start: int, end: int) -> bool:
        """Tell whether a value over [start, end] depends on it."""
        if self.option is not None and definitions.get(self.option[0]) != self.option[1]:
            return False
        return start < self.until and end >= self.since


def unknowable_times(business: Business) -> list[Unknowable]:
    """Return all of them."""
    return [
        each for sub in business.state.subscriptions for each in _Traces(business, sub).unknowable()
    ]


def forgotten_customers(business: Business, at: int) -> set[str]:
    """Return who still existed at an instant, and was deleted so long ago that nothing says when.

    Lists leave them out; their subscriptions tell of the end of those, not of the customer's.
    """
    return {
        each.id
        for each in business.state.customers
        if each.deleted_at is not None and at < each.deleted_at < business.now - EVENTS_KEPT
    }


@dataclass
class _Traces:
    """What one subscription left behind."""

    business: Business
    sub: Subscription

    @property
    def events_since(self) -> int:
        """What happened from here on is told by events."""
        return self.business.now - EVENTS_KEPT

    @cached_property
    def changes(self) -> list[Change]:
        """What it really was."""
        return self.business.state.history.of(self.sub.id)

    def unknowable(self) -> Iterator[Unknowable]:
        """Yield the times of which nothing can be told."""
        yield from self._pauses()
        yield from self._earlier_trials()
        yield from self._debts_soon_settled()
        yield from self._held_collections()
        yield from self._requests_taken_back()
        yield from self._changes_without_proration()
        yield from self._discounts_gone()

    def _pauses(self) -> Iterator[Unknowable]:
        """Pauses of the pause endpoint: the object tells of one only as long as it lasts.

        The event of the resumption tells since when, the event of a cancellation does not.
        """
        for since, until, then in self._times(lambda change: change.status == "paused"):
            if until < self.events_since:
                yield self._during("paused and resumed long ago", since, until)
            elif since < self.events_since and then == "canceled":
                yield self._during("paused long ago, and canceled since", since, until)

    def _earlier_trials(self) -> Iterator[Unknowable]:
        """A trial before the last one: the object's dates are those of the last."""
        trials = list(self._times(lambda change: change.status == "trialing"))
        for since, until, _ in trials[:-1]:
            if until < self.events_since:
                yield self._during("an earlier trial", since, until)

    def _debts_soon_settled(self) -> Iterator[Unknowable]:
        """A first payment that failed, paid by hand before Stripe tried again.

        The invoice then looks like one that a bank debit took some days to pay.
        """
        for since, until, _ in self._times(lambda change: change.status == "past_due"):
            for invoice in self.business.state.invoices.owned_by(self.sub.id):
                settled = invoice.finalized_at == since and invoice.paid_at == until
                is_soon = invoice.attempts == 1 and until - since <= LOOKS_LIKE_A_DEBIT
                if settled and is_soon and until < self.events_since:
                    yield self._during("past due, soon settled by hand", since, until)

    def _held_collections(self) -> Iterator[Unknowable]:
        """Paused collection: the object says that it is so, and not since when."""
        option = ("paused_collection", "exclude")
        for since, until, _ in self._times(lambda change: change.collection_paused):
            if until < self.events_since:
                yield self._during("collection held long ago", since, until, option)
            elif since < self.events_since:
                start = self.changes[0].at
                yield self._during("collection held", start, self.events_since, option)

    def _requests_taken_back(self) -> Iterator[Unknowable]:
        """A cancellation that was taken back: `canceled_at` goes with it."""
        option = ("churn_on", "cancel_requested")
        for since, until, then in self._times(
            lambda change: change.cancel_at is not None and change.status != "canceled"
        ):
            if until < self.events_since and then != "canceled":
                yield self._during("cancellation taken back long ago", since, until, option)

    def _changes_without_proration(self) -> Iterator[Unknowable]:
        """What changes without a proration shows on the next invoice, which says not since when.

        So it is in a trial, in a pause, and where prorations are switched off.
        """
        invoiced = {each.created for each in self.business.state.invoices.owned_by(self.sub.id)}
        for before, after in pairwise(self.changes):
            is_prorated = before.status in {"active", "past_due"} and self.sub.prorates != "none"
            if before.items != after.items and not is_prorated and after.at not in invoiced:
                yield from self._between_invoices("changed without a proration", after.at)

    def _discounts_gone(self) -> Iterator[Unknowable]:
        """A discount that is gone: only the invoices that list it tell of it.

        One that no invoice lists was never there; one that was taken off before its end is missing
        on the next invoice, which says not since when.
        """
        shown = set[str]()
        for invoice in self.business.state.invoices.owned_by(self.sub.id):
            shown |= {*invoice.discounts}
            shown |= {each for line in invoice.lines for each, _ in line.discounts}
        for discount_id, since, until in (*self._held_here(), *self._held_by_the_customer()):
            if until >= self.events_since:
                continue
            if discount_id not in shown:
                yield self._during("discount on no invoice", since, until)
            elif (end := self.business.state.discounts[discount_id].end) != until:
                yield from self._between_invoices("discount taken off", until)
                yield from self._seems_to_have_run_out(until, end)

    def _seems_to_have_run_out(self, taken_off: int, end: int | None) -> Iterator[Unknowable]:
        """A discount taken off before the events begin, whose own end came after that.

        No event tells that it went, and none is sure to tell that a discount runs out.
        """
        if end is not None and self.events_since < end <= self.business.now:
            until = min((each for each in self._told if each >= taken_off), default=end)
            yield self._during("discount that seems to have run out", taken_off, min(until, end))

    def _held_here(self) -> Iterator[tuple[str, int, int]]:
        """Yield each discount of the subscription and its items: from when until when."""
        held = {
            change.at: {*change.discounts, *(each for it in change.items for each in it.discounts)}
            for change in self.changes
        }
        for discount_id in sorted(set[str]().union(*held.values())):
            since = min(at for at, ids in held.items() if discount_id in ids)
            gone = (at for at, ids in held.items() if at > since and discount_id not in ids)
            yield discount_id, since, min(gone, default=self.business.now)

    def _held_by_the_customer(self) -> Iterator[tuple[str, int, int]]:
        customer = self.business.state.customers[self.sub.customer]
        changes = [
            each
            for each in self.business.state.history.customer_discounts
            if each.customer == customer.id
        ]
        ends = [each.at for each in changes[1:]] + [customer.deleted_at or self.business.now]
        for change, end in zip(changes, ends, strict=False):
            if change.discount is not None:
                yield change.discount, change.at, end

    def _between_invoices(self, reason: str, at: int) -> Iterator[Unknowable]:
        """Yield the time around an instant in which no invoice tells on which side of it one is."""
        if at >= self.events_since:
            return
        since = max((each for each in self._told if each < at), default=self.changes[0].at)
        until = min((each for each in self._told if each >= at), default=self.events_since)
        yield self._during(reason, since, min(until, self.events_since))

    @cached_property
    def _told(self) -> list[int]:
        """When invoices listed the items and their discounts.

        A free invoice, as that of a trial, takes nothing off, and so lists no discount; nor do
        what is paid once and prorations.
        """
        return [
            invoice.created
            for invoice in self.business.state.invoices.owned_by(self.sub.id)
            if any(line.amount and line.item and not line.proration for line in invoice.lines)
        ]

    def _during(
        self, reason: str, since: int, until: int, option: tuple[str, str] | None = None
    ) -> Unknowable:
        return Unknowable(self.sub.id, reason, since, until, option)

    def _times(self, holds: Callable[[Change], bool]) -> Iterator[tuple[int, int, str]]:
        """Yield from when until when something held (at most now), and which status followed."""
        since: int | None = None
        for change in self.changes:
            if holds(change) and since is None:
                since = change.at
            elif not holds(change) and since is not None:
                yield since, change.at, change.status
                since = None
        if since is not None:
            yield since, self.business.now, self.changes[-1].status
