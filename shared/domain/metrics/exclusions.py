"""What is not in a sum, and the warnings that answer "why is it not what I expected?"."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from shared.domain.metrics.assessments import Assessment, Unknown
from shared.domain.metrics.conversion import Converter
from shared.domain.metrics.measurement import LeftOut, MetricWarning
from shared.domain.metrics.scope import count_nouns

# What is left out for each reason: the noun, and what is said of it. In the order shown.
_WORDS = {
    "trialing": ("subscription", "in a trial"),
    "past_due": ("subscription", "with a failed payment"),
    "unpaid": ("subscription", "marked unpaid"),
    "paused": ("subscription", "with status paused"),
    "incomplete": ("subscription", "with an incomplete first payment"),
    "canceled": ("subscription", "canceled"),
    "incomplete_expired": ("subscription", "without a first payment in time"),
    "collection_paused": ("subscription", "with paused collection"),
    "cancel_requested": ("subscription", "with a requested end"),
    "free": ("subscription", "at no cost"),
    "fully_discounted": ("subscription", "discounted to nothing"),
    "no_fixed_price": ("subscription", "without a fixed recurring price"),
    "metered": ("item", "billed by usage"),
    "one_time": ("item", "billed once"),
    "item_trial": ("item", "in a trial of its own"),
    "unreadable": ("subscription", "of unknown amount"),
}
_MOST_REASONS = 3


def list_left_out(
    assessed: Sequence[Assessment], unreadable: Sequence[Unknown], converter: Converter
) -> tuple[LeftOut, ...]:
    """Return what is not in the value, by reason, in a fixed order; empty reasons are left out.

    Amounts cover the same months as the value and are in the reporting currency: None where they
    have ended, are not known, or have no rate.
    """
    whole: defaultdict[str, list[Assessment]] = defaultdict(list)
    items: defaultdict[str, list[tuple[Fraction | None, str, int]]] = defaultdict(list)
    for it in assessed:
        reason = _reason_worth_nothing(it)
        if reason:
            whole[reason].append(it)
        if it.reason is None and it.monthly:
            for item in it.monthly.left_out:
                items[item.reason].append((item.amount_minor, it.kind.currency, it.count))
    rows = [
        *(_whole_row(reason, whole[reason], converter) for reason in _WORDS),
        *(_item_row(reason, items[reason], converter) for reason in _WORDS),
        _row("unreadable", sum(it.count for it in unreadable), None),
    ]
    return tuple(row for row in rows if row.count)


def _row(reason: str, count: int, amount: Decimal | None) -> LeftOut:
    noun, said = _WORDS[reason]
    return LeftOut(reason, f"{count_nouns(count, noun)} {said}", count, amount, noun)


def _whole_row(reason: str, group: Sequence[Assessment], converter: Converter) -> LeftOut:
    # What has ended is worth nothing any more, and what usage will bring nobody knows.
    is_unknown = reason == "no_fixed_price" or any(it.monthly is None for it in group)
    amounts = ((it.sum_minor, it.kind.currency) for it in group)
    amount = None if is_unknown else converter.sum_rounded(amounts)
    return _row(reason, sum(it.count for it in group), amount)


def _item_row(
    reason: str, group: Sequence[tuple[Fraction | None, str, int]], converter: Converter
) -> LeftOut:
    known = [(minor * count, code) for minor, code, count in group if minor is not None]
    amount = converter.sum_rounded(known) if known else None
    return _row(reason, sum(count for _, _, count in group), amount)


def _reason_worth_nothing(it: Assessment) -> str | None:
    """Return why a subscription adds nothing; None where it adds something."""
    if it.reason or it.monthly is None:
        return it.reason
    if it.minor:
        return None
    if it.monthly.is_free:
        return "free"
    return "fully_discounted" if it.monthly.is_fully_discounted else "no_fixed_price"


def warn_of_exclusions(
    name: str,
    value: Decimal | None,
    counted: Sequence[Assessment],
    unreadable: Sequence[Unknown],
    left_out: Iterable[LeftOut],
) -> list[MetricWarning]:
    """Return the warnings about what the value does not hold, or holds with doubt."""
    warnings = []
    if unreadable:
        reasons_unreadable = count_reasons((it.reason, it.count) for it in unreadable)
        warnings.append(warn_of_unreadable(name, "subscription", reasons_unreadable))
    unknown_tax = sum(it.count for it in counted if it.monthly and it.monthly.has_unknown_tax)
    if unknown_tax:
        message = (
            f"{count_nouns(unknown_tax, 'subscription')} with prices that include tax at a rate"
            f" that is not known: counted as they are, so {name} may contain tax."
        )
        warnings.append(MetricWarning("inclusive_tax_unknown", message))
    reasons = ", ".join(row.detail for row in left_out)
    if value is not None and not value and reasons:
        warnings.append(MetricWarning("zero_mrr", f"{name} is 0 because it leaves out: {reasons}."))
    return warnings


def count_reasons(reasons: Iterable[tuple[str, int]]) -> Counter[str]:
    """Return how many there are of each reason."""
    counts: Counter[str] = Counter()
    for reason, count in reasons:
        counts[reason] += count
    return counts


def warn_of_unreadable(name: str, noun: str, unreadable: Mapping[str, int]) -> MetricWarning:
    """Return the warning that counts what cannot be read and names the reasons.

    Args:
        name: of the metric.

        noun: for one of what cannot be read.

        unreadable: how many there are of each reason.
    """
    count = sum(unreadable.values())
    reasons = sorted(unreadable.items(), key=lambda it: (-it[1], it[0]))
    shown = "; ".join(f"{reason} ({of_it:,d})" for reason, of_it in reasons[:_MOST_REASONS])
    more = len(reasons) - _MOST_REASONS
    rest = f"; and {count_nouns(more, 'other reason')}" if more > 0 else ""
    message = (
        f"{count_nouns(count, noun)} cannot be read and"
        f" {'is' if count == 1 else 'are'} not in {name}: {shown}{rest}."
    )
    return MetricWarning("unreadable", message)
