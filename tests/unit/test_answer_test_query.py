"""Answering a query at once: what is read for it, and in which currency the answer is."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from functions.api.answer_test_query import AnswerTestQuery
from functions.api.catch_up import CatchUp
from functions.api.views.test_query import view_test_answer
from shared.domain.account import Account, Needs
from shared.domain.balance import CHARGE, BalanceTransaction
from shared.domain.metrics import needs_of, query_from_dict
from shared.domain.metrics.queries import QUERY_TYPES
from shared.domain.rates import ImpliedRate
from shared.errors import (
    BillingSourceError,
    ConflictError,
    PermissionMissingError,
    QueryTooLargeError,
    SourceUnavailableError,
)
from tests.builders import NOW, a_price, a_subscription, an_account
from tests.fakes import (
    IDENTITY,
    NOON,
    FakeClock,
    FakeSource,
    InMemoryQueue,
    InMemorySecrets,
    id_maker,
)
from tests.memory_book import InMemoryLedger
from tests.memory_stores import InMemoryConfig

KEY = "sk_test_abcdefghijklmnopqrstuvwx"
NO_LEDGER = CatchUp(
    InMemoryConfig(),
    InMemoryLedger(),
    InMemoryQueue(),
    FakeClock(),
    new_id=id_maker(),
    sleep=lambda _: None,
)
RATE = ImpliedRate("eur", "usd", Fraction("1.2"), NOON - timedelta(days=2))
NO_CURRENCY = replace(IDENTITY, default_currency="")


def a_payment(currency="eur", amount_minor=1000):
    return BalanceTransaction(
        f"txn_{currency}",
        NOON - timedelta(days=1),
        CHARGE,
        amount_minor,
        fee_minor=50,
        currency=currency,
        customer_id="cus_1",
    )


def ask(query, *payments, identity=IDENTITY):
    """Ask for a query with nothing but a key, of an account with these payments."""
    account = Account(mode="test", balance=payments)
    source = FakeSource(account, identity=identity)
    return ask_of(source, query), source


def ask_of(source, query, clock=None):
    """Ask a source for a query with nothing but a key."""
    answer = AnswerTestQuery(
        InMemoryConfig(),
        InMemorySecrets(),
        lambda key: source,
        clock or FakeClock(),
        allow_restricted_keys=False,
        catch_up=NO_LEDGER,
    )
    return answer.for_key(KEY, query_from_dict(query), None)


@dataclass
class MoneyFromAbroad(FakeSource):
    """A source whose newest money tells rates, or fails at telling them, and takes its time."""

    rates: tuple[ImpliedRate, ...] = ()
    failure: BillingSourceError | None = None
    as_of: datetime = NOW
    asked: list[Needs] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)
    seconds: float = 0.0

    def read(self, needs, *, deadline_seconds=None):
        self.asked.append(needs)
        self.clock.move(seconds=self.seconds)
        found = super().read(needs, deadline_seconds=deadline_seconds)
        if not needs.rates:
            return found
        if self.failure is not None:
            raise self.failure
        return replace(found, account=Account("test", rates=self.rates))


def paying_in(currency):
    """An account with one customer who pays 10.00 a month."""
    return an_account(a_subscription(a_price(1000, currency=currency)))


def test_the_answer_is_in_the_accounts_own_currency():
    found, _ = ask({"type": "revenue"}, a_payment("usd"))
    assert (found.measurement.value, found.measurement.currency) == (Decimal("10.00"), "usd")


def test_an_account_without_a_currency_is_answered_in_that_of_its_payments():
    found, _ = ask({"type": "revenue"}, a_payment("eur"), identity=NO_CURRENCY)
    assert (found.measurement.value, found.measurement.currency) == (Decimal("10.00"), "eur")


@pytest.mark.parametrize("payments", [(), (a_payment("eur"), a_payment("usd"))])
def test_where_no_currency_or_several_are_met_none_is_guessed(payments):
    with pytest.raises(ConflictError, match="which currency to report in"):
        ask({"type": "revenue"}, *payments, identity=NO_CURRENCY)


@pytest.mark.parametrize("kind", QUERY_TYPES)
def test_only_what_the_query_needs_is_read(kind):
    query = query_from_dict({"type": kind})
    found, source = ask({"type": kind})
    assert source.needs == needs_of(query)
    assert found.measurement.unit == query.unit


@pytest.mark.parametrize("kind", ["arpu", "churn", "nrr"])
def test_a_ratio_of_nothing_has_no_value(kind):
    found, _ = ask({"type": kind})
    shown = view_test_answer(found).model_dump()
    assert (shown["value"], shown["formatted"]) == (None, None)


def test_a_count_of_nothing_is_zero():
    found, _ = ask({"type": "customer_count", "customer_type": "churned"})
    shown = view_test_answer(found).model_dump()
    assert (shown["value"], shown["formatted"]) == (0, "0")


MRR = {"type": "mrr"}
ONLY_RATES = Needs(rates=True)


def test_a_value_in_a_currency_without_a_rate_is_told_at_what_the_newest_money_was_exchanged_at():
    source = MoneyFromAbroad(paying_in("eur"), rates=(RATE,))
    found = ask_of(source, MRR)
    assert (found.measurement.value, found.measurement.currency) == (Decimal("12.00"), "usd")
    assert source.asked == [needs_of(query_from_dict(MRR)), ONLY_RATES]
    assert found.requests == 3  # whose key it is, the subscriptions, the rates


@pytest.mark.parametrize("currency", ["usd", "eur"])
def test_an_account_of_one_currency_is_asked_for_no_rates(currency):
    identity = replace(IDENTITY, default_currency=currency)
    source = MoneyFromAbroad(paying_in(currency), identity=identity, rates=(RATE,))
    assert ask_of(source, MRR).requests == 2
    assert ONLY_RATES not in source.asked


def test_rates_that_came_with_the_payments_are_not_asked_for_again():
    francs = a_payment("chf")
    source = MoneyFromAbroad(Account("test", balance=(francs,), rates=(RATE,)))
    found = ask_of(source, {"type": "revenue"})
    assert (found.measurement.value, found.requests) == (None, 2)


NO_RATES = {
    "nothing was exchanged": {"rates": ()},
    "another currency was": {"rates": (replace(RATE, currency="gbp"),)},
    "the key may not read it": {"failure": PermissionMissingError("No.", "rak_balance_read")},
    "Stripe takes too long": {"failure": QueryTooLargeError("Too slow.")},
}


@pytest.mark.parametrize("case", NO_RATES.values(), ids=NO_RATES.keys())
def test_a_value_without_a_rate_stays_withheld(case):
    found = ask_of(MoneyFromAbroad(paying_in("eur"), **case), MRR)
    assert found.measurement.value is None
    assert "currency_rate_missing" in [warning.code for warning in found.measurement.warnings]
    assert found.requests == 3


def test_rates_are_not_asked_for_once_the_time_is_nearly_up():
    clock = FakeClock()
    source = MoneyFromAbroad(paying_in("eur"), rates=(RATE,), clock=clock, seconds=19)
    found = ask_of(source, MRR, clock)
    assert (found.measurement.value, found.requests) == (None, 2)


def test_that_stripe_fails_while_rates_are_read_is_told():
    source = MoneyFromAbroad(paying_in("eur"), failure=SourceUnavailableError("Try again."))
    with pytest.raises(SourceUnavailableError):
        ask_of(source, MRR)
