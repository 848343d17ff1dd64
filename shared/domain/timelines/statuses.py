"""What the status of a subscription was, from when.

From the times on its object, from its invoices, and from its events. A failed payment makes it past
due from the first attempt until it is paid; an invoice marked uncollectible after an attempt makes
it unpaid until it is paid. Definitions: docs/metrics.md, "How the past is rebuilt".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.subscriptions import ENDED_STATUSES, Subscription
from shared.domain.timelines.facts import Invoice, SubscriptionFacts
from shared.domain.timelines.horizon import Horizon
from shared.domain.timelines.traces import SAME_CHANGE, Rank, Trace

PAYING = frozenset({"active", "past_due"})
_FIRST = "subscription_create"
# A first invoice that is paid within this time, at the first attempt, never was in doubt. A period
# that begins within it after a trial begins at the trial's end.
_AT_ONCE = timedelta(hours=1)
# Stripe lets an incomplete subscription expire after 23 hours: what was paid later, such as by a
# debit of a bank account, never was in doubt either.
_LONGEST_INCOMPLETE = timedelta(hours=23)
# A debit of a bank account takes days to arrive, and nothing has failed meanwhile.
_LONGEST_DEBIT = timedelta(days=10)


def status_traces(
    current: Subscription, facts: SubscriptionFacts, start: datetime, as_of: Horizon
) -> list[Trace[str]]:
    """Return all that is known of a subscription's status, whatever is true of it in the end."""
    invoices = sorted(
        {invoice.id: invoice for invoice in facts.invoices}.values(),
        key=lambda invoice: (invoice.created_at, invoice.id),
    )
    traces = [
        *_traces_of_object(current, start, as_of),
        *_traces_of_beginning(current, invoices, start),
        *_traces_of_payments(current, invoices, _recoveries(facts), as_of),
        *_traces_of_trial(current, facts, as_of),
    ]
    traces += _traces_of_events(facts)
    ended_at = ended(current)
    return [trace for trace in traces if ended_at is None or trace.at <= ended_at]


def _traces_of_events(facts: SubscriptionFacts) -> Iterator[Trace[str]]:
    for event in facts.events:
        if event.before.status or event.after.status:
            yield Trace(event.at, event.before.status, event.after.status, Rank.EVENT)
        for moment in (event.before, event.after):
            if moment.status == "paused" and moment.paused_at is not None:
                yield Trace(moment.paused_at, after="paused", rank=Rank.EVENT)


def ended(current: Subscription) -> datetime | None:
    """Return when a subscription ended; one that has no end of its own ended when asked to."""
    if current.status not in ENDED_STATUSES:
        return None
    return current.ended_at or current.canceled_at


def _traces_of_object(
    current: Subscription, start: datetime, as_of: Horizon
) -> Iterator[Trace[str]]:
    ended_at = ended(current)
    if ended_at is not None and as_of.has_come(ended_at):
        yield Trace(ended_at, after=current.status, rank=Rank.OBJECT)
    trial = _trial_of(current)
    if trial is not None:
        yield Trace(max(trial[0], start), after="trialing", rank=Rank.OBJECT)
    if current.status == "paused" and current.paused_at is not None:
        yield Trace(current.paused_at, after="paused", rank=Rank.OBJECT)


def _trial_of(current: Subscription) -> tuple[datetime, datetime] | None:
    if current.trial_end is None or current.trial_end <= current.start_at:
        return None
    return current.trial_start or current.start_at, current.trial_end


def _traces_of_beginning(
    current: Subscription, invoices: Sequence[Invoice], start: datetime
) -> Iterator[Trace[str]]:
    """Yield what a subscription was at first: active, or incomplete until its first payment."""
    trial = _trial_of(current)
    if trial is not None and trial[0] <= start:
        return
    if current.status in {"incomplete", "incomplete_expired"}:
        yield Trace(start, after="incomplete", rank=Rank.OBJECT)
        return
    first = next((it for it in invoices if it.reason == _FIRST and not it.is_sent), None)
    if first is None:
        yield Trace(start, after="active", rank=Rank.OBJECT)
    elif first.paid_at is None:
        is_owed = first.status in {"open", "void", "uncollectible"}
        never_paid = is_owed and current.status == "canceled"
        yield Trace(start, after="incomplete" if never_paid else "active")
    elif _AT_ONCE < first.paid_at - first.created_at <= _LONGEST_INCOMPLETE:
        yield Trace(start, after="incomplete")
        yield Trace(first.paid_at, before="incomplete", after="active")
    else:
        yield Trace(start, after="active", rank=Rank.OBJECT)


