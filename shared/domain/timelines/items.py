"""What the items of a subscription were: their prices and quantities, from when until when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.subscriptions import Subscription
from shared.domain.timelines.facts import GONE, Held, InvoiceLine, SubscriptionFacts
from shared.domain.timelines.horizon import Horizon
from shared.domain.timelines.naming import name_items
from shared.domain.timelines.traces import SAME_CHANGE, Piece, Rank, Trace, resolve

# Two billing periods differ in length by up to so much.
_MONTHS_DIFFER = timedelta(days=4)
# The items of a new subscription are made one after the other.
_MADE_TOGETHER = timedelta(minutes=1)


def item_histories(
    current: Subscription, facts: SubscriptionFacts, start: datetime, as_of: Horizon
) -> dict[str, list[Piece[Held]]]:
    """Return what each item was, by its id: the current ones in their order, then those gone.

    `GONE` is the value while an item is not on its subscription.
    """
    lines = _by_item(_licensed(name_items(current, facts.lines), facts))
    changes = _changes_in_events(facts)
    ids = [item.id for item in current.items]
    ids += sorted((lines.keys() | changes.keys()) - set(ids))
    held = {item.id: Held(item.price.id, item.quantity) for item in current.items}
    joined = _find_joined(current, ids)
    billed = [line.start for every in lines.values() for line in every if not line.is_proration]
    histories = {}
    for item_id in ids:
        own, events = lines.get(item_id, []), changes.get(item_id, [])
        traces = [*events, *_traces_of_lines(own, events)]
        if item_id not in held:
            traces += _traces_of_gone(own, billed, joined.values(), as_of)
        if item_id in joined and _is_first(joined[item_id], traces, as_of):
            traces.append(Trace(joined[item_id], before=GONE, rank=Rank.OBJECT))
        histories[item_id] = resolve(traces, start, as_of, held.get(item_id, GONE))
    return histories


def _is_first(joined_at: datetime, traces: Sequence[Trace[Held]], as_of: Horizon) -> bool:
    """Return whether nothing is known of an item before it was made."""
    if not traces:
        return as_of.has_come(joined_at)
    return joined_at <= min(trace.at for trace in traces)


def _licensed(lines: Iterable[InvoiceLine], facts: SubscriptionFacts) -> Iterator[InvoiceLine]:
    """Yield the lines of what is billed by quantity; usage tells nothing of an item."""
    for line in lines:
        price = facts.prices.get(line.held.price_id)
        if price is None or price.recurrence is None or price.recurrence.usage_type != "metered":
            yield line


def _traces_of_gone(
    lines: Sequence[InvoiceLine],
    billed: Iterable[datetime],
    joined: Iterable[datetime],
    as_of: Horizon,
) -> Iterator[Trace[Held]]:
    """Yield what is told of the coming and going of an item that is not there any more."""
    if not lines:
        return
    first, last = lines[0], lines[-1]
    period = first.end - first.start
    earlier = (first.start - at for at in billed if at < first.start)
    if not first.is_proration and any(abs(gap - period) <= _MONTHS_DIFFER for gap in earlier):
        # The subscription was billed one period before its first line, and it was not.
        yield Trace(first.start, before=GONE)
    # What has gone without a credit made room for an item that joined meanwhile, or was there to
    # the end of what was paid.
    ends = [at for at in joined if last.start < at <= last.end]
    if last.is_credit:
        return
    ends += [last.end] if as_of.has_come(last.end) else []
    if ends:
        yield Trace(min(ends), after=GONE)


def _by_item(lines: Iterable[InvoiceLine]) -> Mapping[str, list[InvoiceLine]]:
    found: defaultdict[str, list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        found[line.item_id].append(line)
    return found


def _changes_in_events(facts: SubscriptionFacts) -> Mapping[str, list[Trace[Held]]]:
    """Return what events tell of each item; an item that one of them leaves out is not there."""
    named = {
        item_id
        for event in facts.events
        for moment in (event.before, event.after)
        for item_id in moment.items or ()
    }
    found: defaultdict[str, list[Trace[Held]]] = defaultdict(list)
    for event in facts.events:
        before, after = event.before.items, event.after.items
        for item_id in named:
            trace = Trace(
                event.at,
                None if before is None else before.get(item_id, GONE),
                None if after is None else after.get(item_id, GONE),
                Rank.EVENT,
            )
            if trace.before is not None or trace.after is not None:
                found[item_id].append(trace)
    return found


def _find_joined(current: Subscription, every_id: Sequence[str]) -> dict[str, datetime]:
    """Return when the items that were not there from the beginning were made.

    The oldest items hold back to the beginning, whenever they were made, unless another item is
    known to have gone: a subscription never was without any.
    """
    made = {item.id: item.created_at for item in current.items if item.created_at is not None}
    if not made:
        return {}
    none_gone = len(every_id) == len(current.items)
    oldest = min(made.values()) if none_gone else current.created_at
    beginning = max(oldest, current.created_at) + _MADE_TOGETHER
    return {item_id: at for item_id, at in made.items() if at > beginning}


def _traces_of_lines(
    lines: Sequence[InvoiceLine], events: Sequence[Trace[Held]]
) -> list[Trace[Held]]:
    """Return what the lines of one item tell, in the order of time."""
    by_start: defaultdict[datetime, list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        by_start[line.start].append(line)
    traces: list[Trace[Held]] = []
    for at in sorted(by_start):
        group = _with_credits_of_nothing(by_start[at])
        befores = {line.held for line in group if line.is_credit}
        billed = _billed(group)
        if _is_told_by_event(at, befores, billed, events):
            continue
        traces += [Trace(at, before=held) for held in sorted(befores, key=repr)]
        traces += [Trace(at, after=held) for held in sorted(billed, key=repr)]
        is_new = not befores and all(line.is_proration for line in group) and len(traces) == 1
        if is_new and not any(trace.at < at for trace in events):
            # Nothing is given back for what was before: there was nothing.
            traces.append(Trace(at, before=GONE))
    return traces


def _with_credits_of_nothing(group: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """Return the lines of one moment; what is 0 beside a dearer debit gives back a free price."""
    dearer = {
        line.held
        for line in group
        if line.is_proration and not line.is_credit and line.amount_minor > 0
    }
    return [
        replace(line, is_credit=True)
        if line.is_proration and not line.amount_minor and dearer - {line.held}
        else line
        for line in group
    ]


def _billed(group: Iterable[InvoiceLine]) -> set[Held]:
    """Return what the lines of one moment bill; the tiers of one price may be a line each."""
    regular: defaultdict[tuple[str, str], int] = defaultdict(int)
    billed = set()
    for line in group:
        if line.is_credit:
            continue
        if line.is_proration or line.held.quantity is None:
            billed.add(line.held)
        else:
            regular[line.invoice_id, line.held.price_id] += line.held.quantity
    return billed | {Held(price, count) for (_, price), count in regular.items()}


def _is_told_by_event(
    at: datetime, befores: set[Held], billed: set[Held], events: Iterable[Trace[Held]]
) -> bool:
    for event in events:
        is_change = event.before is not None and event.before != event.after
        is_near = abs(event.at - at) <= SAME_CHANGE
        agrees = (not befores or event.before in befores) and (
            not billed or event.after is None or event.after in billed
        )
        if is_change and is_near and agrees:
            return True
    return False
