"""Answering a query at once: what is read for it, and in which currency the answer is."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from functions.api.answer_test_query import AnswerTestQuery
from functions.api.catch_up import CatchUp
from functions.api.views.test_query import view_test_answer
from shared.domain.account import Account
from shared.domain.balance import CHARGE, BalanceTransaction
from shared.domain.metrics import needs_of, query_from_dict
from shared.domain.metrics.queries import QUERY_TYPES
from shared.errors import ConflictError
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
    answer = AnswerTestQuery(
        InMemoryConfig(),
        InMemorySecrets(),
        lambda key: source,
        FakeClock(),
        allow_restricted_keys=False,
        catch_up=NO_LEDGER,
    )
    return answer.for_key(KEY, query_from_dict(query), None), source


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
