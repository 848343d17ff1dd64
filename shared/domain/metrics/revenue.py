"""Revenue: money collected in a range, what came back of it, or what Stripe took for it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from shared.domain.account import Account
from shared.domain.balance import (
    CHARGE,
    CHARGE_FAILURE,
    COLLECTED,
    DISPUTE,
    DISPUTE_REVERSAL,
    DISPUTED,
    PARTIAL_CAPTURE_REVERSAL,
    REFUND,
    REFUND_FAILURE,
    REFUNDED,
    BalanceTransaction,
)
from shared.domain.definitions import Definitions
from shared.domain.metrics.balance_days import Sums, days_of
from shared.domain.metrics.balance_movements import (
    NOUN,
    OBJECT,
    Movements,
    Sum,
    add_up,
    is_all_unknown,
    list_adding_nothing,
    list_other_movements,
    payments,
    select_movements,
    warn_of_unknown_movements,
)
from shared.domain.metrics.contributions import round_each, rows_by_currency
from shared.domain.metrics.conversion import Converter, warn_of_missing_rates
from shared.domain.metrics.measurement import (
    Breakdown,
    Contribution,
    Contributions,
    Coverage,
    Explanation,
    Measurement,
    MetricWarning,
    Part,
    Terms,
)
from shared.domain.metrics.queries import Revenue
from shared.domain.metrics.scope import count_nouns, warn_of_test_mode
from shared.domain.money import format_money, round_shares
from shared.domain.windows import TimeRange, Window, range_in_words, window_ending

# The movements of each category in words, in the order shown.
_LABELS = {
    CHARGE: "Charges",
    PARTIAL_CAPTURE_REVERSAL: "Partial captures reversed",
    CHARGE_FAILURE: "Failed charges",
    REFUND: "Refunds",
    REFUND_FAILURE: "Failed refunds",
    DISPUTE: "Disputes",
    DISPUTE_REVERSAL: "Disputes reversed",
}
_DEDUCTED = {"refunds": REFUNDED, "disputes": DISPUTED}
_DISPUTES = "disputes"


@dataclass(frozen=True)
class _Answer:
    """A sum over the movements of a range, with what its explanation is made from."""

    account: Account
    window: Window
    sum: Sum
    converter: Converter

    @cached_property
    def movements(self) -> Movements:
        """The movements in the range."""
        return select_movements(self.account, self.window)

    @cached_property
    def shares(self) -> Sequence[tuple[BalanceTransaction, int]]:
        """The movements of which something counts, with what each adds in minor units."""
        added = [(it, *self.sum.of(it)) for it in self.movements.counted]
        return [(it, amount + fee) for it, amount, fee in added if amount or fee]

    @property
    def added(self) -> frozenset[str]:
        """The ids of the movements of which something counts."""
        return frozenset(it.id for it, _ in self.shares)

    def find_missing(self, currencies: Iterable[str]) -> set[str]:
        """Return those of the currencies that have no rate and are in any share."""
        if all(self.converter.rate_of(code) is not None for code in currencies):
            return set()
        found = {it.currency for it, _ in self.shares}
        return {code for code in found if self.converter.rate_of(code) is None}


def compute_revenue(query: Revenue, account: Account, at: datetime, terms: Terms) -> Measurement:
    """Return one of the numbers of revenue over the range that ends at an instant.

    By the reporting category of the balance transactions created in the range, in the settlement
    currency: total = charges, less partial captures reversed and charges that failed later;
    refunds = refunds less those that failed; net = total less what the definitions deduct
    (refunds, disputes less those reversed, fees); fees = Stripe's fees, and the tax on them, on
    those same balance transactions. Everything counts on the day it happened, so net can be below
    zero. In major units of the reporting currency, rounded half-up once at the end. Nothing in the
    range gives 0; the value is withheld where an amount has no rate, and where nothing in the
    range can be read.

    >>> from datetime import UTC
    >>> terms = Terms(Definitions(), currency="usd")
    >>> now = datetime(2026, 11, 22, tzinfo=UTC)
    >>> compute_revenue(Revenue("net"), Account("live"), now, terms).value
    Decimal('0.00')
    """
    window = window_ending(at, query.time_range)
    found = days_of(account).sums(window)
    named = _sums(terms.definitions)
    answer = _Answer(account, window, named[query.revenue_metric], Converter(terms))
    missing = answer.find_missing({it.currency for it in found})
    is_withheld = bool(missing) or is_all_unknown(found)
    value = None if is_withheld else answer.converter.sum_rounded(add_up(answer.sum, found))
    warnings = [
        *warn_of_test_mode(account),
        *([warn_of_missing_rates(missing, answer.converter.currency)] if missing else []),
        *warn_of_unknown_movements(answer.sum.name, found),
        *_warn_of_nothing(query, answer, value),
    ]

    def explain() -> Explanation:
        amounts = [(minor, it.currency, 1) for it, minor in answer.shares]
        by_currency = rows_by_currency(amounts, answer.converter, is_withheld=is_withheld)
        parts = () if is_withheld else _list_parts(answer)
        return Explanation(
            formula=_formula(answer, query.time_range, parts, value),
            parts=parts,
            breakdown=Breakdown(by_currency=by_currency),
            contributions=_list_contributions(answer, is_withheld=is_withheld),
            left_out=(
                *list_adding_nothing(answer.movements, answer.added, answer.converter),
                *list_other_movements(answer.movements, answer.converter),
            ),
            coverage=Coverage(OBJECT, answer.movements.read, len(answer.shares)),
            companions=_companions(query, named, answer, found),
        )

    return Measurement(value, "currency", answer.converter.currency, tuple(warnings), explain)


def _sums(definitions: Definitions) -> Mapping[str, Sum]:
    """Return what each number of revenue is the sum of; amounts given back are below zero."""
    deducts = definitions.net_deducts
    net = [*COLLECTED, *(it for name in deducts for it in _DEDUCTED.get(name, ()))]
    return {
        "total": Sum("Total revenue", dict.fromkeys(COLLECTED, 1)),
        "net": Sum("Net revenue", dict.fromkeys(net, 1), fees=-1 if "fees" in deducts else 0),
        "refunds": Sum("Refunds", dict.fromkeys(REFUNDED, -1)),
        "fees": Sum("Fees", fees=1),
        _DISPUTES: Sum("Disputes", dict.fromkeys(DISPUTED, -1)),
    }


def _companions(
    query: Revenue, named: Mapping[str, Sum], answer: _Answer, found: Sums
) -> dict[str, Decimal | None]:
    """Return the other numbers of the same range, and how many payments succeeded in it."""
    names = [name for name in named if name != query.revenue_metric]
    others: dict[str, Decimal | None] = dict.fromkeys(names)
    if not is_all_unknown(found):
        for name in names:
            others[name] = answer.converter.sum_rounded(add_up(named[name], found))
    return {**others, "payments": Decimal(len(payments(answer.movements.counted)))}


def _list_parts(answer: _Answer) -> tuple[Part, ...]:
    """Return the value by category, and the fees in it; what nothing adds to is left out."""
    alike: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for it, _ in answer.shares:
        alike[it.category, it.currency].append(answer.sum.of(it))
    rows: list[tuple[str, int, str]] = []
    counts: Counter[str] = Counter()
    for (category, currency), added in alike.items():
        for label, amounts in zip(
            _labels(answer.sum, category), zip(*added, strict=True), strict=True
        ):
            if count := sum(map(bool, amounts)):
                counts[label] += count
                rows.append((label, sum(amounts), currency))
    sums = answer.converter.sum_by(rows) or {}
    labels = sorted(sums, key=_order)
    shares = round_shares([sums[label] for label in labels], answer.converter.digits)
    return tuple(
        Part(label, share, counts[label]) for label, share in zip(labels, shares, strict=True)
    )


def _labels(it: Sum, category: str) -> tuple[str, str]:
    """Return what the amounts of a category are called, and the fees on them."""
    label = _LABELS[category]
    # Beside amounts the fees are one part; alone, they are told apart.
    return label, "Fees" if it.signs else f"Fees on {label.lower()}"


def _order(label: str) -> int:
    shown = [*_LABELS.values(), *(f"Fees on {it.lower()}" for it in _LABELS.values()), "Fees"]
    return shown.index(label)


def _list_contributions(answer: _Answer, *, is_withheld: bool) -> Sequence[Contribution]:
    """Return what each movement adds, largest first whatever its sign, equal ones by id."""
    amounts = [(minor, it.currency) for it, minor in answer.shares]
    rounded = round_each(amounts, answer.converter, is_withheld=is_withheld)
    # They are in the order of the ids, which stays that of equal amounts.
    rows = sorted(
        zip(answer.shares, rounded, strict=True), key=lambda row: abs(row[1][0]), reverse=True
    )
    return Contributions(rows, lambda row: _contribution(row[0][0], *row[1]))


def _contribution(movement: BalanceTransaction, amount: Decimal, currency: str) -> Contribution:
    has_source = bool(movement.source_object and movement.source_id)
    words = _LABELS[movement.category]
    return Contribution(
        object=movement.source_object if has_source else "balance_transaction",
        id=movement.source_id if has_source else movement.id,
        customer=movement.customer_id or "",
        amount=amount,
        currency=currency,
        detail=f"{words}; {movement.created_at.date().isoformat()}; {movement.currency.upper()}",
    )


def _formula(
    answer: _Answer, time_range: TimeRange, parts: Sequence[Part], value: Decimal | None
) -> str:
    currency = answer.converter.currency
    terms = [
        f"{'-' if part.value < 0 else '+'} {part.label.lower()}"
        f" {format_money(abs(part.value), currency)}"
        for part in parts
    ]
    summed = " ".join(terms).removeprefix("+ ") or count_nouns(len(answer.shares), NOUN)
    shown = "withheld" if value is None else format_money(value, currency)
    return f"{answer.sum.name} of the {range_in_words(time_range)} = {summed} = {shown}"


def _warn_of_nothing(query: Revenue, answer: _Answer, value: Decimal | None) -> list[MetricWarning]:
    if query.revenue_metric not in {"total", "net"} or value is None or value or answer.shares:
        return []
    message = (
        f"{answer.sum.name} is 0 because nothing was paid in the"
        f" {range_in_words(query.time_range)}. Invoices marked as paid outside Stripe are in no"
        " balance and in no revenue."
    )
    return [MetricWarning("zero_revenue", message)]
