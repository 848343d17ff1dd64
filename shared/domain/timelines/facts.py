"""The facts that a subscription's past is told from, as Stripe's objects state them.

The current object is one of them (`Subscription`); these are the others. Which of them wins where
they disagree is told in `shared.domain.timelines.traces`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.domain.discounts import Discount
from shared.domain.prices import Price


class Held(NamedTuple):
    """What an item is at one moment: a price, and how many; quantity None for metered usage."""

    price_id: str
    quantity: int | None


# What an item is before it joins its subscription and after it has gone.
GONE = Held("", None)


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line of an invoice that a subscription item made, or a proration that waits for one.

    Attributes:
        item_id: of the subscription item; empty where a proration does not name it.

        held: what was billed, or given back.

        start: from when it is billed; of a proration, the moment of the change.

        amount_minor: below zero for what is given back.

        is_credit: whether it gives back what was until `start`; else it bills what is from then.

        credited_lines: ids of the lines that it takes back.

        invoice_id: of its invoice; empty while it waits for one.
    """

    id: str
    item_id: str
    held: Held
    start: datetime
    end: datetime
    amount_minor: int = 0
    is_proration: bool = False
    is_credit: bool = False
    credited_lines: tuple[str, ...] = ()
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of a subscription, whatever became of it.

    Attributes:
        reason: Stripe's billing reason.

        is_attempted: whether a payment was tried, which it never is while collection is held.

        attempts: how many payments were tried.

        is_sent: whether it is sent to the customer to be paid by `due_at`, not charged.
    """

    id: str
    created_at: datetime
    status: str
    lines: tuple[InvoiceLine, ...] = ()
    reason: str | None = None
    is_attempted: bool = False
    attempts: int = 0
    is_sent: bool = False
    due_at: datetime | None = None
    finalized_at: datetime | None = None
    paid_at: datetime | None = None
    uncollectible_at: datetime | None = None
    voided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What an event tells of a subscription just before or just after it; None: not told.

    Attributes:
        paused_at: since when it had been paused.

        items: by id; None also where the event shows only the first of many.

        is_ending: whether its end had been asked for.
    """

    status: str | None = None
    paused_at: datetime | None = None
    items: Mapping[str, Held] | None = None
    is_ending: bool | None = None
    collection_paused: bool | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """An event of a subscription: what it was before, and what it was from then on."""

    id: str
    at: datetime
    before: Moment
    after: Moment


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """Everything known of one subscription's past; order and repetition do not matter.

    Attributes:
        waiting: prorations that no invoice has taken yet.

        discounts, customer_discounts: of the subscription and of its customer that are no longer
            there; each has its end.

        item_discounts: the same of its items, by item id.

        prices: every price that the facts name and that could be read, by id.

        complete_since: all invoices made since then are among the facts; None: there are none.

        discounts_until: the first later instant at which the discounts that are no longer there
            may be told otherwise; None if there is none.
    """

    invoices: tuple[Invoice, ...] = ()
    waiting: tuple[InvoiceLine, ...] = ()
    events: tuple[SubscriptionEvent, ...] = ()
    discounts: tuple[Discount, ...] = ()
    customer_discounts: tuple[Discount, ...] = ()
    item_discounts: Mapping[str, tuple[Discount, ...]] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    complete_since: datetime | None = None
    discounts_until: datetime | None = None

    @property
    def lines(self) -> tuple[InvoiceLine, ...]:
        """The lines of all invoices and those that wait, each once, in a fixed order."""
        every = (*(line for invoice in self.invoices for line in invoice.lines), *self.waiting)
        once = {line.id: line for line in every}
        return tuple(sorted(once.values(), key=lambda line: (line.start, line.id)))


NO_FACTS = SubscriptionFacts()
