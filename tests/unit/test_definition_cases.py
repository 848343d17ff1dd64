"""Each option of the definitions changes the numbers that docs/metrics.md says, and no others.

One account has something of everything that an option is about. Each row of the table changes one
option and leaves the rest at the defaults.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.account import Account
from shared.domain.definitions import CHOICES, Definitions
from shared.domain.metrics import compute, query_from_dict
from shared.domain.metrics.queries import QUERY_TYPES, settings_of
from shared.domain.metrics.reconciliation import options_of
from tests.balance_builders import a_balance, a_charge_row, a_dispute_row, a_refund_row
from tests.builders import (
    NOW,
    Json,
    a_customer,
    a_discount,
    a_price,
    a_subscription,
    an_item,
    days_ago,
    monthly,
    seconds,
    terms,
)
from tests.history_builders import (
    a_credit,
    a_debit,
    a_line,
    a_past_account,
    a_waiting_item,
    an_invoice,
    began,
    ended,
    transitions,
)

MONEY = {"mrr", "mrr with trials", "arr", "arr with trials"}
RETAINED = {
    "churned customers",
    "customer churn rate",
    "revenue churn rate",
    "churned mrr",
    "nrr",
}
PAUSED = {"behavior": "void", "resumes_at": None}
TEN_DAYS_AGO = days_ago(10)


def old(unit_amount: int, **fields: Any) -> Json:
    """A monthly subscription of a customer of its own that began 200 days ago."""
    return began(monthly(unit_amount, **fields), 200)


def with_coupons(**coupon: Any) -> list[Json]:
    """Two with a coupon: half off one that stays, all off one that ended in the range."""
    half, whole = (a_discount(percent_off=off, start=days_ago(190), **coupon) for off in (50, 100))
    return [old(10_000, discounts=[half]), ended(old(7_000, discounts=[whole]), 10)]


def downgraded() -> tuple[Json, list[Json], Json]:
    """One that went from 80 to 50 in the range, what waits to be billed for it, the old price."""
    was, item = a_price(8_000), an_item(a_price(5_000))
    subscription = began(a_subscription(item), 200)
    lines = (a_credit(item, was, at=TEN_DAYS_AGO), a_debit(item, at=TEN_DAYS_AGO))
    return subscription, [a_waiting_item(subscription, line) for line in lines], was


def rich_account() -> Account:
    """Coupons of every kind, failed payments, pauses, requested ends, downgrades, newcomers."""
    subscription, waiting, was = downgraded()
    failing = old(8_000, status="past_due")
    line = a_line(failing["items"]["data"][0], at=TEN_DAYS_AGO)
    open_since = transitions(finalized=TEN_DAYS_AGO)
    invoice = an_invoice(
        failing, line, at=TEN_DAYS_AGO, status="open", status_transitions=open_since
    )
    asked = {"cancel_at_period_end": True, "canceled_at": seconds(TEN_DAYS_AGO)}
    charge = a_charge_row(90_000, fee=2_700)
    balance = a_balance(charge, a_refund_row(1_000, charge), a_dispute_row(2_000, charge))
    account = a_past_account(
        [
            old(30_000),
            ended(old(20_000), 12),
            old(3_000, status="trialing"),
            began(monthly(4_000), 5),
            failing,
            subscription,
            *with_coupons(duration="forever"),
            *with_coupons(duration="repeating", months=24),
            *with_coupons(duration="once"),
            old(4_000, pause_collection=PAUSED),
            ended(old(6_000, pause_collection=PAUSED), 8),
            old(9_000, **asked),
        ],
        invoices=[invoice],
        waiting=waiting,
        prices=[was],
        customers=[a_customer(), a_customer(created=seconds(days_ago(3)))],
    )
    return replace(account, balance=balance.balance)


def numbers(account: Account, definitions: Definitions) -> dict[str, object]:
    """Every number of the account, by its name."""
    return {
        name: compute(query_from_dict(query), account, NOW, terms(definitions)).value
        for name, query in QUERIES.items()
    }


def named_queries() -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield every metric with each of its settings but the range, and a name for it."""
    for kind in QUERY_TYPES:
        choices = [it for it in settings_of(QUERY_TYPES[kind]) if it.name != "time_range"]
        if not choices:
            yield kind, {"type": kind}
        for it in choices:
            for word in it.choices or (False, True):
                yield name_of(kind, word), {"type": kind, it.name: word}


def name_of(kind: str, word: object) -> str:
    if isinstance(word, bool):
        return f"{kind} with trials" if word else kind
    words = {"customer_count": f"{word} customers", "churn": str(word).replace("_", " ")}
    return words.get(kind, f"{kind} {word}")


QUERIES = dict(named_queries())
CHANGES: list[tuple[dict[str, object], set[str]]] = [
    ({"past_due": "include"}, {*MONEY, "active customers"}),
    ({"discounts": "forever_only"}, {*MONEY, *RETAINED}),
    ({"discounts": "all"}, {*MONEY, *RETAINED}),
    ({"discounts": "none"}, {*MONEY, *RETAINED}),
    ({"paused_collection": "exclude"}, {*MONEY, *RETAINED}),
    ({"churn_on": "cancel_requested"}, {*MONEY, *RETAINED}),
    ({"revenue_churn": "with_contraction"}, {"revenue churn rate"}),
    ({"customer_churn": "stripe"}, {"customer churn rate"}),
    ({"net_deducts": []}, {"revenue net"}),
    ({"net_deducts": ["refunds"]}, {"revenue net"}),
    ({"net_deducts": ["disputes"]}, {"revenue net"}),
    ({"net_deducts": ["fees"]}, {"revenue net"}),
    ({"net_deducts": ["refunds", "disputes", "fees"]}, {"revenue net"}),
    (
        {"preset": "match_stripe"},
        {*MONEY, *RETAINED, "active customers", "revenue net"},
    ),
]


@pytest.mark.parametrize(("option", "changed"), CHANGES, ids=[str(row[0]) for row in CHANGES])
def test_an_option_changes_what_it_is_about_and_nothing_else(
    option: dict[str, object], changed: set[str]
) -> None:
    account = rich_account()
    before = numbers(account, Definitions())
    after = numbers(account, Definitions.from_dict(option))
    assert {name for name in before if before[name] != after[name]} == changed


def test_every_choice_of_every_option_is_in_the_table() -> None:
    given = [(name, word) for option, _ in CHANGES for name, word in option.items()]
    for option, (_, *others) in CHOICES.items():
        assert {word for name, word in given if name == option} == set(others)


@pytest.mark.parametrize("name", QUERIES)
def test_a_comparison_looks_at_the_options_that_change_its_number(name: str) -> None:
    options = {next(iter(it)) for it, changed in CHANGES if name in changed} - {"preset"}
    assert set(options_of(query_from_dict(QUERIES[name]))) == options