def _traces_of_trial(
    current: Subscription, facts: SubscriptionFacts, as_of: Horizon
) -> Iterator[Trace[str]]:
    """Yield what followed a trial: it became active, or paused for want of a payment method.

    A pause lasts until the first line after it, and is told only where every invoice since the
    trial's end is known, and never where the subscription is set to end its trial otherwise.
    """
    trial, ended_at = _trial_of(current), ended(current)
    if trial is None or (ended_at is not None and ended_at <= trial[1]):
        return
    ends = trial[1]
    if not as_of.has_come(ends):
        return
    yield Trace(ends, before="trialing")
    resumed_at = min((line.start for line in facts.lines if line.start >= ends), default=None)
    may_pause = current.pauses_after_trial is not False
    is_known = may_pause and facts.complete_since is not None and facts.complete_since <= ends
    if is_known and resumed_at is not None and resumed_at - ends > _AT_ONCE:
        yield Trace(ends, after="paused")
        yield Trace(resumed_at, before="paused", after="active")
    elif is_known and resumed_at is None and current.pauses_after_trial and ended_at is not None:
        yield Trace(ends, after="paused")
    else:
        yield Trace(ends, after="active", rank=Rank.OBJECT)


@dataclass(frozen=True, slots=True)
class _Failure:
    """An invoice that was not paid when it should have been.

    Attributes:
        since: the first failed attempt; `until`: when it was settled, None if it was not.

        unpaid_since: when it was given up, None if it was not.
    """

    since: datetime
    until: datetime | None
    unpaid_since: datetime | None

    def status_at(self, instant: datetime) -> str | None:
        if instant < self.since or (self.until is not None and self.until <= instant):
            return None
        given_up = self.unpaid_since is not None and self.unpaid_since <= instant
        return "unpaid" if given_up else "past_due"


def _recoveries(facts: SubscriptionFacts) -> list[datetime]:
    """Return when events say that nothing was owed any more."""
    owing = {"past_due", "unpaid"}
    return [
        event.at
        for event in facts.events
        if event.before.status in owing and event.after.status == "active"
    ]


def _traces_of_payments(
    current: Subscription,
    invoices: Sequence[Invoice],
    recoveries: Sequence[datetime],
    as_of: Horizon,
) -> Iterator[Trace[str]]:
    """Yield what paid and failed invoices tell, in the order of time."""
    failures = []
    settled: set[datetime] = set()
    for index, invoice in enumerate(invoices):
        failed_at = _first_failure(invoice, recoveries, as_of)
        if failed_at is not None:
            until = _settled_at(invoice, invoices[index + 1 :])
            failures.append(_Failure(failed_at, until, _given_up_at(invoice)))
        if invoice.paid_at is not None and _is_of_paying_time(current, invoice):
            settled.add(invoice.paid_at)
    instants = {f.since for f in failures} | {f.until for f in failures if f.until}
    instants |= {f.unpaid_since for f in failures if f.unpaid_since} | settled
    for instant in sorted(instants):
        found = {failure.status_at(instant) for failure in failures} - {None}
        status = "unpaid" if "unpaid" in found else "past_due" if found else "active"
        if not (status == "active" and instant not in settled and _is_in_trial(current, instant)):
            yield Trace(instant, after=status)


def _first_failure(
    invoice: Invoice, recoveries: Sequence[datetime], as_of: Horizon
) -> datetime | None:
    """Return when an invoice should have been paid and was not; None if it was, or is not due."""
    if invoice.is_sent:
        due_at, settled_at = invoice.due_at, invoice.paid_at or invoice.voided_at
        if due_at is None:
            return None
        is_late = due_at < settled_at if settled_at else as_of.has_passed(due_at)
        return due_at if is_late else None
    if invoice.reason == _FIRST or not invoice.is_attempted or invoice.status == "draft":
        return None
    tried_at = invoice.finalized_at or invoice.created_at
    if invoice.paid_at is None or invoice.attempts > 1 or invoice.uncollectible_at is not None:
        return tried_at
    paid_at = invoice.paid_at
    if any(abs(recovery - paid_at) <= SAME_CHANGE for recovery in recoveries):
        return tried_at
    return tried_at if paid_at - tried_at > _LONGEST_DEBIT else None


def _settled_at(invoice: Invoice, later: Iterable[Invoice]) -> datetime | None:
    """Return when nothing was owed any more: its own end, or the payment of a later invoice."""
    ends = [it.paid_at for it in later if it.paid_at is not None]
    ends += [end for end in (invoice.paid_at, invoice.voided_at) if end is not None]
    return min(ends, default=None)


def _given_up_at(invoice: Invoice) -> datetime | None:
    is_tried = invoice.is_attempted or invoice.is_sent
    return invoice.uncollectible_at if is_tried else None


def _is_of_paying_time(current: Subscription, invoice: Invoice) -> bool:
    """Return whether an invoice was paid for a time that was no trial."""
    costly = [line for line in invoice.lines if line.amount_minor > 0]
    if any(not line.is_proration for line in costly):
        return True
    in_trial = invoice.paid_at is not None and _is_in_trial(current, invoice.paid_at)
    return bool(costly) and not in_trial


def _is_in_trial(current: Subscription, instant: datetime) -> bool:
    trial = _trial_of(current)
    return trial is not None and trial[0] <= instant < trial[1]
