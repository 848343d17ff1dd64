"""Builds a timeline: the histories of status, items and the rest, laid over one another."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from shared.domain.subscriptions import ENDED_STATUSES, Subscription, SubscriptionItem
from shared.domain.timelines.discounts import in_order_of_adding
from shared.domain.timelines.facts import GONE, NO_FACTS, Held, SubscriptionFacts
from shared.domain.timelines.horizon import INSTANT, Horizon
from shared.domain.timelines.items import item_histories
from shared.domain.timelines.pricing import State, price_past
from shared.domain.timelines.statuses import PAYING, status_traces
from shared.domain.timelines.timeline import Timeline
from shared.domain.timelines.traces import Piece, Rank, Trace, resolve
from shared.domain.unreadable import UnreadableError

Value = TypeVar("Value")


def build_timeline(
    current: Subscription, as_of: datetime, facts: SubscriptionFacts | None = None
) -> Timeline:
    """Return what a subscription was, from its start to *as_of*, and will be if nothing happens.

    Without facts it has had its current items since its start, and has been paying since its
    trial's end.

    The same facts say the same of every instant up to *as_of* when they are read again before
    `holds_until`, and of that later instant what they say of it now.

    Args:
        current: as Stripe has it at *as_of*.

        as_of: the instant of the reading.

        facts: what else is known of its past.
    """
    facts = facts or NO_FACTS
    horizon = Horizon(as_of, facts.discounts_until)
    start = current.start_at
    if not horizon.has_come(start):
        horizon.until, start = as_of + INSTANT, as_of
    traces = status_traces(current, facts, start, horizon)
    statuses = resolve(traces, start, horizon, current.status)
    asked, held_back = _ending_traces(current, facts, start), _collection_traces(facts)
    history = _History(
        current=_with_past_discounts(current, facts),
        facts=facts,
        statuses=statuses,
        items=item_histories(current, facts, start, horizon),
        ending=resolve(asked, start, horizon, _is_ending(current)),
        paused=resolve(held_back, start, horizon, current.collection_paused),
    )
    return Timeline(
        subscription_id=current.id,
        customer_id=current.customer_id,
        currency=current.currency,
        livemode=current.livemode,
        in_test_clock=current.in_test_clock,
        stretches=tuple(price_past(list(history.states()))),
        paying_since=_paying_since(traces, statuses),
        holds_until=horizon.until,
    )


def _paying_since(traces: Iterable[Trace[str]], statuses: Iterable[Piece[str]]) -> datetime | None:
    """Return the first instant at which it paid, also where a later fact won at once."""
    told = [it.at for it in traces if it.rank != Rank.OBJECT and PAYING & {it.before, it.after}]
    lasting = [piece.since for piece in statuses if piece.value in PAYING]
    return min([*told, *lasting], default=None)


@dataclass(frozen=True, slots=True)
class _History:
    """The histories of one subscription's properties."""

    current: Subscription
    facts: SubscriptionFacts
    statuses: Sequence[Piece[str]]
    items: Mapping[str, Sequence[Piece[Held]]]
    ending: Sequence[Piece[bool]]
    paused: Sequence[Piece[bool]]

    def states(self) -> Iterator[State]:
        """Yield what it was from each instant at which something changed."""
        every: tuple[Sequence[Piece[Any]], ...] = (
            self.statuses,
            *self.items.values(),
            self.ending,
            self.paused,
        )
        *past, last = sorted({piece.since for pieces in every for piece in pieces})
        for since in past:
            yield self._state_from(since)
        yield State(last, self.current)

    def _state_from(self, since: datetime) -> State:
        status, held = _at(self.statuses, since), {k: _at(v, since) for k, v in self.items.items()}
        subscription = self._subscription(status.value, since)
        is_firm = status.is_firm and all(
            piece.is_firm for piece in held.values() if piece.value != GONE
        )
        unreadable = None
        try:
            items = tuple(
                self._item(item_id, piece.value)
                for item_id, piece in held.items()
                if piece.value != GONE
            )
            subscription = replace(subscription, items=items)
        except UnreadableError as error:
            unreadable = error.reason
        return State(since, subscription, not is_firm, unreadable)

    def _subscription(self, status: str, since: datetime) -> Subscription:
        current = self.current
        is_ending = _at(self.ending, since).value
        has_ended = status in ENDED_STATUSES
        # One that ended at once may say of no end to come, though it was asked for.
        is_told = has_ended or current.cancel_at_period_end or current.cancel_at is not None
        return replace(
            current,
            status=status,
            cancel_at_period_end=is_ending and (current.cancel_at_period_end or not is_told),
            cancel_at=current.cancel_at if is_ending else None,
            ended_at=current.ended_at if has_ended else None,
            collection_paused=_at(self.paused, since).value,
        )

    def _item(self, item_id: str, held: Held) -> SubscriptionItem:
        now = next((item for item in self.current.items if item.id == item_id), None)
        if now is not None and held == Held(now.price.id, now.quantity):
            return now
        price = self.facts.prices.get(held.price_id)
        if price is None and now is not None and now.price.id == held.price_id:
            price = now.price
        if price is None:
            raise UnreadableError(f"price {held.price_id} cannot be read")
        if now is not None:
            return replace(now, price=price, quantity=held.quantity)
        discounts = self.facts.item_discounts.get(item_id, ())
        return SubscriptionItem(item_id, price, held.quantity, discounts)


def _at(pieces: Sequence[Piece[Value]], instant: datetime) -> Piece[Value]:
    return pieces[bisect_right(pieces, instant, key=lambda piece: piece.since) - 1]


def _with_past_discounts(current: Subscription, facts: SubscriptionFacts) -> Subscription:
    """Return the subscription with the discounts that have ended, too."""
    if not (facts.discounts or facts.customer_discounts or facts.item_discounts):
        return current
    items = (
        replace(
            item,
            discounts=in_order_of_adding(facts.item_discounts.get(item.id, ()), item.discounts),
        )
        for item in current.items
    )
    return replace(
        current,
        items=tuple(items),
        discounts=in_order_of_adding(facts.discounts, current.discounts),
        customer_discounts=in_order_of_adding(facts.customer_discounts, current.customer_discounts),
    )


def _is_ending(current: Subscription) -> bool:
    return current.status in ENDED_STATUSES or current.is_scheduled_to_end


def _ending_traces(
    current: Subscription, facts: SubscriptionFacts, start: datetime
) -> Iterator[Trace[bool]]:
    """Yield since when the end has been asked for: Stripe notes the time of the request."""
    if _is_ending(current) and current.canceled_at is not None:
        yield Trace(start, after=False, rank=Rank.OBJECT)
        yield Trace(current.canceled_at, before=False, after=True, rank=Rank.OBJECT)
    for event in facts.events:
        if event.before.is_ending is not None or event.after.is_ending is not None:
            yield Trace(event.at, event.before.is_ending, event.after.is_ending, Rank.EVENT)


def _collection_traces(facts: SubscriptionFacts) -> Iterator[Trace[bool]]:
    """Yield when collection was paused and resumed; only events tell."""
    for event in facts.events:
        before, after = event.before.collection_paused, event.after.collection_paused
        if before is not None or after is not None:
            yield Trace(event.at, before, after, Rank.EVENT)
